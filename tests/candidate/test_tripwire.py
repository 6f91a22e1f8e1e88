"""Who touches `torch.distributions` at run time is found out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grader.candidate.client import Candidates
from grader.candidate.probe import Call, Probe, Sizes
from grader.checks import worlds
from grader.submission import extract, load
from tests.redteam.attacks import Attack, write_notebook

SIZES = Sizes(6, 2, 4)
ROWS = np.zeros((3, 2), np.float32)
CALLS = {
    "sample_with_reparam": Call("sample_with_reparam", {"mu": ROWS, "logsigma": ROWS}),
    "kl_divergence": Call("kl_divergence", {"mu": ROWS, "logsigma": ROWS}),
    "decoder": Call("decoder", {"z": ROWS}),
    "elbo": Call("elbo", {"x": np.zeros((3, 6), np.float32)}),
}
HONEST = "class VAE(Honest):\n    pass\n"
IMPORTED_IN_THE_METHOD = """
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        from torch.distributions import Normal, kl
        return kl.kl_divergence(Normal(mu, logsigma.exp()), Normal(0.0, 1.0)).sum(-1)
"""
HIDDEN = """
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        package = getattr(torch, "snoitubirtsid"[::-1])
        return package.Normal(mu, 1.0).log_prob(mu).sum(-1)
"""
PREPARED_OUTSIDE = """
from torch.distributions import Normal
prior = Normal(0.0, 1.0)
class VAE(Honest):
    def sample_with_reparam(self, mu, logsigma):
        return mu + logsigma.exp() * prior.sample(mu.shape)
"""
THROUGH_A_HELPER = """
import torch.distributions as D
def draw(theta):
    return D.Bernoulli(theta).sample()
class VAE(Honest):
    def decoder(self, z):
        return draw(super().decoder(z))
"""
LOOKS_AT_ALL_MODULES = """
import inspect
import warnings
class VAE(Honest):
    def decoder(self, z):
        warnings.warn("a harmless one")
        inspect.getmodule(type(self))
        return super().decoder(z)
"""


@pytest.mark.parametrize(
    ("source", "asked", "touched"),
    [
        (HONEST, "kl_divergence", set()),
        (HONEST, "elbo", set()),
        (IMPORTED_IN_THE_METHOD, "kl_divergence", {"kl_divergence"}),
        (IMPORTED_IN_THE_METHOD, "elbo", {"kl_divergence"}),
        (HIDDEN, "kl_divergence", {"kl_divergence"}),
        (PREPARED_OUTSIDE, "sample_with_reparam", {"sample_with_reparam"}),
        (PREPARED_OUTSIDE, "decoder", set()),
        (THROUGH_A_HELPER, "decoder", {"decoder"}),
        (LOOKS_AT_ALL_MODULES, "decoder", set()),
    ],
)
def test_the_method_that_touches_it_is_named(
    source: str, asked: str, touched: set[str], candidates: Candidates, tmp_path: Path
) -> None:
    path = write_notebook(Attack("made", "made.", {}, (source,), {}, ()), tmp_path, {})
    weights = worlds.random_weights(np.random.default_rng(0), SIZES)
    probe = Probe(SIZES, weights, (CALLS[asked],))
    (seen,) = candidates.ask((probe,), extract(load(path)))
    assert seen.touched == touched
