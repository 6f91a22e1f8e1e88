"""Task 2: draws from the posterior, reparametrised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from grader.kit.check import Exam, Lost, Steps, check
from grader.kit.gradients import Point, Slopes, measure
from grader.kit.misconception import explained
from grader.kit.observation import Outcome
from grader.kit.outputs import (
    gradients,
    one_step_from,
    require_untouched,
    tensor_of_shape,
    values,
)
from grader.kit.tolerance import close, difference
from grader.vae import fixtures
from grader.vae.reparam import misconceptions as diagnosis
from grader.vae.reparam.draws import MANY, blank, copied, missing
from grader.vae.reparam.judging import Judgement, judge
from grader.vae.reparam.not_finite import refuse_endless
from grader.vae.reparam.questions import METHOD, WIDE, Question, question
from grader.vae.reparam.wide import WideDraws


def _question(exam: Exam) -> Question:
    return question(exam.seed, exam.setting.full, exam.rows(60, 89), exam.rows(1100, 1299))


def _ask(exam: Exam) -> Steps[tuple[tuple[Outcome, ...], tuple[Outcome, ...]]]:
    """Return what came for each of the question's batches, and for the wide one."""
    asked = _question(exam)
    small, wide = yield [asked.probe, asked.wide_probe]
    return small.outcomes, wide.outcomes


def _numbers(outcome: Outcome, shape: tuple[int, ...]) -> np.ndarray:
    """Return what all calls gave, ``[calls, rows, dimensions]``, after one more step if need be."""
    z = np.stack([one_step_from(value, "z", shape) for value in values(outcome, METHOD)])
    refuse_endless(z)
    return z


def _readable(outcome: Outcome, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return what the first call returned, or None where that, which is charged, can't be read."""
    try:
        return _numbers(outcome, shape)[0]
    except Lost:
        return None


def _judgement(exam: Exam) -> Steps[Judgement]:
    asked, (outcomes, of_wide) = _question(exam), (yield from _ask(exam))
    kinds = zip(asked.kinds, outcomes, strict=False)
    z = np.concatenate([_numbers(outcome, batch["mu"].shape) for batch, outcome in kinds])
    crowd = _readable(outcomes[-1], asked.batches[-1]["mu"].shape)
    wide = [_readable(outcome, asked.wide_batch["mu"].shape) for outcome in of_wide]
    return exam.once(judge, asked, z, crowd, WideDraws(*wide))


def _diagnose(exam: Exam) -> Steps[diagnosis.Recognised]:
    judgement = yield from _judgement(exam)
    draws = judgement.distinct
    return diagnosis.diagnose(judgement.draws.scores, draws.residual, draws.mu, draws.logsigma)


@check(
    "reparam.shape", "A batch may have any number of rows. Where does each of them get its noise?"
)
def shape(exam: Exam) -> Steps[None]:
    """A tensor z [batch_size, latent_dim], with a draw for every row; mu and logsigma stay"""
    asked, (outcomes, (of_wide, _)) = _question(exam), (yield from _ask(exam))
    batches = (*asked.batches, asked.wide_batch)
    draws = []
    for arguments, outcome in zip(batches, (*outcomes, of_wide), strict=True):
        wanted = arguments["mu"].shape
        z = np.stack([tensor_of_shape(v, "z", wanted) for v in values(outcome, METHOD)])
        require_untouched(outcome, arguments, ("z",))
        refuse_endless(z, f" for a batch of {wanted[0]}")
        draws.append(z)
    *_, plain, one, two, crowd, wide = draws
    for batch in (plain, wide):
        rows, dimensions = missing(batch)
        _require_none(rows)
        if np.any(dimensions):
            raise Lost(_without_noise(dimensions))
    if not np.all(blank(plain)):
        for z in (one, two, crowd):
            _require_none(blank(z[0]))
    if 0 < copied(crowd) <= MANY:
        raise Lost("In a large batch there are rows with the noise of another row.")


def _without_noise(lacking: np.ndarray) -> str:
    """Return which dimensions ``[L]`` have no noise, in words."""
    places, count = np.flatnonzero(lacking), len(lacking)
    of = f"of the {count} dimensions of z"
    if len(places) == 1:
        name = {0: "The first", count - 1: "The last"}.get(
            int(places[0]), f"Number {places[0] + 1}"
        )
        return f"{name} {of} never varies: there is no noise in it."
    if places[-1] == count - 1 and np.all(np.diff(places) == 1):
        which = f"those from number {places[0] + 1} on never vary"
    else:
        numbers = [str(place + 1) for place in places]
        which = f"numbers {', '.join(numbers[:-1])} and {numbers[-1]} never vary"
    return f"O{of[1:]}, {which}: there is no noise in them."


def _require_none(lacking: np.ndarray) -> None:
    """Require noise of its own in every row of a batch.

    Raises:
        Lost: one does.
    """
    if not np.any(lacking):
        return
    total, count = len(lacking), int(lacking.sum())
    first = int(np.argmax(lacking))
    if count == 1:
        name = {0: "the first row", total - 1: "the last row"}.get(first, f"row {first + 1}")
    else:
        name = f"every row from the {first + 1}th on" if lacking[first:].all() else f"{count} rows"
    raise Lost(f"In a batch of {total}, {name} came out without noise of its own.")


@check("reparam.location", "Around which value should the draws for one row lie?")
def location(exam: Exam) -> Steps[None]:
    """The draws are centred on mu"""
    error = (yield from _judgement(exam)).location_error
    if error is not None:
        raise explained(Lost(error), diagnosis.CATALOGUE, (yield from _diagnose(exam)).location)


@check(
    "reparam.scale",
    "logsigma is the logarithm of what: of the standard deviation, or of the variance?",
)
def scale(exam: Exam) -> Steps[None]:
    """The draws spread around mu with standard deviation exp(logsigma)"""
    error = (yield from _judgement(exam)).scale_error
    if error is not None:
        raise explained(Lost(error), diagnosis.CATALOGUE, (yield from _diagnose(exam)).scale)


@check(
    "reparam.normal", "From which distribution does the noise come before it is scaled and moved?"
)
def normal(exam: Exam) -> Steps[None]:
    """The noise has the shape of a normal distribution"""
    error = (yield from _judgement(exam)).normal_error
    if error is not None:
        raise explained(error, diagnosis.CATALOGUE, (yield from _diagnose(exam)).normal)


@check("reparam.independent", "How many random numbers does a batch need, and when are they drawn?")
def independent(exam: Exam) -> Steps[None]:
    """Every row, dimension and call has noise of its own"""
    error = (yield from _judgement(exam)).independence_error
    if error is not None:
        raise explained(Lost(error), diagnosis.CATALOGUE, (yield from _diagnose(exam)).independent)


@dataclass(frozen=True, eq=False)
class PointSlopes:
    """The gradients at a point, and what they belong to.

    Attributes:
        point: where they were asked for.
        slopes: by argument, of z ``[rows, dimensions]`` weighted with the point's cotangent.
        z: what came there.
    """

    point: Point
    slopes: Slopes
    z: np.ndarray

    @cached_property
    def residual(self) -> np.ndarray:
        return self.z - self.point.arguments["mu"]

    def derivative(self, name: str) -> np.ndarray | None:
        """Return the derivative of each number of z in its own argument."""
        slope = self.slopes.get(name)
        return None if slope is None else slope / self.point.cotangents[0]

    def follows(self, name: str) -> bool:
        """Return whether a derivative is one that z can have whose noise is another in every call.

        For numbers with one log-std it is the same function of mu and z: a constant in mu; a
        combination of the residual and mu in logsigma.
        """
        actual = self.derivative(name)
        if actual is None or not np.all(actual):
            return False
        mu, logsigma = (self.point.arguments[n] for n in ("mu", "logsigma"))
        for value in np.unique(logsigma):
            group = logsigma == value
            known = [np.ones(int(group.sum()))]
            if name == "logsigma":
                known += [mu[group], self.residual[group]]
            design = np.stack(known, axis=1)
            fit = np.linalg.lstsq(design, actual[group], rcond=None)[0]
            if not close(design @ fit, actual[group], 1e-3):
                return False
        return True


_ROOM = 1e-2
"""Of the largest derivative: half precision is charged elsewhere."""
_DIRECTIONS = range(20, 24)
"""Keys of directions: along a single one, a wrong derivative may be right by chance."""
_DISTINCT = 5
"""Log-stds at the point where gradients are judged, each of them several times."""


def slope_at_point(exam: Exam) -> Steps[PointSlopes]:
    """Ask for the gradients in mu and log sigma at the point where they are judged."""
    rng = exam.generator(2, 1)
    sizes = fixtures.FULL if exam.setting.full else WIDE
    wanted = (7, sizes.latent)
    mu = fixtures.normal(rng, *wanted, scale=2.0)
    log_stds = fixtures.as_single(rng.uniform(-1, 1, _DISTINCT))
    logsigma = rng.permutation(np.resize(log_stds, mu.size)).reshape(wanted)
    outer = fixtures.as_single(rng.uniform(0.5, 2, wanted) * rng.choice((-1, 1), wanted))
    arguments = {"mu": mu, "logsigma": logsigma}
    point = Point(sizes, {}, METHOD, arguments, (outer,), tuple(arguments))
    outcome = (yield point.probe).outcomes[0]
    return PointSlopes(point, gradients(outcome, METHOD), _numbers(outcome, wanted)[0])


def _judge_gradient(exam: Exam, name: str, slope: PointSlopes, right: np.ndarray) -> Steps[None]:
    """Require the right derivative in an argument, or that of what the method itself returns.

    Raises:
        Lost: it is neither.
    """
    actual = slope.derivative(name)
    if actual is None:
        lost = Lost(f"No gradient leads from z to {name}.")
        raise explained(
            lost, diagnosis.CATALOGUE, (yield from _diagnose(exam)).gradient(name, slope.slopes)
        )
    outer = slope.point.cotangents[0]
    if close(actual * outer, right * outer, _ROOM) and np.any(right):
        return
    if (yield from _is_derivative(exam, name, slope)):
        return
    sentence, evidence = difference(actual, right)
    what = {"mu": "1", "logsigma": "z - mu"}[name]
    lost = Lost(f"The derivative of z in {name} is not {what}: {sentence}.", evidence=evidence)
    raise explained(
        lost, diagnosis.CATALOGUE, (yield from _diagnose(exam)).gradient(name, slope.slopes)
    )


def _is_derivative(exam: Exam, name: str, slope: PointSlopes) -> Steps[bool]:
    point = replace(slope.point, differentiate=(name,))
    for key in _DIRECTIONS:
        measured = yield from measure(exam, point, slope.slopes, key)
        if measured is not None and not measured.repeats:
            # No seed reaches the noise: if centre and spread are right, one derivative alone is.
            return not (yield from _judgement(exam)).is_placed and slope.follows(name)
        if measured is None or not measured.agree:
            return False
    return True


@check("reparam.gradient_mu", "If mu moves a little and the noise stays, how does z move?")
def gradient_mu(exam: Exam) -> Steps[None]:
    """The derivative of z in mu is 1"""
    slope = yield from slope_at_point(exam)
    yield from _judge_gradient(exam, "mu", slope, np.ones_like(slope.z))


@check(
    "reparam.gradient_logsigma",
    "Write z as a function of mu, logsigma and noise that depends on neither.",
)
def gradient_logsigma(exam: Exam) -> Steps[None]:
    """The derivative of z in logsigma is z - mu"""
    slope = yield from slope_at_point(exam)
    yield from _judge_gradient(exam, "logsigma", slope, slope.residual)


CHECKS = (shape, location, scale, normal, independent, gradient_mu, gradient_logsigma)
