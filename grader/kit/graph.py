"""Gradients that do not arrive: a result, or a part of it, that torch knows no history of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from grader.kit.misconception import Misconception


@dataclass(frozen=True)
class GraphErrors:
    """The two ways to lose gradients: of everything, or of a part."""

    cut: Misconception
    detached: Misconception

    @property
    def all(self) -> tuple[Misconception, ...]:
        """Both."""
        return self.cut, self.detached

    def diagnose(self, found: Mapping[str, np.ndarray | None]) -> tuple[Misconception, ...]:
        """Which of them explains the gradients of right values: they are not all right.

        Values that are right while their gradient is not have lost their history somewhere; but
        what is not finite has come all the way.
        """
        came = [gradient for gradient in found.values() if gradient is not None]
        if not came:
            return (self.cut,)
        return (self.detached,) if all(np.all(np.isfinite(g)) for g in came) else ()


def errors(task: str, what: str) -> GraphErrors:
    """The errors of a task's method, which returns ``what``."""
    return GraphErrors(
        Misconception(
            f"{task}.graph_cut",
            f"{what} is computed outside torch's graph: under no_grad, through .data, detach or "
            ".item(), or in NumPy",
            "Training follows gradients. Which step of yours turns a tensor with a history into "
            "plain numbers?",
        ),
        Misconception(
            f"{task}.detached",
            f"a part of {what} is cut off from torch's graph, by detach, .data, no_grad or NumPy",
            "Follow the gradient back to each input and layer: on which way does it stop, and why?",
        ),
    )
