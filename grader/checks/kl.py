"""Task 4: the divergence of the posterior from the prior, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from grader.candidate.observation import Outcome
from grader.candidate.probe import Call, Probe, Sizes
from grader.checks import expected, worlds
from grader.checks.closeness import close, difference
from grader.checks.reading import gradients, shape_fits, shape_words, tensor, values
from grader.checks.verdict import Evidence, Exam, Lost, NotReached, check, generator
from grader.diagnosis import kl as diagnosis
from grader.diagnosis.misconception import Misconception, explained

METHOD = "kl_divergence"
_BATCHES = (1, 2, 7, 128)
_LATENT = (1, 5)
_REPEATS = 40


def _posterior(seed: int, rows: int, latent: int) -> tuple[np.ndarray, np.ndarray]:
    rng = generator(seed, 4, rows, latent)
    mu = worlds.normal(rng, rows, latent, scale=1.5)
    return mu, worlds.as_single(rng.uniform(-1.5, 1.0, (rows, latent)))


@dataclass(frozen=True)
class _Answer:
    """What came for a posterior."""

    mu: np.ndarray
    logsigma: np.ndarray
    actual: np.ndarray

    @property
    def right(self) -> np.ndarray:
        return expected.kl(self.mu, self.logsigma)


def _ask(exam: Exam) -> list[_Answer]:
    """What the method returns, over several sizes of batch and latent space."""
    posteriors, probes = _questions(exam.seed)
    outcomes = [outcome for came in exam.ask_together(probes) for outcome in came.outcomes]
    seen = zip(posteriors, outcomes, strict=True)
    return [_Answer(mu, ls, _numbers(outcome)) for (mu, ls), outcome in seen]


@lru_cache(maxsize=2)  # one for all submissions of a course
def _questions(seed: int) -> tuple[list[tuple[np.ndarray, np.ndarray]], tuple[Probe, ...]]:
    posteriors, probes = [], []
    for latent in _LATENT:
        sizes = Sizes(6, latent, 4)
        own = [_posterior(seed, rows, latent) for rows in _BATCHES]
        calls = tuple(Call(METHOD, {"mu": mu, "logsigma": ls}) for mu, ls in own)
        probes.append(Probe(sizes, worlds.random_weights(generator(seed, 4, 0), sizes), calls))
        posteriors += own
    return posteriors, tuple(probes)


def _diagnose(exam: Exam, answers: list[_Answer]) -> tuple[Misconception, ...]:
    """Misconceptions that explain all answers; the last resort is to ask for one again."""
    found = diagnosis.by_formula([(a.mu, a.logsigma, a.actual) for a in answers])
    last = answers[-1]
    if found or last.actual.shape != last.right.shape:
        return found
    posterior = {"mu": last.mu, "logsigma": last.logsigma}
    sizes = Sizes(6, last.mu.shape[1], 4)
    weights = worlds.random_weights(exam.generator(4, 0), sizes)
    probe = Probe(sizes, weights, (Call(METHOD, posterior, repeat=_REPEATS),))
    try:
        again = [tensor(v, "") for v in values(exam.ask(probe).outcomes[0], METHOD)]
    except Lost:
        return ()
    if any(part.shape != last.right.shape for part in again):
        return ()
    return diagnosis.by_repetition(last.mu, last.logsigma, np.stack(again))


def _numbers(outcome: Outcome) -> np.ndarray:
    return tensor(values(outcome, METHOD)[0], "The divergence")


def _is_total(actual: np.ndarray, right: np.ndarray) -> bool:
    """Whether numbers add up to the right total; a single one may be the batch's average."""
    if close(actual.sum(), right.sum()):
        return True
    return actual.size == 1 and close(actual.reshape(()), right.mean())


@check(
    "kl.total",
    "Write the divergence down for one latent dimension and check each term's sign and factor.",
)
def total(exam: Exam) -> Evidence | None:
    """The divergences add up to the right total"""
    answers = _ask(exam)
    for answer in answers:
        actual, right = answer.actual, answer.right
        if not _is_total(actual, right):
            lost = Lost(
                f"Over a batch of {len(right)} the divergences should add up to {right.sum():.4g};"
                f" what is returned adds up to {actual.sum():.4g}.",
                evidence={"expected_total": right.sum(), "actual_total": _finite(actual.sum())},
            )
            raise explained(lost, _diagnose(exam, answers))
    return None


@check(
    "kl.per_sample", "Each row of the batch has a divergence of its own: which axis is summed over?"
)
def per_sample(exam: Exam) -> Evidence | None:
    """Every row has its own divergence, shape [batch_size]"""
    answers = _ask(exam)
    try:
        for answer in answers:
            _judge_rows(answer.actual, answer.right)
    except Lost as lost:
        raise explained(lost, _diagnose(exam, answers)) from None
    return None


def _judge_rows(actual: np.ndarray, right: np.ndarray) -> None:
    if not shape_fits(actual.shape, right.shape):
        raise Lost(
            f"The divergence should have shape {shape_words(right.shape)}, one number a row, "
            f"and has {shape_words(actual.shape)}.",
            evidence={"wanted_shape": list(right.shape), "shape": list(actual.shape)},
        )
    if not close(actual.reshape(right.shape), right):
        sentence, evidence = difference(actual.reshape(right.shape), right)
        raise Lost(f"The divergence of single rows is wrong: {sentence}.", evidence=evidence)


@check(
    "kl.gradient",
    "Training needs this gradient: does torch compute everything, from the given tensors?",
)
def gradient(exam: Exam) -> Evidence | None:
    """The divergence has the right gradient in mu and logsigma"""
    rows, latent = 7, 5
    sizes = Sizes(6, latent, 4)
    mu, ls = _posterior(exam.seed, rows, latent)
    posterior = {"mu": mu, "logsigma": ls}
    ones, outer = np.ones(rows), worlds.normal(exam.generator(4, 1), rows)
    calls = tuple(Call(METHOD, posterior, (c,), ("mu", "logsigma")) for c in (ones, outer))
    weights = worlds.random_weights(exam.generator(4, 0), sizes)
    outcomes = exam.ask(Probe(sizes, weights, calls)).outcomes
    actual, right = _numbers(outcomes[0]), expected.kl(mu, ls)
    if not _is_total(actual, right):
        raise NotReached("The divergence itself is wrong, so its gradient was not judged.")
    factors = [ones[:, None]]
    if actual.size == 1:
        factors.append(ones[:, None] / rows)
    _require(gradients(outcomes[0], METHOD), mu, ls, factors)
    if actual.shape == right.shape and close(actual, right):
        _require(gradients(outcomes[1], METHOD), mu, ls, [outer[:, None]])
    return None


def _require(
    found: dict[str, np.ndarray | None], mu: np.ndarray, ls: np.ndarray, factors: list[np.ndarray]
) -> None:
    """The gradients are the right ones, times one of the factors ``[rows, 1]``.

    Raises:
        Lost: one is not.
    """
    slopes = dict(zip(("mu", "logsigma"), expected.kl_gradients(mu, ls), strict=True))
    for name, slope in slopes.items():
        came = found.get(name)
        if came is None:
            lost = Lost(f"No gradient leads from the divergence to {name}.")
            raise explained(lost, diagnosis.by_gradient(found))
        if not any(close(came, factor * slope) for factor in factors):
            sentence, evidence = difference(came, factors[0] * slope)
            lost = Lost(f"The gradient in {name} is wrong: {sentence}.", evidence=evidence)
            raise explained(lost, diagnosis.by_gradient(found))


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


CHECKS = (total, per_sample, gradient)
