"""Gradients of the ELBO: of batches whose noise hardly matters, of rows whose noise is known."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from grader.candidate.observation import Observation, Outcome
from grader.candidate.probe import Call, Probe
from grader.checks import worlds
from grader.checks.closeness import close, difference
from grader.checks.elbo_models import Line, World, cases, numbers
from grader.checks.expected import Bound
from grader.checks.reading import gradients
from grader.checks.verdict import Exam, Lost, NotReached, generator
from grader.diagnosis import elbo as diagnosis
from grader.diagnosis.misconception import explained

_METHOD = "elbo"
_OF_A_ROW = 2e-3
"""Room for a row's gradients, which depend on noise that is recovered."""


IsSampled = Callable[[], bool]
"""Whether z is drawn right, which has a check of its own."""


_LINE = Line()
_ROWS = tuple(np.full((1, 1), float(i % 2)) for i in range(6))


def _ask(exam: Exam, world: World) -> tuple[Observation, Observation]:
    """What comes for a batch, with the cotangents of `_cotangents`, and for single rows."""
    of_batch, of_rows = exam.ask_together(_probes(exam.seed, world))
    return of_batch, of_rows


@lru_cache(maxsize=4)  # one for all submissions of a course
def _probes(seed: int, world: World) -> tuple[Probe, Probe]:
    case = cases(seed)[1]
    given = {"x": case.batches[-1]}
    batch = tuple(Call(_METHOD, given, (cotangent,)) for cotangent in _cotangents(seed))
    rows = tuple(Call(_METHOD, {"x": x}, (np.ones(1),)) for x in _ROWS)
    return (
        world.probe(seed, case.sizes, case.weights, batch),
        world.probe(seed, _LINE.sizes, _LINE.weights(), rows),
    )


def _cotangents(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rows = len(cases(seed)[1].batches[-1])
    return np.ones(rows), worlds.normal(generator(seed, 5, 7), rows)


def judge_batch(exam: Exam, world: World, is_sampled: IsSampled) -> Bound:
    """Gradients over a batch whose posterior is tiny, and the bound that explains its values."""
    case = cases(exam.seed)[1]
    x = case.batches[-1]
    rows = len(x)
    ones, outer = _cotangents(exam.seed)
    outcomes = _ask(exam, world)[0].outcomes
    actual = numbers(outcomes[0])
    noise = np.zeros((rows, case.sizes.latent))

    answer = diagnosis.Answer(case.weights, x, noise, actual)

    def require(outcome: Outcome, bound: Bound, cotangent: np.ndarray) -> None:
        try:
            _require(gradients(outcome, _METHOD), bound, answer, cotangent)
        except Lost:
            # Other draws may not be tiny; then single rows tell.
            if is_sampled():
                raise

    for bound in world.bounds:
        right = bound.value(case.weights, x, noise)
        if actual.size == rows and close(actual.reshape(rows), right):
            require(outcomes[0], bound, ones)
            require(outcomes[1], bound, outer)
        elif actual.size and close(actual.mean(), right.mean()):
            require(outcomes[0], bound, ones * (actual.size / rows))
        elif actual.size == 1 and close(actual.reshape(()), right.sum()):
            require(outcomes[0], bound, ones)
        else:
            continue
        return bound
    raise NotReached("The ELBO itself is wrong, so its gradient was not judged.")


def judge_rows(exam: Exam, world: World, bound: Bound, is_sampled: IsSampled) -> None:
    """Gradients of single rows with the noise that was really drawn."""
    moved = False
    for x, outcome in zip(_ROWS, _ask(exam, world)[1].outcomes, strict=True):
        actual = numbers(outcome).ravel()
        noise = _LINE.recovered(actual, x, bound)
        if noise is None or noise.size != 1:
            raise NotReached("The ELBO of single rows is wrong, so its gradient was not judged.")
        moved |= bool(abs(noise[0]) > 1e-2)
        answer = diagnosis.Answer(_LINE.weights(), x, noise[:, None], actual)
        found = gradients(outcome, _METHOD)
        try:
            _require(found, bound, answer, np.ones(1), _OF_A_ROW)
        except Lost:
            # Draws of another spread have their own check, and a derivative of their own.
            if not _is_steeper(found, bound, answer) or is_sampled():
                raise
    if not moved:
        lost = Lost(
            "Nothing is sampled, so the gradient in the log standard deviation lacks a part."
        )
        raise explained(lost, diagnosis.nothing_sampled())


def _is_steeper(
    found: dict[str, np.ndarray | None], bound: Bound, answer: diagnosis.Answer
) -> bool:
    """Whether the gradients of a row are right but for the size of z's derivative in logsigma."""
    flat, right = (
        bound.gradients(answer.weights, answer.x, answer.noise, np.ones(1), steepness)
        for steepness in (0.0, 1.0)
    )
    known = {name: came for name, came in found.items() if name in right and came is not None}
    if len(known) < len(right):
        return False
    came, start, end = (
        np.concatenate([slopes[name].ravel() for name in right]) for slopes in (known, flat, right)
    )
    way = end - start
    steepness = float((came - start) @ way / max(way @ way, 1e-12))
    return close(came, start + steepness * way, _OF_A_ROW) and abs(steepness) > _OF_A_ROW


def _require(
    found: dict[str, np.ndarray | None],
    bound: Bound,
    answer: diagnosis.Answer,
    outer: np.ndarray,
    relative: float = 3e-3,
) -> None:
    """The gradients of ``sum(outer * bound)`` are right in all parameters.

    Raises:
        Lost: about the first one that is not.
    """
    right = bound.gradients(answer.weights, answer.x, answer.noise, outer)
    for name, slope in right.items():
        came = found.get(name)
        if came is not None and close(came, slope, relative):
            continue
        evidence: dict[str, object] = {"parameter": name}
        message = f"No gradient leads from the ELBO to {name}."
        if came is not None:
            sentence, details = difference(came, slope)
            message = f"The gradient of the ELBO in {name} is wrong: {sentence}."
            evidence |= details
        lost = Lost(message, evidence=evidence)
        raise explained(lost, diagnosis.by_gradient(found, bound, answer, outer, relative))
