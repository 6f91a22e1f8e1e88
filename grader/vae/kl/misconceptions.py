"""Wrong divergences: each a change of the right one, recognised by computing it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from grader.kit.misconception import Names, read_catalogue
from grader.kit.search import Slip, is_column, same, simplest
from grader.vae import expected

Terms = Callable[[np.ndarray, np.ndarray], np.ndarray]
Evaluation = tuple[np.ndarray, np.ndarray, np.ndarray]
"""The posterior's ``mu`` and ``logsigma``, each ``[B, L]``, and the answer."""
CATALOGUE = read_catalogue(__file__)


def _nothing(mu: np.ndarray, logsigma: np.ndarray) -> np.ndarray:
    return np.zeros_like(mu)


@dataclass(frozen=True)
class _Divergence:
    """The closed form with room for slips: the arguments, what each term is off by, and the sum.

    ``mean``, ``variance``, ``log`` and ``one`` are added to the right terms ``[B, L]``.
    """

    posterior: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]] = lambda m, s: (
        m,
        s,
    )
    mean: Terms = _nothing
    variance: Terms = _nothing
    log: Terms = _nothing
    one: Terms = _nothing
    sign: float = 1.0
    factor: float = 1.0
    over: Callable[[np.ndarray], np.ndarray] = lambda terms: terms.sum(-1)

    def value(self, mu: np.ndarray, logsigma: np.ndarray) -> np.ndarray:
        """Return what a student with these slips returns."""
        posterior = self.posterior(mu, logsigma)
        # A trailing axis of one makes every dimension a row of its own.
        terms = expected.kl(*(part[..., None] for part in posterior))
        for change in (self.mean, self.variance, self.log, self.one):
            terms = terms + change(*posterior)
        return self.sign * self.factor * self.over(terms)


def _square_of_sum(mu: np.ndarray) -> np.ndarray:
    """Return it divided among the dimensions, for all terms are added up in the end."""
    return np.broadcast_to(mu.sum(-1, keepdims=True) ** 2 / mu.shape[-1], mu.shape)


SLIPS = (
    Slip("log_variance", {"posterior": lambda mu, ls: (mu, ls / 2)}),
    Slip("sign_flipped", {"sign": -1.0}),
    Slip("without_half", {"factor": 2.0}),
    Slip("without_minus_one", {"one": lambda mu, ls: np.full_like(mu, 0.5)}),
    Slip("one_subtracted_once", {"one": lambda mu, ls: np.full_like(mu, 0.5 - 0.5 / mu.shape[-1])}),
    Slip("sigma_not_squared", {"variance": lambda mu, ls: 0.5 * (np.exp(ls) - np.exp(2 * ls))}),
    Slip("log_not_doubled", {"log": lambda mu, ls: 0.5 * ls}),
    Slip("exp_forgotten", {"variance": lambda mu, ls: 0.5 * (ls**2 - np.exp(2 * ls))}),
    Slip("exp_forgotten", {"variance": lambda mu, ls: 0.5 * (ls - np.exp(2 * ls))}),
    Slip("exp_forgotten", {"variance": lambda mu, ls: 0.5 * (2 * ls - np.exp(2 * ls))}),
    Slip("mu_not_squared", {"mean": lambda mu, ls: 0.5 * (mu - mu**2)}),
    Slip("square_of_sum", {"mean": lambda mu, ls: 0.5 * (_square_of_sum(mu) - mu**2)}),
    Slip("other_logarithm", {"factor": 1 / np.log(2)}),
    Slip("other_logarithm", {"log": lambda mu, ls: ls * (1 - 1 / np.log(2))}),
    Slip("other_logarithm", {"factor": 1 / np.log(10)}),
    Slip("other_logarithm", {"log": lambda mu, ls: ls * (1 - 1 / np.log(10))}),
    Slip("mu_missing", {"mean": lambda mu, ls: -0.5 * mu**2}),
    Slip("reversed", {"posterior": lambda mu, ls: (mu * np.exp(-ls), -ls)}),
    Slip("arguments_swapped", {"posterior": lambda mu, ls: (ls, mu)}),
    Slip("mean_over_dimensions", {"over": lambda terms: terms.mean(-1)}),
    Slip("scalar_sum", {"over": np.sum}),
    Slip("scalar_mean", {"over": lambda terms: terms.sum(-1).mean()}),
    Slip("mean_over_everything", {"over": np.mean}),
    Slip("not_summed", {"over": lambda terms: terms}),
    Slip("summed_over_batch", {"over": lambda terms: terms.sum(0)}),
    Slip(
        "batch_mean_for_every_row",
        {"over": lambda terms: np.full(len(terms), terms.sum(-1).mean())},
    ),
)

RIGHT = _Divergence()
"""The closed form without slips."""


def by_formula(answers: Sequence[Evaluation]) -> Names:
    """Return what explains the answers to all of several posteriors; nothing where nothing does."""

    def fits(formula: _Divergence) -> bool:
        return all(same(actual, formula.value(mu, logsigma)) for mu, logsigma, actual in answers)

    # The right numbers in a column are told apart by their shape alone, which `same` forgives.
    if fits(RIGHT):
        return ("column",) if any(is_column(actual) for *_, actual in answers) else ()
    explanation = simplest(RIGHT, SLIPS, fits)
    return explanation.misconceptions if explanation else ()


def by_repetition(mu: np.ndarray, logsigma: np.ndarray, draws: np.ndarray) -> Names:
    """Return whether repeated answers ``[calls, B]`` to one posterior are one-draw estimates.

    With ``z = mu + sigma * e`` the estimate ``log q(z) - log p(z)`` exceeds the divergence by
    ``mu * sigma * e + (sigma^2 - 1) * (e^2 - 1) / 2`` in every dimension: mean 0, and a variance
    that is known.
    """
    if not np.all(np.isfinite(draws)) or not np.all(np.ptp(draws, axis=0)):
        return ()
    variance = np.exp(2 * logsigma)
    spread = np.sqrt((mu**2 * variance + (variance - 1) ** 2 / 2).sum(-1))
    scores = (draws - expected.kl(mu, logsigma)) / spread
    centred = abs(float(scores.mean())) < 6 / np.sqrt(scores.size)
    return ("monte_carlo",) if centred and 0.5 < float(scores.std()) < 2 else ()


def of_rows(names: Names) -> Names:
    """Return those that say something of how rows and dimensions are put together."""
    puts_together = {slip.misconception for slip in SLIPS if "over" in slip.changes}
    return tuple(name for name in names if name in {*puts_together, "column"})
