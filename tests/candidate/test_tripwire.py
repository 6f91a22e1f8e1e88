"""Who touches `torch.distributions` at run time is found out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grader.examiner.client import Candidates
from grader.kit.observation import Returned
from grader.kit.probe import Call, Probe
from grader.submission import extract, load
from grader.vae import ASSIGNMENT, fixtures
from grader.vae.sizes import Sizes
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
BY_ANOTHER_NAME = """
import functools
import torch.distributions as D
def kl(self, mu, logsigma):
    return D.kl_divergence(D.Normal(mu, logsigma.exp()), D.Normal(0.0, 1.0)).sum(-1)
def timed(function):
    calls = 0
    def inner(*arguments):
        nonlocal calls
        calls += 1
        return function(*arguments)
    return inner
class Divergence:
    def __call__(self, *arguments):
        return kl(None, *arguments)
class VAE(Honest):
    def elbo(self, x):
        mu, logsigma = self.encoder(x)
        return -self.kl_divergence(mu, logsigma)
"""
WAYS = {
    "a function": "VAE.kl_divergence = kl",
    "a lambda": "VAE.kl_divergence = lambda self, mu, logsigma: kl(self, mu, logsigma)",
    "setattr": "setattr(VAE, 'kl_divergence', kl)",
    "wrapped": "VAE.kl_divergence, VAE.elbo = timed(kl), timed(VAE.elbo)",
    "wrapped twice": "VAE.kl_divergence = timed(timed(kl))",
    "wrapped by torch": (
        "VAE.kl_divergence = torch.no_grad()(kl)\nVAE.elbo = torch.no_grad()(VAE.elbo)"
    ),
    "remembered": "VAE.kl_divergence = lambda *a, f=functools.lru_cache(kl): f(*a)",
    "lru_cache": "VAE.kl_divergence = functools.lru_cache(kl)",
    "static": "VAE.kl_divergence = staticmethod(lambda mu, logsigma: kl(None, mu, logsigma))",
    "partial": "VAE.kl_divergence = functools.partialmethod(lambda s, k, m, l: kl(s, m, l), 1)",
    "an object": "VAE.kl_divergence = Divergence()",
    "one of a table": (
        "TABLE = {'kl': kl}\n"
        "def entry(name):\n    return lambda self, *a: TABLE[name](self, *a)\n"
        "ELBO = VAE.elbo\nTABLE['elbo'] = lambda self, x: ELBO(self, x)\n"
        "VAE.kl_divergence, VAE.elbo = entry('kl'), entry('elbo')"
    ),
    "executed": "exec('def k(self, m, l): return kl(self, m, l)')\nVAE.kl_divergence = k",
    "inherited": "class VAE(type('Base', (VAE,), {'kl_divergence': kl})): pass",
    "of the instance": (
        "class VAE(VAE):\n    def __init__(self, *a):\n        super().__init__(*a)\n"
        "        self.kl_divergence = lambda *a: kl(self, *a)"
    ),
    "looked up": (
        "class VAE(VAE):\n    def __getattribute__(self, name):\n"
        "        if name == 'kl_divergence':\n            return lambda *a: kl(self, *a)\n"
        "        return super().__getattribute__(name)"
    ),
}
OF_ANOTHER_METHOD = """
import torch.distributions as D
class Base(Honest):
    def kl_divergence(self, mu, logsigma):
        return D.kl_divergence(D.Normal(mu, logsigma.exp()), D.Normal(0.0, 1.0)).sum(-1)
class VAE(Base):
    def kl_divergence(self, mu, logsigma):
        return (mu**2).sum(-1)
    def elbo(self, x):
        return super().kl_divergence(*self.encoder(x))
"""
A_DECORATED_HELPER = """
import torch.distributions as D
@torch.no_grad()
def draw(theta):
    return D.Bernoulli(theta).sample()
class VAE(Honest):
    @torch.no_grad()
    def sample(self, count):
        return draw(torch.ones(count, 6) / 2)
    def decoder(self, z):
        return draw(super().decoder(z))
"""
A_HELPER_WITH_A_METHODS_NAME = """
import torch.distributions as D
def sample(theta):
    return D.Bernoulli(theta).sample()
class VAE(Honest):
    def decoder(self, z):
        def encoder(theta):
            return sample(theta)
        return encoder(super().decoder(z))
"""
A_LIBRARY_LOOKS = """
import inspect
import torch.distributions as D
class VAE(Honest):
    def decoder(self, z):
        inspect.getmembers(D)
        return super().decoder(z)
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
        (A_HELPER_WITH_A_METHODS_NAME, "decoder", {"decoder"}),
        (A_LIBRARY_LOOKS, "decoder", set()),
        (OF_ANOTHER_METHOD, "elbo", {"elbo"}),
        (OF_ANOTHER_METHOD, "kl_divergence", set()),
        (A_DECORATED_HELPER, "decoder", {"decoder"}),
    ],
)
def test_the_method_that_touches_it_is_named(
    source: str, asked: str, touched: set[str], candidates: Candidates, tmp_path: Path
) -> None:
    assert seen(source, asked, candidates, tmp_path) == touched


@pytest.mark.parametrize("asked", ["elbo", "kl_divergence"])
@pytest.mark.parametrize("way", [way for way in WAYS if way != "looked up"])
def test_a_method_of_another_name_is_named(
    way: str, asked: str, candidates: Candidates, tmp_path: Path
) -> None:
    source = f"{BY_ANOTHER_NAME}\n{WAYS[way]}"
    assert seen(source, asked, candidates, tmp_path) == {"kl_divergence"}


def test_what_can_not_be_followed_is_the_method_that_is_asked(
    candidates: Candidates, tmp_path: Path
) -> None:
    source = f"{BY_ANOTHER_NAME}\n{WAYS['looked up']}"
    assert seen(source, "kl_divergence", candidates, tmp_path) == {"kl_divergence"}


def seen(source: str, asked: str, candidates: Candidates, folder: Path) -> frozenset[str]:
    """What is touched when a method is called."""
    path = write_notebook(Attack("made", "made.", {}, (source,), {}, ()), folder, {})
    weights = fixtures.random_weights(np.random.default_rng(0), SIZES)
    probe = Probe(SIZES, weights, (CALLS[asked],))
    (observation,) = candidates.ask((probe,), extract(load(path), ASSIGNMENT))
    assert all(isinstance(outcome, Returned) for outcome in observation.outcomes)
    return observation.touched
