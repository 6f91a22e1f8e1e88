"""What is judged alike of encoder and decoder: shape, rows, the hidden layer, and gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from grader.kit.check import Exam, Lost, NotReached, Steps
from grader.kit.gradients import judge_gradient
from grader.kit.observation import Outcome
from grader.kit.outputs import (
    gradients,
    require_unseeded,
    require_untouched,
    tensor_of_shape,
    values,
)
from grader.kit.probe import Call, Probe
from grader.kit.rows import DEAD, Batch, row_error
from grader.kit.tolerance import close, close_in_most_rows, difference
from grader.vae import fixtures
from grader.vae.network_task import LARGE, SMALL, Answers, NetworkTask, model_of
from grader.vae.networks import is_function_by_column, is_function_of

_ROWS = 40
"""No layer has as many units, so that a result with rows and columns exchanged shows itself."""

Close = Callable[..., bool]
"""`close`, or `close_in_most_rows`."""


def judge_shape(exam: Exam, network: NetworkTask) -> Steps[None]:
    """Require tensors of the right shapes, and that the argument stays as it is.

    Raises:
        Lost: there is something else.
    """
    answers = yield from network.ask_batches(exam)
    width = network.width(answers.point.sizes)
    *usual, _largest = zip(answers.batches, answers.outcomes, strict=True)
    for number, (batch, outcome) in enumerate(usual):
        parts = network.parts(values(outcome, network.method)[0])
        if number < SMALL:  # how many rows there may be has a check of its own
            for part, name in zip(parts, network.results, strict=True):
                tensor_of_shape(part, name, (len(batch), width), exactly=True)
        require_untouched(outcome, {network.argument: batch}, network.results)


@dataclass(frozen=True)
class _Comparison:
    """How results compare with the right ones.

    Attributes:
        nearly: whether most rows of the largest batch are right.
        error: what is wrong in a smaller batch, if the largest is right.
    """

    right: bool
    nearly: bool = True
    error: str | None = None


def judge_rows(exam: Exam, network: NetworkTask) -> Steps[None]:
    """Require that each row has results of its own, in batches of any size.

    Raises:
        Lost: it has not.
    """
    answers = yield from network.ask_batches(exam)
    require_unseeded(answers.outcomes)
    comparison = exam.once(_compare, network, answers, of=network.method)
    error = comparison.error
    if not comparison.right:
        error = yield from _batch_error(exam, network, answers, comparison.nearly)
    if error:
        raise Lost(error)


def rows_are_right(exam: Exam, network: NetworkTask) -> Steps[bool]:
    """Return whether each row has results of its own."""
    try:
        yield from judge_rows(exam, network)
    except Lost:
        return False
    return True


def closeness(exam: Exam, network: NetworkTask) -> Steps[Close]:
    """Return how rows are to be compared: where they get mixed up, most are enough."""
    return close if (yield from rows_are_right(exam, network)) else close_in_most_rows


def _compare(network: NetworkTask, answers: Answers) -> _Comparison:
    sizes, weights = answers.point.sizes, answers.point.weights
    # The largest tells most, and where it is wrong no other is looked at.
    for inputs, outcome in reversed(list(zip(answers.batches, answers.outcomes, strict=True))):
        results, rights = network.read(outcome, len(inputs), sizes), network.right(weights, inputs)
        if all(map(close, results, rights)):
            continue
        if inputs is answers.batches[-1]:
            # Where most rows are right, those that are not may not be dead.
            return _Comparison(False, all(map(close_in_most_rows, results, rights)))
        for name, actual, right in zip(network.results, results, rights, strict=True):
            if not close(actual, right):
                words = difference(actual, right)[0]
                return _Comparison(True, error=f"{name} is wrong for {len(inputs)} rows: {words}.")
    return _Comparison(True)


def _batch_error(
    exam: Exam, network: NetworkTask, answers: Answers, nearly: bool
) -> Steps[str | None]:
    """Return what is wrong with rows in the largest batch, whose results are wrong, or None."""
    sizes, weights, inputs = answers.point.sizes, answers.point.weights, answers.batches[-1]

    def probe(batch: Batch, weights: Mapping[str, np.ndarray] = weights) -> Probe:
        return Probe(sizes, weights, (Call(network.method, batch),))

    def side_by_side(outcome: Outcome, rows: int) -> np.ndarray:
        return np.concatenate(network.read(outcome, rows, sizes), axis=1)

    batch = {network.argument: inputs}
    first_call = (yield probe(batch)).outcomes[0]
    results = network.read(first_call, len(inputs), sizes)
    if all(map(close, results, network.right(weights, inputs))):
        return "What comes depends on earlier calls: something is kept from one to the next."
    distinct = network.draw_distinct(exam.generator(network.key, 6), len(inputs), sizes)
    other = {network.argument: distinct}
    dead_share = 0.0 if nearly else DEAD
    error = yield from row_error(exam, batch, other, probe, side_by_side, dead_share)
    if error:
        return error
    elsewhere = (yield probe(batch, model_of(network, exam.seed, 5, sizes, 1).weights)).outcomes[0]
    here = side_by_side(answers.outcomes[-1], len(inputs))
    if np.array_equal(here, side_by_side(elsewhere, len(inputs))):
        return "What comes for a row does not depend on the layers."
    return None


def judge_hidden(
    exam: Exam, network: NetworkTask, output_error: Callable[[Exam, int], Steps[Lost | None]]
) -> Steps[None]:
    """Require that the hidden layer is the ReLU of the first one, as far as results show it.

    Args:
        exam: the exam.
        network: which one is asked.
        output_error: what is wrong with a result given whatever the hidden units are.

    Raises:
        Lost: it is not.
        NotReached: rows get mixed up, so it can't be seen.
    """
    *shown, _ = network.showing(exam)
    large, full = network.large(exam), model_of(network, exam.seed, 2, fixtures.FULL, _ROWS)
    *of_shown, of_large, of_full = yield from network.ask(exam, (*shown, large, full))
    rows_right = yield from rows_are_right(exam, network)
    same: Close = close if rows_right else close_in_most_rows
    positions = range(len(network.results))
    right_outputs = []
    for position in positions:
        if (yield from output_error(exam, position)) is None:
            right_outputs.append(position)
    for position in right_outputs or positions:
        cases = ((shown[position], of_shown[position], 1.0), (large, of_large, LARGE))
        for model, results, scale in cases:
            before = model.shown(network.last[position], network.before_hidden(model))
            units = np.maximum(before, 0) / scale
            if same(results[position], network.output(units)):
                continue
            if not right_outputs and (yield from network.is_behind_relu(exam)):
                return  # whatever is made of it then
            if not rows_right:
                raise NotReached("Rows are not right, so the hidden layer can't be seen.")
            # Where no result is right, something else may come last, or two change places.
            if right_outputs or not any(is_function_of(part, units) for part in results):
                hidden = f"relu({network.first}({network.argument}))"
                name = network.results[position]
                if right_outputs:
                    raise Lost(f"The hidden layer behind {name} is not {hidden}.")
                # Its head is not right either, so the hidden layer itself is not seen.
                raise Lost(f"{name} is no function of what a head gives of {hidden}.")
    # At the assignment's own sizes everything fits, but for what other checks charge.
    before_output = network.before_output(full.weights, full.inputs)
    for name, actual, before in zip(network.results, of_full, before_output, strict=True):
        if rows_right and not any(is_function_by_column(actual, b) for b in before_output):
            sentence, evidence = difference(actual, network.output(before))
            raise Lost(f"{name} is wrong for random weights: {sentence}.", evidence=evidence)


def judge_gradients(exam: Exam, network: NetworkTask) -> Steps[None]:
    """Require gradients of the layers, and of arguments that have one.

    Raises:
        Lost: there are none, or others.
    """
    answers = yield from network.ask_batches(exam)
    point = answers.point
    actual = gradients(answers.of_point, network.method)
    right = network.gradients(point.weights, point.arguments[network.argument], *point.cotangents)
    yield from judge_gradient(exam, point, actual, right)
