"""The noise behind the ELBO: what `sample_with_reparam` draws, or else normal noise for every row.

Most methods call `sample_with_reparam`. With a stand-in for it, whose noise is known, they are
judged number by number; so are those that average over several draws, or over pairs of opposite
ones. Where a method draws for itself, its noise is recovered from lots of calls and tested; what
the tests tell from right draws, and how surely, stands in README.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from grader.kit import statistics
from grader.kit.check import Exam, Lost, Steps
from grader.kit.outputs import as_tensor, values
from grader.kit.probe import Call, Probe
from grader.vae import expected
from grader.vae.elbo.line import Line
from grader.vae.elbo.models import DRAW, METHOD, noisy, of_value, question, stood_in, table
from grader.vae.elbo.sampling import Draws
from grader.vae.expected import Bound
from grader.vae.stubs import bounds

_AT_ONCE = 6144
"""Rows that have the time of one call."""
_SEVERAL, _ALONE, _TWICE = 64, 48, 2
_CLOSE = 0.01
"""Of a standard deviation: room for a small epsilon inside a logarithm."""
_FAR = 0.1
"""More than rounding makes of any row's noise."""
_NEARLY_ALL = 0.95
_SAME = 2e-3
"""Of a nat: room for a likelihood whose noise is known."""
_COMPARED = 8
"""Calls in which the noise of rows is compared: among 512 rows no two are so near by chance."""
_NUMBERS_OF_DRAWS = (*range(1, 21), 25, 30, 32, 40, 50, 64, 100)
_MANY = 4096
"""Rows at which an average over draws is compared with its expectation."""


@dataclass(frozen=True)
class Lot:
    """Calls that are judged together: so many, of so many rows, with so many latent dimensions.

    One latent dimension shows the shape of the noise; the sum of several shows all else more
    clearly, and whether they are independent.
    """

    latent: int
    calls: int
    rows: int


BATCHES = (Lot(1, 8, 512), Lot(8, 72, 512))
SINGLES = (Lot(1, 400, 1), Lot(8, 4500, 1))
"""For methods whose rows have no ELBO of their own."""


_AT_FULL_SIZE = Lot(8, 24, 512)
"""In place of the second of `BATCHES`, where each call takes ten times as long."""


def line_of(exam: Exam, lot: Lot) -> Line:
    """The model that a lot is asked in."""
    return Line(lot.latent, exam.setting.full)


@dataclass(frozen=True)
class Given:
    """What came of several calls with stand-ins, each for a batch ``x``.

    ``came`` is ``[calls, numbers]``; ``noise`` what was drawn for it, ``[calls, rows, latent]``.
    """

    line: Line
    x: np.ndarray
    came: np.ndarray
    noise: np.ndarray

    @property
    def by_row(self) -> bool:
        """Whether there is a number for each row."""
        return self.came[0].size == len(self.x)

    @property
    def in_rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Answers ``[n]``, their rows ``[n, obs]`` and noise ``[n, latent]``."""
        noise = self.noise.reshape(-1, self.noise.shape[-1])
        return self.came.ravel(), np.tile(self.x, (len(self.came), 1)), noise


def ask_given(exam: Exam, rows: int = _SEVERAL, calls: int = _TWICE) -> Steps[Given]:
    """Call a method whose `sample_with_reparam` is a stand-in.

    Raises:
        Lost: it returns no numbers.
    """
    line = Line(8, exam.setting.full)
    outcome = (yield given_probe(exam, rows, calls)).outcomes[0]
    came = _alike([of_value(value) for value in values(outcome, METHOD)])
    shape = (calls, rows, line.sizes.latent)
    noise = np.resize(table(exam.seed), int(np.prod(shape))).reshape(shape)
    return Given(line, line.batch(rows), came, noise)


def given_probe(exam: Exam, rows: int = _SEVERAL, calls: int = _TWICE) -> Probe:
    """What `ask_given` asks."""
    return _given_probe(exam.seed, exam.setting.full, stood_in(exam, DRAW), rows, calls)


@lru_cache(maxsize=4)  # one for all submissions of a course
def _given_probe(seed: int, full: bool, helpers: frozenset[str], rows: int, calls: int) -> Probe:
    line = Line(8, full)
    return question(seed, line, (Call(METHOD, {"x": line.batch(rows)}, repeat=calls),), helpers)


def _alike(answers: list[np.ndarray]) -> np.ndarray:
    if len({answer.size for answer in answers}) > 1:
        raise Lost("The ELBO of one batch has another number of values in every call.")
    return np.stack([answer.ravel() for answer in answers])


def is_handed_on(
    exam: Exam, given: Given, rows_are_right: bool, values_are_right: bool
) -> Steps[bool]:
    """Whether the stand-in's noise, and nothing else, is behind the rows.

    Values that are wrong otherwise need only rise and fall with it.
    """
    possible = bounds(stood_in(exam, DRAW))

    def shows_noise(part: Given) -> bool:
        answers = part.line, possible, *part.in_rows
        in_every_row = rows_are_right and values_are_right
        return _is_behind(*answers, in_every_row) or (not values_are_right and _follows(*answers))

    if given.by_row and (shows_noise(given) or _is_averaged(exam, given, possible)):
        return True
    if given.by_row and rows_are_right:
        return False
    # Rows of a batch say nothing about noise of their own, so single rows are looked at.
    alone = yield from ask_given(exam, 1, _ALONE)
    return alone.by_row and shows_noise(alone)


def _is_behind(
    line: Line,
    possible: tuple[Bound, ...],
    came: np.ndarray,
    x: np.ndarray,
    noise: np.ndarray,
    in_every_row: bool,
) -> bool:
    recovered = (line.recovered(came, x, bound) for bound in possible)
    wanted = line.summed(noise)
    for found in recovered:
        if found is None:
            continue
        errors = np.abs(found - wanted)
        # Single rows that are left out are charged as such, unless they lack their noise alone.
        if np.mean(errors < _CLOSE) > _NEARLY_ALL and not (
            in_every_row and np.nanmax(errors) > _FAR
        ):
            return True
    return False


def _follows(
    line: Line,
    possible: tuple[Bound, ...],
    came: np.ndarray,
    x: np.ndarray,
    noise: np.ndarray,
) -> bool:
    right = line.likelihood(line.summed(noise), x, possible[0])
    if not np.all(np.isfinite(came)):
        return False
    return all(
        abs(np.corrcoef(_ranks(came[rows]), _ranks(right[rows]))[0, 1]) > 0.98
        for rows in (x[:, 0] == value for value in np.unique(x[:, 0]))
    )


def _ranks(numbers: np.ndarray) -> np.ndarray:
    return numbers.argsort().argsort()


def _is_averaged(exam: Exam, given: Given, possible: tuple[Bound, ...]) -> bool:
    """Whether rows are averages over so many draws of the stand-in, or over opposite pairs.

    The draws are read off one table, all rows of the first draw first, or all draws of the first
    row.
    """
    came, rows, latent = given.came[0], len(given.x), given.line.sizes.latent
    for draws in _NUMBERS_OF_DRAWS:
        noise = np.resize(table(exam.seed), draws * rows * latent)
        by_draw = given.line.summed(noise.reshape(draws, rows, latent))
        by_row = given.line.summed(noise.reshape(rows, draws, latent)).T
        for summed in (by_draw, np.concatenate((by_draw, -by_draw)), by_row):
            for bound in possible:
                likelihood = given.line.likelihood(summed, given.x, bound).mean(0)
                right = likelihood - given.line.divergence(given.x, bound)
                if np.all(np.abs(came - right) < _SAME):
                    return True
    return False


def ask(exam: Exam, lot: Lot) -> Steps[np.ndarray | None]:
    """What comes for a lot, ``[calls, rows]``, or None where it is not a number for each row."""
    each = max(1, _AT_ONCE // max(lot.rows, 8))
    repeats = [min(each, lot.calls - done) for done in range(0, lot.calls, each)]
    line = line_of(exam, lot)
    x = line.batch(lot.rows)
    calls = tuple(Call(METHOD, {"x": x}, repeat=repeat) for repeat in repeats)
    # Twice as many, for a method that draws twice.
    noise = table(exam.seed, 2 * lot.calls * lot.rows * line.sizes.latent)
    found = []
    for outcome in (yield question(exam.seed, line, calls, stood_in(exam), noise)).outcomes:
        for value in values(outcome, METHOD):
            array = as_tensor(value).array
            if array is None or array.size != lot.rows:
                return None
            found.append(of_value(value).ravel())
    return np.stack(found)


def recovered(exam: Exam, came: np.ndarray, lot: Lot, bound: Bound) -> np.ndarray | None:
    """The summed noise ``[calls, rows]`` behind what came for a lot."""
    line = line_of(exam, lot)
    x = np.tile(line.batch(lot.rows), (len(came), 1))
    noise = line.recovered(came.ravel(), x, bound)
    return None if noise is None else noise.reshape(came.shape)


def draws(exam: Exam, bound: Bound) -> Steps[tuple[Draws, ...]]:
    """The noise in the lots of batches, as far as it can be recovered."""
    found = []
    for lot in BATCHES:
        came = yield from ask(exam, lot)
        noise = None if came is None else recovered(exam, came, lot, bound)
        if noise is not None:
            line = line_of(exam, lot)
            x = line.batch(lot.rows)
            mu, logsigma = expected.encoder(line.weights, x, bound.encoder_hidden)
            found.append(Draws(noise, mu[:, 0], logsigma[:, 0], lot.latent))
    return tuple(found)


def is_drawn(exam: Exam, lots: tuple[Lot, ...], in_every_row: bool = False) -> Steps[bool]:
    """Whether standard normal noise is behind the rows, in all lots.

    Where rows are right otherwise, it has to be noise of its own ``in_every_row``.
    """
    possible = list(bounds(stood_in(exam)))
    if exam.setting.full and lots == BATCHES:
        lots = (BATCHES[0], _AT_FULL_SIZE)
    for lot in lots:
        came = yield from ask(exam, lot)
        if came is None:
            return False
        noise = [(bound, recovered(exam, came, lot, bound)) for bound in possible]
        possible = [
            b
            for b, n in noise
            if n is not None
            and is_standard(n, len(lots))
            and not (in_every_row and np.any(shared_rows(n)))
        ]
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


def shared_rows(noise: np.ndarray) -> np.ndarray:
    """Which rows of noise ``[calls, rows]`` have none, or another row's, or minus that."""
    sizes = np.abs(noise[:_COMPARED]).T
    found: np.ndarray = np.max(sizes, axis=1) < _CLOSE
    for row, lines in enumerate(sizes[:-1]):
        alike = np.max(np.abs(sizes[row + 1 :] - lines), axis=1) < _CLOSE
        found[row] |= np.any(alike)
        found[row + 1 :] |= alike
    return found


_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def is_average_of_draws(exam: Exam) -> Steps[bool]:
    """Whether rows are estimates with less spread than one draw has, and right on average.

    So are those that average over draws of their own. They are compared with the expectation over
    the posterior, by quadrature, and may not share their noise.
    """
    for lot in BATCHES:
        came = yield from ask(exam, lot)
        if came is None or not np.all(np.isfinite(came)):
            return False
        line = line_of(exam, lot)
        x = line.batch(lot.rows)
        if not any(_is_unbiased(came, line, x, bound) for bound in bounds(stood_in(exam))):
            return False
    return True


def _is_unbiased(came: np.ndarray, line: Line, x: np.ndarray, bound: Bound) -> bool:
    single = np.stack([line.likelihood(np.full(len(x), node), x, bound) for node in _NODES])
    mean = _WEIGHTS @ single
    variance = _WEIGHTS @ (single - mean) ** 2
    residual = came - (mean - line.divergence(x, bound))
    spread = residual / np.sqrt(variance)
    if not np.all(np.ptp(came, axis=0) > 0) or np.mean(spread**2) > 0.7:
        return False
    scores = np.zeros_like(residual)
    for value in np.unique(x[:, 0]):
        rows = x[:, 0] == value
        scores[:, rows] = residual[:, rows] / max(float(np.std(residual[:, rows])), 1e-12)
    return statistics.compatible(
        statistics.mean_zero(scores.ravel()),
        *(p for axis in (0, 1) for p in statistics.unshared(scores, axis)),
        families=len(BATCHES),
    )


def depends(exam: Exam) -> Steps[bool | None]:
    """Whether what comes for a row depends on noise of that row's own; None if that can't be said.

    Asked of values that are wrong, whose noise can't be recovered.
    """
    rows = 16
    model = noisy(exam.seed, exam.setting.full, rows)
    half = rows * model.sizes.latent // 2
    noise = np.resize(table(exam.seed), 64 * 2 * half).reshape(64, 2 * half)
    other = noise.copy()
    other[:, half:] = -0.5 - other[:, half:]
    twice = (Call(METHOD, {"x": np.repeat(model.x[:1], rows, axis=0)}, repeat=2),)
    helpers = stood_in(exam, DRAW)
    questions = [
        question(exam.seed, model, (Call(METHOD, {"x": model.x}),), helpers, given.ravel())
        for given in (noise, other)
    ]
    seen = yield (*questions, question(exam.seed, model, twice, stood_in(exam)))
    first, second, again, later = (
        of_value(value).ravel()
        for observation in seen
        for value in values(observation.outcomes[0], METHOD)
    )
    if not all(np.all(np.isfinite(part)) for part in (first, second, again, later)):
        return None
    if first.size != rows:
        return bool(np.any(first != second) or np.any(again != later))
    moved = first != second
    later_half = np.arange(rows) >= rows // 2
    # A row or two may be left out, which is another check's matter.
    if not np.any(moved[~later_half]) and np.mean(moved[later_half]) > 0.7:
        return True
    if np.any(moved):
        return None
    # It draws for itself: rows that are the same differ, and so do two calls.
    if not np.any(again != later):
        return False
    return bool(np.all(again != later) and np.ptp(again) > 0)
