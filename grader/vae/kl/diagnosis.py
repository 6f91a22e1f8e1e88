"""What explains a divergence that lost something: measured term by term, then how it is summed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from grader.kit.check import Exam, Lost, Steps
from grader.kit.misconception import Diagnosis, Finding, Names
from grader.kit.outputs import as_tensor, gradients, numbers, tensor, values
from grader.kit.rounding import short
from grader.kit.tolerance import close
from grader.vae import expected
from grader.vae.kl.aggregation import Batch
from grader.vae.kl.contribution_findings import of_another_function, of_contribution
from grader.vae.kl.elements import LOG_STDS, MUS, Contribution
from grader.vae.kl.misconceptions import CATALOGUE
from grader.vae.kl.questions import METHOD, NAME, call_with, gradient_points, probe_of

_ROWS, _LATENT, _MANY = 5, 3, 1500
_OF_VALUES = ("kl.total", "kl.per_sample")


_Both = tuple[tuple[Finding, ...], tuple[Finding, ...]]
"""What is wrong with each contribution, and with how they are put together."""


@dataclass(frozen=True, eq=False)
class _Answers:
    """What was measured.

    Attributes:
        contribution: of one dimension in a batch of one.
        batch: a batch whose dimensions each have been measured alone.
        row: the same for its first row alone.
        many: a long batch.
        again: what the batch gave a second time.
    """

    contribution: Contribution
    batch: Batch
    row: Batch
    many: Batch
    again: np.ndarray


def diagnose(exam: Exam, lost: Mapping[str, Lost]) -> Steps[Mapping[str, Names]]:
    """Return what explains the lost checks of a divergence."""
    names: dict[str, Names] = {}
    if any(check in lost and not lost[check].misconceptions for check in _OF_VALUES):
        names |= _of_values((yield from _ask(exam)), lost)
    if "kl.gradient" in lost and not lost["kl.gradient"].misconceptions:
        names["kl.gradient"] = yield from _of_gradient(exam)
    return names


def _ask(exam: Exam) -> Steps[_Answers]:
    places = np.array([(m, s) for m in range(len(MUS)) for s in range(len(LOG_STDS))])
    single = [call_with(np.full((1, 1), MUS[m]), np.full((1, 1), LOG_STDS[s])) for m, s in places]
    rng = exam.generator(4, 20)
    chosen = rng.integers(1, (len(MUS), len(LOG_STDS)), (_MANY, _LATENT, 2))
    chosen[0, 0], chosen[1, 0] = (2, 3), (5, 6)  # both signs in every batch
    mu, logsigma = MUS[chosen[..., 0]], LOG_STDS[chosen[..., 1]]
    calls = [
        call_with(mu[:rows], logsigma[:rows], repeat=repeat)
        for rows, repeat in ((_ROWS, 2), (1, 1), (_MANY, 1))
    ]
    of_one, of_many = yield [probe_of(1, single), probe_of(_LATENT, calls)]
    grid = np.array([np.mean(numbers(o, METHOD, NAME)) for o in of_one.outcomes])
    contribution = Contribution(grid.reshape(len(MUS), len(LOG_STDS)))
    alone = contribution.values[chosen[..., 0], chosen[..., 1]]
    twice = [tensor(as_tensor(v), NAME) for v in values(of_many.outcomes[0], METHOD)]
    answers = [twice[0], *(numbers(o, METHOD, NAME) for o in of_many.outcomes[1:])]
    batches = [
        Batch(mu[:rows], logsigma[:rows], alone[:rows], answer)
        for rows, answer in zip((_ROWS, 1, _MANY), answers, strict=True)
    ]
    return _Answers(contribution, batches[0], batches[1], batches[2], twice[1])


def _of_values(answers: _Answers, lost: Mapping[str, Lost]) -> dict[str, Names]:
    with np.errstate(all="ignore"):  # where a method's own numbers are none
        each, together = _found(answers)
    # What is the same for all posteriors does not depend on a row.
    flat = tuple(f for f in each if f.name in ("raised", "cut_off", "rounded", "same_for_all"))
    names = {"kl.total": (*each, *together)[:3], "kl.per_sample": together or flat}
    return {check: found for check, found in names.items() if _is_open(check, lost)}


def _found(answers: _Answers) -> _Both:
    batch = answers.batch
    if answers.again.shape == batch.actual.shape and not np.allclose(
        answers.again, batch.actual, equal_nan=True
    ):
        return (), (Finding("random"),)
    if simple := _of_right_contributions(answers):
        return simple
    each = of_contribution(answers.contribution)
    if each and each[0].name == "same_for_all":
        return each, ()
    if alone := _of_batch_alone(answers):
        return alone, ()
    together = batch.found(answers.contribution.parts)
    if any("mu" in str(finding.fields.get("what")) for finding in together):
        # Less its average, mu is 0 in a batch of one.
        each = tuple(finding for finding in each if finding.name != "mu_missing")
    return each, together or _of_many(answers)


def _of_right_contributions(answers: _Answers) -> _Both | None:
    """Return what is wrong with a batch in which most rows are right, or all but for a step."""
    batch = answers.batch
    actual, right = np.squeeze(batch.actual), expected.kl(batch.mu, batch.logsigma)
    if actual.shape != right.shape or close(actual, right):
        return None
    errors = np.abs(actual - right)
    wrong = np.flatnonzero(errors > 1e-3 * (1 + right))
    # Where all rows are off by a little, one may be so by more than the others.
    is_alone = len(wrong) == 1 and np.all(np.delete(errors / (1 + right), wrong) < 1e-5)
    if is_alone and wrong[0] in (0, len(right) - 1):
        which = "last" if wrong[0] else "first"
        how = "comes out as 0" if actual[wrong[0]] == 0 else "does not get its own divergence"
        return (), (Finding("row_alone", {"which": which, "how": how}),)
    if bounded := of_another_function(actual, right):
        return bounded, ()
    offset = float(np.mean(actual - right))
    if close(actual, right + offset):
        return _of_constants(answers, offset)
    return None


def _of_constants(answers: _Answers, offset: float) -> _Both | None:
    """Return how often which constant is added to each row, from batches of several sizes."""
    row = answers.row
    of_row = float(np.mean(row.actual - expected.kl(row.mu, row.logsigma)))
    of_one = float(np.mean(answers.contribution.values - answers.contribution.right))
    if np.allclose((offset, of_row), of_one, atol=1e-3):
        return (Finding("constant_once", {"constant": short(of_one)}),), ()
    if np.allclose((offset, of_row), _LATENT * of_one, atol=1e-3):
        return (Finding("constant_added", {"constant": short(of_one)}),), ()
    counted = np.array([1, _LATENT, _LATENT]) - 2 * np.array([of_one, of_row, offset])
    hows: dict[tuple[int, ...], str] = {
        (1, 1, _ROWS): "once for each row of the batch, in every row,",
        (1, _LATENT, _ROWS * _LATENT): "once for each number of the batch, in every row,",
        (1, 1, 1): "once a row",
    }
    how = hows.get(tuple(int(n) for n in np.rint(counted)))
    if how is None:
        return None
    mixes = (Finding("constant_counted", {"how": how}),)
    return ((), mixes) if "batch" in how else (mixes, ())


def _is_open(check: str, lost: Mapping[str, Lost]) -> bool:
    return check in lost and not lost[check].misconceptions


def _of_batch_alone(answers: _Answers) -> tuple[Finding, ...]:
    """Return where single posteriors are wrong, if a batch of all kinds of them is right."""
    batch, wrong = answers.batch, answers.contribution.is_wrong
    right = expected.kl(batch.mu, batch.logsigma)
    if not (batch.actual.shape == right.shape and close(batch.actual, right)):
        return ()
    all_mus, all_log_stds = np.full(MUS.shape, True), np.full(LOG_STDS.shape, True)
    for words, rows, columns in (
        ("mu are positive", MUS > 0, all_log_stds),
        ("mu are negative", MUS < 0, all_log_stds),
        ("log sigma are positive", all_mus, LOG_STDS > 0),
        ("log sigma are negative", all_mus, LOG_STDS < 0),
    ):
        region = rows[:, None] & columns[None, :]
        at_zero = (MUS == 0)[:, None] | (LOG_STDS == 0)[None, :]
        if np.array_equal(wrong[~at_zero], region[~at_zero]):
            return (Finding("wrong_where_all", {"where": words}),)
    return ()


def _of_many(answers: _Answers) -> tuple[Finding, ...]:
    """Return from which row on a long batch is wrong, where a short one is right."""
    many = answers.many
    actual, right = np.squeeze(many.actual), many.alone.sum(1)
    if not answers.batch.is_sum:
        return ()
    if actual.ndim == 1 and len(actual) < len(right) and close(actual, right[: len(actual)]):
        return (Finding("rows_cut", {"rows": len(actual)}),)
    if actual.shape != right.shape:
        return ()
    wrong = np.flatnonzero(~(np.abs(actual - right) <= 1e-3 * (1 + np.abs(right))))
    if not len(wrong) or not wrong[0]:
        return ()
    first = int(wrong[0])
    after = actual[first:]
    if np.ptp(after) == 0:
        how = "are 0" if after[0] == 0 else "are all the same"
    elif first == len(actual) - 1:
        how = "are not their own"
    else:
        how = "are wrong"
    return (Finding("rows_after", {"right": first, "rows": len(actual), "how": how}),)


def _of_gradient(exam: Exam) -> Steps[Names]:
    """Return which terms pass on no gradient, or another than their own, of values that are right.

    The derivative in mu is mu; that in log sigma is sigma squared, of one term, and -1 of another.
    """
    point, _ = gradient_points(exam)
    outcome = (yield point.probe).outcomes[0]
    mu, logsigma = point.arguments["mu"], point.arguments["logsigma"]
    actual, slopes = numbers(outcome, METHOD, NAME), gradients(outcome, METHOD)
    if not close(np.squeeze(actual), expected.kl(mu, logsigma)):
        return ()
    of_mu, of_log_std = slopes.get("mu"), slopes.get("logsigma")
    if of_mu is None or of_log_std is None:
        return ()
    names: list[Finding] = []
    right = np.exp(2 * logsigma) - 1
    whole = float(np.sum(of_log_std * right) / np.sum(right**2))
    factor = float(np.sum(of_mu * mu) / np.sum(mu**2))
    if close(of_mu, factor * mu) and abs(factor - 1) > 1e-3:
        names.append(_times("mu squared", factor))
    variance = np.exp(2 * logsigma)
    design = np.stack([variance.ravel(), np.ones(variance.size)], axis=1)
    (of_variance, constant), *_ = np.linalg.lstsq(design, of_log_std.ravel(), rcond=None)
    if close(of_log_std, whole * right) and abs(whole - 1) > 1e-3:
        names.append(Finding("gradient_scaled", {"factor": short(whole)}))
    elif close(of_log_std, of_variance * variance + constant):
        if abs(of_variance - 1) > 1e-3:
            names.append(_times("sigma squared", float(of_variance)))
        if abs(constant + 1) > 1e-3:
            names.append(_times("log sigma", -float(constant)))
    return tuple(names)


def _times(term: str, factor: float) -> Finding:
    if abs(factor) < 1e-3:
        return Finding("term_cut", {"term": term})
    return Finding("term_gradient", {"term": term, "factor": short(factor)})


DIAGNOSIS = Diagnosis(CATALOGUE, diagnose)
