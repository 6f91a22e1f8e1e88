"""Whether a value that is wrong otherwise depends on noise of each row's own."""

from __future__ import annotations

import numpy as np

from grader.kit.check import Exam, Steps
from grader.kit.outputs import values
from grader.kit.probe import Call
from grader.vae.elbo.models import DRAW, METHOD, noisy, of_value, question, stubbed, table


def depends(exam: Exam) -> Steps[bool | None]:
    """Return whether what comes for a row depends on its own noise; None if that can't be said.

    Asked of values that are wrong, whose noise can't be recovered.
    """
    rows = 16
    model = noisy(exam.seed, exam.setting.full, rows)
    half = rows * model.sizes.latent // 2
    noise = np.resize(table(exam.seed), 64 * 2 * half).reshape(64, 2 * half)
    other = noise.copy()
    other[:, half:] = -0.5 - other[:, half:]
    twice = (Call(METHOD, {"x": np.repeat(model.x[:1], rows, axis=0)}, repeat=2),)
    helpers = stubbed(exam, DRAW)
    questions = [
        question(exam.seed, model, (Call(METHOD, {"x": model.x}),), helpers, drawn.ravel())
        for drawn in (noise, other)
    ]
    seen = yield (*questions, question(exam.seed, model, twice, stubbed(exam)))
    first, second, alike, later = (
        of_value(value).ravel()
        for observation in seen
        for value in values(observation.outcomes[0], METHOD)
    )
    if not all(np.all(np.isfinite(part)) for part in (first, second, alike, later)):
        return None
    if first.size != rows:
        return bool(np.any(first != second) or np.any(alike != later))
    moved = first != second
    later_half = np.arange(rows) >= rows // 2
    # A row or two may be left out, which is another check's matter.
    if not np.any(moved[~later_half]) and np.mean(moved[later_half]) > 0.7:
        return True
    if np.any(moved):
        return None
    # It draws for itself: rows that are the same differ, and so do two calls.
    if not np.any(alike != later):
        return False
    return bool(np.all(alike != later) and np.ptp(alike) > 0)
