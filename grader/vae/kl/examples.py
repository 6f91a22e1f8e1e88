"""The smallest cases that show what is wrong with a divergence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from grader.kit.example import Case, Printed, printed_numbers, printed_type
from grader.kit.observation import Returned, Value
from grader.vae import expected
from grader.vae.gradient_examples import gradient_cases
from grader.vae.kl.questions import METHOD, NAMES
from grader.vae.row_examples import Asked, form_cases, row_cases, same_case, untouched_cases
from grader.vae.sizes import Sizes
from grader.vae.snippets import Arguments, Tiny, arrays, ask, leaves, one_case

_SINGLE = ((1, 0), (0, 1), (0, -1), (-1, 0), (2, 0), (1, 1), (2, -1), (0, -5))
"""Mean and log-std of posteriors with one dimension."""
_WIDER = (
    ([[1, 1]], [[0, 0]]),
    ([[1, 2]], [[0, 1]]),
    ([[1], [1]], [[0], [0]]),
    ([[1, 2], [3, 0]], [[0, 1], [-1, 0]]),
)
_ROWS = (
    ([[2, 0], [1, 0]], [[0, 0], [0, 0]]),
    ([[2, 1], [0, 0]], [[1, 0], [-1, 0]]),
    ([[2, 1], [1, 1]], [[1, 1], [1, 1]]),
)

Posterior = tuple[Sequence[Sequence[float]], Sequence[Sequence[float]]]


@lru_cache(maxsize=8)
def cases(lost: frozenset[str]) -> dict[str, list[Case]]:
    """Return the cases that may show each of the lost checks, the smallest first."""
    value_is_right = "kl.total" not in lost
    batches = [_asked(posterior) for posterior in _ROWS]
    return {
        "kl.total": list(_totals()),
        "kl.per_sample": [
            *form_cases(batches[0]),
            *untouched_cases(batches[1]),
            same_case(batches[1]),
            *row_cases(batches, value_is_right),
        ],
        "kl.gradient": list(_gradients(value_is_right)),
    }


def _right(_: Tiny, given: Arguments) -> tuple[np.ndarray, ...]:
    return (expected.kl(**given),)


def _asked(posterior: Posterior) -> Asked:
    mu, logsigma = arrays(*posterior)
    tiny = Tiny(Sizes(1, mu.shape[1], 1))
    return Asked(tiny, METHOD, {"mu": mu, "logsigma": logsigma}, ("kl",), _right)


def _totals() -> Iterator[Case]:
    yield same_case(_asked(_WIDER[0]))
    singles = [([[mu]], [[logsigma]]) for mu, logsigma in _SINGLE]
    for posterior in (*singles, *_WIDER):
        yield _total(_asked(posterior))


def _total(asked: Asked) -> Case:
    def read(value: Value, _: Returned) -> Printed | None:
        name, actual = asked.numbers(value)
        if actual is None:
            return printed_type(name, value)
        if np.abs(actual.sum() - asked.wanted.sum()) < 1e-3 * asked.wanted.size:
            return None
        return printed_numbers(name, actual, asked.wanted)

    return one_case(asked.setup, asked.probe, read)


def _gradients(value_is_right: bool) -> Iterator[Case]:
    for mu, logsigma in ((1, 1), (1, 0), (2, -1)):
        asked = _asked(([[mu]], [[logsigma]]))
        probe = ask(asked.tiny, METHOD, asked.given, cotangents=(np.ones(1),), differentiate=NAMES)
        setup = (*asked.setup[:-1], leaves(NAMES), asked.setup[-1])
        rights = dict(zip(NAMES, expected.kl_gradients(**asked.given), strict=True))
        names = {name: name for name in NAMES}
        yield from gradient_cases(setup, probe, "kl", names, rights if value_is_right else None)
