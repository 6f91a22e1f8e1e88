"""Task 5: the evidence lower bound.

The noise inside is unknown, so its effect is either made to vanish (by a decoder that ignores z, or
by a tiny posterior), or it is known from a stub for `sample_with_reparam`, or it is recovered
from what is returned: in a model with one pixel the likelihood can be solved for z. A bound that is
wrong is judged by its own formula in all that its value does not decide: rows, draw and gradient.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from grader.kit.check import Exam, Lost, NotReached, Steps, check
from grader.kit.misconception import Names, explained
from grader.kit.observation import Failure, Outcome
from grader.kit.outputs import as_tensor, one_number_a_row, require_untouched, values
from grader.kit.probe import Call, Probe
from grader.kit.rows import Batch, row_error
from grader.kit.tolerance import close_in_most_rows
from grader.vae.elbo import dependence, own_draws, stub_noise
from grader.vae.elbo import misconceptions as diagnosis
from grader.vae.elbo.gradient import gradient
from grader.vae.elbo.models import (
    DRAW,
    METHOD,
    NAME,
    Model,
    noisy,
    numbers,
    question,
    right_values,
    stubbed,
)
from grader.vae.elbo.sampling import by_draws
from grader.vae.elbo.values import (
    all_values,
    ask,
    ask_narrow,
    asked_in,
    depends_on_model,
    explain_values,
    narrow_batches,
    narrow_error,
    rows_error,
    term_error,
    value_error,
)
from grader.vae.stubs import HELPERS, bounds


def _misconceptions(exam: Exam) -> Steps[Names]:
    """Return what explains the values, if anything does."""
    try:
        explanation = yield from explain_values(exam)
    except Lost:
        return ()
    return explanation.misconceptions if explanation else ()


def _require(exam: Exam, error: Lost | None) -> Steps[None]:
    """Raise the error, if there is one, with what explains it."""
    if error is not None:
        raise explained(error, diagnosis.CATALOGUE, (yield from _misconceptions(exam)))


@check(
    "elbo.likelihood",
    "The pixels are independent given z. Which distribution does each of them have, and how does "
    "the log likelihood of an image follow from those of its pixels?",
)
def likelihood(exam: Exam) -> Steps[None]:
    """The log likelihood of x given z is in it, once, with its own sign"""
    yield from _require(exam, (yield from term_error(exam, "the likelihood", of_posterior=False)))


@check(
    "elbo.divergence",
    "Something holds the posterior near the prior. With which sign and which weight does it enter?",
)
def divergence(exam: Exam) -> Steps[None]:
    """The divergence from the prior is subtracted, once"""
    yield from _require(exam, (yield from term_error(exam, "the posterior", of_posterior=True)))


@check(
    "elbo.exact",
    "Which part of the bound is known in closed form, and which needs a draw? Is anything rounded, "
    "cut off or left out?",
)
def exact(exam: Exam) -> Steps[None]:
    """The value is exact: closed form for the divergence, nothing cut off in the likelihood"""
    yield from _require(exam, (yield from value_error(exam)))


@check(
    "elbo.per_sample",
    "Every row of the batch has an ELBO of its own: which axis is summed over in each term?",
)
def per_sample(exam: Exam) -> Steps[None]:
    """Every row has its own ELBO, shape [batch_size], and x stays as it is"""
    try:
        yield from _judge_rows(exam)
    except Lost as lost:
        raise explained(lost, diagnosis.CATALOGUE, (yield from _misconceptions(exam))) from None


def _judge_rows(exam: Exam) -> Steps[None]:
    base = asked_in(exam).base
    if not (yield from depends_on_model(exam)):
        raise Lost("What comes for a row depends neither on the decoder nor on the encoder.")
    outcomes = (*(yield from ask(exam, (base,), DRAW)), *(yield from ask_narrow(exam)))
    for model, outcome in zip((base, *narrow_batches(exam)), outcomes, strict=True):
        actual = one_number_a_row(values(outcome, METHOD)[0], NAME, len(model.x))
        require_untouched(outcome, {"x": model.x}, ())
        rights = right_values(model, stubbed(exam))
        error = rows_error(actual, rights, model.sizes.obs)
        if error is None:
            continue
        others_are_right = model is not base and (yield from _rows_are_right(exam))
        if others_are_right or any(close_in_most_rows(actual, right) for right in rights):
            raise error
        if len(model.x) > 2:
            # Rows without a value say nothing; where the posterior is wider they may have one.
            seen = model if np.all(np.isfinite(actual)) else asked_in(exam).mild
            yield from _require_rows(exam, Model(model.sizes, seen.weights, model.x))


def _require_rows(exam: Exam, model: Model) -> Steps[None]:
    """Require of rows that are not right that they depend on their own x alone.

    Raises:
        Lost: they do not.
    """

    def of_batch(batch: Batch) -> Probe:
        return question(exam.seed, model, (Call(METHOD, batch),), stubbed(exam, DRAW))

    def read(outcome: Outcome, _: int) -> np.ndarray:
        return numbers(outcome).reshape(-1)

    mixed_up = yield from row_error(
        exam, {"x": model.x}, {"x": 1.0 - model.x[::-1]}, of_batch, read
    )
    if mixed_up is not None:
        raise Lost(mixed_up)


@check(
    "elbo.sampled",
    "The expectation is estimated with one draw. Of which variable, and is it what the decoder "
    "gets?",
)
def sampled(exam: Exam) -> Steps[None]:
    """The latent variable is sampled for every row, not set to its mean"""
    repetition = _repetition(exam.seed, exam.setting.full)
    # Asked at once, what follows finds its answers there.
    yield [*all_values(exam), stub_noise.probe(exam), repetition]
    value_is_right = not (yield from value_error(exam))
    run = yield from stub_noise.ask(exam)
    rows_are_right = yield from _rows_are_right(exam)
    is_handed_on = yield from stub_noise.is_handed_on(exam, run, rows_are_right, value_is_right)
    if is_handed_on:
        # What else is wrong with the value, other checks say.
        error = (yield from narrow_error(exam)) if value_is_right else None
        yield from _require(exam, error)
    elif value_is_right:
        yield from _judge_draws(exam, run, rows_are_right)
    else:
        yield from _judge_dependence(exam, run)
    if (yield from _repeats_itself(exam)):
        lost = Lost("Two calls with the same x give the very same ELBO: its noise is not new.")
        raise explained(lost, diagnosis.CATALOGUE, ("drawn_with_fixed_seed",))


def _rows_are_right(exam: Exam) -> Steps[bool]:
    tiny, actual = asked_in(exam).tiny, numbers((yield from ask_narrow(exam))[0])
    rights = right_values(tiny, stubbed(exam))
    return rows_error(actual, rights, tiny.sizes.obs) is None


def _judge_draws(exam: Exam, run: stub_noise.StubbedRun, rows_are_right: bool) -> Steps[None]:
    """Require of a method, right but for its draws, that it draws from the posterior in each row.

    Raises:
        Lost: it does not.
    """
    varies = not np.array_equal(run.actual[0], run.actual[1]) or exam.setting.stubbed
    if varies and run.by_row:
        if (yield from own_draws.is_drawn(exam, own_draws.BATCHES, rows_are_right)):
            return
        if (yield from own_draws.is_average_of_draws(exam)):
            return
    by_row = run.by_row and rows_are_right
    if varies and not by_row and (yield from own_draws.is_drawn(exam, own_draws.SINGLES)):
        return
    lost = Lost(
        "What comes is not the bound of a draw from the posterior for each row, nor an average "
        "over several."
    )
    explanation = yield from explain_values(exam)
    bound = explanation.bound if explanation else bounds(stubbed(exam))[0]
    names = explanation.by_noise(*_noise_of(run, bound)) if explanation else ()
    if run.by_row and not names:
        names = by_draws(*(yield from own_draws.draws(exam, bound)))
    raise explained(lost, diagnosis.CATALOGUE, names)


def _noise_of(
    run: stub_noise.StubbedRun, bound: diagnosis.Bound
) -> tuple[diagnosis.Answer, np.ndarray | None]:
    """Return an answer that the noise of stubs matters for, and what noise it seems to hold."""
    answer = diagnosis.Answer(run.model.weights, run.x, run.noise[0], run.actual[0])
    return answer, run.model.recovered(answer.actual, run.x, bound) if run.by_row else None


def _judge_dependence(exam: Exam, run: stub_noise.StubbedRun) -> Steps[None]:
    """Require of a bound that is wrong otherwise that it depends on noise of each row's own.

    Raises:
        Lost: it does not.
        NotReached: that can't be seen.
    """
    depends = yield from dependence.depends(exam)
    if depends is None:
        raise NotReached("The ELBO itself is wrong, so that its draw can't be seen.")
    if depends:
        return
    lost = Lost("What comes does not depend on a draw for each row.")
    explanation = yield from explain_values(exam)
    if explanation is None:
        raise lost
    raise explained(
        lost, diagnosis.CATALOGUE, explanation.by_noise(*_noise_of(run, explanation.bound))
    )


def _repeats_itself(exam: Exam) -> Steps[bool]:
    """Return whether two calls give the same though the student's own sampling gives new draws.

    The other helpers are stubs, so that what they do to the generators doesn't matter.
    """
    bounds_of_calls, draws = map(
        _two_arrays, (yield _repetition(exam.seed, exam.setting.full)).outcomes
    )
    if bounds_of_calls is None or draws is None:
        return False
    # What a wrong helper gives may be new in places: memory that it leaves as it was, for one.
    return np.array_equal(*bounds_of_calls) and bool(np.all(draws[0] != draws[1]))


@lru_cache(maxsize=2)  # one for all submissions of a course
def _repetition(seed: int, full: bool) -> Probe:
    model = noisy(seed, full, 16)
    posterior = np.zeros((16, model.sizes.latent))
    calls = (
        Call(METHOD, {"x": model.x}, repeat=2),
        Call(DRAW, {"mu": posterior, "logsigma": posterior}, repeat=2),
    )
    return question(seed, model, calls, frozenset(HELPERS) - {DRAW})


def _two_arrays(outcome: Outcome) -> tuple[np.ndarray, np.ndarray] | None:
    """Return what two calls returned, if it is arrays of one shape."""
    if isinstance(outcome, Failure):
        return None
    first, second = (as_tensor(value).array for value in outcome.values)
    if first is None or second is None or first.shape != second.shape:
        return None
    return first, second


CHECKS = (likelihood, divergence, exact, per_sample, sampled, gradient)
