"""How bounds are judged where the bank's other judge sees too little."""

from __future__ import annotations

import pytest

from grader.vae.elbo.models import models, right_values
from grader.vae.spec import TASK_IDS
from tests.outcomes import Examine, lost_checks
from tests.variant_bank import Variant, notebook_with

DRAWN_BY_HELPER = "self.sample_with_reparam(mu, logsigma)"
DRAWN_INSIDE = "mu + logsigma.exp() * torch.randn_like(mu)"


def bound(draw: str, term: str) -> Variant:
    code = f"""def elbo(self, x):
    mu, logsigma = self.encoder(x)
    theta = self.decoder({draw})
    var = torch.exp(2 * logsigma)
    kl = 0.5 * (mu ** 2 + var - {term} - 1).sum(1)
    return -F.binary_cross_entropy(theta, x, reduction='none').sum(1) - kl
"""
    return Variant("elbo", "made_up", True, "", code)


@pytest.mark.parametrize("draw", [DRAWN_BY_HELPER, DRAWN_INSIDE])
@pytest.mark.parametrize(
    "term", ["torch.log(var + 1e-8)", "torch.log(1 + torch.expm1(2 * logsigma))"]
)
def test_a_divergence_that_differs_at_tiny_sigmas_alone_is_right(
    examine_notebook: Examine, draw: str, term: str
) -> None:
    tasks = frozenset(TASK_IDS) - {"sample"}
    assert lost_checks(examine_notebook(notebook_with(bound(draw, term)), tasks)) == {}


SHARED = {
    "halves": "torch.randn((len(mu) + 1) // 2, mu.shape[1]).repeat(2, 1)[:len(mu)]",
    "mirrored": "(lambda e: torch.cat([e, e.flip(0)])[:len(mu)])(torch.randn_like(mu)[::2])",
    "last row": "(lambda e: torch.cat([e[:-1], e[:1]]))(torch.randn_like(mu))",
    "none in the last": "torch.cat([torch.randn_like(mu[1:]), torch.zeros_like(mu[:1])])",
    "none in the first": "torch.cat([torch.zeros_like(mu[:1]), torch.randn_like(mu[1:])])",
}


@pytest.mark.parametrize("noise", SHARED.values(), ids=SHARED)
def test_rows_have_noise_of_their_own(examine_notebook: Examine, noise: str) -> None:
    variant = bound(f"mu + logsigma.exp() * {noise}", "2 * logsigma")
    lost = lost_checks(examine_notebook(notebook_with(variant), frozenset(("elbo",))))
    assert set(lost) == {"elbo.sampled"}


def test_a_row_without_noise_is_seen_behind_the_helper_too(examine_notebook: Examine) -> None:
    draw = f"torch.cat([{DRAWN_BY_HELPER}[:-1], mu[-1:]])"
    notebook = notebook_with(bound(draw, "2 * logsigma"))
    lost = lost_checks(examine_notebook(notebook, frozenset(("elbo",))))
    assert set(lost) == {"elbo.sampled"}


def test_a_pixel_that_is_left_out_is_charged_once(examine_notebook: Examine) -> None:
    code = bound(DRAWN_BY_HELPER, "2 * logsigma").code.replace(
        "(theta, x,", "(theta[:, 1:], x[:, 1:],"
    )
    notebook = notebook_with(Variant("elbo", "made_up", False, "", code))
    lost = lost_checks(examine_notebook(notebook, frozenset(("elbo",))))
    assert set(lost) == {"elbo.exact"}


@pytest.mark.parametrize("full", [False, True])
def test_no_class_has_easier_pixels_than_another(full: bool) -> None:
    def averages(rows: int) -> list[float]:
        asked = models(0, full, rows)
        chosen = asked.base, asked.other_pixels, asked.other_posterior
        return [float(right_values(model, frozenset())[0].mean()) for model in chosen]

    assert averages(5) == pytest.approx(averages(37), rel=1e-12)


@pytest.mark.parametrize(
    ("step", "lost"),
    [
        ("e.mean().backward(retain_graph=True)", {"elbo.gradient"}),
        ("torch.autograd.grad(e.mean(), list(self.parameters()), retain_graph=True)", set()),
        ("e.mean().backward(retain_graph=True); self.zero_grad()", set()),
    ],
    ids=["left in the parameters", "taken beside them", "cleared"],
)
def test_gradients_left_in_the_parameters_are_not_trainings(
    examine_notebook: Examine, step: str, lost: set[str]
) -> None:
    code = f"""def elbo(self, x):
    mu, logsigma = self.encoder(x)
    theta = self.decoder(self.sample_with_reparam(mu, logsigma))
    likelihood = -F.binary_cross_entropy(theta, x, reduction='none').sum(1)
    e = likelihood - self.kl_divergence(mu, logsigma)
    if e.requires_grad:
        {step}
    return e
"""
    variant = Variant("elbo", "made_up", not lost, "", code)
    assert set(lost_checks(examine_notebook(notebook_with(variant)))) == lost
