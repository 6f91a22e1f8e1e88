"""Wrong decoders: activations left out, exchanged or doubled, gradients cut off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from grader.kit.misconception import Names, disconnected, read_catalogue
from grader.vae import expected
from grader.vae.network_misconceptions import Path, hidden_errors, path_of

CATALOGUE = read_catalogue(__file__)
_RIGHT = "sigmoid"
_COMPLEMENTS = {"complement": lambda a: expit(-a), "clamp": lambda a: np.clip(a, 0, 1)}
_AFTER_OUTPUT = {
    "none": "logits_returned",
    "sigmoid twice": "sigmoid_twice",
    "sigmoid of ReLU": "relu_before_sigmoid",
    "complement": "complement",
}
"""Misconceptions by the activation after linear4; all others are `other_output_activation`."""


@dataclass(frozen=True)
class Diagnosis:
    """How theta seems to come about; ``path`` is None where nothing known explains it."""

    path: Path | None
    pixels: Names

    @property
    def hidden(self) -> Names:
        """What is wrong with the hidden layer."""
        return self.pixels or hidden_errors(self.path)

    @property
    def output(self) -> Names:
        """What is wrong with the last step."""
        if self.pixels or self.path is None or self.path.output == _RIGHT:
            return self.pixels
        return (_AFTER_OUTPUT.get(self.path.output, "other_output_activation"),)

    def gradient(self, gradients: Mapping[str, np.ndarray | None]) -> Names:
        """Return why gradients do not arrive; pixels have none."""
        return self.pixels or disconnected(gradients)


def diagnose(before_hidden: np.ndarray, weights: expected.Weights, theta: np.ndarray) -> Diagnosis:
    """Return what explains ``theta [B, D]`` of a model with random weights."""
    is_binary = bool(np.all((theta == 0) | (theta == 1)))
    path = path_of(theta, before_hidden, weights, ("linear4",), _RIGHT, _COMPLEMENTS)
    return Diagnosis(path, ("pixels_returned",) if is_binary else ())
