"""From which distribution noise comes, and which of its numbers are the same.

What is found has names that the catalogues of all tasks which draw have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from scipy.special import gammainc, ndtr, stdtr

from grader.kit.misconception import Finding
from grader.kit.rounding import short

_FEW = 12
"""Different numbers up to which they are counted up."""
_SAME = 1e-5
_LACKING = 16
"""Draws that should lie beyond the farthest one, if it is no end of the distribution."""
_PARTLY = 0.1
"""Correlation from which noise is said to be shared in part."""

Law = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Noise:
    """Noise ``[calls, rows, L]``: what is left of draws without their location and scale.

    It is ``called`` so in words.
    """

    numbers: np.ndarray
    called: str = "noise"

    @cached_property
    def distinct(self) -> np.ndarray:
        """Every number once, sorted: those that are shared tell nothing new of the distribution."""
        flat = np.sort(self.numbers.ravel())
        return flat[np.append(True, np.diff(flat) > 0)] if len(flat) else flat

    def distribution(self) -> tuple[Finding, ...]:
        """Return what is wrong with the distribution, as far as it can be told."""
        values = self.distinct
        if len(values) <= _FEW:
            return self._few(values)
        flat = self.numbers.ravel()
        low, high = float(flat.min()), float(flat.max())
        # What rows or dimensions share comes often anyway.
        usual = float(np.median(np.unique(flat, return_counts=True)[1]))
        at_ends = [max(0.0, float(np.sum(flat == end)) - usual) / flat.size for end in (low, high)]
        at_bounds = sum(at_ends)
        if min(at_ends) > 3e-4 and abs(low + high) < 0.05 * (high - low):
            return (Finding("noise_held", {"low": short(low), "high": short(high)}),)
        if at_bounds > 0.2:
            bound = low if at_ends[0] > 0.1 else high
            return (Finding("noise_held_on_one_side", {"bound": short(bound)}),)
        mean, spread = float(values.mean()), float(values.std())
        for finding, law in _laws(values, mean, spread):
            if _distance(values, law) < 1.6 / np.sqrt(len(values)):
                return (finding,) if finding else ()
        if low > -0.01 * spread:
            return (Finding("one_sided_noise"),)
        return ()

    def _few(self, values: np.ndarray) -> tuple[Finding, ...]:
        if len(values) < 2:
            return ()
        if len(values) == 2 and abs(values.sum()) < 1e-3 and abs(values[1] - 1) < 1e-3:
            return (Finding("two_point_noise"),)
        words = ", ".join(short(float(value)) for value in values)
        return (Finding("few_values", {"values": words}),)

    def sharing(self) -> tuple[Finding, ...]:
        """Return which calls, rows or dimensions have the same noise, or none."""
        still = self._still()
        if still:
            return still
        found = []
        for axis, name in enumerate(
            ("fixed_seed", "one_draw_for_batch", "one_draw_for_dimensions")
        ):
            if self.numbers.shape[axis] > 1 and np.all(np.ptp(self.numbers, axis=axis) < _SAME):
                found.append(Finding(name))
        return tuple(found) or self._copies() or self._tied() or self._partly()

    def _still(self) -> tuple[Finding, ...]:
        """Return which rows or dimensions never vary."""
        for what, axes in (("row", (0, 2)), ("dimension", (0, 1))):
            still = np.ptp(self.numbers, axis=axes) < _SAME
            if still.any() and not still.all():
                return (Finding("never_varies", {"which": _which(what, still)}),)
        return ()

    def _copies(self) -> tuple[Finding, ...]:
        """Return which rows or dimensions have the noise of others, exactly or with a minus."""
        for what, axis in (("row", 1), ("dimension", 2)):
            lines = np.moveaxis(self.numbers, axis, 0).reshape(self.numbers.shape[axis], -1)
            for sign, words in ((1.0, ""), (-1.0, ", with a minus")):
                pair = _first_pair(lines, sign * lines)
                if pair:
                    whose = (
                        f"{what} {pair[1] + 1} has the {self.called} of {what} {pair[0] + 1}{words}"
                    )
                    whose = f"in a batch of {len(lines)}, {whose}" if axis == 1 else whose
                    return (Finding("noise_copied", {"whose": whose}),)
        kept = self.numbers.reshape(len(self.numbers), -1)
        if len(kept) > 1 and np.max(np.abs(np.abs(kept[1:]) - np.abs(kept[:1]))) < _SAME:
            return (Finding("noise_kept_negated"),)
        ordered = np.sort(kept, axis=1)
        if len(kept) > 1 and np.max(np.ptp(ordered, axis=0)) < _SAME:
            return (Finding("noise_kept_shuffled"),)
        inner = self.numbers[(self.numbers > self.distinct[0]) & (self.numbers < self.distinct[-1])]
        if len(self.distinct) <= _FEW or not inner.size:
            return ()
        share = 1 - (len(self.distinct) - 2) / inner.size
        if share > _PARTLY:
            return (Finding("noise_repeated", {"share": f"{share:.0%}"}),)
        return ()

    def _tied(self) -> tuple[Finding, ...]:
        if len(self.distinct) <= _FEW:
            return ()
        sums, norms = self.numbers.sum(-1), np.linalg.norm(self.numbers, axis=-1)
        findings = []
        if np.max(np.abs(sums)) < 1e-4:
            findings.append(Finding("noise_adds_up_to_zero"))
        if np.ptp(norms) < 1e-3 * norms.mean():
            findings.append(Finding("noise_of_one_length"))
        return tuple(findings)

    def _partly(self) -> tuple[Finding, ...]:
        centred = self.numbers - self.numbers.mean()
        variance = float(np.mean(centred**2))
        for axis, what in enumerate(("calls", "rows", "dimensions")):
            count = centred.shape[axis]
            means = np.mean(centred.mean(axis) ** 2)
            share = (means - variance / count) / (variance * (1 - 1 / count))
            if share > _PARTLY:
                return (Finding("noise_shared_in_part", {"what": what, "share": f"{share:.0%}"}),)
        return ()


def _first_pair(lines: np.ndarray, others: np.ndarray) -> tuple[int, int] | None:
    """Return the first of all lines that an other one equals later on, with its place."""
    names = [np.rint(line[:8] / _SAME / 10).tobytes() for line in lines + 0.0]
    seen: dict[bytes, int] = {}
    for second, other in enumerate(others + 0.0):
        first = seen.get(np.rint(other[:8] / _SAME / 10).tobytes())
        if first is not None and np.max(np.abs(lines[first] - other)) < _SAME:
            return first, second
        seen.setdefault(names[second], second)
    return None


def _which(what: str, still: np.ndarray) -> str:
    """Return which rows or dimensions are meant, in words."""
    places, count = np.flatnonzero(still), len(still)
    if len(places) == 1:
        names = {0: f"the first {what}", count - 1: f"the last {what}"}
        return names.get(int(places[0]), f"{what} {places[0] + 1} of {count}")
    if np.all(np.diff(places) == 1) and places[-1] == count - 1:
        return f"every {what} from number {places[0] + 1} on"
    if np.all(np.diff(places) == 1) and places[0] == 0:
        return f"every {what} up to number {places[-1] + 1}"
    return f"{len(places)} of {count} {what}s"


def _distance(values: np.ndarray, law: Law) -> float:
    """Return Kolmogorov's distance of sorted numbers from a distribution function."""
    places = (np.arange(len(values)) + 0.5) / len(values)
    return float(np.max(np.abs(law(values) - places)))


def _laws(values: np.ndarray, mean: float, spread: float) -> Sequence[tuple[Finding | None, Law]]:
    """Return laws of that mean and spread, the normal one first."""
    low, high = float(values[0]), float(values[-1])
    root3 = np.sqrt(3)
    left, right = mean - root3 * spread, mean + root3 * spread
    ends = {"low": _round(left, right), "high": _round(right, left)}
    kurtosis = float(np.mean(((values - mean) / spread) ** 4))
    freedom = 4 + 6 / max(kurtosis - 3, 0.05)
    width = float(np.percentile(values, 75) - np.percentile(values, 25)) / 2
    median = float(np.median(values))
    bound = max(-low, high)
    laws: list[tuple[Finding | None, Law]] = [
        (_of_normal(values, mean, spread), lambda v: ndtr((v - mean) / spread)),
        (Finding("uniform_between", ends), lambda v: np.clip((v - left) / (right - left), 0, 1)),
        (Finding("other_noise", {"law": "a Laplace distribution"}), _laplace(mean, spread)),
        (
            Finding("other_noise", {"law": "a logistic distribution"}),
            lambda v: 1 / (1 + np.exp(-(v - mean) * np.pi / root3 / spread)),
        ),
        (
            Finding("other_noise", {"law": "an exponential distribution"}),
            lambda v: -np.expm1(-np.maximum(v - low, 0) / max(mean - low, 1e-9)),
        ),
        (
            Finding("one_sided_noise"),
            lambda v: np.where(v > 0, 2 * ndtr(v / np.sqrt(mean**2 + spread**2)) - 1, 0),
        ),
        (
            Finding("other_noise", {"law": "the squares of normal numbers"}),
            lambda v: gammainc(0.5, np.maximum(v, 0) / 2 / max(mean, 1e-9)),
        ),
        (
            Finding("other_noise", {"law": "the exponentials of normal numbers"}),
            lambda v: np.where(v > 0, ndtr(np.log(np.maximum(v, 1e-12))), 0.0),
        ),
        (
            Finding("other_noise", {"law": "a Cauchy distribution"}),
            lambda v: np.arctan((v - median) / width) / np.pi + 0.5,
        ),
        (
            Finding("noise_cut_off", {"bound": short(np.ceil(bound * 20) / 20)}),
            lambda v: (ndtr(v) - ndtr(-bound)) / (2 * ndtr(bound) - 1),
        ),
    ]
    for count in (3.0, 4.0, 5.0, 6.0, 8.0, 10.0, freedom):
        law = f"Student's t distribution with about {short(count)} degrees of freedom"
        laws.append(
            (Finding("other_noise", {"law": law}), partial(_student, freedom=count, of=values))
        )
    return laws


def _of_normal(values: np.ndarray, mean: float, spread: float) -> Finding | None:
    """Return what is said of normal noise with a wrong mean or spread, or without far ends."""
    error = 4 / np.sqrt(len(values))
    bound = max(-float(values[0]), float(values[-1]))
    if 2 * ndtr(-(bound - abs(mean)) / spread) * len(values) > _LACKING:
        return Finding("noise_cut_off", {"bound": short(np.ceil(bound * 20) / 20)})
    if abs(spread - 1) > max(0.04, error):
        if abs(spread - np.sqrt(2)) < 0.03:
            return Finding("noise_added_twice")
        return Finding("noise_spread", {"spread": about(spread, len(values))})
    if abs(mean) > max(0.05, error):
        return Finding("noise_mean", {"mean": about(mean, len(values))})
    return None


def _laplace(mean: float, spread: float) -> Law:
    def law(values: np.ndarray) -> np.ndarray:
        far = np.abs(values - mean) * np.sqrt(2) / spread
        return 0.5 + 0.5 * np.sign(values - mean) * -np.expm1(-far)

    return law


def _student(values: np.ndarray, freedom: float, of: np.ndarray) -> np.ndarray:
    """Return Student's law, brought to the quartiles of the numbers ``of``."""
    quartile = float(np.percentile(np.abs(of), 50))
    grid = np.linspace(0.3, 1.2, 181)
    own = grid[np.argmin(np.abs(stdtr(freedom, grid) - 0.75))]
    law: np.ndarray = stdtr(freedom, values * own / quartile)
    return law


def _round(end: float, other: float) -> str:
    """Return an end of an interval without the digits that a fit doesn't know."""
    step = 0.05 if abs(end - other) < 5 else 0.5
    return short(float(np.rint(end / step) * step))


def about(number: float, draws: int) -> str:
    """Return a number that is estimated from so many draws, as a round one if it may be that."""
    near = float(np.rint(number * 10) / 10)
    return short(near) if abs(number - near) < 3.5 / np.sqrt(draws) else f"{number:.2g}"
