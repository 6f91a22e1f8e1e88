"""The noise behind the ELBO: what `sample_with_reparam` draws, or else normal noise for every row.

Most methods call `sample_with_reparam`. With a stand-in for it, whose noise is known, they are
judged number by number. Where a method draws for itself, its noise is recovered from lots of calls
and tested; what the tests tell from right draws, and how surely, stands in README.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from grader.candidate.probe import Call, Probe
from grader.checks import expected, statistics
from grader.checks.elbo_models import STOOD_IN, Line, World, table
from grader.checks.expected import Bound
from grader.checks.reading import tensor, values
from grader.checks.stand_ins import HELPERS, bounds
from grader.checks.verdict import Exam, Lost
from grader.diagnosis.elbo_sampling import Draws

_METHOD = "elbo"
_AT_ONCE = 6144
"""Rows that have the time of one call."""
_SEVERAL, _ALONE, _TWICE = 64, 48, 2
_CLOSE = 0.01
"""Of a standard deviation: room for a small epsilon inside a logarithm."""


@dataclass(frozen=True)
class Lot:
    """Calls that are judged together: so many, of so many rows, with so many latent dimensions.

    One latent dimension shows the shape of the noise; the sum of several shows all else more
    clearly, and whether they are independent.
    """

    latent: int
    calls: int
    rows: int

    @property
    def line(self) -> Line:
        """The model that is asked."""
        return Line(self.latent)

    @property
    def x(self) -> np.ndarray:
        """The batch ``[rows, 1]`` of every call."""
        return _batch(self.rows)


BATCHES = (Lot(1, 8, 512), Lot(8, 72, 512))
SINGLES = (Lot(1, 400, 1), Lot(8, 4500, 1))
"""For methods whose rows have no ELBO of their own."""


def _batch(rows: int) -> np.ndarray:
    return (np.arange(rows)[:, None] + 1.0) % 2


@dataclass(frozen=True)
class Given:
    """What came with stand-ins, for a batch ``x`` in two calls and then for single rows.

    ``came`` and ``alone`` are ``[calls, numbers]``; ``noise`` and ``noise_alone`` what was drawn
    for them, ``[calls, rows, latent]``.
    """

    line: Line
    x: np.ndarray
    came: np.ndarray
    noise: np.ndarray
    alone: np.ndarray
    noise_alone: np.ndarray

    @property
    def by_row(self) -> bool:
        """Whether there is a number for each row."""
        return self.came[0].size == len(self.x)

    def parts(self, rows_are_right: bool) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Answers ``[n]``, rows ``[n, 1]`` and noise ``[n, latent]`` that may show the noise.

        Single rows are looked at where those of a batch say nothing about noise of their own.
        """
        if self.by_row:
            yield _in_rows(self.came, self.x, self.noise)
        if (not self.by_row or not rows_are_right) and self.alone[0].size == 1:
            yield _in_rows(self.alone, self.x[:1], self.noise_alone)


def _in_rows(
    came: np.ndarray, x: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return came.ravel(), np.tile(x, (len(came), 1)), noise.reshape(-1, noise.shape[-1])


def ask_given(exam: Exam) -> Given:
    """Call a method whose helpers are stand-ins."""
    line, x = Line(8), _batch(_SEVERAL)
    outcomes = exam.ask(given_probe(exam.seed)).outcomes
    found = [_alike([tensor(v, "The ELBO") for v in values(o, _METHOD)]) for o in outcomes]
    ends = np.cumsum([_TWICE * _SEVERAL, _ALONE]) * line.latent
    noise, alone = np.split(table(exam.seed)[: ends[-1]], ends[:-1])
    return Given(
        line,
        x,
        found[0],
        noise.reshape(_TWICE, _SEVERAL, line.latent),
        found[1],
        alone.reshape(_ALONE, 1, line.latent),
    )


@lru_cache(maxsize=2)  # one for all submissions of a course
def given_probe(seed: int) -> Probe:
    """What `ask_given` asks."""
    line, x = Line(8), _batch(_SEVERAL)
    calls = (
        Call(_METHOD, {"x": x}, repeat=_TWICE),
        Call(_METHOD, {"x": x[:1]}, repeat=_ALONE),
    )
    return STOOD_IN.probe(seed, line.sizes, line.weights(), calls)


def _alike(answers: list[np.ndarray]) -> np.ndarray:
    if len({answer.size for answer in answers}) > 1:
        raise Lost("The ELBO of one batch has another number of values in every call.")
    return np.stack([answer.ravel() for answer in answers])


def is_handed_on(given: Given, rows_are_right: bool, values_are_right: bool) -> bool:
    """Whether the stand-in's noise, and nothing else, is behind the rows.

    Values that are wrong otherwise need only rise and fall with it.
    """
    return any(
        _is_behind(given.line, *part) or (not values_are_right and _follows(given.line, *part))
        for part in given.parts(rows_are_right)
    )


def _is_behind(line: Line, came: np.ndarray, x: np.ndarray, noise: np.ndarray) -> bool:
    recovered = (line.recovered(came, x, bound) for bound in bounds(frozenset(HELPERS)))
    wanted = line.summed(noise)
    return any(
        found is not None and bool(np.all(np.abs(found - wanted) < _CLOSE)) for found in recovered
    )


def _follows(line: Line, came: np.ndarray, x: np.ndarray, noise: np.ndarray) -> bool:
    right = bounds(frozenset(HELPERS))[0].value(line.weights(), x, noise)
    if not np.all(np.isfinite(came)):
        return False
    return all(
        abs(np.corrcoef(_ranks(came[rows]), _ranks(right[rows]))[0, 1]) > 0.98
        for rows in (x[:, 0] == value for value in np.unique(x))
    )


def _ranks(numbers: np.ndarray) -> np.ndarray:
    return numbers.argsort().argsort()


def ask(exam: Exam, world: World, lot: Lot) -> np.ndarray | None:
    """What comes for a lot, ``[calls, rows]``, or None where it is not a number for each row."""
    each = max(1, _AT_ONCE // max(lot.rows, 8))
    repeats = [min(each, lot.calls - done) for done in range(0, lot.calls, each)]
    calls = tuple(Call(_METHOD, {"x": lot.x}, repeat=repeat) for repeat in repeats)
    # Twice as many, for a method that draws twice.
    draws = 2 * lot.calls * lot.rows * lot.latent
    probe = world.probe(exam.seed, lot.line.sizes, lot.line.weights(), calls, draws)
    found = []
    for outcome in exam.ask(probe).outcomes:
        for value in values(outcome, _METHOD):
            if value.array is None or value.array.size != lot.rows:
                return None
            found.append(tensor(value, "The ELBO").ravel())
    return np.stack(found)


def recovered(came: np.ndarray, lot: Lot, bound: Bound) -> np.ndarray | None:
    """The summed noise ``[calls, rows]`` behind what came for a lot."""
    noise = lot.line.recovered(came.ravel(), np.tile(lot.x, (len(came), 1)), bound)
    return None if noise is None else noise.reshape(came.shape)


def draws(exam: Exam, world: World, bound: Bound) -> tuple[Draws, ...]:
    """The noise in the lots of batches, as far as it can be recovered."""
    found = []
    for lot in BATCHES:
        came = ask(exam, world, lot)
        noise = None if came is None else recovered(came, lot, bound)
        if noise is not None:
            mu, logsigma = expected.encoder(lot.line.weights(), lot.x, bound.encoder_hidden)
            found.append(Draws(noise, mu[:, 0], logsigma[:, 0], lot.latent))
    return tuple(found)


def is_drawn(exam: Exam, world: World, lots: tuple[Lot, ...]) -> bool:
    """Whether standard normal noise of its own is behind every row, in all lots."""
    possible = list(world.bounds)
    for lot in lots:
        came = ask(exam, world, lot)
        if came is None:
            return False
        noise = [(bound, recovered(came, lot, bound)) for bound in possible]
        possible = [b for b, n in noise if n is not None and is_standard(n, len(lots))]
        if not possible:
            return False
    return True


def is_standard(noise: np.ndarray, lots: int) -> bool:
    """Whether noise ``[calls, rows]`` of one of several lots is standard normal, independent."""
    return statistics.compatible(
        statistics.mean_zero(noise.ravel()),
        statistics.variance_one(noise),
        *statistics.normal_shape(noise.ravel()),
        *(p for axis in (0, 1) if noise.shape[axis] > 1 for p in statistics.unshared(noise, axis)),
        families=lots,
    )
