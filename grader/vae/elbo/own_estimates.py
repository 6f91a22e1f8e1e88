"""A divergence that is estimated from draws which nobody sees: how many there are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from grader.kit.check import Exam, Steps
from grader.kit.observation import Failure
from grader.kit.probe import Call
from grader.vae.elbo.causes import Causes, cause
from grader.vae.elbo.facts import read
from grader.vae.elbo.models import METHOD, Model
from grader.vae.elbo.questions import Questions

_ROWS = 512
_CALLS = 6


def estimate_causes(exam: Exam, asked: Questions) -> Steps[Causes]:
    """Return that the divergence is estimated from draws, if its average and spread are those."""
    question = asked.posterior
    (batch,) = question.batches
    x = np.resize(batch.x, (_ROWS, batch.x.shape[1]))
    wide = Model(batch.sizes, batch.weights, x)
    call = Call(METHOD, {"x": x}, keep=True, heard=True)
    outcomes = (yield replace(question.probe, calls=(call,) * _CALLS)).outcomes
    if any(isinstance(outcome, Failure) for outcome in outcomes):
        return ()
    seen = [read(wide, question.table, outcome) for outcome in outcomes]
    if not all(one.by_row and np.all(np.isfinite(one.answer)) for one in seen):
        return ()
    mu, logsigma = seen[0].posterior
    closed = 0.5 * (mu**2 + np.exp(2 * logsigma) - 1 - 2 * logsigma).sum(-1)
    spread = (mu**2 * np.exp(2 * logsigma) + 0.5 * (np.exp(2 * logsigma) - 1) ** 2).sum(-1)
    likelihood = (x * seen[0].logits - np.logaddexp(0, seen[0].logits)).sum(-1)
    errors = np.stack([one.answer for one in seen]) - (likelihood - closed)
    scores = errors / np.sqrt(spread)
    if np.any(np.ptp(errors, axis=0) < 1e-6):
        return ()
    spread_of_scores = float(np.mean(scores**2))
    if abs(scores.mean()) > 5 * np.sqrt(spread_of_scores / scores.size):
        return ()
    draws = 1 / spread_of_scores
    exact = frozenset(("exact",))
    if 0.85 < draws < 1.2:
        return (cause("monte_carlo_kl_other_draw", exact),)
    if draws > 1.6:
        return (cause("monte_carlo_kl_of_draws", exact, draws=f"about {round(draws)}"),)
    return ()
