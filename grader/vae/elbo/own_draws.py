"""Noise that a method draws for itself: recovered from batches of calls, and tested.

What the tests tell from right draws, and how surely, stands in README.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grader.kit import statistics
from grader.kit.check import Exam, Steps
from grader.kit.outputs import as_tensor, values
from grader.kit.probe import Call
from grader.vae.elbo import other_pixels
from grader.vae.elbo.dimension_model import WIDE, DimensionModel, dimensions
from grader.vae.elbo.models import METHOD, of_value, question, stubbed, table
from grader.vae.elbo.sampling import RecoveredNoise
from grader.vae.elbo.sum_model import SumModel
from grader.vae.expected import Bound
from grader.vae.stubs import bounds

_AT_ONCE = 6144
"""Rows that have the time of one call."""
_CLOSE = 0.01
"""Of a standard deviation: room for a small epsilon inside a logarithm."""
_COMPARED = 8
"""Calls in which the noise of rows is compared: among 512 rows no two are so near by chance."""


@dataclass(frozen=True)
class Batch:
    """Calls that are judged together: so many, of so many rows, with so many latent dimensions.

    One latent dimension shows the shape of the noise; the sum of several shows all else more
    clearly, and whether they are independent. Rows may show all latent dimensions, each
    ``by_dimension`` and added up.
    """

    latent: int
    calls: int
    rows: int
    by_dimension: bool = False

    def model(self, full: bool) -> SumModel | DimensionModel:
        """Return the model that it is asked in."""
        return DimensionModel(full) if self.by_dimension else SumModel(self.latent, full)


SUMS = (Batch(1, 8, 512), Batch(8, 72, 512))
BATCHES = (*SUMS, Batch(WIDE, 8, 512, by_dimension=True))
SINGLES = (Batch(1, 400, 1), Batch(WIDE, 4500, 1))
"""For methods whose rows have no ELBO of their own."""
_FULL = dimensions(full=True)
_AT_FULL_SIZE = {
    BATCHES: (SUMS[0], Batch(8, 24, 512), Batch(_FULL, 4, 512, by_dimension=True)),
    SINGLES: (SINGLES[0], Batch(_FULL, 4500, 1)),
}
"""What takes the place of batches where each call takes ten times as long."""


def ask(exam: Exam, batch: Batch) -> Steps[np.ndarray | None]:
    """Return what comes for a batch, ``[calls, rows]``, or None if rows have no numbers.

    What pixels add that say nothing is taken away.
    """
    each = max(1, _AT_ONCE // max(batch.rows, 8))
    repeats = [min(each, batch.calls - done) for done in range(0, batch.calls, each)]
    model = batch.model(exam.setting.full)
    x = model.batch(batch.rows)
    calls = tuple(Call(METHOD, {"x": x}, repeat=repeat) for repeat in repeats)
    # Twice as many, for a method that draws twice.
    noise = table(exam.seed, 2 * batch.calls * batch.rows * model.sizes.latent)
    answers = []
    for outcome in (yield question(exam.seed, model, calls, stubbed(exam), noise)).outcomes:
        for value in values(outcome, METHOD):
            array = as_tensor(value).array
            if array is None or array.size != batch.rows:
                return None
            answers.append(of_value(value).ravel())
    return np.stack(answers) - (yield from other_pixels.added(exam, model, stubbed(exam)))


def recovered(exam: Exam, actual: np.ndarray, batch: Batch, bound: Bound) -> np.ndarray | None:
    """Return the summed noise ``[calls, rows]`` behind what came for a batch."""
    model = batch.model(exam.setting.full)
    return model.recovered(actual, model.batch(batch.rows), bound)


def draws(exam: Exam, bound: Bound) -> Steps[tuple[RecoveredNoise, ...]]:
    """Return the noise in sums of dimensions, as far as it can be recovered."""
    draws_of_batches = []
    for batch in SUMS:
        actual = yield from ask(exam, batch)
        noise = None if actual is None else recovered(exam, actual, batch, bound)
        if noise is not None:
            model = SumModel(batch.latent, exam.setting.full)
            mu, logsigma = model.posterior(model.batch(batch.rows), bound)
            draws_of_batches.append(RecoveredNoise(noise, mu[:, 0], logsigma[:, 0], batch.latent))
    return tuple(draws_of_batches)


def is_drawn(exam: Exam, batches: tuple[Batch, ...], in_every_row: bool = False) -> Steps[bool]:
    """Return whether standard normal noise is behind the rows, in all batches.

    Where rows are right otherwise, it has to be noise of its own ``in_every_row``.
    """
    possible = list(bounds(stubbed(exam)))
    if exam.setting.full:
        batches = _AT_FULL_SIZE[batches]
    for batch in batches:
        actual = yield from ask(exam, batch)
        if actual is None:
            return False
        noise = [(bound, recovered(exam, actual, batch, bound)) for bound in possible]
        possible = [
            b
            for b, n in noise
            if n is not None
            and is_right(batch, n, len(batches) + 1)  # one looks twice
            and not (in_every_row and np.any(shared_rows(n)))
        ]
        if not possible:
            return False
    return True


def is_right(batch: Batch, noise: np.ndarray, batches: int) -> bool:
    """Return whether noise ``[calls, rows]`` of one of several ``batches`` is right."""
    is_standard = statistics.compatible(
        statistics.mean_zero(noise.ravel()),
        statistics.variance_one(noise),
        *statistics.normal_shape(noise.ravel()),
        *(p for axis in (0, 1) if noise.shape[axis] > 1 for p in statistics.unshared(noise, axis)),
        families=batches,
    )
    if not is_standard or not batch.by_dimension:
        return is_standard
    shown = DimensionModel(full=batch.latent != WIDE).shown(batch.rows)
    parts = [noise[:, (rows == shown).all(-1)] for rows in np.unique(shown, axis=0)]
    return statistics.compatible(*map(statistics.variance_one, parts), families=batches)


def shared_rows(noise: np.ndarray) -> np.ndarray:
    """Return which rows of noise ``[calls, rows]`` have none, or another row's, or minus that."""
    sizes = np.abs(noise[:_COMPARED]).T
    shared: np.ndarray = np.max(sizes, axis=1) < _CLOSE
    for row, lines in enumerate(sizes[:-1]):
        alike = np.max(np.abs(sizes[row + 1 :] - lines), axis=1) < _CLOSE
        shared[row] |= np.any(alike)
        shared[row + 1 :] |= alike
    return shared


_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def is_average_of_draws(exam: Exam) -> Steps[bool]:
    """Return whether rows are estimates with less spread than one draw has, and right on average.

    So are those that average over draws of their own. They are compared with the expectation over
    the posterior, by quadrature, and may not share their noise.
    """
    for batch in SUMS:
        actual = yield from ask(exam, batch)
        if actual is None or not np.all(np.isfinite(actual)):
            return False
        model = SumModel(batch.latent, exam.setting.full)
        if not any(_is_unbiased(actual, model, bound) for bound in bounds(stubbed(exam))):
            return False
    return True


def _is_unbiased(actual: np.ndarray, model: SumModel, bound: Bound) -> bool:
    """Return whether ``actual [calls, rows]`` is right on average, and no row shares its noise."""
    x = model.batch(actual.shape[1])
    single = np.stack([model.likelihood(np.full(len(x), node), x, bound) for node in _NODES])
    mean = _WEIGHTS @ single
    variance = _WEIGHTS @ (single - mean) ** 2
    residual = actual - (mean - model.divergence(x, bound))
    spread = residual / np.sqrt(variance)
    if not np.all(np.ptp(actual, axis=0) > 0) or np.mean(spread**2) > 0.7:
        return False
    scores = np.zeros_like(residual)
    for value in np.unique(x[:, 0]):
        rows = x[:, 0] == value
        scores[:, rows] = residual[:, rows] / max(float(np.std(residual[:, rows])), 1e-12)
    return statistics.compatible(
        statistics.mean_zero(scores.ravel()),
        *(p for axis in (0, 1) for p in statistics.unshared(scores, axis)),
        families=len(SUMS),
    )
