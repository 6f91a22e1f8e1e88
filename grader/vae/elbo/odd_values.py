"""Values that say by themselves where they come from: none, multiples of 100, and weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grader.vae.elbo.causes import LIKELIHOOD, ROWS, VALUE, Causes, cause
from grader.vae.elbo.divergence_term import right_divergence
from grader.vae.elbo.facts import Seen
from grader.vae.elbo.fits import say, solve
from grader.vae.elbo.likelihood_term import right_likelihood

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
    for what, size in (("the squares", np.square), ("the absolute values", np.abs)):
        sums = [sum(float(size(w).sum()) for w in seen.model.weights.values()) for seen in blind]
        columns = [np.full(seen.rows, total) for seen, total in zip(blind, sums, strict=True)]
        factor = solve(np.concatenate(columns)[:, None], np.concatenate(rests))
        if factor is not None and abs(factor[0]) > 1e-7:
            return (cause("weights_added", VALUE, what=what, number=say(float(factor[0]))),)
    return ()
