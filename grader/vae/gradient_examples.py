"""Cases that show what is wrong with the gradient of what a method returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from grader.kit.example import (
    Case,
    Printed,
    printed_numbers,
    printed_type,
    printed_words,
    repeated,
    tensor_numbers,
)
from grader.kit.observation import Returned, Value
from grader.kit.probe import Probe


def cut_off(name: str, value: Value, outcome: Returned) -> Printed | None:
    """Return how it prints that no gradient at all leads from a value, if none does."""
    if any(gradient is not None for gradient in outcome.gradients.values()):
        return None
    if tensor_numbers(value) is None:
        return printed_type(name, value)
    return printed_words(f"{name}.grad_fn is None", True, False)


def no_gradient(outcome: Returned, names: Mapping[str, str]) -> Printed | None:
    """Return how the gradient prints that is missing where others are there.

    ``names`` are the code for what has a gradient, by its name in the outcome.
    """
    found = {name: outcome.gradients.get(name) for name in names}
    if outcome.backward is not None or all(gradient is None for gradient in found.values()):
        return None
    missing = next((name for name, gradient in found.items() if gradient is None), None)
    if missing is None:
        return None
    return printed_words(f"{names[missing]}.grad is None", True, False)


def wrong_gradient(
    outcome: Returned,
    names: Mapping[str, str],
    rights: Mapping[str, np.ndarray],
    is_random: bool = False,
) -> Printed | None:
    """Return how the first gradient prints that is not right.

    Where the value ``is_random``, those that are not whole numbers may be so too.
    """
    if outcome.backward is not None:
        return None
    for name, code in names.items():
        actual = outcome.gradients.get(name)
        if actual is None or actual.shape != rights[name].shape:
            continue
        if is_random and not np.array_equal(actual, np.rint(actual)):
            continue
        printed = printed_numbers(f"{code}.grad", actual, rights[name])
        if printed is not None:
            return printed
    return None


def gradient_cases(
    setup: Sequence[str],
    probe: Probe,
    value: str,
    names: Mapping[str, str],
    rights: Mapping[str, np.ndarray] | None,
) -> Iterator[Case]:
    """Yield cases of gradients: none at all, one that is missing, one that is wrong.

    Args:
        setup: code that computes the value.
        probe: asks for it and its gradients.
        value: the code for it, a tensor whose sum is derived.
        names: the code for what has a gradient, by name.
        rights: the right gradients; None where nothing is said of their numbers.
    """
    first = value.strip("()").split(" ")[0]

    def read_first(outcomes: Sequence[Returned]) -> Printed | None:
        of_call = outcomes[0].values[-1]
        return cut_off(first, of_call.items[0] if first != value else of_call, outcomes[0])

    yield Case(tuple(setup), (probe,), read_first)
    after = (*setup, f"{value}.sum().backward()")

    def read(outcomes: Sequence[Returned]) -> Printed | None:
        (outcome,) = outcomes
        of_call, is_random = outcome.values[-1], repeated(outcome) is None
        if tensor_numbers(of_call) is None and not of_call.items:
            return None
        missing = no_gradient(outcome, names)
        if missing is not None or rights is None:
            return missing
        return wrong_gradient(outcome, names, rights, is_random)

    yield Case(after, (probe,), read)
