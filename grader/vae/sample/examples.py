"""The smallest cases that show what is wrong with new data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from math import sqrt

import numpy as np
from scipy.special import expit, ndtr

from grader.kit.example import (
    Case,
    Printed,
    printed_shape,
    printed_type,
    printed_words,
    tensor_numbers,
)
from grader.kit.observation import Returned, Value
from grader.kit.probe import Probe
from grader.vae import fixtures
from grader.vae.draw_examples import DRAWS, count_case, statistic_case
from grader.vae.sizes import Sizes
from grader.vae.snippets import TINY, Tiny, ask, differs_case

_METHOD = "sample"
_PARTS = (
    ("x[:50]", "x[50:]"),
    ("x[::2]", "x[1::2]"),
    ("x[:50]", "1 - x[50:]"),
    ("x[::2]", "1 - x[1::2]"),
    ("x[:50]", "x[50:].flip(0)"),
    ("x[:50]", "1 - x[50:].flip(0)"),
)
"""Halves of 100 rows that are not equal by chance."""
_STEEP = 1000.0
"""A slope so large that a pixel is 1 where the hidden unit is above a threshold, and else 0."""
_STEEPER, _SURE = 1e6, 20.0
"""One for which the threshold is as good as 0, and log-odds of what never happens."""


@lru_cache(maxsize=32)
def cases(lost: frozenset[str]) -> dict[str, list[Case]]:
    """Return the cases that may show each of the lost checks, the smallest first."""
    pixels_are_right = lost.isdisjoint(("sample.bernoulli", "sample.binary"))
    return {
        "sample.shape": list(_shapes()),
        "sample.binary": list(_binary()),
        "sample.prior": list(_prior(pixels_are_right)),
        "sample.bernoulli": list(_bernoulli()),
        "sample.fresh": list(_fresh()),
    }


def _model(sizes: Sizes, **others: float) -> Tiny:
    return Tiny(sizes, fixtures.LAYERS).but(**others)


def _drawn(tiny: Tiny, count: int) -> tuple[tuple[str, ...], Probe]:
    """Return lines that draw samples, and what asks for them."""
    setup = (*tiny.lines, f"x = {TINY}.{_METHOD}({count})")
    return setup, ask(tiny, _METHOD, {"num_samples": count})


def _shapes() -> Iterator[Case]:
    for count in (3, 1, 300, 2000):
        setup, probe = _drawn(_model(Sizes(2, 4, 5)), count)
        yield Case(setup, (probe,), _last(lambda value: printed_type("x", value)))
        yield Case(setup, (probe,), _last(_reader_of_shape(count)))


def _reader_of_shape(count: int) -> Callable[[Value], Printed | None]:
    return lambda value: printed_shape("x", value, (count, 2))


def _last(
    read: Callable[[Value], Printed | None],
) -> Callable[[Sequence[Returned]], Printed | None]:
    """Return a reader of the last call, which has the form of every other."""
    return lambda outcomes: read(outcomes[0].values[-1])


def _binary() -> Iterator[Case]:
    for bias in (0.0, 1.0):
        setup, probe = _drawn(_model(Sizes(1, 1, 1), linear4_bias=bias), 100)
        yield count_case(setup, probe, "x.unique().tolist()", _short, [0.0, 1.0])

        def read(outcomes: Sequence[Returned]) -> Printed | None:
            arrays = [tensor_numbers(value) for value in outcomes[0].values]
            if any(array is None or np.isin(array, (0, 1)).all() for array in arrays):
                return None
            return printed_words("((x == 0) | (x == 1)).all().item()", False, True)

        yield Case(setup, (probe,), read)


def _prior(pixels_are_right: bool) -> Iterator[Case]:
    """Yield cases of a pixel that is 1 where z is above a threshold."""
    if pixels_are_right:
        for sign in (1.0, -1.0):
            for threshold in (0.01, 0.5, 0.25, 2.0):
                tiny = _model(
                    Sizes(1, 1, 1),
                    linear3_weight=sign,
                    linear4_weight=_STEEP,
                    linear4_bias=-_STEEP * threshold,
                )
                yield _share(tiny, float(ndtr(-threshold)))
    setup, probe = _drawn(_shows_sign(), 100)
    yield count_case(setup, probe, "x.unique().tolist()", _different, [0.0, 1.0])
    for first, second in _PARTS:
        yield count_case(
            setup, probe, f"torch.equal({first}, {second})", _equal(first, second), False
        )
    if pixels_are_right:  # a posterior that is far from the prior
        of_posterior = _shows_sign().but(
            linear21_bias=5, linear22_bias=-3, linear4_bias=-_STEEPER / 2
        )
        yield _share(of_posterior, float(ndtr(-0.5)))
    for far in (2.0, 3.0):
        tiny = _model(
            Sizes(1, 1, 1), linear3_weight=1, linear4_weight=_STEEP, linear4_bias=-_STEEP * far
        )
        setup, probe = _drawn(tiny, DRAWS)
        yield count_case(setup, probe, "x.any().item()", lambda x: bool(x.any()), True)
    # The sum of many latent variables is larger where they are all the same.
    wide = _model(Sizes(1, 16, 1), linear3_weight=1, linear4_weight=_STEEP)
    yield _share(wide.but(linear4_bias=-8 * _STEEP), float(ndtr(-2.0)))


def _shows_sign() -> Tiny:
    """Return a model with a pixel that is 1 where z is above 0."""
    return _model(Sizes(1, 1, 1), linear3_weight=1, linear4_weight=_STEEPER, linear4_bias=-_SURE)


def _equal(first: str, second: str) -> Callable[[np.ndarray], bool]:
    """Return what tells whether two expressions of x are equal, of 100 rows ``[100, 1]``."""
    parts = {
        "x[:50]": lambda x: x[:50],
        "x[50:]": lambda x: x[50:],
        "x[::2]": lambda x: x[::2],
        "x[1::2]": lambda x: x[1::2],
        "1 - x[50:]": lambda x: 1 - x[50:],
        "1 - x[1::2]": lambda x: 1 - x[1::2],
        "x[50:].flip(0)": lambda x: x[50:][::-1],
        "1 - x[50:].flip(0)": lambda x: 1 - x[50:][::-1],
    }
    return lambda x: bool(np.array_equal(parts[first](x), parts[second](x)))


def _share(tiny: Tiny, right: float) -> Case:
    """Make a case of how many pixels are 1."""
    setup, probe = _drawn(tiny, DRAWS)
    deviation = sqrt(right * (1 - right))
    return statistic_case(setup, probe, "x.double().mean()", np.mean, right, deviation)


def _bernoulli() -> Iterator[Case]:
    for bias in (0.0, 2.0, -2.0):
        yield _share(_model(Sizes(1, 1, 1), linear4_bias=bias), float(expit(bias)))
    for bias in (_STEEP, -_STEEP):
        setup, probe = _drawn(_model(Sizes(1, 1, 1), linear4_bias=bias), 5)
        right = [[float(bias > 0)]] * 5
        yield count_case(setup, probe, "x.tolist()", lambda x: x.tolist(), right)
        yield _share(_model(Sizes(1, 1, 1), linear4_bias=bias), float(bias > 0))
    bent = _model(Sizes(1, 1, 1), linear3_weight=1, linear4_weight=-_STEEP, linear4_bias=-1.5)
    yield _share(bent, float(expit(-1.5)) / 2)
    setup, probe = _drawn(_model(Sizes(1, 1, 1)), 100)
    yield count_case(setup, probe, "x.unique().tolist()", _different, [0.0, 1.0])
    setup, probe = _drawn(_model(Sizes(2, 1, 1)), DRAWS)
    yield statistic_case(setup, probe, "(x[:, 0] == x[:, 1]).double().mean()", _agreement, 0.5, 0.5)


def _short(x: np.ndarray) -> list[float]:
    """Return what numbers there are, unless they are many, or would not print as they are."""
    found = _different(x)
    return found if len(found) < 4 and all(16 * n == int(16 * n) for n in found) else [0.0, 1.0]


def _different(x: np.ndarray) -> list[float]:
    return [float(number) for number in np.unique(x)]


def _agreement(x: np.ndarray) -> float:
    return float(np.mean(x[:, 0] == x[:, 1])) if x.ndim == 2 and x.shape[1] == 2 else 0.5


def _fresh() -> Iterator[Case]:
    for tiny in (_model(Sizes(1, 1, 1)), _shows_sign()):
        _, probe = _drawn(tiny, 100)
        yield differs_case(tiny.lines, probe, f"{TINY}.{_METHOD}(100)", wanted=True)
