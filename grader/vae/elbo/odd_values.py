"""Values that say by themselves where they come from: none, multiples of 100, and weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grader.vae.elbo.causes import LIKELIHOOD, ROWS, VALUE, Causes, cause
from grader.vae.elbo.divergence_term import right_divergence
from grader.vae.elbo.facts import Seen
from grader.vae.elbo.fits import say
from grader.vae.elbo.likelihood_term import right_likelihood

_ROUNDING, _SHOWN = 2e-5, 20
"""Of the bounds, in single precision; and so many times that is more than rounding."""
_CUT_OFF = 100
"""What torch's cross entropy makes of a pixel that has no probability."""


def no_number_causes(blind: Sequence[Seen]) -> Causes:
    """Return that rows have no number, and in which term, if that is known."""
    answers = np.concatenate([np.ravel(seen.answer) for seen in blind])
    without = ~np.isfinite(answers)
    if not np.any(without):
        return ()
    what = "the ELBO"
    if all(seen.asks("kl_divergence") and np.all(np.isfinite(seen.divergence)) for seen in blind):
        what = "the likelihood"  # the stub has given numbers
    share = "every row" if np.all(without) else f"{100 * without.mean():.0f} % of the rows"
    return (cause("no_number", VALUE | ROWS | {"sampled"}, what=what, share=share),)


def special_likelihood(blind: Sequence[Seen]) -> Causes:
    """Return that theta is 0 or 1 where its logarithm is taken, if pixels cost nothing or 100."""
    if not all(seen.by_row for seen in blind):
        return ()
    costs, rounded = [], []
    for seen in blind:
        costs.append(-(seen.answer + right_divergence(seen)) / _CUT_OFF)
        rounded.append(np.sum((seen.logits > 0) != (seen.model.x > 0.5), axis=1))
    cost, wrong = np.concatenate(costs), np.concatenate(rounded)
    if np.max(np.abs(cost - np.rint(cost))) > 1e-3 or np.rint(cost).max() < 1:
        return ()
    how = "rounded" if np.array_equal(np.rint(cost), wrong) else "drawn or rounded"
    return (cause("theta_of_bits", LIKELIHOOD, how=how),)


def weights_causes(blind: Sequence[Seen]) -> Causes:
    """Return that the squares or sizes of all weights are added, if that is what is left."""
    if not all(seen.by_row for seen in blind):
        return ()
    rests = [s.answer - right_likelihood(s.logits, s.model.x) + right_divergence(s) for s in blind]
    rest = np.concatenate(rests)
    for what, size in (("the squares", np.square), ("the absolute values", np.abs)):
        sums = [sum(float(size(w).sum()) for w in seen.model.weights.values()) for seen in blind]
        totals = np.repeat(sums, [seen.rows for seen in blind])
        factor = float(totals @ rest / (totals @ totals))
        room = _ROUNDING * max(float(np.max(np.abs(seen.answer))) for seen in blind)
        is_shown = np.max(np.abs(factor * totals)) > _SHOWN * room
        if is_shown and np.max(np.abs(rest - factor * totals)) <= room:
            return (cause("weights_added", VALUE, what=what, number=say(factor)),)
    return ()
