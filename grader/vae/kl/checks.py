"""Task 4: the divergence of the posterior from the prior, in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grader.kit.check import Evidence, Exam, Lost, Steps, check
from grader.kit.gradients import Measured, Point, measure
from grader.kit.misconception import Misconception, explained
from grader.kit.observation import Outcome
from grader.kit.outputs import (
    ONE_TENSOR,
    as_tensor,
    gradients,
    numbers,
    require_unseeded,
    require_untouched,
    shape_fits,
    shape_words,
    tensor,
    values,
)
from grader.kit.probe import Call, Probe
from grader.kit.rows import Batch, row_error
from grader.kit.tolerance import close, close_in_most_rows, difference
from grader.vae import expected, fixtures
from grader.vae.kl import misconceptions as diagnosis
from grader.vae.sizes import Sizes

METHOD, _NAME, _NAMES = "kl_divergence", "The divergence", ("mu", "logsigma")
_LATENT, _FULL_LATENT = (1, 40), (fixtures.FULL.latent,)
_REPEATS = 40
_SIGNS = (-1.0, 1.0)


def _posterior(
    exam: Exam, key: int, rows: int, latent: int, sign: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Parameters ``mu``, ``logsigma`` of posteriors, each ``[rows, latent]``.

    With a sign, all log standard deviations have it.
    """
    rng = exam.generator(4, key, rows, latent)
    mu = fixtures.normal(rng, rows, latent, scale=1.5)
    if sign:
        return mu, fixtures.as_single(sign * rng.uniform(0.1, 1.2, (rows, latent)))
    return mu, fixtures.as_single(rng.uniform(-1.5, 1.0, (rows, latent)))


def _narrow_and_near(exam: Exam, narrow: bool, latent: int) -> tuple[np.ndarray, np.ndarray]:
    """Posteriors that are very narrow, or nearly the prior itself."""
    rng = exam.generator(4, 9, int(narrow), latent)
    mu = fixtures.normal(rng, 6, latent, scale=0.1)
    low, high = (-5.5, -3.0) if narrow else (-0.1, 0.1)
    return mu, fixtures.as_single(rng.uniform(low, high, (6, latent)))


@dataclass(frozen=True)
class _Answer:
    """What came for a posterior, and whether its parameters are as they were."""

    mu: np.ndarray
    logsigma: np.ndarray
    outcome: Outcome

    @property
    def actual(self) -> np.ndarray:
        """The numbers that were returned, after one more step if need be."""
        return numbers(self.outcome, METHOD, _NAME)

    @property
    def right(self) -> np.ndarray:
        return expected.kl(self.mu, self.logsigma)

    @property
    def arguments(self) -> dict[str, np.ndarray]:
        return {"mu": self.mu, "logsigma": self.logsigma}


@dataclass(frozen=True)
class _Asked:
    """Posteriors over several sizes of batch and latent space, the questions, and a point.

    Nobody can list these batches beforehand, and one is larger than any in training. The last
    question begins with two gradients at the point, for the cotangents that ``points`` have.
    """

    posteriors: list[tuple[np.ndarray, np.ndarray]]
    probes: tuple[Probe, ...]
    points: tuple[Point, Point]


def _asked(exam: Exam) -> _Asked:
    return exam.once(_question)


def _question(exam: Exam) -> _Asked:
    batches = (1, 2, exam.rows(3, 127), exam.rows(1001, 1500))
    probes, posteriors, points = [], [], _points(exam)
    latents = _latents(exam)
    for latent in latents:
        own = [_posterior(exam, 0, rows, latent) for rows in batches]
        own += [_posterior(exam, 1, 6, latent, sign) for sign in _SIGNS]
        own += [_narrow_and_near(exam, True, latent), _narrow_and_near(exam, False, latent)]
        first = [point.call for point in points] if latent == latents[-1] else []
        probes.append(_probe(latent, [*first, *(_call(mu, ls, keep=True) for mu, ls in own)]))
        posteriors += own
    return _Asked(posteriors, tuple(probes), points)


def _latents(exam: Exam) -> tuple[int, ...]:
    return _FULL_LATENT if exam.setting.full else _LATENT


def _points(exam: Exam, sign: float = 0.0) -> tuple[Point, Point]:
    """Return one posterior with a gradient, for equal and for unequal cotangents."""
    rows, latent = 7, _latents(exam)[-1]
    posterior = dict(zip(_NAMES, _posterior(exam, 3, rows, latent, sign), strict=True))
    cotangent = fixtures.normal(exam.generator(4, 1), rows)
    sizes = _probe(latent, ()).sizes
    first, second = (
        Point(sizes, {}, METHOD, posterior, (weights,), _NAMES)
        for weights in (np.ones(rows), cotangent)
    )
    return first, second


def _ask(exam: Exam) -> Steps[tuple[list[_Answer], list[Outcome]]]:
    """What the method returns for all posteriors, and at the two points."""
    asked = _asked(exam)
    *seen, last = (observation.outcomes for observation in (yield asked.probes))
    of_points, of_last = list(last[:2]), last[2:]
    outcomes = [outcome for of_one in seen for outcome in of_one] + list(of_last)
    answers = [_Answer(*p, o) for p, o in zip(asked.posteriors, outcomes, strict=True)]
    for answer in answers:
        assert answer.actual is not None  # raises where nothing came
    return answers, of_points


def _call(mu: np.ndarray, logsigma: np.ndarray, keep: bool = False, repeat: int = 1) -> Call:
    arguments = {"mu": mu, "logsigma": logsigma}
    return Call(METHOD, arguments, keep=keep, repeat=repeat, generators=keep)


def _probe(latent: int, calls: Sequence[Call]) -> Probe:
    """A question to a model whose layers don't matter."""
    sizes = fixtures.FULL if latent == fixtures.FULL.latent else Sizes(6, latent, 4)
    return Probe(sizes, {}, tuple(calls))


def _diagnose(exam: Exam, answers: list[_Answer]) -> Steps[tuple[Misconception, ...]]:
    """Misconceptions that explain all answers; the last resort is to ask for one again."""
    found = diagnosis.by_formula([(a.mu, a.logsigma, a.actual) for a in answers])
    last = answers[-1]
    if found or last.actual.shape != last.right.shape:
        return found
    probe = _probe(last.mu.shape[1], [_call(last.mu, last.logsigma, repeat=_REPEATS)])
    try:
        again = [tensor(as_tensor(v), "") for v in values((yield probe).outcomes[0], METHOD)]
    except Lost:
        return ()
    if any(part.shape != last.right.shape for part in again):
        return ()
    return diagnosis.by_repetition(last.mu, last.logsigma, np.stack(again))


def _wrong_total(answers: Sequence[_Answer]) -> list[_Answer]:
    """The batches whose total is wrong, for another reason than a row that is left out."""
    return [a for a in answers if len(a.right) > 2 and not _is_total(a.actual, a.right)]


def _is_total(actual: np.ndarray, right: np.ndarray) -> bool:
    """Whether numbers add up to the right total; a single one may be the batch's average."""
    if close(actual.sum(), right.sum()):
        return True
    if actual.shape == right.shape and len(right) > 2 and close_in_most_rows(actual, right):
        return True
    return actual.size == 1 and close(actual.reshape(()), right.mean())


@check(
    "kl.total",
    "Write the divergence down for one latent dimension and check each term's sign and factor.",
)
def total(exam: Exam) -> Steps[Evidence | None]:
    """The divergences add up to the right total"""
    answers, _ = yield from _ask(exam)
    wrong = _wrong_total(answers)
    if wrong:
        actual, right = wrong[0].actual, wrong[0].right
        lost = Lost(
            f"Over a batch of {len(right)} the divergences should add up to {right.sum():.4g};"
            f" what is returned adds up to {actual.sum():.4g}.",
            evidence={"expected_total": right.sum(), "actual_total": _finite(actual.sum())},
        )
        raise explained(lost, (yield from _diagnose(exam, answers)))
    return None


@check(
    "kl.per_sample", "Each row of the batch has a divergence of its own: which axis is summed over?"
)
def per_sample(exam: Exam) -> Steps[Evidence | None]:
    """Every row has its own divergence, shape [batch_size]"""
    answers, _ = yield from _ask(exam)
    try:
        # Of the last question alone: each begins with the generators at the same place.
        require_unseeded(answer.outcome for answer in answers[-len(answers) // len(_LATENT) :])
        for answer in answers:
            _judge_shape(answer)
            require_untouched(answer.outcome, answer.arguments, ())
        yield from _judge_rows(exam, answers)
    except Lost as lost:
        raise explained(lost, (yield from _diagnose(exam, answers))) from None
    return None


def _judge_shape(answer: _Answer) -> None:
    value, wanted = values(answer.outcome, METHOD)[0], answer.right.shape
    actual = tensor(value, _NAME, ONE_TENSOR).shape
    if not shape_fits(actual, wanted):
        raise Lost(
            f"The divergence should have shape {shape_words(wanted)}, one number a row, "
            f"and has {shape_words(actual)}.",
            evidence={"wanted_shape": list(wanted), "shape": list(actual)},
        )


def _judge_rows(exam: Exam, answers: Sequence[_Answer]) -> Steps[None]:
    """Rows are right, or at least each depends on its own posterior alone."""
    wrong = [a for a in answers if not close(a.actual.reshape(a.right.shape), a.right)]
    if not wrong:
        return
    if _wrong_total(answers):
        rows, latent = max((a.mu.shape for a in answers), key=lambda shape: shape[0])
        sign = _sign_with_values(answers)
        given, other = (
            dict(zip(_NAMES, _posterior(exam, key, rows, latent, sign), strict=True))
            for key in (0, 2)
        )
        error = yield from row_error(exam, given, other, _of_batch, _rows_of)
        if error is None:
            return
        raise Lost(error)
    sentence, evidence = difference(wrong[0].actual.reshape(wrong[0].right.shape), wrong[0].right)
    raise Lost(f"The divergence of single rows is wrong: {sentence}.", evidence=evidence)


def _sign_with_values(answers: Sequence[_Answer]) -> float:
    """Return the sign of log sigma with which all values are finite; 0 if that is either or none.

    A logarithm of log sigma, for one, has no value where that is negative.
    """
    finite = {
        sign: all(
            np.all(np.isfinite(answer.actual))
            for answer in answers
            if np.all(sign * answer.logsigma > 0)
        )
        for sign in _SIGNS
    }
    return sum(sign for sign in _SIGNS if finite[sign])


def _of_batch(batch: Batch) -> Probe:
    return _probe(batch["mu"].shape[1], [_call(batch["mu"], batch["logsigma"])])


def _rows_of(outcome: Outcome, rows: int) -> np.ndarray:
    return numbers(outcome, METHOD, _NAME).reshape(rows)


@check(
    "kl.gradient",
    "Training needs this gradient: does torch compute everything, from the given tensors?",
)
def gradient(exam: Exam) -> Steps[Evidence | None]:
    """The divergence has the right gradient in mu and logsigma"""
    point, other = _asked(exam).points
    mu, ls = point.arguments["mu"], point.arguments["logsigma"]
    (ones,), (outer,), rows = point.cotangents, other.cotangents, len(mu)
    _, outcomes = yield from _ask(exam)
    actual, right = numbers(outcomes[0], METHOD, _NAME), expected.kl(mu, ls)
    found = gradients(outcomes[0], METHOD)
    try:
        if not _is_total(actual, right):
            raise Lost("The gradient is not the derivative of what the method returns.")
        factors = [ones[:, None], *([ones[:, None] / rows] if actual.size == 1 else [])]
        _require(found, mu, ls, factors)
        if actual.shape == right.shape and close(actual, right):
            _require(gradients(outcomes[1], METHOD), mu, ls, [outer[:, None]])
    except Lost as lost:
        measured = yield from measure(exam, point, found, 4)
        if measured is None:
            measured = yield from _measure_with_sign(exam)
        if measured is None or not measured.agree:
            lost.is_shown = measured is not None and measured.repeats
            raise explained(lost, diagnosis.by_gradient(found)) from None
    return None


def _measure_with_sign(exam: Exam) -> Steps[Measured | None]:
    """Measure the gradient where all log sigma have one sign, if there are values then."""
    for sign in _SIGNS:
        point, _ = _points(exam, sign)
        found = gradients((yield point.probe).outcomes[0], METHOD)
        measured = yield from measure(exam, point, found, 4)
        if measured is not None:
            return measured
    return None


def _require(
    found: dict[str, np.ndarray | None], mu: np.ndarray, ls: np.ndarray, factors: list[np.ndarray]
) -> None:
    """The gradients are the right ones, times one of the factors ``[rows, 1]``.

    Raises:
        Lost: one is not.
    """
    slopes = dict(zip(_NAMES, expected.kl_gradients(mu, ls), strict=True))
    for name, slope in slopes.items():
        came = found.get(name)
        if came is None:
            raise Lost(f"No gradient leads from the divergence to {name}.")
        if not any(close(came, factor * slope) for factor in factors):
            sentence, evidence = difference(came, factors[0] * slope)
            raise Lost(f"The gradient in {name} is wrong: {sentence}.", evidence=evidence)


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


CHECKS = (total, per_sample, gradient)
