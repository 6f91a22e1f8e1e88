"""Stubs for a student's helpers, so that an error in one is charged once.

They are simple known functions that nobody would write by mistake: the absolute value where the
networks have a ReLU, a sum of squares for the divergence, noise from a table that the examiner
drew. A method that does a helper's work itself, and right, does not meet them; so a part may be
either the stub's or the right one, and `bounds` lists what then is right.

A broken decoder whose numbers are no probabilities may be called by methods that take them for
log-odds. What they make of a decoder that returns log-odds shows whether they are right themselves.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np

from grader.kit.probe import Stubs
from grader.vae.expected import ABS, KL, RELU, Bound, Divergence

_SOURCE = """
position = 0

def encoder(self, x):
    hidden = torch.abs(self.linear1(x))
    return self.linear21(hidden), self.linear22(hidden)

def decoder(self, z):
    return torch.sigmoid(self.linear4(torch.abs(self.linear3(z))))

def kl_divergence(self, mu, logsigma):
    return (0.25 * mu ** 2 + 0.5 * logsigma ** 2).sum(-1)

def sample_with_reparam(self, mu, logsigma):
    global position
    index = torch.arange(position, position + mu.numel()) % noise.numel()
    position += mu.numel()
    return mu + torch.exp(logsigma) * noise[index].reshape(mu.shape).to(mu.dtype)
"""

LOG_ODDS = "decoder.log_odds"
"""The custom of a decoder that leaves the sigmoid to those who call it."""
_OF_LOG_ODDS = """
def decoder(self, z):
    return self.linear4(torch.abs(self.linear3(z)))
"""

_SQUARES = Divergence(
    lambda mu, logsigma: (0.25 * mu**2 + 0.5 * logsigma**2).sum(-1),
    lambda mu, logsigma: (0.5 * mu, logsigma),
)

HELPERS = ("encoder", "decoder", "kl_divergence", "sample_with_reparam")
"""The methods that others call, and that have stubs."""


@cache
def bounds(stubbed: frozenset[str]) -> tuple[Bound, ...]:
    """Return what is right where these helpers have stubs: every mixture, all stubs first."""
    encoders = (ABS, RELU) if "encoder" in stubbed else (RELU,)
    decoders = (ABS, RELU) if "decoder" in stubbed else (RELU,)
    divergences = (_SQUARES, KL) if "kl_divergence" in stubbed else (KL,)
    return tuple(
        Bound(encoder, decoder, divergence)
        for encoder, decoder, divergence in product(encoders, decoders, divergences)
    )


def make_stubs(stubbed: frozenset[str], noise: np.ndarray) -> Stubs:
    """Return these helpers, drawing from ``noise``, which is read in order and then again."""
    methods = tuple(name for name in HELPERS if name in stubbed)
    source = _SOURCE + _OF_LOG_ODDS if LOG_ODDS in stubbed else _SOURCE
    return Stubs(source, methods, np.asarray(noise, np.float64).ravel())
