"""Which function turns some numbers into others, as people would write it.

Functions of one number come first, then those with parameters, which are fitted, then functions of
a whole row. One is named only if it gives every number that was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from grader.vae.known_functions import BY_ROW, SIMPLE, Function

_REACH = 400.0
"""No number that is looked for lies further from zero."""


@dataclass(frozen=True)
class Curve:
    """A function of numbers ``[rows, units]``.

    Attributes:
        kind: what kind of function it is.
        words: the function in words, ``{a}`` in place of its argument.
        value: the function.
        by_row: whether numbers of a row meet in it.
    """

    kind: str
    words: str
    value: Function
    by_row: bool = False

    def of(self, argument: str) -> str:
        """Return the function of an argument, in words."""
        return self.words.format(a=argument)


@dataclass(frozen=True)
class Measured:
    """What was seen of a function.

    Attributes:
        given: its arguments ``[rows, units]``.
        seen: what came, ``[rows, width]``.
        room: how far that may be off, one number or as many.
        after: what turns the function's values ``[rows, units]`` into what is seen.
        inverse: the first of the function's values, ``[rows, n]``; NaN where they can't be told.
    """

    given: np.ndarray
    seen: np.ndarray
    room: np.ndarray | float
    after: Function
    inverse: np.ndarray

    def fits(self, function: Function) -> bool:
        """Return whether a function gives all that was seen."""
        with np.errstate(all="ignore"):
            values = self.after(function(self.given))
            same = np.abs(values - self.seen) <= self.room
            same |= np.isnan(values) & np.isnan(self.seen)
            # What is too large for single precision is infinite there.
            huge = (np.abs(values) > 3e38) & (np.sign(values) == np.sign(self.seen))
            same |= np.isinf(self.seen) & huge
        return bool(np.all(same))


def taken_back(after: Function, seen: np.ndarray) -> np.ndarray:
    """Return what a function of numbers turns into ``seen``; NaN where it is too flat to tell."""
    with np.errstate(all="ignore"):
        low, high = (np.full(seen.shape, end) for end in (-_REACH, _REACH))
        sign = np.sign(after(np.ones(seen.shape)) - after(-np.ones(seen.shape)))
        for _ in range(48):
            middle = (low + high) / 2
            below = sign * after(middle) < sign * seen
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        found = (low + high) / 2
        slope = np.abs(after(found + 1e-3) - after(found - 1e-3)) / 2e-3
        sure = (slope > 2e-3) & (np.abs(after(found) - seen) < 1e-4 * np.maximum(1, np.abs(seen)))
        return np.where(sure & (np.abs(found) < 0.99 * _REACH), found, np.nan)


def number(value: float, digits: int = 3) -> str:
    """Return a number as people write it."""
    return f"{float(f'{value:.{digits}g}'):g}"


def curve_of(measured: Measured) -> Curve | None:
    """Return the function that gives all that was seen; the simplest, if several do."""
    for curve in _curves(measured):
        if measured.fits(curve.value):
            return curve
    return None


def _curves(measured: Measured) -> Iterator[Curve]:
    yield from (Curve(kind, *known) for kind, known in SIMPLE.items())
    # Before what is fitted: to a single row, a line fits what its mean and spread make of it.
    yield from (Curve(kind, *known, by_row=True) for kind, known in BY_ROW.items())
    v = measured.inverse
    u = measured.given[:, : v.shape[1]]
    told = np.isfinite(v)
    if np.sum(told) >= 4:
        u, v = u[told], v[told]
        if np.ptp(v) <= 1e-4 * max(1.0, float(np.max(np.abs(v)))):
            level = float(np.median(v))
            yield Curve("constant", number(level), lambda a: np.full_like(a, level))
        else:
            yield from _bounded(u, v)
            yield from _bent(u, v)
            yield from _affine(u, v)
            yield from _inner(u, v)
    yield from _by_row_and_number()


def _by_row_and_number() -> Iterator[Curve]:
    """Yield functions of a row before or after one of a number."""
    for kind, (words, row) in BY_ROW.items():
        for name in ("relu", "sigmoid"):
            outer, function = SIMPLE[name]
            yield Curve(
                f"{kind}_of_{name}",
                words.replace("{a}", outer),
                lambda a, f=function, g=row: g(f(a)),  # type: ignore[misc]
                by_row=True,
            )
            yield Curve(
                f"{name}_of_{kind}",
                outer.replace("{a}", words),
                lambda a, f=function, g=row: f(g(a)),  # type: ignore[misc]
                by_row=True,
            )


def _bounded(u: np.ndarray, v: np.ndarray) -> Iterator[Curve]:
    """Yield functions with bounds, which are the least and the largest value."""
    low, high = float(np.min(v)), float(np.max(v))
    lo, hi = number(low), number(high)
    if abs(low) < 1e-5:
        yield Curve("capped", f"relu({{a}}) cut off at {hi}", lambda a: np.clip(a, 0.0, high))
    for words, inner, ends in (
        ("{a}", lambda a: a, (u.min(), u.max())),
        ("sigmoid({a})", expit, (expit(u.min()), expit(u.max()))),
    ):
        below, above = low > ends[0] + 1e-6, high < ends[1] - 1e-6
        where = f"between {lo} and {hi}" if below and above else f"at {lo if below else hi}"
        at = "clamped" if below and above else "clamped from below" if below else "cut off"
        kind = "clamp" if words == "{a}" else "clamped_sigmoid"
        if kind == "clamped_sigmoid":
            yield from _clamped_before_sigmoid(
                *((low,) if below else ()), *((high,) if above else ())
            )
        yield Curve(kind, f"{words} {at} {where}", lambda a, f=inner: np.clip(f(a), low, high))  # type: ignore[misc]
    reach = max(abs(low), abs(high))
    for _ in range(20):
        reach = float(np.max(np.abs(v)) / np.tanh(np.max(np.abs(u)) / reach))
    reach = float(number(reach, 6))
    yield Curve(
        "soft_clamp",
        f"{number(reach)} tanh({{a}} / {number(reach)})",
        lambda a: reach * np.tanh(a / reach),
    )


def _clamped_before_sigmoid(*bounds: float) -> Iterator[Curve]:
    """Yield a sigmoid of what was clamped, where its bounds, not those of the result, are round."""
    with np.errstate(all="ignore"):
        inner = [float(logit(bound)) for bound in bounds]
    if not inner or not all(map(_is_round, inner)) or all(map(_is_round, bounds)):
        return
    low = min(inner) if len(inner) == 2 or inner[0] < 0 else -np.inf
    high = max(inner) if len(inner) == 2 or inner[0] > 0 else np.inf
    words = " and ".join(number(bound) for bound in inner)
    how = f"clamped between {words}" if len(inner) == 2 else f"cut off at {words}"
    yield Curve("clamped_logits", f"sigmoid({{a}} {how})", lambda a: expit(np.clip(a, low, high)))


def _is_round(value: float) -> bool:
    """Return whether a number is one that people write."""
    return bool(np.isfinite(value)) and abs(float(number(value, 2)) - value) < 3e-4 * abs(value)


def _bent(u: np.ndarray, v: np.ndarray) -> Iterator[Curve]:
    """Yield functions that are another one below a bend."""
    first = int(np.argmin(u))
    if u[first] < 0:
        slope = float(v[first] / u[first])
        words = f"a leaky ReLU of {{a}}, with slope {number(slope)}"
        yield Curve("leaky", words, lambda a: np.where(a > 0, a, slope * a))
        alpha = float(v[first] / np.expm1(u[first]))
        words = f"elu({{a}}) with alpha {number(alpha)}"
        yield Curve(
            "elu", words, lambda a: np.where(a > 0, a, alpha * np.expm1(np.minimum(a, 0.0)))
        )
    last = int(np.argmax(u))
    offset = float(v[last] - u[last])
    if abs(offset) > 1e-4:
        sign = "+" if offset > 0 else "-"
        words = f"relu({{a}} {sign} {number(abs(offset))})"
        yield Curve("shifted_relu", words, lambda a: np.maximum(a + offset, 0.0))
    scale = float(v[last] / u[last])
    if abs(scale - 1) > 1e-4:
        words = f"{number(scale)} relu({{a}})"
        yield Curve("scaled_relu", words, lambda a: scale * np.maximum(a, 0.0))
    passed = u[(np.abs(v - u) < 1e-4 * np.maximum(1, np.abs(u))) & (np.abs(u) > 1e-3)]
    if passed.size and passed.min() > 0:
        least = float(passed.min())
        yield Curve(
            "threshold",
            f"{{a}} where it is above some number below {number(least)}, else 0",
            lambda a: np.where(a >= least, a, 0.0),
        )


_OUTER = ("none", "sigmoid", "tanh", "exp", "softplus", "abs", "square", "relu", "sigmoid_twice")


def _affine(u: np.ndarray, v: np.ndarray) -> Iterator[Curve]:
    """Yield known functions with a factor, and a number added."""
    for kind in _OUTER:
        words, function = SIMPLE[kind]
        with np.errstate(all="ignore"):
            inner = function(u)
        if np.all(np.isfinite(inner)) and np.max(np.abs(inner)) < 1e4:
            factor, offset = _line(inner, v)
            yield Curve(
                "affine" if kind == "none" else f"affine_{kind}",
                line_words(factor, offset, words),
                lambda a, f=function, m=factor, c=offset: m * f(a) + c,  # type: ignore[misc]
            )


_INNER: Mapping[str, Function] = {
    "exp": np.log,
    "sigmoid": lambda v: np.log(v) - np.log1p(-v),
    "tanh": np.arctanh,
    "softplus": lambda v: np.log(np.expm1(v)),
}


def _inner(u: np.ndarray, v: np.ndarray) -> Iterator[Curve]:
    """Yield known functions of a line; a bound may be left of what is nearly flat."""
    for kind, inverse in _INNER.items():
        with np.errstate(all="ignore"):
            inner = inverse(v)
        told = np.isfinite(inner) & (np.abs(inner) < 4)
        if np.sum(told) >= 4:
            factor, offset = _line(u[told], inner[told])
            line = line_words(factor, offset, "{a}")
            yield Curve(
                f"{kind}_of_line",
                SIMPLE[kind][0].replace("{a}", line),
                lambda a, f=SIMPLE[kind][1], m=factor, c=offset: f(m * a + c),  # type: ignore[misc]
            )


def _line(u: np.ndarray, v: np.ndarray) -> tuple[float, float]:
    """Return factor and offset of the line through most points; whole numbers if they are near."""
    matrix = np.stack([u, np.ones_like(u)], axis=1)
    solution = np.linalg.lstsq(matrix, v, rcond=None)[0]
    factor, offset = (float(n) if abs(n - round(n)) > 2e-4 else float(round(n)) for n in solution)
    return factor, offset


def line_words(factor: float, offset: float, of: str) -> str:
    """Return ``factor * of + offset`` as people write it, with words in place of ``of``."""
    is_short = of == "{a}"
    if abs(offset) < 2e-4:
        inverse = 1 / factor if factor else 0.0
        if abs(factor) == 1:
            return of if factor > 0 else f"-{of}"
        if abs(factor) < 1 and abs(inverse - round(inverse)) < 2e-3 * abs(inverse):
            return f"{of} / {round(inverse)}"
        return f"{number(factor)}{'' if is_short else ' '}{of}"
    if factor == -1:
        return f"{number(offset)} - {of}"
    sign, size = "+" if offset > 0 else "-", number(abs(offset))
    if factor == 1:
        return f"{of} {sign} {size}"
    if is_short and factor > 0 and factor != round(factor):
        centre = -offset / factor
        sign = "-" if centre > 0 else "+"
        return f"({of} {sign} {number(abs(centre))}) / {number(1 / factor)}"
    return f"{number(factor)}{'' if is_short else ' '}{of} {sign} {size}"
