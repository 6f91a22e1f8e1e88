"""Whether a network's answers are right in batches of any size, and each row has one of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from grader.kit.check import Exam, Lost, Steps
from grader.kit.gradients import Asked
from grader.kit.observation import Outcome
from grader.kit.outputs import require_unseeded
from grader.kit.probe import Call, Probe, Sizes
from grader.kit.rows import DEAD, Batch, row_error
from grader.kit.tolerance import close, close_in_most_rows, difference

Parts = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Network:
    """One of the model's networks: what it is given, and what comes of it.

    Attributes:
        method: its name, and its argument's ``[rows, units]``.
        results: the names of what it returns.
        read: arrays ``[rows, units]`` from what came for so many rows of a model of these sizes.
        right: the same from weights and the argument.
    """

    method: str
    argument: str
    results: tuple[str, ...]
    read: Callable[[Outcome, int, Sizes], Parts]
    right: Callable[[Mapping[str, np.ndarray], np.ndarray], Parts]


@dataclass(frozen=True)
class _Found:
    """How answers compare with what is right.

    Attributes:
        nearly: whether most rows of the largest batch are right.
        error: what is wrong in a smaller batch, if the largest is right.
    """

    right: bool
    nearly: bool = True
    error: str | None = None


def rows_error(
    exam: Exam,
    network: Network,
    asked: Asked,
    other: Callable[[], np.ndarray],
    other_weights: Mapping[str, np.ndarray],
) -> Steps[Lost | None]:
    """What is wrong with the rows of what came, or None.

    Args:
        exam: puts further questions where the values are wrong.
        network: which one was asked.
        asked: batches, the largest last, and what came for them.
        other: makes as many rows as the largest batch has, none of them the same.
        other_weights: of a model in which everything must come out otherwise.
    """
    try:
        require_unseeded(asked.outcomes)
        found = exam.once(_compare, network, asked, of=network.method)
        error = found.error
        if not found.right:
            error = yield from _remembers(exam, network, asked)
            error = error or (yield from _mixed_up(exam, network, asked, other(), found.nearly))
            error = error or (yield from _does_not_depend(exam, network, asked, other_weights))
    except Lost as lost:
        return lost
    return Lost(error) if error else None


def _compare(_: Exam, network: Network, asked: Asked) -> _Found:
    sizes, weights = asked.point.sizes, asked.point.weights
    # The largest tells most, and where it is wrong no other is looked at.
    for inputs, outcome in reversed(list(zip(asked.batches, asked.outcomes, strict=True))):
        came, rights = network.read(outcome, len(inputs), sizes), network.right(weights, inputs)
        if all(map(close, came, rights)):
            continue
        if inputs is asked.batches[-1]:
            # Where most rows are right, those that are not may not be dead.
            return _Found(False, all(map(close_in_most_rows, came, rights)))
        for name, actual, right in zip(network.results, came, rights, strict=True):
            if not close(actual, right):
                words = difference(actual, right)[0]
                return _Found(True, error=f"{name} is wrong for {len(inputs)} rows: {words}.")
    return _Found(True)


def _remembers(exam: Exam, network: Network, asked: Asked) -> Steps[str | None]:
    """Whether the method is right when it is called first, and wrong after other calls."""
    sizes, weights, inputs = asked.point.sizes, asked.point.weights, asked.batches[-1]
    call = Call(network.method, {network.argument: inputs})
    outcome = (yield Probe(sizes, weights, (call,))).outcomes[0]
    came, rights = network.read(outcome, len(inputs), sizes), network.right(weights, inputs)
    if all(map(close, came, rights)):
        return "What comes depends on earlier calls: something is kept from one to the next."
    return None


def _mixed_up(
    exam: Exam, network: Network, asked: Asked, other: np.ndarray, nearly: bool
) -> Steps[str | None]:
    sizes, weights = asked.point.sizes, asked.point.weights

    def of_batch(batch: Batch) -> Probe:
        return Probe(sizes, weights, (Call(network.method, batch),))

    def read(outcome: Outcome, rows: int) -> np.ndarray:
        return np.concatenate(network.read(outcome, rows, sizes), axis=1)

    given, others = ({network.argument: inputs} for inputs in (asked.batches[-1], other))
    return (yield from row_error(exam, given, others, of_batch, read, 0.0 if nearly else DEAD))


def _does_not_depend(
    exam: Exam, network: Network, asked: Asked, other_weights: Mapping[str, np.ndarray]
) -> Steps[str | None]:
    sizes, inputs = asked.point.sizes, asked.batches[-1]
    call = Call(network.method, {network.argument: inputs})
    outcome = (yield Probe(sizes, other_weights, (call,))).outcomes[0]
    parts = (network.read(came, len(inputs), sizes) for came in (asked.outcomes[-1], outcome))
    if all(np.array_equal(first, second) for first, second in zip(*parts, strict=True)):
        return "What comes for a row does not depend on the layers."
    return None
