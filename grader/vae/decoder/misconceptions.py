"""Wrong decoders: activations left out, exchanged or doubled, gradients cut off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from grader.kit import graph
from grader.kit.misconception import Misconception
from grader.vae import expected
from grader.vae.network_misconceptions import Path, hidden_errors, path_of
from grader.vae.networks import ACTIVATIONS

_RIGHT = "sigmoid"
_HIDDEN = hidden_errors("decoder", "linear3")
_GRAPH = graph.errors("decoder", "theta")

_LOGITS = Misconception(
    "decoder.logits_returned",
    "the logits are returned: the sigmoid is missing",
    "theta holds probabilities. Which numbers can a linear layer give, and which may theta hold?",
)
_TWICE = Misconception(
    "decoder.sigmoid_twice",
    "the sigmoid is applied twice",
    "After a sigmoid all numbers lie between 0 and 1. What range is left after another one?",
)
_RELU = Misconception(
    "decoder.relu_before_sigmoid",
    "a ReLU comes between linear4 and the sigmoid",
    "Which logits lead to probabilities below one half, and what does a ReLU make of them?",
)
_COMPLEMENT = Misconception(
    "decoder.complement",
    "1 - theta is returned",
    "Write the sigmoid down. What is it for a large positive number, and what is yours?",
)
_OTHER = Misconception(
    "decoder.other_output_activation",
    "another function than the sigmoid comes after linear4",
    "Each pixel has a probability of its own. Which function turns one real number into one?",
)
_PIXELS = Misconception(
    "decoder.pixels_returned",
    "zeros and ones are returned where their probabilities are due",
    "The decoder gives the parameters of the likelihood. Who turns them into pixels, and when?",
)
_COMPLEMENTS = {"complement": lambda a: expit(-a), "clamp": lambda a: np.clip(a, 0, 1)}
_AFTER_OUTPUT: Mapping[str, Misconception] = {
    **{name: _OTHER for name in ACTIVATIONS if name != _RIGHT},
    "none": _LOGITS,
    "sigmoid twice": _TWICE,
    "sigmoid of ReLU": _RELU,
    "complement": _COMPLEMENT,
    "clamp": _OTHER,
}

MISCONCEPTIONS = (
    *dict.fromkeys(_HIDDEN.values()),
    *dict.fromkeys(_AFTER_OUTPUT.values()),
    _PIXELS,
    *_GRAPH.all,
)


@dataclass(frozen=True)
class Diagnosis:
    """How theta seems to come about; ``path`` is None where nothing known explains it."""

    path: Path | None
    binary: bool

    @property
    def hidden(self) -> tuple[Misconception, ...]:
        """What is wrong with the hidden layer."""
        if self.binary:
            return (_PIXELS,)
        return (_HIDDEN[self.path.hidden],) if self.path and self.path.hidden in _HIDDEN else ()

    @property
    def output(self) -> tuple[Misconception, ...]:
        """What is wrong with the last step."""
        if self.binary:
            return (_PIXELS,)
        known = self.path is not None and self.path.output in _AFTER_OUTPUT
        return (_AFTER_OUTPUT[self.path.output],) if self.path and known else ()

    def gradient(self, found: Mapping[str, np.ndarray | None]) -> tuple[Misconception, ...]:
        """Why gradients do not arrive; pixels have none."""
        return (_PIXELS,) if self.binary else _GRAPH.diagnose(found)


def diagnose(weights: expected.Weights, z: np.ndarray, theta: np.ndarray) -> Diagnosis:
    """What explains ``theta [B, D]`` of a model with random weights for ``z [B, L]``."""
    binary = bool(np.all((theta == 0) | (theta == 1)))
    path = path_of(theta, weights, z, "linear3", ("linear4",), _RIGHT, _COMPLEMENTS)
    return Diagnosis(path, binary)
