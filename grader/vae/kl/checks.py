"""Task 4: the divergence of the posterior from the prior, in closed form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grader.kit.check import Exam, Lost, Steps, check
from grader.kit.gradients import Measured, Slopes, measure
from grader.kit.misconception import Names, disconnected, explained
from grader.kit.observation import Outcome
from grader.kit.outputs import (
    as_tensor,
    gradients,
    numbers,
    one_number_a_row,
    require_unseeded,
    require_untouched,
    tensor,
    values,
)
from grader.kit.probe import Probe
from grader.kit.rounding import apart
from grader.kit.rows import Batch, row_error
from grader.kit.tolerance import close, close_in_most_rows, difference
from grader.vae import expected
from grader.vae.kl import misconceptions as diagnosis
from grader.vae.kl.questions import (
    FEW,
    LATENT,
    METHOD,
    NAME,
    NAMES,
    SIGNS,
    Answer,
    answers_to,
    call_with,
    gradient_points,
    posterior_parameters,
    probe_of,
    question,
)

_REPEATS = 40


def _diagnose(exam: Exam, answers: list[Answer]) -> Steps[Names]:
    """Return what explains all answers; the last resort is to ask for one again."""
    explanation = diagnosis.by_formula([(a.mu, a.logsigma, a.actual) for a in answers])
    last = answers[-1]
    if explanation or last.actual.shape != last.right.shape:
        return explanation
    probe = probe_of(last.mu.shape[1], [call_with(last.mu, last.logsigma, repeat=_REPEATS)])
    try:
        again = [tensor(as_tensor(v), "") for v in values((yield probe).outcomes[0], METHOD)]
    except Lost:
        return ()
    if any(part.shape != last.right.shape for part in again):
        return ()
    return diagnosis.by_repetition(last.mu, last.logsigma, np.stack(again))


def _wrong_total(answers: Sequence[Answer]) -> list[Answer]:
    """Return the batches whose total is wrong, for another reason than rows that are left out."""
    wrong = [a for a in answers if len(a.right) > 2 and not _is_total(a.actual, a.right)]
    # Where all begin with right rows, it is later ones that are left out.
    return [] if all(_begins_right(answer.actual, answer.right) for answer in wrong) else wrong


def _begins_right(actual: np.ndarray, right: np.ndarray) -> bool:
    """Return whether the first few rows are right, of a batch that has more."""
    return actual.ndim == 1 and len(right) > FEW and close(actual[:FEW], right[:FEW])


def _is_total(actual: np.ndarray, right: np.ndarray) -> bool:
    """Return whether numbers add up to the right total; a single one may be the batch's average."""
    if close(actual.sum(), right.sum()):
        return True
    if actual.shape == right.shape and len(right) > 2 and close_in_most_rows(actual, right):
        return True
    return actual.size == 1 and close(actual.reshape(()), right.mean())


@check(
    "kl.total",
    "Write the divergence down for one latent dimension and check each term's sign and factor.",
)
def total(exam: Exam) -> Steps[None]:
    """The divergences add up to the right total"""
    answers, _ = yield from answers_to(exam)
    wrong = _wrong_total(answers)
    if wrong:
        lost = _total_lost(wrong[0].actual, wrong[0].right)
        raise explained(lost, diagnosis.CATALOGUE, (yield from _diagnose(exam, answers)))


def _total_lost(actual: np.ndarray, right: np.ndarray) -> Lost:
    evidence = {"expected_total": right.sum(), "actual_total": _finite(actual.sum())}
    if not np.all(np.isfinite(actual)):
        count = int(np.sum(~np.isfinite(actual)))
        return Lost(
            f"For a batch of {len(right)}, {count} of the {actual.size} numbers that are returned "
            "are NaN or infinite.",
            evidence=evidence,
        )
    due, came = apart(right.sum(), actual.sum())
    return Lost(
        f"Over a batch of {len(right)} the divergences should add up to {due}; what is returned "
        f"adds up to {came}.",
        evidence=evidence,
    )


@check(
    "kl.per_sample", "Each row of the batch has a divergence of its own: which axis is summed over?"
)
def per_sample(exam: Exam) -> Steps[None]:
    """Every row has its own divergence, shape [batch_size]"""
    answers, _ = yield from answers_to(exam)
    try:
        # Of the last question alone: each begins with the generators at the same place.
        require_unseeded(answer.outcome for answer in answers[-len(answers) // len(LATENT) :])
        for answer in answers:
            one_number_a_row(values(answer.outcome, METHOD)[0], NAME, len(answer.mu))
            require_untouched(answer.outcome, answer.arguments, ())
        yield from _judge_rows(exam, answers)
    except Lost as lost:
        names = diagnosis.of_rows((yield from _diagnose(exam, answers)))
        raise explained(lost, diagnosis.CATALOGUE, names) from None


def _judge_rows(exam: Exam, answers: Sequence[Answer]) -> Steps[None]:
    """Require rows that are right, or at least depend each on its own posterior alone.

    Raises:
        Lost: they are not.
    """
    wrong = [a for a in answers if not close(a.actual.reshape(a.right.shape), a.right)]
    if not wrong:
        return
    if _wrong_total(answers):
        rows, latent = max((a.mu.shape for a in answers), key=lambda shape: shape[0])
        sign = _sign_with_values(answers)
        given, other = (
            dict(zip(NAMES, posterior_parameters(exam, key, rows, latent, sign), strict=True))
            for key in (0, 2)
        )
        error = yield from row_error(exam, given, other, _of_batch, _rows_of)
        if error:
            raise Lost(error)
        return
    sentence, evidence = difference(wrong[0].actual.reshape(wrong[0].right.shape), wrong[0].right)
    raise Lost(f"The divergence of single rows is wrong: {sentence}.", evidence=evidence)


def _sign_with_values(answers: Sequence[Answer]) -> float:
    """Return the sign of log sigma with which all values are finite; 0 if that is either or none.

    A logarithm of log sigma, for one, has no value where that is negative.
    """
    finite = {
        sign: all(
            np.all(np.isfinite(answer.actual))
            for answer in answers
            if np.all(sign * answer.logsigma > 0)
        )
        for sign in SIGNS
    }
    return sum(sign for sign in SIGNS if finite[sign])


def _of_batch(batch: Batch) -> Probe:
    return probe_of(batch["mu"].shape[1], [call_with(batch["mu"], batch["logsigma"])])


def _rows_of(outcome: Outcome, rows: int) -> np.ndarray:
    return numbers(outcome, METHOD, NAME).reshape(rows)


@check(
    "kl.gradient",
    "Training needs this gradient: does torch compute everything, from the given tensors?",
)
def gradient(exam: Exam) -> Steps[None]:
    """The divergence has the right gradient in mu and logsigma"""
    point, other = question(exam).points
    mu, ls = point.arguments["mu"], point.arguments["logsigma"]
    (ones,), (outer,), rows = point.cotangents, other.cotangents, len(mu)
    _, outcomes = yield from answers_to(exam)
    actual, right = numbers(outcomes[0], METHOD, NAME), expected.kl(mu, ls)
    slopes = gradients(outcomes[0], METHOD)
    try:
        if not _is_total(actual, right):
            raise Lost("The gradient is not the derivative of what the method returns.")
        factors = [ones[:, None], *([ones[:, None] / rows] if actual.size == 1 else [])]
        _require(slopes, mu, ls, factors)
        if actual.shape == right.shape and close(actual, right):
            _require(gradients(outcomes[1], METHOD), mu, ls, [outer[:, None]])
    except Lost as lost:
        measured = yield from measure(exam, point, slopes, 4)
        if measured is None:
            measured = yield from _measure_with_sign(exam)
        if measured is None or not measured.agree:
            lost.is_shown = measured is not None and measured.repeats
            raise explained(lost, diagnosis.CATALOGUE, _cut(slopes)) from None


def _cut(slopes: Slopes) -> Names:
    """Return what explains that one of the gradients is missing, or all zero; else nothing."""
    if any(slope is None for slope in slopes.values()):
        return disconnected(slopes)
    return () if all(np.any(slope) for slope in slopes.values()) else ("flat",)


def _measure_with_sign(exam: Exam) -> Steps[Measured | None]:
    """Measure the gradient where all log sigma have one sign, if there are values then."""
    for sign in SIGNS:
        point, _ = gradient_points(exam, sign)
        slopes = gradients((yield point.probe).outcomes[0], METHOD)
        measured = yield from measure(exam, point, slopes, 4)
        if measured is not None:
            return measured
    return None


def _require(slopes: Slopes, mu: np.ndarray, ls: np.ndarray, factors: list[np.ndarray]) -> None:
    """Require the right gradients, times one of the factors ``[rows, 1]``.

    Raises:
        Lost: one is another.
    """
    for name, right in zip(NAMES, expected.kl_gradients(mu, ls), strict=True):
        actual = slopes.get(name)
        if actual is None:
            raise Lost(f"No gradient leads from the divergence to {name}.")
        if not any(close(actual, factor * right) for factor in factors):
            sentence, evidence = difference(actual, factors[0] * right)
            raise Lost(f"The gradient in {name} is wrong: {sentence}.", evidence=evidence)


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


CHECKS = (total, per_sample, gradient)
