"""Wrong encoders: activations and heads mixed up, gradients cut off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from grader.kit.misconception import Names, disconnected, read_catalogue
from grader.vae import expected
from grader.vae.network_misconceptions import Path, hidden_errors, path_of

CATALOGUE = read_catalogue(__file__)
_HEADS = ("linear21", "linear22")
_HALVED = {"half": lambda a: a / 2, "double": lambda a: 2 * a}
_AFTER_HEAD = {
    "exp": "sigma_returned",
    "exp of the half": "log_variance",
    "exp of the double": "log_variance",
    "half": "log_variance",
    "double": "log_variance",
}
"""Misconceptions by the activation after a head; all others are `activation_on_head`."""


@dataclass(frozen=True)
class Diagnosis:
    """How mu and log sigma seem to come about; None where nothing known explains them."""

    paths: tuple[Path | None, Path | None]

    @property
    def hidden(self) -> Names:
        """What is wrong with the hidden layer."""
        return hidden_errors(*self.paths)

    @property
    def layers(self) -> tuple[str | None, ...]:
        """The layers that the outputs are read from."""
        return tuple(path.layer if path else None for path in self.paths)

    def head(self, position: int) -> Names:
        """Return what is wrong with one of the outputs: 0 is mu, 1 is log sigma."""
        path = self.paths[position]
        if path is None:
            return ()
        names = []
        if self.layers == _HEADS[::-1]:
            names.append("heads_swapped")
        elif path.layer != _HEADS[position]:
            names.append("one_head_for_both")
        if path.output != "none":
            names.append(_AFTER_HEAD.get(path.output, "activation_on_head"))
        return tuple(names)

    def gradient(self, gradients: Mapping[str, np.ndarray | None]) -> Names:
        """Return why gradients do not arrive; a layer that is not used has none."""
        if None not in self.layers and len(set(self.layers)) == 1:
            return ("one_head_for_both",)
        return disconnected(gradients)


def diagnose(
    before_hidden: np.ndarray, weights: expected.Weights, mu: np.ndarray, logsigma: np.ndarray
) -> Diagnosis:
    """Return what explains the outputs ``[B, L]`` of a model with random weights."""
    return Diagnosis(
        (
            path_of(mu, before_hidden, weights, _HEADS, "none", _HALVED),
            path_of(logsigma, before_hidden, weights, _HEADS[::-1], "none", _HALVED),
        )
    )
