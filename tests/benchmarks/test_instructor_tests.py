"""The tests that other autograders are timed with do find errors, each in its own task."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from reference.vae import VAE
from tests.benchmarks.instructor_tests import POINTS


def _wrong_encoder(self: VAE, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    mu, logsigma = VAE.encoder(self, x)
    return mu, logsigma.exp()


WRONG: dict[str, dict[str, Callable[..., object]]] = {
    "encoder": {"encoder": _wrong_encoder},
    "reparam": {"sample_with_reparam": lambda self, mu, s: mu + s * torch.randn_like(mu)},
    "decoder": {"decoder": lambda self, z: self.linear4(torch.relu(self.linear3(z)))},
    "kl": {"kl_divergence": lambda self, mu, s: VAE.kl_divergence(self, mu, s / 2)},
    "elbo": {"elbo": lambda self, x: VAE.elbo(self, x).mean()},
    "sample": {"sample": lambda self, n: torch.rand(n, 20).round()},
}


@pytest.mark.parametrize("test", POINTS, ids=lambda test: test.__name__)
def test_it_passes_the_reference_and_fails_an_error(test: Callable[[type], None]) -> None:
    test(VAE)
    with pytest.raises(AssertionError):
        test(type("VAE", (VAE,), WRONG[test.__name__]))


def test_points_are_the_assignments() -> None:
    assert sum(POINTS.values()) == 60
