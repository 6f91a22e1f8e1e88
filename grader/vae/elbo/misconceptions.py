"""Wrong bounds, recognised by computing the objectives that slips lead to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from grader.kit.misconception import Names, disconnected, read_catalogue
from grader.kit.search import is_column, same, simplest
from grader.kit.tolerance import close
from grader.vae import expected
from grader.vae.elbo import sampling
from grader.vae.elbo.objective import Objective
from grader.vae.elbo.slips import SLIPS
from grader.vae.expected import Bound

_RELATIVE = 3e-3
"""Of the largest number in a gradient."""
CATALOGUE = {**read_catalogue(__file__), **sampling.CATALOGUE}


@dataclass(frozen=True)
class Answer:
    """The bounds of ``x [B, D]`` in a model; ``noise [B, L]`` is what a stub has drawn for them."""

    weights: expected.Weights
    x: np.ndarray
    noise: np.ndarray
    actual: np.ndarray


@dataclass(frozen=True)
class ExplainedBound:
    """The objective and the helpers that explain the answers, and what is wrong with it."""

    bound: Bound
    objective: Objective = field(default_factory=Objective)
    misconceptions: Names = ()

    @property
    def estimates_divergence(self) -> bool:
        """Whether the one thing that is wrong with the divergence is that it is estimated."""
        weighted = self.objective.divergence_weight * self.objective.sign
        arguments = self.objective.arguments == Objective.arguments
        return "monte_carlo_kl" in self.misconceptions and weighted == -1.0 and arguments

    def by_noise(self, answer: Answer, noise: np.ndarray | None) -> Names:
        """Return why nothing seems to be sampled for each row.

        Args:
            answer: of a model where the noise matters.
            noise: what seems to be behind the rows, if anything can be.
        """
        nothing = np.zeros_like(answer.noise)
        without, with_one = (
            self.objective.value(self.bound, answer.weights, answer.x, e)
            for e in (nothing, nothing + 1)
        )
        if same(answer.actual, without) and not same(without, with_one):
            return ("mean_decoded",)
        if noise is not None and np.all(np.isfinite(noise)) and np.ptp(noise) < 1e-2:
            return ("one_draw_for_batch",)
        return self.misconceptions


def explain(
    answers: Sequence[Answer], bounds: Sequence[Bound], most: int = 2
) -> ExplainedBound | None:
    """Return what explains the values of all answers, the right objective first, or None.

    At ``most`` so many slips are put together. Slips are looked for with the first and the last of
    the bounds alone.
    """
    for bound in bounds:
        if _fits(answers, bound, Objective()):
            column = any(is_column(answer.actual) for answer in answers)
            return ExplainedBound(bound, misconceptions=("column",) if column else ())
    for bound in (bounds[0], bounds[-1]):

        def fits(objective: Objective, bound: Bound = bound) -> bool:
            return _fits(answers, bound, objective) and _differs(answers, bound, objective)

        if explanation := simplest(Objective(), SLIPS, fits, most):
            return ExplainedBound(bound, explanation.formula, explanation.misconceptions)
    return None


def _predicted(objective: Objective, bound: Bound, answer: Answer) -> np.ndarray:
    return objective.value(bound, answer.weights, answer.x, answer.noise)


def _fits(answers: Sequence[Answer], bound: Bound, objective: Objective) -> bool:
    return all(same(a.actual, _predicted(objective, bound, a)) for a in answers)


def _differs(answers: Sequence[Answer], bound: Bound, objective: Objective) -> bool:
    """Return whether an objective is another than the right one, where it can be told."""
    # What depends on rounding is no evidence, nor is what the right objective gives as well.
    pairs = ((_predicted(o, bound, a) for o in (objective, Objective())) for a in answers)
    return any(not np.any(np.isnan(p)) and not same(r, p) for p, r in pairs)


def by_gradient(
    slopes: Mapping[str, np.ndarray | None], bound: Bound, answer: Answer, outer: np.ndarray
) -> Names:
    """Return why a right bound has a wrong gradient of ``sum(outer * bound)``, ``outer [B]``."""
    no_slopes = expected.Divergence(bound.divergence.value, lambda m, s: (0 * m, 0 * s))
    free = Bound(bound.encoder_hidden, bound.decoder_hidden, no_slopes)
    likelihood = free.gradients(answer.weights, answer.x, answer.noise, outer)
    whole = bound.gradients(answer.weights, answer.x, answer.noise, outer)

    def is_gradient(wrong: expected.Gradients) -> bool:
        # Added to what is missing, a wrong gradient gives the right one; so that close is close by
        # the standards of the whole. A layer that no gradient reaches has none, or one of zeros.
        return all(
            close(_or_zero(slopes.get(name)) + whole[name] - slope, whole[name], _RELATIVE)
            for name, slope in wrong.items()
        )

    if is_gradient(likelihood):
        return ("kl_detached",)
    decoder = ("linear3", "linear4")
    of_encoder_by_kl = {
        name: slope if name.startswith(decoder) else slope - likelihood[name]
        for name, slope in whole.items()
    }
    if is_gradient(of_encoder_by_kl):
        return ("sample_detached",)
    arrived = {name: slopes.get(name) for name in whole}
    if all(slope is not None and np.any(slope != 0) for slope in arrived.values()):
        return ()  # every layer has a gradient: nothing shows that it is cut off
    return disconnected(arrived)


def _or_zero(slope: np.ndarray | None) -> np.ndarray | float:
    return 0.0 if slope is None else slope
