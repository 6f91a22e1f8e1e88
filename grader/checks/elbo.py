"""Task 5: the evidence lower bound.

Judged with the student's own helpers, and again with stand-ins for them; right either way is right.
The noise inside is unknown, so its effect is either made to vanish (by a decoder that ignores z, or
by a tiny posterior), or the noise is recovered from what is returned: in a model with one observed
and one latent dimension the likelihood can be solved for z.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from grader.candidate.observation import Failure, Outcome
from grader.candidate.probe import Call, Probe
from grader.checks import elbo_gradient, elbo_noise
from grader.checks.closeness import close, difference
from grader.checks.elbo_models import (
    STOOD_IN,
    Line,
    World,
    cases,
    drawn,
    either_way,
    numbers,
    table,
)
from grader.checks.expected import Bound, Weights
from grader.checks.reading import shape_fits, shape_words
from grader.checks.stand_ins import stand_ins
from grader.checks.verdict import Evidence, Exam, Lost, NotReached, check
from grader.diagnosis import elbo as diagnosis
from grader.diagnosis.misconception import explained

METHOD = "elbo"
_SMALL = 2
"""Cases without the one of the assignment's own sizes, which takes the longest."""


def _ask(exam: Exam, world: World, first: int | None = None) -> list[diagnosis.Answer]:
    """What comes in the first cases, or in all."""
    seen = exam.ask_together(_probes(exam.seed, world)[:first])
    outcomes = [outcome for came in seen for outcome in came.outcomes]
    questions = _questions(exam.seed)[: len(outcomes)]
    return [
        diagnosis.Answer(weights, x, noise, numbers(outcome))
        for (weights, x, noise), outcome in zip(questions, outcomes, strict=True)
    ]


@lru_cache(maxsize=4)  # one for all submissions of a course
def _probes(seed: int, world: World) -> tuple[Probe, ...]:
    return tuple(
        world.probe(seed, c.sizes, c.weights, tuple(Call(METHOD, {"x": x}) for x in c.batches))
        for c in cases(seed)
    )


@lru_cache(maxsize=2)
def _questions(seed: int) -> list[tuple[Weights, np.ndarray, np.ndarray]]:
    """Weights and x of all calls in all cases, with the noise that a stand-in gives."""
    found = []
    for case in cases(seed):
        shapes = [(len(x), case.sizes.latent) for x in case.batches]
        pairs = zip(case.batches, drawn(seed, shapes), strict=True)
        found += [(case.weights, x, noise) for x, noise in pairs]
    return found


@lru_cache(maxsize=32)
def _values(seed: int, bound: Bound) -> list[np.ndarray]:
    """What is right in all calls, where noise doesn't matter."""
    return [bound.value(w, x, np.zeros_like(noise)) for w, x, noise in _questions(seed)]


def _judge_values(
    exam: Exam, world: World, judge: Callable[[np.ndarray, np.ndarray], None]
) -> Evidence | None:
    """Apply a judgement of what came and what is right, for each bound that may be right."""
    error = _values_error(exam, world, judge)
    if error is None:
        return None
    understood = _understand(exam, world)
    raise explained(error, understood.misconceptions if understood else ())


def _understand(exam: Exam, world: World) -> diagnosis.Understanding | None:
    # With own helpers it may be one of them that is wrong, which is no news about this method.
    return diagnosis.understand(_ask(exam, world), world.bounds) if world.stand_ins else None


def _values_error(
    exam: Exam,
    world: World,
    judge: Callable[[np.ndarray, np.ndarray], None],
    first: int | None = None,
) -> Lost | None:
    """What the judgement says about the first bound, or None where it finds one right."""
    answers = _ask(exam, world, first)
    error: Lost | None = None
    for bound in world.bounds:
        try:
            for answer, right in zip(answers, _values(exam.seed, bound), strict=False):
                judge(answer.came, right)
            return None
        except Lost as lost:
            error = error or lost
    return error


def _judge_average(actual: np.ndarray, right: np.ndarray) -> None:
    if not actual.size or not close(actual.mean(), right.mean()):
        raise Lost(
            f"Over a batch of {right.size} the ELBO should average {right.mean():.5g}, "
            f"and averages {actual.mean():.5g}.",
            evidence={
                "expected_average": float(right.mean()),
                "actual_average": float(actual.mean()) if np.isfinite(actual.mean()) else None,
            },
        )


def _judge_rows(actual: np.ndarray, right: np.ndarray) -> None:
    if not shape_fits(actual.shape, right.shape):
        raise Lost(
            f"The ELBO should have shape {shape_words(right.shape)}, one number a row, "
            f"and has {shape_words(actual.shape)}.",
            evidence={"wanted_shape": list(right.shape), "shape": list(actual.shape)},
        )
    if not close(actual.reshape(right.shape), right):
        sentence, evidence = difference(actual.reshape(right.shape), right)
        raise Lost(f"The ELBO of single rows is wrong: {sentence}.", evidence=evidence)


@check(
    "elbo.average",
    "Two terms make up the ELBO: what is the sign of each, and over what is it summed?",
)
def average(exam: Exam) -> Evidence | None:
    """The average over the batch is the right ELBO"""
    return either_way(lambda world: _judge_values(exam, world, _judge_average))


@check(
    "elbo.per_sample",
    "Every row of the batch has an ELBO of its own: which axis is summed over in each term?",
)
def per_sample(exam: Exam) -> Evidence | None:
    """Every row has its own ELBO, shape [batch_size]"""
    return either_way(lambda world: _judge_values(exam, world, _judge_rows))


def _sampled(exam: Exam, world: World) -> Evidence | None:
    """Whether a method that draws for itself draws from the posterior, for each row."""
    by_row = all(answer.came.size == len(answer.x) for answer in _ask(exam, world))
    if by_row and elbo_noise.is_drawn(exam, world, elbo_noise.BATCHES):
        return None
    rows_are_right = by_row and _values_error(exam, world, _judge_rows) is None
    if not rows_are_right and elbo_noise.is_drawn(exam, world, elbo_noise.SINGLES):
        return None
    lost = Lost("The latent variable behind the ELBO is not drawn from the posterior for each row.")
    if not world.stand_ins:
        raise lost
    understood = _understand(exam, world)
    found = understood.by_noise(*_given_noise(exam, understood.bound)) if understood else ()
    for bound in (understood.bound,) if understood else world.bounds:
        if by_row and not found:
            found = diagnosis.by_draws(*elbo_noise.draws(exam, world, bound))
    raise explained(lost, found)


def _given_noise(exam: Exam, bound: Bound) -> tuple[diagnosis.Answer, np.ndarray | None]:
    """An answer that the noise of stand-ins matters for, and what noise it seems to hold."""
    given = elbo_noise.ask_given(exam)
    answer = diagnosis.Answer(given.line.weights(), given.x, given.noise[0], given.came[0])
    return answer, given.line.recovered(answer.came, given.x, bound) if given.by_row else None


def _uses_the_helper(exam: Exam) -> bool:
    """Whether `sample_with_reparam` draws for every row; what it draws is its own task's matter."""
    try:
        given = elbo_noise.ask_given(exam)
        wrong_rows, wrong_average = (
            _values_error(exam, STOOD_IN, judge, _SMALL) for judge in (_judge_rows, _judge_average)
        )
    except Lost:
        return False
    return elbo_noise.is_handed_on(given, wrong_rows is None, wrong_average is None)


@check(
    "elbo.sampled",
    "The expectation is estimated with one draw. Of which variable, and is it what the decoder "
    "gets?",
)
def sampled(exam: Exam) -> Evidence | None:
    """The latent variable is sampled for every row, not set to its mean"""
    exam.expect(
        (elbo_noise.given_probe(exam.seed),),
        _probes(exam.seed, STOOD_IN)[:_SMALL],
        (_repetition(exam.seed),),
    )
    if not _uses_the_helper(exam):
        either_way(lambda world: _sampled(exam, world))
    if _repeats_itself(exam):
        lost = Lost("Two calls with the same x give the very same ELBO: its noise is not new.")
        raise explained(lost, diagnosis.repeated())
    return None


def _repeats_itself(exam: Exam) -> bool:
    """Whether two calls give the same though the student's own sampling gives new draws.

    The other helpers are stand-ins, so that what they do to the generators doesn't matter.
    """
    bounds, draws = map(_two_arrays, exam.ask(_repetition(exam.seed)).outcomes)
    if bounds is None or draws is None:
        return False
    # What a wrong helper gives may be new in places: memory that it leaves as it was, for one.
    return np.array_equal(*bounds) and bool(np.all(draws[0] != draws[1]))


@lru_cache(maxsize=2)
def _repetition(seed: int) -> Probe:
    posterior = {"mu": np.zeros((16, 1)), "logsigma": np.zeros((16, 1))}
    calls = (
        Call(METHOD, {"x": np.ones((16, 1))}, repeat=2),
        Call("sample_with_reparam", posterior, repeat=2),
    )
    helpers = stand_ins(frozenset(("encoder", "decoder", "kl_divergence")), table(seed))
    return Probe(Line().sizes, Line().weights(), calls, helpers)


def _two_arrays(outcome: Outcome) -> tuple[np.ndarray, np.ndarray] | None:
    """What two calls returned, if it is arrays of one shape."""
    if isinstance(outcome, Failure):
        return None
    first, second = (value.array for value in outcome.values)
    if first is None or second is None or first.shape != second.shape:
        return None
    return first, second


@check(
    "elbo.gradient",
    "Training follows this gradient: is everything computed by torch, from encoder to likelihood?",
)
def gradient(exam: Exam) -> Evidence | None:
    """The ELBO has the right gradient in all parameters"""

    def is_sampled() -> bool:
        return _is_sampled(exam)

    def judge(world: World) -> Evidence | None:
        bound = elbo_gradient.judge_batch(exam, world, is_sampled)
        elbo_gradient.judge_rows(exam, world, bound, is_sampled)
        return None

    return either_way(judge)


def _is_sampled(exam: Exam) -> bool:
    try:
        sampled.run(exam)
    except (Lost, NotReached):
        return False
    return True


CHECKS = (average, per_sample, sampled, gradient)
