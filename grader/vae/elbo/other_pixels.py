"""What pixels that say nothing add to bounds at the assignment's own sizes.

A small epsilon inside a logarithm, or theta kept a little away from 0 and 1, is right there, but
adds up over hundreds of pixels to more than noise that is recovered from the one that matters may
be off. It is the same for all rows and calls, so it can be measured and taken away.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from grader.kit.check import Exam, Lost, Steps
from grader.kit.observation import Failure
from grader.kit.probe import Call
from grader.vae.elbo.dimension_model import DimensionModel
from grader.vae.elbo.models import METHOD, numbers, question
from grader.vae.elbo.sum_model import SumModel
from grader.vae.stubs import bounds

PER_PIXEL = 3e-4
"""Nats that a sure pixel may add, or take: a quarter of a nat for a whole image."""
_ROWS = 4


def added(exam: Exam, model: SumModel | DimensionModel, helpers: frozenset[str]) -> Steps[float]:
    """Return the nats that a bound has more than is right where its decoder ignores z.

    Args:
        exam: the exam.
        model: whose noise is recovered.
        helpers: those that have stubs.

    Returns:
        0 at small sizes, and where rows differ or it is more than may be right.
    """
    if not exam.setting.full:
        return 0.0
    weights = {**model.weights, "linear3.weight": np.zeros_like(model.weights["linear3.weight"])}
    x = model.batch(_ROWS)
    probe = question(exam.seed, model, (Call(METHOD, {"x": x}),), helpers)
    outcome = (yield replace(probe, weights=weights)).outcomes[0]
    try:
        actual = None if isinstance(outcome, Failure) else numbers(outcome).ravel()
    except Lost:
        actual = None
    if actual is None or actual.size != _ROWS:
        return 0.0
    nothing = np.zeros((_ROWS, model.sizes.latent))
    for bound in bounds(helpers):
        difference = actual - bound.value(weights, x, nothing)
        mean = float(difference.mean())
        if abs(mean) < PER_PIXEL * model.sizes.obs and np.ptp(difference) < PER_PIXEL:
            return mean
    return 0.0
