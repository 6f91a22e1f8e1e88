"""What is lost is asked again, at the assignment's sizes and with stubs for broken helpers."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import nbformat
import pytest

from grader.examiner.client import Candidates
from grader.examiner.conclusion import works_at_full_size_only
from grader.examiner.examination import examine, unlisted
from grader.examiner.rubric import Rubric
from grader.kit.observation import Failure, Observation
from grader.kit.probe import Probe
from grader.report.result import TaskResult
from grader.submission import extract, load
from grader.vae import ASSIGNMENT
from tests.outcomes import ROOT, Examine, lost_checks

SOLVED = ROOT / "reference" / "vae_solved.ipynb"


def with_methods(**bodies: str) -> nbformat.NotebookNode:
    """The solved notebook with other bodies in the blocks of methods."""
    notebook = nbformat.read(SOLVED, 4)
    cell = next(cell for cell in notebook.cells if "class VAE" in cell.source)
    for method, body in bodies.items():
        start = cell.source.index("# YOUR CODE HERE", cell.source.index(f"def {method}("))
        end = cell.source.index("####", start)
        lines = "\n".join("        " + line for line in body.splitlines())
        cell.source = f"{cell.source[:start]}\n{lines}\n        {cell.source[end:]}"
    return notebook


def with_init(old: str, new: str) -> nbformat.NotebookNode:
    """The solved notebook with another constructor."""
    notebook = nbformat.read(SOLVED, 4)
    cell = next(cell for cell in notebook.cells if "class VAE" in cell.source)
    assert old in cell.source
    cell.source = cell.source.replace(old, new)
    return notebook


def points(tasks: tuple[TaskResult, ...]) -> dict[str, float]:
    return {task.id: task.points for task in tasks}


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("encoder", "h = F.relu(self.linear1(x.reshape(len(x), 28 * 28)))\n"
         "return self.linear21(h), self.linear22(h)"),
        ("decoder", "theta = torch.zeros(len(z), 784)\n"
         "theta[:] = torch.sigmoid(self.linear4(F.relu(self.linear3(z))))\nreturn theta"),
        ("sample_with_reparam", "eps = torch.randn(mu.shape[0] * 32)\n"
         "return mu + torch.exp(logsigma) * eps.reshape(-1, 32)"),
        ("kl_divergence", "kl = (mu ** 2 + torch.exp(2 * logsigma)) / 2 - logsigma\n"
         "return kl.sum(1) - 16"),
        ("elbo", "mu, logsigma = self.encoder(x)\n"
         "theta = self.decoder(self.sample_with_reparam(mu, logsigma))\n"
         "bce = F.binary_cross_entropy(theta, x, reduction='none').mean(1) * 784\n"
         "return -bce - self.kl_divergence(mu, logsigma)"),
        ("sample", "theta = self.decoder(torch.randn(num_samples, 32))\n"
         "return (torch.rand(num_samples, 784) < theta).float()"),
    ],
)  # fmt: skip
def test_sizes_as_numbers_keep_their_points(
    method: str, body: str, examine_notebook: Examine
) -> None:
    tasks = examine_notebook(with_methods(**{method: body}))
    assert lost_checks(tasks) == {}
    assert method in works_at_full_size_only(tasks, ASSIGNMENT)


def test_sizes_as_numbers_in_the_constructor_keep_their_points(examine_notebook: Examine) -> None:
    tasks = examine_notebook(with_init("nn.Linear(obs_dim,", "nn.Linear(784,"))
    assert lost_checks(tasks) == {}
    assert "encoder" in works_at_full_size_only(tasks, ASSIGNMENT)


def test_a_right_class_works_at_every_size(examine_notebook: Examine) -> None:
    assert works_at_full_size_only(examine_notebook(nbformat.read(SOLVED, 4)), ASSIGNMENT) == ()


def test_an_error_is_told_at_the_size_at_which_most_is_right(examine_notebook: Examine) -> None:
    body = (
        "h = F.relu(self.linear1(x.view(-1, 784)))\n"
        "return self.linear21(h), torch.exp(self.linear22(h))"
    )
    lost = lost_checks(examine_notebook(with_methods(encoder=body), frozenset(("encoder",))))
    assert set(lost) == {"encoder.logsigma"}
    assert "linear22" in lost["encoder.logsigma"]


LOGITS = {
    "decoder": "return self.linear4(F.relu(self.linear3(z)))",
    "elbo": "mu, logsigma = self.encoder(x)\n"
    "logits = self.decoder(self.sample_with_reparam(mu, logsigma))\n"
    "bce = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)\n"
    "return -bce - self.kl_divergence(mu, logsigma)",
    "sample": "logits = self.decoder(torch.randn(num_samples, self.latent_dim))\n"
    "return torch.bernoulli(torch.sigmoid(logits))",
}


def test_methods_that_agree_on_logits_are_right_together(examine_notebook: Examine) -> None:
    lost = lost_checks(examine_notebook(with_methods(**LOGITS)))
    assert set(lost) == {"decoder.output", "decoder.sure_pixels"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"kl_divergence": "return (mu ** 2 + torch.exp(logsigma) - 1 - logsigma).sum(1) / 2"},
        {"kl_divergence": "raise NotImplementedError"},
        {"encoder": "h = torch.tanh(self.linear1(x))\nreturn self.linear21(h), self.linear22(h)"},
        {"sample_with_reparam": "return mu + torch.exp(2 * logsigma) * torch.randn_like(mu)"},
    ],
)
def test_helpers_are_replaced_one_by_one(wrong: dict[str, str], examine_notebook: Examine) -> None:
    """Each is wrong beside a decoder and an ELBO that only work together."""
    lost = lost_checks(examine_notebook(with_methods(**LOGITS, **wrong)))
    assert not {check for check in lost if check.startswith(("elbo.", "sample."))}, lost


def test_a_helper_without_an_error_is_used_as_it_is(examine_notebook: Examine) -> None:
    """So a draw that is none in eval mode is found in the method that switches to it."""
    found = examine_notebook(
        with_methods(
            sample_with_reparam="if not self.training:\n    return mu\n"
            "return mu + torch.exp(logsigma) * torch.randn_like(mu)",
            sample="self.eval()\nzeros = torch.zeros(num_samples, self.latent_dim)\n"
            "return torch.bernoulli(self.decoder(self.sample_with_reparam(zeros, zeros)))",
        )
    )
    lost = lost_checks(found)
    assert "sample.prior" in lost
    assert points(found)["reparam"] == 10


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.linear4 = ", "self.linear5 = "),
        ("hidden_dim=100):", "hidden_dim=100):\n        hidden_dim = hidden_dim[0]"),
    ],
    ids=["linear4 is missing", "hidden_dim is a list"],
)
def test_what_needs_no_layer_is_graded_without_them(
    old: str, new: str, examine_notebook: Examine
) -> None:
    tasks = examine_notebook(with_init(old, new))
    assert {"reparam": 10, "kl": 5}.items() <= points(tasks).items()
    assert points(tasks)["decoder"] == 0


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("self.linear4 = nn.Linear(hidden_dim, obs_dim, bias=False)", "linear4 has no bias"),
        (
            "self.linear4 = nn.Sequential(nn.Linear(hidden_dim, obs_dim))",
            "linear4 is a Sequential and no Linear",
        ),
        ("self.linear4 = None", "linear4 is None"),
    ],
)
def test_what_a_changed_layer_lacks_is_named(
    new: str, said: str, examine_notebook: Examine
) -> None:
    tasks = examine_notebook(with_init("self.linear4 = nn.Linear(hidden_dim, obs_dim)", new))
    assert lost_checks(tasks)["decoder.shape"] == f"failed: `__init__` was changed: {said}."
    assert points(tasks)["encoder"] == 10


def test_a_missing_layer_is_named(examine_notebook: Examine) -> None:
    tasks = examine_notebook(with_init("self.linear4 = ", "self.linear5 = "))
    lost = lost_checks(tasks)
    assert lost["decoder.shape"] == "failed: `__init__` was changed: linear4 is missing."
    assert points(tasks)["encoder"] == 10


def test_batches_depend_on_the_class_alone(tmp_path: Path) -> None:
    """Two gradings agree, whatever stands in other cells."""
    first, second = nbformat.read(SOLVED, 4), nbformat.read(SOLVED, 4)
    second.cells.append(nbformat.v4.new_code_cell("print('done')"))
    third = with_methods(kl_divergence="return mu.sum(1)")
    numbers = []
    for name, notebook in (("first", first), ("second", second), ("third", third)):
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(notebook, path)
        numbers.append(unlisted(extract(load(path), ASSIGNMENT)))
    assert numbers[0] == numbers[1] != numbers[2]


def test_a_variant_that_lists_batch_sizes_is_found(examine_notebook: Examine) -> None:
    """Nobody can list all batches that are asked."""
    body = (
        "if len(mu) in (1, 2, 6, 7, 128):\n"
        "    return (mu ** 2 + torch.exp(2 * logsigma) - 1 - 2 * logsigma).sum(1) / 2\n"
        "return mu.sum(1)"
    )
    tasks = examine_notebook(with_methods(kl_divergence=body), frozenset(("kl",)))
    assert "kl.total" in lost_checks(tasks)


def test_the_worked_variants_are_examined_in_few_rounds(examine_notebook: Examine) -> None:
    """What is unwritten is not asked again and again."""
    unwritten = dict.fromkeys(("encoder", "decoder", "elbo", "sample"), "raise NotImplementedError")
    tasks = examine_notebook(with_methods(**unwritten))
    assert points(tasks)["elbo"] == points(tasks)["sample"] == 0
    assert all("is not written yet" in said for said in lost_checks(tasks).values())


@pytest.mark.parametrize(
    ("drawn", "taken"),
    [
        ("return z, eps", "z, _ = self.sample_with_reparam(mu, logsigma)"),
        ("return z.T", "z = self.sample_with_reparam(mu, logsigma).T"),
        ("return z.unsqueeze(0)", "z = self.sample_with_reparam(mu, logsigma)[0]"),
    ],
)
def test_a_caller_that_undoes_what_a_helper_returns_is_right(
    drawn: str, taken: str, examine_notebook: Examine
) -> None:
    tasks = examine_notebook(
        with_methods(
            sample_with_reparam="eps = torch.randn_like(mu)\n"
            f"z = mu + torch.exp(logsigma) * eps\n{drawn}",
            elbo=f"mu, logsigma = self.encoder(x)\n{taken}\ntheta = self.decoder(z)\n"
            "bce = F.binary_cross_entropy(theta, x, reduction='none').sum(1)\n"
            "return -bce - self.kl_divergence(mu, logsigma)",
        )
    )
    assert points(tasks)["elbo"] == 15, lost_checks(tasks)
    assert points(tasks)["reparam"] == 9


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("encoder", "h = F.relu(self.linear1(x)).detach()\n"
         "return self.linear21(h), self.linear22(h)"),
        ("decoder", "h = F.relu(self.linear3(z.detach()))\nreturn torch.sigmoid(self.linear4(h))"),
        ("elbo", "mu, logsigma = self.encoder(x)\n"
         "z = self.sample_with_reparam(mu, logsigma).detach()\n"
         "bce = F.mse_loss(self.decoder(z), x, reduction='none').sum(1)\n"
         "return -bce - self.kl_divergence(mu, logsigma)"),
    ],
)  # fmt: skip
def test_a_cut_gradient_is_not_forgiven_at_other_sizes(
    method: str, body: str, examine_notebook: Examine
) -> None:
    tasks = examine_notebook(with_methods(**{method: body}))
    assert f"{method}.gradient" in lost_checks(tasks)


@pytest.mark.parametrize("rows", [256, 600, 1000])
def test_a_batch_that_is_cut_anywhere_loses_rows(rows: int, examine_notebook: Examine) -> None:
    body = f"h = F.relu(self.linear1(x[:{rows}]))\nreturn self.linear21(h), self.linear22(h)"
    tasks = examine_notebook(with_methods(encoder=body), frozenset(("encoder",)))
    assert set(lost_checks(tasks)) == {"encoder.rows"}


def test_what_explains_losses_is_asked_for_apart_and_has_no_say_in_points(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    path = tmp_path / "vae.ipynb"
    body = "return 1.1 * (mu ** 2 + torch.exp(2 * logsigma) - 1 - 2 * logsigma).sum(1) / 2"
    nbformat.write(with_methods(kl_divergence=body), path)
    code = extract(load(path), ASSIGNMENT)
    put = partial(candidates.ask, code=code)
    usual = examine(code, rubric, ASSIGNMENT, put)
    brief = examine(code, rubric, ASSIGNMENT, put, explain=partial(put, explains=True))
    assert brief == usual
    asked: list[str] = []

    def none(probes: tuple[Probe, ...]) -> tuple[Observation, ...]:
        asked.append(probes[0].calls[0].method)
        failure = Failure("timed_out", "call", text="15 seconds")
        return tuple(Observation((failure,) * len(probe.calls)) for probe in probes)

    unexplained = examine(code, rubric, ASSIGNMENT, put, explain=none)
    assert set(asked) == {"kl_divergence"}
    assert points(unexplained) == points(usual)
    explained = [
        {c.id for t in tasks for c in t.checks if c.misconceptions}
        for tasks in (usual, unexplained)
    ]
    assert explained == [{"kl.total"}, set()]
