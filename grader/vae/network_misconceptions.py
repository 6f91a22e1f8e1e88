"""Wrong layers of encoder and decoder: activations left out, exchanged, or put where none belong.

An output is explained by two activations: the one behind the hidden layer, and the one behind the
last. All are tried; the explanation that is right in more places is preferred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from grader.kit.misconception import Names
from grader.kit.tolerance import close
from grader.vae import expected
from grader.vae.networks import ACTIVATIONS

Activations = Mapping[str, Callable[[np.ndarray], np.ndarray]]
_HIDDEN = "ReLU"


@dataclass(frozen=True)
class Path:
    """How an output seems to come about: the layer it is read from, and two activations by name."""

    layer: str
    hidden: str
    output: str


def path_of(
    actual: np.ndarray,
    before_hidden: np.ndarray,
    weights: expected.Weights,
    last: tuple[str, ...],
    output: str,
    extra: Activations,
) -> Path | None:
    """Return the path that explains an output ``[B, n]``, or None.

    Args:
        actual: the output.
        before_hidden: what the hidden units ``[B, hidden]`` are made of.
        weights: of the model.
        last: the layers the output may be read from, the right one first.
        output: name of the right activation after it.
        extra: further activations that may come after the last layer.
    """
    afters = {**ACTIVATIONS, **extra}
    paths = [Path(*names) for names in product(last, ACTIVATIONS, afters)]
    right = Path(last[0], _HIDDEN, output)

    def slips(path: Path) -> int:
        return sum(vars(path)[name] != value for name, value in vars(right).items())

    with np.errstate(over="ignore"):
        for path in sorted(paths, key=slips):
            hidden = ACTIVATIONS[path.hidden](before_hidden)
            if close(actual, afters[path.output](expected.linear(weights, path.layer, hidden))):
                return path
    return None


def hidden_errors(*paths: Path | None) -> Names:
    """Return what is wrong with the hidden layer on these paths."""
    activations = (path.hidden for path in paths if path and path.hidden != _HIDDEN)
    names = ("no_relu" if a == "none" else "other_hidden_activation" for a in activations)
    return tuple(dict.fromkeys(names))
