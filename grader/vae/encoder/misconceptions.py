"""Wrong encoders: activations and heads mixed up, gradients cut off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from grader.kit import graph
from grader.kit.misconception import Misconception
from grader.vae import expected
from grader.vae.network_misconceptions import Path, hidden_errors, path_of
from grader.vae.networks import ACTIVATIONS

_HEADS = ("linear21", "linear22")
_HIDDEN = hidden_errors("encoder", "linear1")
_GRAPH = graph.errors("encoder", "the encoder's result")

_SWAPPED = Misconception(
    "encoder.heads_swapped",
    "the two heads change places",
    "Which of the two layers is the head for mu, and in which order does the pair come back?",
)
_ONE_HEAD = Misconception(
    "encoder.one_head_for_both",
    "one head gives both results",
    "There are two heads in the diagram. Does each of them have something to do in your method?",
)
_ACTIVATION = Misconception(
    "encoder.activation_on_head",
    "an activation comes after a head",
    "Mean and log standard deviation may be any real number. What does your last step do to "
    "negative ones?",
)
_SIGMA = Misconception(
    "encoder.sigma_returned",
    "the exponential is already taken, so that sigma comes back where log sigma is due",
    "The head gives log sigma as it is. Who needs the standard deviation, and where is it made?",
)
_LOG_VARIANCE = Misconception(
    "encoder.log_variance",
    "the second head is read as the logarithm of the variance",
    "What does the assignment say the second head stands for: does anything remain to be done?",
)
_HALVED = {"half": lambda a: a / 2, "double": lambda a: 2 * a}
_AFTER_HEAD: Mapping[str, Misconception] = {
    **{name: _ACTIVATION for name in ACTIVATIONS if name != "none"},
    "exp": _SIGMA,
    "exp of the half": _LOG_VARIANCE,
    "exp of the double": _LOG_VARIANCE,
    "half": _LOG_VARIANCE,
    "double": _LOG_VARIANCE,
}

MISCONCEPTIONS = (
    *dict.fromkeys(_HIDDEN.values()),
    _SWAPPED,
    _ONE_HEAD,
    *dict.fromkeys(_AFTER_HEAD.values()),
    *_GRAPH.all,
)


@dataclass(frozen=True)
class Diagnosis:
    """How mu and log sigma seem to come about; None where nothing known explains them."""

    paths: tuple[Path | None, Path | None]

    @property
    def hidden(self) -> tuple[Misconception, ...]:
        """What is wrong with the hidden layer."""
        found = (_HIDDEN.get(path.hidden) for path in self.paths if path)
        return tuple(dict.fromkeys(error for error in found if error))

    @property
    def layers(self) -> tuple[str | None, ...]:
        """The layers that the outputs are read from."""
        return tuple(path.layer if path else None for path in self.paths)

    def head(self, position: int) -> tuple[Misconception, ...]:
        """What is wrong with one of the outputs: 0 is mu, 1 is log sigma."""
        path = self.paths[position]
        if path is None:
            return ()
        errors = []
        if self.layers == _HEADS[::-1]:
            errors.append(_SWAPPED)
        elif path.layer != _HEADS[position]:
            errors.append(_ONE_HEAD)
        if path.output in _AFTER_HEAD:
            errors.append(_AFTER_HEAD[path.output])
        return tuple(errors)

    def gradient(self, found: Mapping[str, np.ndarray | None]) -> tuple[Misconception, ...]:
        """Why gradients do not arrive; a layer that is not used has none."""
        if None not in self.layers and len(set(self.layers)) == 1:
            return (_ONE_HEAD,)
        return _GRAPH.diagnose(found)


def diagnose(
    weights: expected.Weights, x: np.ndarray, mu: np.ndarray, logsigma: np.ndarray
) -> Diagnosis:
    """What explains the outputs ``[B, L]`` of a model with random weights for ``x [B, D]``."""
    swapped = _HEADS[::-1]
    return Diagnosis(
        (
            path_of(mu, weights, x, "linear1", _HEADS, "none", _HALVED),
            path_of(logsigma, weights, x, "linear1", swapped, "none", _HALVED),
        )
    )
