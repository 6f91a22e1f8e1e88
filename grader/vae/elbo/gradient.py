"""The gradient of the ELBO, which training follows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from grader.kit.check import Exam, Lost, Steps, check, generator
from grader.kit.gradients import Point, Slopes, judge_gradient, measure
from grader.kit.misconception import explained
from grader.kit.observation import Returned
from grader.kit.outputs import gradients
from grader.kit.probe import Probe
from grader.vae import fixtures
from grader.vae.elbo import misconceptions as diagnosis
from grader.vae.elbo.models import DRAW, METHOD, drawn, noisy, numbers, stubbed, table
from grader.vae.elbo.values import asked_in, rows_error
from grader.vae.stubs import bounds, make_stubs


@check(
    "elbo.gradient",
    "Training follows this gradient: is everything computed by torch, from encoder to likelihood?",
)
def gradient(exam: Exam) -> Steps[None]:
    """The ELBO has the right gradient in all parameters"""
    helpers = stubbed(exam, DRAW)
    point, probe = _point(exam.seed, exam.setting.full, helpers)
    x, (cotangent,) = point.arguments["x"], point.cotangents
    outcome = (yield probe).outcomes[0]
    actual, slopes = numbers(outcome), gradients(outcome, METHOD)
    noise = drawn(exam.seed, len(x), point.sizes.latent)
    possible = bounds(helpers)
    fitting = [
        bound
        for bound in possible
        if rows_error(actual, [bound.value(point.weights, x, noise)]) is None
    ]
    bound = fitting[0] if fitting else possible[0]
    right = bound.gradients(point.weights, x, noise, cotangent)
    try:
        yield from judge_gradient(exam, point, slopes, right)
    except Lost as lost:
        if not fitting and (yield from _follows_where_noise_vanishes(exam, point, slopes)):
            return
        answer = diagnosis.Answer(point.weights, x, noise, actual)
        names = diagnosis.by_gradient(slopes, bound, answer, cotangent)
        raise explained(lost, diagnosis.CATALOGUE, names) from None
    if isinstance(outcome, Returned) and outcome.accumulated:
        raise Lost(
            "`elbo` leaves gradients of its own in the parameters' `.grad`, and those of training "
            "are added to them.",
            "Who calls backward in training? What does a second call, inside the method, change?",
        )


@lru_cache(maxsize=4)  # one for all submissions of a course
def _point(seed: int, full: bool, helpers: frozenset[str]) -> tuple[Point, Probe]:
    model = noisy(seed, full, 7)
    cotangent = fixtures.normal(generator(seed, 5, 7), 7)
    stubs = make_stubs(helpers, table(seed))
    point = Point(model.sizes, model.weights, METHOD, {"x": model.x}, (cotangent,), stubs=stubs)
    return point, point.probe


def _follows_where_noise_vanishes(exam: Exam, point: Point, slopes: Slopes) -> Steps[bool]:
    """Return whether a method whose noise no seed reaches has the gradient of its own values.

    That is seen where the posterior is tiny, but only if it can't be seen elsewhere.
    """
    there = yield from measure(exam, point, slopes, 10)
    if there is None or there.repeats:
        return False
    tiny = asked_in(exam).tiny
    helpers = point.stubs
    ones = np.ones(len(tiny.x))
    here = Point(tiny.sizes, tiny.weights, METHOD, {"x": tiny.x}, (ones,), stubs=helpers)
    outcome = (yield here.probe).outcomes[0]
    measured = yield from measure(exam, here, gradients(outcome, METHOD), 11)
    return measured is not None and measured.agree
