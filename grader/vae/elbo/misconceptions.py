"""Wrong bounds, recognised by computing the objectives that slips lead to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from grader.kit.misconception import Misconception
from grader.kit.search import Slip, is_column, same, simplest
from grader.kit.tolerance import close
from grader.vae import expected
from grader.vae.elbo.objective import Objective
from grader.vae.elbo.sampling import MISCONCEPTIONS as _OF_THE_DRAW
from grader.vae.elbo.sampling import of_draws as by_draws
from grader.vae.elbo.sampling import repeated
from grader.vae.elbo.slips import (
    COLUMN,
    GRAPH,
    KL_DETACHED,
    MEAN_DECODED,
    MONTE_CARLO,
    ONE_DRAW,
    SAMPLE_DETACHED,
    SLIPS,
)
from grader.vae.elbo.slips import MISCONCEPTIONS as _OF_THE_OBJECTIVE
from grader.vae.expected import Bound

__all__ = (
    "MISCONCEPTIONS",
    "Answer",
    "Understanding",
    "by_draws",
    "by_gradient",
    "nothing_sampled",
    "repeated",
    "understand",
)

MISCONCEPTIONS = (*_OF_THE_OBJECTIVE, *_OF_THE_DRAW)


@dataclass(frozen=True)
class Answer:
    """What came for ``x [B, D]`` of a model; ``noise [B, L]`` is what a stub has drawn."""

    weights: expected.Weights
    x: np.ndarray
    noise: np.ndarray
    came: np.ndarray


@dataclass(frozen=True)
class Understanding:
    """The objective and the helpers that explain the answers, and what is wrong with it."""

    bound: Bound
    objective: Objective = field(default_factory=Objective)
    misconceptions: tuple[Misconception, ...] = ()

    @property
    def estimates_divergence(self) -> bool:
        """Whether the one thing that is wrong with the divergence is that it is estimated."""
        weighted = self.objective.divergence_weight * self.objective.sign
        arguments = self.objective.arguments == Objective.arguments
        return MONTE_CARLO in self.misconceptions and weighted == -1.0 and arguments

    def by_noise(self, answer: Answer, noise: np.ndarray | None) -> tuple[Misconception, ...]:
        """Why nothing seems to be sampled for each row.

        Args:
            answer: of a model where the noise matters.
            noise: what seems to be behind the rows, if anything can be.
        """
        nothing = np.zeros_like(answer.noise)
        without, with_one = (
            self.objective.value(self.bound, answer.weights, answer.x, e)
            for e in (nothing, nothing + 1)
        )
        if same(answer.came, without) and not same(without, with_one):
            return (MEAN_DECODED,)
        if noise is not None and np.all(np.isfinite(noise)) and np.ptp(noise) < 1e-2:
            return (ONE_DRAW,)
        return self.misconceptions


def understand(
    answers: Sequence[Answer], bounds: Sequence[Bound], most: int = 2
) -> Understanding | None:
    """What explains the values of all answers, the right objective first; None where nothing does.

    At ``most`` so many slips are put together. Slips are looked for with the first and the last of
    the bounds alone.
    """
    for slips, among in (((), bounds), (SLIPS, (bounds[0], bounds[-1]))):
        for bound in among:
            found = _explain(answers, bound, slips, most)
            if found is not None:
                return found
    return None


def _predicted(objective: Objective, bound: Bound, answer: Answer) -> np.ndarray:
    return objective.value(bound, answer.weights, answer.x, answer.noise)


def _explain(
    answers: Sequence[Answer], bound: Bound, slips: Sequence[Slip], most: int
) -> Understanding | None:
    def fits(objective: Objective) -> bool:
        return all(same(a.came, _predicted(objective, bound, a)) for a in answers)

    def tells(objective: Objective) -> bool:
        # What depends on rounding is no evidence, nor is what the right objective gives as well.
        pairs = ((_predicted(o, bound, a) for o in (objective, Objective())) for a in answers)
        return any(not np.any(np.isnan(p)) and not same(r, p) for p, r in pairs)

    if not slips:
        if not fits(Objective()):
            return None
        column = any(is_column(answer.came) for answer in answers)
        return Understanding(bound, misconceptions=(COLUMN,) if column else ())
    found = simplest(
        Objective(), slips, lambda objective: fits(objective) and tells(objective), most
    )
    return Understanding(bound, found.formula, found.misconceptions) if found else None


def by_gradient(
    found: Mapping[str, np.ndarray | None],
    bound: Bound,
    answer: Answer,
    outer: np.ndarray,
    relative: float,
) -> tuple[Misconception, ...]:
    """Why a right bound has a wrong gradient of ``sum(outer * bound)``, ``outer [B]``."""
    no_slopes = expected.Divergence(bound.divergence.value, lambda m, s: (0 * m, 0 * s))
    free = Bound(bound.encoder_hidden, bound.decoder_hidden, no_slopes)
    likelihood = free.gradients(answer.weights, answer.x, answer.noise, outer)
    whole = bound.gradients(answer.weights, answer.x, answer.noise, outer)

    def is_gradient(wrong: expected.Gradients) -> bool:
        # Added to what is missing, a wrong gradient gives the right one; so that close is close by
        # the standards of the whole. A layer that no gradient reaches has none, or one of zeros.
        return all(
            close((0.0 if came is None else came) + whole[name] - slope, whole[name], relative)
            for name, slope, came in ((name, s, found.get(name)) for name, s in wrong.items())
        )

    if is_gradient(likelihood):
        return (KL_DETACHED,)
    decoder = ("linear3", "linear4")
    of_encoder_by_kl = {
        name: slope if name.startswith(decoder) else slope - likelihood[name]
        for name, slope in whole.items()
    }
    if is_gradient(of_encoder_by_kl):
        return (SAMPLE_DETACHED,)
    return GRAPH.diagnose({name: found.get(name) for name in whole})


def nothing_sampled() -> tuple[Misconception, ...]:
    """What is behind a right bound without noise."""
    return (MEAN_DECODED,)
