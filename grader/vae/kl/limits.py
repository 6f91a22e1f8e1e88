"""Whether an argument of a divergence is limited before it is used, and where."""

from __future__ import annotations

import numpy as np

from grader.kit.misconception import Finding
from grader.vae import expected
from grader.vae.kl.elements import LOG_STDS, MUS, Contribution, near


def of_limits(contribution: Contribution) -> tuple[Finding, ...]:
    """Return whether one of the arguments is limited from above, from below or both."""
    for name, of_axis, values in (
        ("log sigma", LOG_STDS, contribution.values[0]),
        ("mu", MUS, contribution.values[:, 0]),
    ):
        low, high = (
            _limit(name, float(of_axis[n]), values[n]) for n in (of_axis.argmin(), of_axis.argmax())
        )
        kept = np.clip(of_axis, low, high)
        if not np.all(near(values, _right(name, kept), 5e-3)):
            continue
        # A limit that is only read off has room; what it leaves as it is has none.
        if not np.all(near(values, _right(name, kept))[kept == of_axis]):
            continue
        is_low, is_high = low > of_axis.min() + 0.01, high < of_axis.max() - 0.01
        how = {
            (True, True): f"is kept between {low:.2g} and {high:.2g}",
            (True, False): f"is never below {low:.2g}",
            (False, True): f"is never above {high:.2g}",
        }.get((is_low, is_high))
        if how:
            return (Finding("limited", {"argument": name, "how": how.replace("-0 ", "0 ")}),)
    return ()


def _right(name: str, numbers: np.ndarray) -> np.ndarray:
    """Return the right contribution for these numbers of one argument, where the other is 0."""
    pair = (np.zeros_like(numbers), numbers) if name == "log sigma" else (numbers, 0 * numbers)
    return expected.kl(*(part[:, None] for part in pair))


def _limit(name: str, end: float, value: float) -> float:
    """Return the number between 0 and the end of an axis at which such a value is right."""
    span = np.linspace(0, end, 4001)
    return float(span[np.argmin(np.abs(_right(name, span) - value))])
