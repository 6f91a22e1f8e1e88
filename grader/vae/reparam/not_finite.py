"""Where draws are no numbers: whatever the posterior is, or for some posteriors alone."""

from __future__ import annotations

import numpy as np

from grader.kit.check import Exam, Lost, Steps
from grader.kit.misconception import Finding, Names
from grader.kit.observation import Outcome
from grader.kit.outputs import one_step_from, values
from grader.kit.probe import Call, Probe
from grader.vae import fixtures
from grader.vae.reparam.questions import METHOD
from grader.vae.sizes import Sizes

FINITE = "finite"
"""What is false in the evidence of a check that met NaN or infinite numbers."""
_ROWS = 150
_POSTERIORS = ((0.0, 0.0), (2.0, 0.0), (-2.0, 0.0), (0.0, 1.0), (0.0, -1.0))
"""mu and log sigma of all numbers of a batch; the first is the prior."""


def refuse_endless(z: np.ndarray, of: str = "") -> None:
    """Refuse draws that are no numbers.

    Raises:
        Lost: some are NaN or infinite.
    """
    if not np.all(np.isfinite(z)):
        raise Lost(f"z holds NaN or infinite numbers{of}.", evidence={FINITE: False})


def not_finite(exam: Exam) -> Steps[Names]:
    """Return for which posteriors draws are NaN or infinite; nothing where that isn't seen."""
    sizes = fixtures.FULL if exam.setting.full else Sizes(6, 3, 4)
    shape = (_ROWS, sizes.latent)
    calls = tuple(
        Call(METHOD, {"mu": np.full(shape, mu), "logsigma": np.full(shape, logsigma)})
        for mu, logsigma in _POSTERIORS
    )
    outcomes = (yield Probe(sizes, {}, calls)).outcomes
    shares = [_share(outcome, shape) for outcome in outcomes]
    if any(share is None for share in shares):
        return ()
    known = [share or 0.0 for share in shares]
    if all(known):
        words = "all of them" if min(known) == 1 else f"about {np.mean(known):.0%} of them"
        return (Finding("noise_not_finite", {"share": words}),)
    wrong = next((at for at, share in enumerate(known) if share), None)
    if wrong is None:
        return ()
    right = known.index(0.0)
    where, elsewhere = (
        f"mu is {_POSTERIORS[at][0]:g} and log sigma {_POSTERIORS[at][1]:g}"
        for at in (wrong, right)
    )
    return (Finding("not_finite_where", {"where": where, "elsewhere": elsewhere}),)


def _share(outcome: Outcome, shape: tuple[int, ...]) -> float | None:
    """Return which part of the numbers are none; None where the draws can't be read."""
    try:
        (value,) = values(outcome, METHOD)
        z = one_step_from(value, "z", shape)
    except Lost:
        return None
    return float(np.mean(~np.isfinite(z)))
