"""Wrong layers of encoder and decoder: activations left out, exchanged, or put where none belong.

An output is explained by two activations: the one behind the hidden layer, and the one behind the
last. All are tried; the explanation that is right in more places is preferred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from grader.kit.misconception import Misconception
from grader.kit.tolerance import close
from grader.vae import expected
from grader.vae.networks import ACTIVATIONS

Activations = Mapping[str, Callable[[np.ndarray], np.ndarray]]
HIDDEN = "ReLU"


@dataclass(frozen=True)
class Path:
    """How an output seems to come about: the layer it is read from, and two activations by name."""

    layer: str
    hidden: str
    output: str


def path_of(
    actual: np.ndarray,
    weights: expected.Weights,
    inputs: np.ndarray,
    first: str,
    last: tuple[str, ...],
    output: str,
    extra: Activations | None = None,
) -> Path | None:
    """The path that explains an output ``[B, n]``, or None.

    Args:
        first: the layer that ``inputs`` go through.
        last: the layers the output may be read from, the right one first.
        output: name of the right activation after it.
        extra: further activations that may come after the last layer.
    """
    before = expected.linear(weights, first, inputs)
    afters = {**ACTIVATIONS, **(extra or {})}
    paths = [Path(*names) for names in product(last, ACTIVATIONS, afters)]
    right = Path(last[0], HIDDEN, output)

    def slips(path: Path) -> int:
        return sum(vars(path)[name] != value for name, value in vars(right).items())

    with np.errstate(over="ignore"):
        for path in sorted(paths, key=slips):
            hidden = ACTIVATIONS[path.hidden](before)
            if close(actual, afters[path.output](expected.linear(weights, path.layer, hidden))):
                return path
    return None


def hidden_errors(task: str, layer: str) -> Mapping[str, Misconception]:
    """What is wrong with a hidden layer, by the name of the activation in place of the ReLU."""
    missing = Misconception(
        f"{task}.no_relu",
        f"nothing comes after {layer}, where a ReLU is due",
        "Two linear layers in a row are one linear layer. What does the diagram put between them?",
    )
    other = Misconception(
        f"{task}.other_hidden_activation",
        f"another activation than the ReLU comes after {layer}",
        "Which activation does the assignment name for the hidden layer, and which one is yours?",
    )
    return {name: missing if name == "none" else other for name in ACTIVATIONS if name != HIDDEN}
