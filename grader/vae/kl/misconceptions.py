"""Wrong divergences: each a change of the right one, recognised by computing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from grader.kit import graph
from grader.kit.misconception import Misconception
from grader.kit.search import Slip, is_column, same, simplest
from grader.vae import expected

Terms = Callable[[np.ndarray, np.ndarray], np.ndarray]
Answer = tuple[np.ndarray, np.ndarray, np.ndarray]
"""The posterior's ``mu`` and ``logsigma``, each ``[B, L]``, and what came."""


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
        """What a student with these slips returns."""
        posterior = self.posterior(mu, logsigma)
        # A trailing axis of one makes every dimension a row of its own.
        terms = expected.kl(*(part[..., None] for part in posterior))
        for change in (self.mean, self.variance, self.log, self.one):
            terms = terms + change(*posterior)
        return self.sign * self.factor * self.over(terms)


def _error(name: str, title: str, hint: str) -> Misconception:
    return Misconception(f"kl.{name}", title, hint)


_LOG_VARIANCE = _error(
    "log_variance",
    "log sigma is read as the logarithm of the variance",
    "The second argument is the logarithm of the standard deviation. How do you get the variance, "
    "and the logarithm of the variance, from it?",
)
_REVERSED = _error(
    "reversed",
    "the two distributions change places: KL(prior || posterior)",
    "The divergence is not symmetric. Which of the two distributions is the expectation taken "
    "under?",
)
_SWAPPED = _error(
    "arguments_swapped",
    "mu and log sigma change places",
    "Which of the two arguments may be squared as a distance from zero?",
)
_SIGN = _error(
    "sign_flipped",
    "the sign of the divergence is flipped",
    "A divergence is never negative. What is it for mu far from 0: does yours grow?",
)
_HALF = _error(
    "without_half",
    "the factor one half is missing",
    "Where does the density of a normal distribution have its factor 1/2, and where did it go?",
)
_ONE = _error(
    "without_minus_one",
    "the -1 in the sum is missing",
    "The divergence of a distribution from itself is 0. Is yours, for mu = 0 and sigma = 1?",
)
_ONE_ONCE = _error(
    "one_subtracted_once",
    "the -1 is counted once a row instead of once a dimension",
    "Which terms of the formula stand inside the sum over the dimensions?",
)
_SIGMA = _error(
    "sigma_not_squared",
    "sigma stands where its square, the variance, is due",
    "Which term of the formula is the variance of the posterior, and what stands there?",
)
_DETERMINANT = _error(
    "log_not_doubled",
    "log sigma stands where the log variance, twice as much, is due",
    "What is the logarithm of sigma squared, written with log sigma?",
)
_EXP = _error(
    "exp_forgotten",
    "log sigma is used as if it were sigma, without the exponential",
    "The argument is a logarithm. What has to be done before it can serve as a variance?",
)
_MU_PLAIN = _error(
    "mu_not_squared",
    "mu is not squared",
    "Can it matter for the divergence whether the mean lies left or right of zero?",
)
_MU_MISSING = _error(
    "mu_missing",
    "mu does not enter",
    "The prior is centred on zero. Which term tells how far from there the posterior is?",
)
_SQUARE_OF_SUM = _error(
    "square_of_sum",
    "the means are added up before they are squared",
    "Which comes first in the formula, the square or the sum over the dimensions?",
)
_LOGARITHM = _error(
    "other_logarithm",
    "the logarithm is taken to another base than e",
    "To which base is the logarithm in a density? In which unit does that measure the divergence?",
)
_MEAN_OVER_DIMENSIONS = _error(
    "mean_over_dimensions",
    "the terms are averaged over the latent dimensions instead of summed",
    "For independent dimensions, how does the divergence of the whole follow from the parts?",
)
_SCALAR_SUM = _error(
    "scalar_sum",
    "the divergences are also added up over the batch",
    "How many numbers should come back for a batch, and over which axis is the sum taken?",
)
_SCALAR_MEAN = _error(
    "scalar_mean",
    "the divergences are averaged over the batch",
    "The caller takes the average over the batch. How many numbers should come back here?",
)
_MEAN_OF_ALL = _error(
    "mean_over_everything",
    "the terms are averaged over rows and dimensions alike",
    "Over which axis does the formula sum, and what happens to the other one?",
)
_COLUMN = _error(
    "column",
    "the numbers are right, but stand in a column [batch_size, 1]",
    "How many axes should the result have? A column and a row broadcast to a square when added.",
)
_NOT_SUMMED = _error(
    "not_summed",
    "the terms are not added up over the dimensions",
    "A row has one divergence. Yours has one for each latent dimension: what is missing?",
)
_OVER_BATCH = _error(
    "summed_over_batch",
    "the sum runs over the rows of the batch instead of the dimensions",
    "Which axis of a tensor [batch_size, latent_dim] counts the latent dimensions?",
)
_SAME_FOR_ALL = _error(
    "batch_mean_for_every_row",
    "every row gets the average of the batch",
    "Two rows with different posteriors have different divergences. Where do yours become equal?",
)
_MONTE_CARLO = _error(
    "monte_carlo",
    "the divergence is estimated from random draws",
    "For two normal distributions the expectation has a closed form. Do you need to draw at all?",
)


def _square_of_sum(mu: np.ndarray) -> np.ndarray:
    """Divided among the dimensions, for all terms are added up in the end."""
    return np.broadcast_to(mu.sum(-1, keepdims=True) ** 2 / mu.shape[-1], mu.shape)


_GRAPH = graph.errors("kl", "the divergence")

SLIPS = (
    Slip(_LOG_VARIANCE, {"posterior": lambda mu, ls: (mu, ls / 2)}),
    Slip(_SIGN, {"sign": -1.0}),
    Slip(_HALF, {"factor": 2.0}),
    Slip(_ONE, {"one": lambda mu, ls: np.full_like(mu, 0.5)}),
    Slip(_ONE_ONCE, {"one": lambda mu, ls: np.full_like(mu, 0.5 - 0.5 / mu.shape[-1])}),
    Slip(_SIGMA, {"variance": lambda mu, ls: 0.5 * (np.exp(ls) - np.exp(2 * ls))}),
    Slip(_DETERMINANT, {"log": lambda mu, ls: 0.5 * ls}),
    Slip(_EXP, {"variance": lambda mu, ls: 0.5 * (ls**2 - np.exp(2 * ls))}),
    Slip(_EXP, {"variance": lambda mu, ls: 0.5 * (ls - np.exp(2 * ls))}),
    Slip(_EXP, {"variance": lambda mu, ls: 0.5 * (2 * ls - np.exp(2 * ls))}),
    Slip(_MU_PLAIN, {"mean": lambda mu, ls: 0.5 * (mu - mu**2)}),
    Slip(_SQUARE_OF_SUM, {"mean": lambda mu, ls: 0.5 * (_square_of_sum(mu) - mu**2)}),
    *(
        Slip(_LOGARITHM, change)
        for unit in (1 / np.log(2), 1 / np.log(10))
        for change in ({"factor": unit}, {"log": lambda mu, ls, unit=unit: ls * (1 - unit)})
    ),
    Slip(_MU_MISSING, {"mean": lambda mu, ls: -0.5 * mu**2}),
    Slip(_REVERSED, {"posterior": lambda mu, ls: (mu * np.exp(-ls), -ls)}),
    Slip(_SWAPPED, {"posterior": lambda mu, ls: (ls, mu)}),
    Slip(_MEAN_OVER_DIMENSIONS, {"over": lambda terms: terms.mean(-1)}),
    Slip(_SCALAR_SUM, {"over": np.sum}),
    Slip(_SCALAR_MEAN, {"over": lambda terms: terms.sum(-1).mean()}),
    Slip(_MEAN_OF_ALL, {"over": np.mean}),
    Slip(_NOT_SUMMED, {"over": lambda terms: terms}),
    Slip(_OVER_BATCH, {"over": lambda terms: terms.sum(0)}),
    Slip(_SAME_FOR_ALL, {"over": lambda terms: np.full(len(terms), terms.sum(-1).mean())}),
)

MISCONCEPTIONS = (
    *dict.fromkeys(slip.misconception for slip in SLIPS),
    _COLUMN,
    _MONTE_CARLO,
    *_GRAPH.all,
)


RIGHT = _Divergence()
"""The closed form without slips."""


def by_formula(answers: Sequence[Answer]) -> tuple[Misconception, ...]:
    """What explains answers to several posteriors, all of them; nothing where nothing does."""

    def fits(formula: _Divergence) -> bool:
        return all(same(came, formula.value(mu, logsigma)) for mu, logsigma, came in answers)

    # The right numbers in a column are told apart by their shape alone, which `same` forgives.
    if fits(RIGHT):
        return (_COLUMN,) if any(is_column(came) for *_, came in answers) else ()
    found = simplest(RIGHT, SLIPS, fits)
    return found.misconceptions if found else ()


def by_repetition(
    mu: np.ndarray, logsigma: np.ndarray, draws: np.ndarray
) -> tuple[Misconception, ...]:
    """Whether repeated answers ``[calls, B]`` to one posterior are one-draw estimates.

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
    return (_MONTE_CARLO,) if centred and 0.5 < float(scores.std()) < 2 else ()


def by_gradient(found: Mapping[str, np.ndarray | None]) -> tuple[Misconception, ...]:
    """Why a right divergence has a wrong gradient: some part of it is cut off from the graph."""
    return _GRAPH.diagnose(found)
