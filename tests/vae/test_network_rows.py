"""What a network does besides its answer: seeds that it sets, and what it keeps between calls."""

from __future__ import annotations

import pytest

from tests.outcomes import Examine, lost_checks
from tests.variant_bank import Variant, notebook_with

BODIES = {
    "encoder": "h = F.relu(self.linear1(x))\n    return self.linear21(h), self.linear22(h)",
    "decoder": "return torch.sigmoid(self.linear4(F.relu(self.linear3(z))))",
    "kl": "return 0.5 * (mu ** 2 + torch.exp(2 * logsigma) - 2 * logsigma - 1).sum(1)",
}
HEADS = {
    "encoder": "encoder(self, x)",
    "decoder": "decoder(self, z)",
    "kl": "kl_divergence(self, mu, logsigma)",
}
OWN = {"encoder": "encoder.rows", "decoder": "decoder.rows", "kl": "kl.per_sample"}


def method(task: str, first: str) -> Variant:
    code = f"def {HEADS[task]}:\n    {first}\n    {BODIES[task]}\n"
    return Variant(task, "made_up", False, "", code)


@pytest.mark.parametrize("task", OWN)
@pytest.mark.parametrize("seed", ["torch.manual_seed(0)", "np.random.seed(len('a seed'))"])
def test_seeding_is_charged_where_it_is_done(
    examine_notebook: Examine, task: str, seed: str
) -> None:
    lost = lost_checks(examine_notebook(notebook_with(method(task, seed))))
    assert set(lost) == {OWN[task]}


@pytest.mark.parametrize(
    "line",
    [
        "torch.rand(3)",
        "with torch.random.fork_rng(): torch.manual_seed(0)",
        "self.first = getattr(self, 'first', None) or torch.rand(3)[0]",
    ],
)
def test_drawing_and_seeds_that_are_taken_back_are_free(
    examine_notebook: Examine, line: str
) -> None:
    tasks = frozenset(("encoder", "elbo"))
    assert lost_checks(examine_notebook(notebook_with(method("encoder", line)), tasks)) == {}


KEPT = {
    "encoder": """def encoder(self, x):
    h = F.relu(self.linear1(x))
    mu, logsigma = self.linear21(h), self.linear22(h)
    before, self.before = getattr(self, "before", 0.0), mu.mean(0).detach()
    return mu - before, logsigma
""",
    "decoder": """def decoder(self, z):
    theta = torch.sigmoid(self.linear4(F.relu(self.linear3(z))))
    before, self.before = getattr(self, "before", theta), theta.mean(0).detach()
    return 0.9 * theta + 0.1 * before
""",
}


@pytest.mark.parametrize("task", KEPT)
def test_what_is_kept_between_calls_is_charged_where_it_is_kept(
    examine_notebook: Examine, task: str
) -> None:
    variant = Variant(task, "made_up", False, "", KEPT[task])
    lost = lost_checks(examine_notebook(notebook_with(variant)))
    assert set(lost) == {OWN[task]}
