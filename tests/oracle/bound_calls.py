"""Whether what is stated of an ELBO's later calls is true: weights that change, numbers kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tests.oracle.bounds import Bound, Call, batch, bounded, call
from tests.oracle.statements import Method, Oracle, Statement


def _calls(method: Method, count: int = 4) -> tuple[list[Call], list[tuple[Tensor, Tensor]]]:
    """The first calls of a new model, each with other rows, and their right terms."""
    model = bounded(method)
    found = [call(model, batch(model)) for _ in range(count)]
    return found, [Bound().terms(one) for one in found]


def changing(which: str) -> Any:
    """Hold that the weights of the first three calls are those that are stated."""

    def holds(method: Method, statement: Statement) -> bool:
        found, terms = _calls(method, 3)
        for one, (likelihood, penalty), name in zip(
            found, terms, ("first", "second", "third"), strict=True
        ):
            basis = torch.stack([likelihood, -penalty, torch.ones_like(penalty)], 1)
            weights = torch.linalg.lstsq(basis.double(), one.value.double()).solution
            stated = statement.number(name)
            due = [stated if which in ("likelihood", "whole") else 1.0]
            due += [stated if which in ("divergence", "whole") else 1.0]
            if any(abs(float(w) - d) > 5e-3 for w, d in zip(weights[:2], due, strict=True)):
                return False
        return True

    return holds


def adding(amount: Callable[[int, list[float], float], float]) -> Any:
    """Hold that each call adds one number, which follows from the averages of all calls."""

    def holds(method: Method, statement: Statement) -> bool:
        found, terms = _calls(method)
        weight = statement.number("weight") if statement.text("weight") else 1.0
        averages = [float((likelihood - kl).mean()) for likelihood, kl in terms]
        for n, (one, (likelihood, kl)) in enumerate(zip(found, terms, strict=True)):
            added = one.value - (likelihood - kl)
            due = amount(n, averages, weight)
            if float((added - due).abs().max()) > 2e-3 * max(1.0, abs(averages[n])):
                return False
        return True

    return holds


def _kept(method: Method, _: Statement) -> bool:
    """Whether a number is added that is the same in all rows, and another in the next call."""
    found, terms = _calls(method)
    pairs = zip(found, terms, strict=True)
    added = [one.value - (likelihood - kl) for one, (likelihood, kl) in pairs]
    level = [float(part.mean()) for part in added]
    same = all(float((part - part.mean()).abs().max()) < 1e-2 for part in added)
    return same and abs(level[0] - level[1]) > 1e-2


BOUND_CALLS: Oracle = {
    "divergence_weight_changes": changing("divergence"),
    "likelihood_weight_changes": changing("likelihood"),
    "weight_changes": changing("whole"),
    "total_added": adding(lambda n, averages, weight: weight * sum(averages[: n + 1])),
    "first_average_subtracted": adding(lambda n, averages, _: -averages[0]),
    "earlier_average_added": adding(
        lambda n, averages, weight: weight * averages[n - 1] if n else 0.0
    ),
    "number_kept": _kept,
}
