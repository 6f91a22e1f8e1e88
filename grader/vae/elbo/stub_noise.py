"""Noise of a stub for `sample_with_reparam`, which most methods call.

It is known, so they are judged number by number; so are those that average over several draws, or
over pairs of opposite ones. The noise has more dimensions than the assignment's, or as many, and
all of them count.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from grader.kit.check import Exam, Lost, Steps
from grader.kit.outputs import values
from grader.kit.probe import Call, Probe
from grader.vae.elbo import other_pixels
from grader.vae.elbo.dimension_model import dimensions
from grader.vae.elbo.models import DRAW, METHOD, of_value, question, stubbed, table
from grader.vae.elbo.sum_model import SumModel
from grader.vae.expected import Bound
from grader.vae.stubs import bounds

_SEVERAL, _ALONE, _TWICE = 64, 48, 2
_CLOSE = 0.01
"""Of a standard deviation: room for a small epsilon inside a logarithm."""
_FAR = 0.1
"""More than rounding makes of any row's noise."""
_NEARLY_ALL = 0.95
_SAME = 2e-3
"""Of a nat: room for a likelihood whose noise is known."""
_NUMBERS_OF_DRAWS = (*range(1, 21), 25, 30, 32, 40, 50, 64, 100)


@dataclass(frozen=True)
class StubbedRun:
    """Results of several calls with stubs, each for a batch ``x``.

    ``actual`` is ``[calls, numbers]``; ``noise`` what was drawn for it, ``[calls, rows, latent]``.
    """

    model: SumModel
    x: np.ndarray
    actual: np.ndarray
    noise: np.ndarray

    @property
    def by_row(self) -> bool:
        """Whether there is a number for each row."""
        return self.actual[0].size == len(self.x)

    @property
    def in_rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Answers ``[n]``, their rows ``[n, obs]`` and summed noise ``[n]``."""
        summed = self.model.summed(self.noise).ravel()
        return self.actual.ravel(), np.tile(self.x, (len(self.actual), 1)), summed


def ask(exam: Exam, rows: int = _SEVERAL, calls: int = _TWICE) -> Steps[StubbedRun]:
    """Call a method whose `sample_with_reparam` is a stub.

    Raises:
        Lost: it returns no numbers.
    """
    model = _model(exam.setting.full)
    outcome = (yield probe(exam, rows, calls)).outcomes[0]
    answers = [of_value(value).ravel() for value in values(outcome, METHOD)]
    if len({answer.size for answer in answers}) > 1:
        raise Lost("The ELBO of one batch has another number of values in every call.")
    shape = (calls, rows, model.sizes.latent)
    noise = np.resize(table(exam.seed), int(np.prod(shape))).reshape(shape)
    added = yield from other_pixels.added(exam, model, stubbed(exam, DRAW))
    return StubbedRun(model, model.batch(rows), np.stack(answers) - added, noise)


def probe(exam: Exam, rows: int = _SEVERAL, calls: int = _TWICE) -> Probe:
    """Return what `ask` asks."""
    return _probe(exam.seed, exam.setting.full, stubbed(exam, DRAW), rows, calls)


def _model(full: bool) -> SumModel:
    return SumModel(dimensions(full), full)


@lru_cache(maxsize=4)  # one for all submissions of a course
def _probe(seed: int, full: bool, helpers: frozenset[str], rows: int, calls: int) -> Probe:
    model = _model(full)
    return question(seed, model, (Call(METHOD, {"x": model.batch(rows)}, repeat=calls),), helpers)


def is_handed_on(
    exam: Exam, run: StubbedRun, rows_are_right: bool, values_are_right: bool
) -> Steps[bool]:
    """Return whether the stub's noise, and nothing else, is behind the rows.

    Values that are wrong otherwise need only rise and fall with it.
    """
    possible = bounds(stubbed(exam, DRAW))

    def shows_noise(part: StubbedRun) -> bool:
        in_every_row = rows_are_right and values_are_right
        is_behind = any(_is_behind(part, bound, in_every_row) for bound in possible)
        return is_behind or (not values_are_right and _follows(part, possible[0]))

    if run.by_row and (shows_noise(run) or _is_averaged(exam, run, possible)):
        return True
    if run.by_row and rows_are_right:
        return False
    # Rows of a batch say nothing about noise of their own, so single rows are looked at.
    alone = yield from ask(exam, 1, _ALONE)
    return alone.by_row and shows_noise(alone)


def _is_behind(run: StubbedRun, bound: Bound, in_every_row: bool) -> bool:
    """Return whether the noise of nearly all rows, or of every one, is behind a bound."""
    actual, x, wanted = run.in_rows
    summed = run.model.recovered(actual, x, bound)
    if summed is None:
        return False
    errors = np.abs(summed - wanted)
    if np.mean(errors < _CLOSE) <= _NEARLY_ALL:
        return False
    # Single rows that are left out are charged as such, unless they lack their noise alone.
    return not (in_every_row and np.nanmax(errors) > _FAR)


def _follows(run: StubbedRun, bound: Bound) -> bool:
    """Return whether rows of one x rise, or fall, with the likelihood of their noise."""
    actual, x, summed = run.in_rows
    right = run.model.likelihood(summed, x, bound)
    if not np.all(np.isfinite(actual)):
        return False
    return all(
        abs(np.corrcoef(_ranks(actual[rows]), _ranks(right[rows]))[0, 1]) > 0.98
        for rows in (x[:, 0] == value for value in np.unique(x[:, 0]))
    )


def _ranks(numbers: np.ndarray) -> np.ndarray:
    return numbers.argsort().argsort()


def _is_averaged(exam: Exam, run: StubbedRun, possible: tuple[Bound, ...]) -> bool:
    """Return whether rows are averages over draws of the stub, or over opposite pairs.

    The draws are read off one table, all rows of the first draw first, or all draws of the first
    row.
    """
    model, x, actual = run.model, run.x, run.actual[0]
    rows, latent = len(x), model.sizes.latent
    for draws in _NUMBERS_OF_DRAWS:
        noise = np.resize(table(exam.seed), draws * rows * latent)
        by_draw = model.summed(noise.reshape(draws, rows, latent))
        by_row = model.summed(noise.reshape(rows, draws, latent)).T
        for summed in (by_draw, np.concatenate((by_draw, -by_draw)), by_row):
            for bound in possible:
                right = model.likelihood(summed, x, bound).mean(0) - model.divergence(x, bound)
                if np.all(np.abs(actual - right) < _SAME):
                    return True
    return False
