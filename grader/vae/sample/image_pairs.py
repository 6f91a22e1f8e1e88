"""What the decoder gives in two calls, or for two samples, and where both meet in one image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from grader.kit.check import Lost, Steps
from grader.kit.misconception import Finding
from grader.kit.outputs import one_step_from, values
from grader.kit.probe import Call, Probe, Stubs
from grader.vae import fixtures
from grader.vae.sample.shown import LEVELS, Shown, levels_at

_SIZES = fixtures.FULL
_COUNT = 200
_RATE = 0.2
_CLOSE = 0.04
_HALF_EACH = f"""
def decoder(self, z):
    rows = z.reshape(-1, {_SIZES.latent})
    theta = torch.zeros(len(rows), {_SIZES.obs}, dtype=z.dtype)
    theta[: len(rows) // 5] = 1.0
    return theta.reshape(*z.shape[:-1], {_SIZES.obs})
"""
"""A fifth of the images are ones alone, and the others zeros alone."""
_LAWS: tuple[tuple[str, Callable[[np.ndarray, np.ndarray], np.ndarray]], ...] = (
    ("where it is 1 in both", lambda a, b: a * b),
    ("where it is 1 in one or both", lambda a, b: a + b - a * b),
    ("where it is 1 in one", lambda a, b: a + b - 2 * a * b),
    ("as often as in both on average,", lambda a, b: (a + b) / 2),
)


def averages_theta(shown: Shown) -> Steps[bool]:
    """Return whether images are drawn with the average of all samples' theta."""
    if not shown.decodes or shown.shares_theta:
        return False
    stubs = Stubs(_HALF_EACH, ("decoder",), LEVELS)
    call = Call("sample", {"num_samples": _COUNT})
    (outcome,) = (yield Probe(_SIZES, fixtures.zeros(_SIZES), (call,), stubs)).outcomes
    try:
        x = one_step_from(values(outcome, "sample")[0], "x", (_COUNT, _SIZES.obs))
    except Lost:
        return False
    rates = x.mean(1)
    return bool(np.all((x == 0) | (x == 1)) and np.all(np.abs(rates - _RATE) < 0.1))


def of_two_images(shown: Shown) -> tuple[Finding, ...]:
    """Return how the images of two calls of the decoder are put together, if they are.

    The first call of the method is looked at, in which it is known which samples the decoder met.
    """
    x = shown.constants[0]
    rows = np.arange(len(x))
    first, second = levels_at(rows), levels_at(rows + len(rows))
    kinds = [np.rint(first * (len(LEVELS) - 1)) == level for level in range(len(LEVELS))]
    rates = np.array([x[kind].mean() for kind in kinds])
    pairs = np.array([(first[kind].mean(), second[kind].mean()) for kind in kinds])
    for how, law in _LAWS:
        if np.max(np.abs(rates - law(*pairs.T))) < _CLOSE:
            return (Finding("both_of_two", {"how": how}),)
    return ()
