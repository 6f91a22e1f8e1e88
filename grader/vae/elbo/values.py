"""The value of the ELBO: each of its two terms by itself, and the whole.

Where two models differ in the decoder alone, the bound differs by the likelihood, whatever is made
of the divergence; where they differ in the posterior alone, and the decoder ignores z, by the
divergence. So an error in one term leaves the other's points. Rows that are added up or averaged,
another check's matter, are understood as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from grader.kit.check import Exam, Lost, Steps, generator
from grader.kit.observation import Outcome
from grader.kit.outputs import values
from grader.kit.probe import Call, Probe
from grader.kit.tolerance import close, close_in_most_rows, difference
from grader.vae import fixtures
from grader.vae.elbo import misconceptions as diagnosis
from grader.vae.elbo.fits import say_apart
from grader.vae.elbo.models import (
    DRAW,
    METHOD,
    Model,
    Models,
    batch_probe,
    drawn,
    models,
    numbers,
    of_value,
    question,
    right_values,
    stubbed,
)
from grader.vae.elbo.other_pixels import PER_PIXEL
from grader.vae.stubs import bounds

_OF_A_TERM = 0.02
"""Room for a term that is right but for a small constant, which the check of the whole sees."""
_OF_THE_WHOLE = 5e-4
_FEW = 5
_DIVERGENCE = "kl_divergence"
_ESTIMATES, _ROWS_OF_ESTIMATES = 24, 1024


def asked_in(exam: Exam) -> Models:
    """Return the models of an exam's setting; a batch of 128 at the assignment's own sizes."""
    return models(exam.seed, exam.setting.full, 128 if exam.setting.full else exam.rows(5, 60))


def ask(exam: Exam, asked: Sequence[Model], *more: str) -> Steps[list[Outcome]]:
    """Ask what comes of models' batches; ``more`` helpers have stubs."""
    helpers = stubbed(exam, *more)
    probes = [batch_probe(exam.seed, model, helpers) for model in asked]
    return [seen.outcomes[0] for seen in (yield probes)]


def agree(actual: np.ndarray, right: np.ndarray, relative: float) -> bool:
    """Return whether numbers are right for rows ``[B]``: each, on average, or added up.

    Dividing each row by their number, so that their sum is the average, is another way to take it.
    """
    if actual.size == right.size > 2 and close_in_most_rows(actual.ravel(), right, relative):
        return True
    if not actual.size:
        return False
    total, mean = np.asarray(actual.sum()), np.asarray(actual.mean())
    if close(mean, right.mean(), relative):
        return True
    if actual.size == right.size:
        return close(total, right.mean(), relative)
    return actual.size == 1 and close(total, right.sum(), relative)


def term_error(exam: Exam, name: str, of_posterior: bool) -> Steps[Lost | None]:
    """Return what is wrong with how the bound changes with one of its terms, or None."""
    asked = asked_in(exam)
    other = asked.other_posterior if of_posterior else asked.other_pixels
    first, second = map(numbers, (yield from ask(exam, (asked.base, other), DRAW)))
    helpers = stubbed(exam, DRAW)
    rights = zip(right_values(other, helpers), right_values(asked.base, helpers), strict=True)
    changes = [after - before for after, before in rights]
    if first.shape == second.shape and any(
        agree(second - first, change, _OF_A_TERM) for change in changes
    ):
        return None
    if of_posterior and (yield from _is_estimated(exam, asked, changes)):
        return None
    evidence = {"expected_change": float(changes[0].mean())}
    wanted, came = say_apart(evidence["expected_change"], _average(second) - _average(first))
    where = f"Where only {name} changes, the ELBO should change by {wanted} a row on average, and"
    return Lost(f"{where} changes by {came}.", evidence=evidence)


def depends_on_model(exam: Exam) -> Steps[bool]:
    """Return whether the value changes at all when the decoder or the posterior changes."""
    asked = asked_in(exam)
    base, *others = map(
        numbers,
        (yield from ask(exam, (asked.base, asked.other_pixels, asked.other_posterior), DRAW)),
    )
    return not all(np.array_equal(base, other) for other in others)


def _average(array: np.ndarray) -> float:
    return float(array.mean()) if array.size else float("nan")


def _is_estimated(exam: Exam, asked: Models, changes: Sequence[np.ndarray]) -> Steps[bool]:
    """Return whether the divergence is right on average, as where it is estimated from draws."""
    explanation = yield from explain_values(exam)
    if explanation is not None and explanation.estimates_divergence:
        return True
    # Where no noise enters, two calls are the same.
    twice = question(exam.seed, asked.base, (replace(asked.base.call, repeat=2),), stubbed(exam))
    first, second = values((yield twice).outcomes[0], METHOD)
    if np.array_equal(of_value(first), of_value(second)):
        return False
    averages = []
    for model in (asked.base, asked.other_posterior):
        x = np.resize(model.x, (_ROWS_OF_ESTIMATES, model.sizes.obs))
        call = Call(METHOD, {"x": x}, repeat=_ESTIMATES)
        outcome = (yield question(exam.seed, model, (call,), stubbed(exam))).outcomes[0]
        arrays = [of_value(value) for value in values(outcome, METHOD)]
        averages.append(np.array([_average(array) for array in arrays]))
    change = averages[1].mean() - averages[0].mean()
    error = np.sqrt(sum(part.var(ddof=1) / part.size for part in averages))
    rights = [np.resize(c, _ROWS_OF_ESTIMATES).mean() for c in changes]
    return bool(error > 0) and any(
        abs(change - right) < 6 * error < 0.05 * abs(right) for right in rights
    )


def value_error(exam: Exam) -> Steps[Lost | None]:
    """Return what is wrong with the value as a whole, or None."""
    return (yield from _whole_error(exam)) or (yield from _sure_error(exam))


def _whole_error(exam: Exam) -> Steps[Lost | None]:
    """Return what is wrong with the value in models whose decoder ignores z, or None."""
    asked = asked_in(exam)
    drawn_by_stub = (asked.base, asked.other_posterior)
    outcomes = (
        *(yield from ask(exam, drawn_by_stub, DRAW)),
        *(yield from ask(exam, (asked.assignment,))),
    )
    models_asked = (*drawn_by_stub, asked.assignment)
    return exam.once(_compare, models_asked, outcomes, stubbed(exam))


def _compare(
    asked: Sequence[Model], outcomes: Sequence[Outcome], helpers: frozenset[str]
) -> Lost | None:
    actual = [numbers(outcome) for outcome in outcomes]
    rights = zip(*(right_values(model, helpers) for model in asked), strict=True)
    first: Lost | None = None
    for right in rights:
        pairs = zip(actual, right, strict=True)
        wrong = next((pair for pair in pairs if not agree(*pair, relative=_OF_THE_WHOLE)), None)
        if wrong is None:
            return None
        first = first or _average_error(*wrong)
    return first


def narrow_batches(exam: Exam) -> tuple[Model, ...]:
    """Return batches for the narrow posterior: a usual one, of one row, and a large one."""
    tiny = asked_in(exam).tiny
    most = exam.rows(1001, 1100) if exam.setting.full else exam.rows(1001, 1500)
    return _narrow_batches(exam.seed, tiny, most)


@lru_cache(maxsize=4)
def _narrow_batches(seed: int, tiny: Model, most: int) -> tuple[Model, ...]:
    many = fixtures.binary_rows(generator(seed, 5, 8), most, tiny.sizes)
    return tuple(Model(tiny.sizes, tiny.weights, x) for x in (tiny.x, tiny.x[:1], many))


def ask_narrow(exam: Exam) -> Steps[tuple[Outcome, ...]]:
    """Ask what comes of `narrow_batches`, whose draws are a stub's."""
    return (yield _narrow_probe(exam.seed, narrow_batches(exam), stubbed(exam, DRAW))).outcomes


@lru_cache(maxsize=4)
def _narrow_probe(seed: int, batches: tuple[Model, ...], helpers: frozenset[str]) -> Probe:
    return question(seed, batches[0], [model.call for model in batches], helpers)


def all_values(exam: Exam) -> list[Probe]:
    """Return all that is asked of a right method for its values."""
    asked, helpers = asked_in(exam), stubbed(exam, DRAW)
    with_draws = (asked.base, asked.other_pixels, asked.other_posterior)
    return [
        *(batch_probe(exam.seed, model, helpers) for model in with_draws),
        *(batch_probe(exam.seed, m, stubbed(exam)) for m in (asked.sure, asked.assignment)),
        _narrow_probe(exam.seed, narrow_batches(exam), helpers),
    ]


def narrow_error(exam: Exam) -> Steps[Lost | None]:
    """Return what is wrong with the value where z can't be far from its mean, or None."""
    asked, actual = asked_in(exam), numbers((yield from ask_narrow(exam))[0])
    rights = right_values(asked.tiny, stubbed(exam))
    if any(agree(actual, right, _OF_THE_WHOLE) for right in rights):
        return None
    # A divergence with a small constant in its logarithm is another than right here alone, be it
    # the helper's or written into the method.
    for model, helpers in ((asked.tiny, (DRAW, _DIVERGENCE)), (asked.mild, (DRAW,))):
        (outcome,) = yield from ask(exam, (model,), *helpers)
        others = right_values(model, stubbed(exam, *helpers))
        if any(agree(numbers(outcome), right, _OF_THE_WHOLE) for right in others):
            return None
    return _average_error(actual, rights[0])


def _average_error(actual: np.ndarray, right: np.ndarray) -> Lost:
    average = _average(actual)
    wanted, came = say_apart(float(right.mean()), average, 5)
    return Lost(
        f"Over a batch of {right.size} the ELBO should average {wanted}, and averages {came}.",
        evidence={
            "expected_average": float(right.mean()),
            "actual_average": average if np.isfinite(average) else None,
        },
    )


def _sure_error(exam: Exam) -> Steps[Lost | None]:
    """Return what is wrong where the model is sure of every pixel, or None."""
    model = asked_in(exam).sure
    (outcome,) = yield from ask(exam, (model,))
    actual = numbers(outcome)
    right = right_values(model, stubbed(exam))[0]
    room = PER_PIXEL * model.sizes.obs
    totals = [right.mean(), *([right.sum()] if actual.size == 1 else [])]
    if any(abs(_average(actual) - value) < room for value in totals):
        return None
    wanted, came = say_apart(float(right.mean()), _average(actual), 3)
    return Lost(
        f"Where the posterior is the prior, and the model is all but certain of {model.sizes.obs} "
        f"pixels, and right, the ELBO should be {wanted}, and is {came}.",
        "Both terms are as good as zero there. Which of yours is not, and what keeps it from it?",
        evidence={"expected_average": float(right.mean())},
    )


def rows_error(actual: np.ndarray, rights: Sequence[np.ndarray], pixels: int = 0) -> Lost | None:
    """Return how rows ``[B]`` of so many ``pixels`` differ from all that may be right, or None."""
    room = PER_PIXEL * pixels
    for right in rights:
        if actual.size == right.size:
            rows = actual.reshape(right.shape)
            if close(rows, right) or np.all(np.abs(rows - right) < room):
                return None
    if actual.size != rights[0].size:
        return Lost("There is no ELBO for each row.")
    sentence, evidence = difference(actual.reshape(rights[0].shape), rights[0])
    return Lost(f"The ELBO of single rows is wrong: {sentence}.", evidence=evidence)


def explain_values(exam: Exam) -> Steps[diagnosis.ExplainedBound | None]:
    """Return the objective that explains the values with known noise, where one does."""
    # A few rows are enough, and quick to compute again and again at the assignment's own sizes.
    asked = models(exam.seed, exam.setting.full, _FEW) if exam.setting.full else asked_in(exam)
    chosen = (asked.base, asked.other_pixels, asked.other_posterior, asked.tiny)
    outcomes = [
        *(yield from ask(exam, chosen[:-1], DRAW)),
        *(yield from _of_tiny(exam, chosen[-1])),
    ]
    return exam.once(_explain_values, exam, chosen, outcomes)


def _explain_values(
    exam: Exam, asked: Sequence[Model], outcomes: Sequence[Outcome]
) -> diagnosis.ExplainedBound | None:
    answers = [
        diagnosis.Answer(
            model.weights,
            model.x,
            drawn(exam.seed, len(model.x), model.sizes.latent),
            numbers(outcome),
        )
        for model, outcome in zip(asked, outcomes, strict=True)
    ]
    most = 1 if exam.setting.full else 2
    return diagnosis.explain(answers, bounds(stubbed(exam, DRAW)), most)


def _of_tiny(exam: Exam, model: Model) -> Steps[list[Outcome]]:
    if model is asked_in(exam).tiny:
        return [(yield from ask_narrow(exam))[0]]
    return (yield from ask(exam, (model,), DRAW))
