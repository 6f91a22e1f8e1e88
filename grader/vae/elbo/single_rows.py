"""Methods that give no number for each row: their rows one by one, and what is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from grader.kit.check import Exam, Steps
from grader.kit.observation import Failure
from grader.kit.probe import Call, Probe
from grader.vae.elbo.bound_search import BLIND
from grader.vae.elbo.causes import ROWS, VALUE, Causes, cause
from grader.vae.elbo.facts import Seen, read
from grader.vae.elbo.fits import fits, is_near
from grader.vae.elbo.models import METHOD, Model
from grader.vae.elbo.questions import ESSENTIAL, Question, Questions

Answers = Mapping[str, tuple[Seen, ...]]
_ASKED = (*BLIND, "sizes", "noisy", "wide", "wide_too")


def ask_single_rows(exam: Exam, asked: Questions) -> Steps[Answers | None]:
    """Return what comes of the batches' rows, each of which is a call; None if that is no number.

    The stub's noise is the same as for the whole batch.
    """
    chosen = {name: getattr(asked, name) for name in _ASKED}
    seen = yield [_by_row(question) for question in chosen.values()]
    answers = {}
    for (name, question), observation in zip(chosen.items(), seen, strict=True):
        (batch,) = question.batches
        rows = [
            read(Model(batch.sizes, batch.weights, batch.x[n : n + 1]), question.table, outcome)
            for n, outcome in enumerate(observation.outcomes)
            if not isinstance(outcome, Failure)
        ]
        if len(rows) < len(batch.x) or any(row.answer.size != 1 for row in rows):
            if name in ESSENTIAL:
                return None
            continue
        answers[name] = (_together(batch, question.table, rows),)
    return answers


def _by_row(question: Question) -> Probe:
    (batch,) = question.batches
    calls = tuple(
        Call(METHOD, {"x": batch.x[n : n + 1]}, keep=True, heard=True) for n in range(len(batch.x))
    )
    return replace(question.probe, calls=calls)


def _together(batch: Model, table: np.ndarray, rows: Sequence[Seen]) -> Seen:
    """Return rows as one batch."""
    heard = {}
    for name in rows[0].heard:
        parts = [row.heard.get(name) for row in rows]
        if all(part is not None and part.ndim == 2 and len(part) == 1 for part in parts):
            heard[name] = np.concatenate([part for part in parts if part is not None])
        else:
            heard[name] = rows[0].heard[name]
    answer = np.array([float(row.answer) for row in rows])
    kept = np.concatenate([row.kept for row in rows])
    return Seen(batch, table, answer, heard, kept, {})


def form_causes(batch: Seen, rows: Seen | None) -> Causes:
    """Return what is made of the rows' numbers, as far as that is known."""
    answer = batch.answer
    if answer.ndim == 0 and rows is not None:
        return _of_number(float(answer), rows.answer)
    shape = tuple(answer.shape)
    units = {
        batch.model.x.shape[1]: "pixel",
        batch.posterior[0].shape[1]: "latent dimension",
    }
    if len(shape) == 2 and shape[0] == batch.rows and shape[1] in units:
        return (cause("not_summed", ROWS | VALUE, unit=units[shape[1]]),)
    if len(shape) == 1 and shape[0] in units:
        return (cause("summed_over_rows", ROWS | VALUE, unit=units[shape[0]]),)
    return ()


def _of_number(number: float, rows: np.ndarray) -> Causes:
    """Return what one number is of those of the rows."""
    total = float(rows.sum())
    whats = {
        "scalar_mean": total / len(rows),
        "scalar_sum": total,
    }
    for name, value in whats.items():
        if abs(number - value) <= 1e-4 * abs(value):
            return (cause(name, ROWS),)
    size = total / number if number else 0.0
    if size > 1.5 and is_near(size, round(size)):
        return (cause("constant_batch_size", ROWS),)
    for what, value in {
        "the bound of the first row": float(rows[0]),
        "the bound of the last row": float(rows[-1]),
        "the largest bound of the batch": float(rows.max()),
        "the smallest bound of the batch": float(rows.min()),
        "the middle one of the rows' bounds": float(np.median(rows)),
    }.items():
        if abs(number - value) <= 1e-4 * abs(value):
            return (cause("one_number", ROWS, what=what),)
    return ()


def fixed_batch_size(causes: Causes) -> Causes:
    """Return causes in which a sum that is divided by a whole number is told as one thing."""
    named = {found.finding.name: found.finding for found in causes}
    if "scalar_sum" not in named or "whole_weighted" not in named:
        return causes
    size = 1 / float(named["whole_weighted"].fields["weight"])
    if size < 1.5 or abs(size - round(size)) > 5e-3 * size:
        return causes
    others = [c for c in causes if c.finding.name not in ("scalar_sum", "whole_weighted")]
    return (cause("constant_batch_size", ROWS | VALUE), *others)


def alone_causes(base: Seen, alone: Sequence[Seen], places: Sequence[int]) -> Causes | None:
    """Return how rows of a batch differ from what they give alone; None if it isn't known."""
    if not all(seen.answer.size == 1 for seen in alone):
        return ()
    single = np.array([float(seen.answer) for seen in alone])
    beside = base.answer[list(places)]
    if fits(beside, single, 2e-4):
        return ()
    with np.errstate(all="ignore"):
        ratios = single / beside
    if np.ptp(ratios) < 1e-3 * abs(ratios[0]) and is_near(float(ratios[0]), base.rows):
        return (cause("rows_divided_by_batch_size", ROWS),)
    return None
