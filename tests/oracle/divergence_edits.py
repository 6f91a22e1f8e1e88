"""The formula of a divergence, and what statements without fields say of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

Pair = tuple[Tensor, Tensor]
Step = Callable[[Tensor], Tensor]


def same(value: Tensor) -> Tensor:
    """The step that does nothing."""
    return value


@dataclass(frozen=True)
class Formula:
    """A divergence whose steps may be exchanged; as it stands, it is the right one."""

    given: Callable[[Tensor, Tensor], Pair] = lambda mu, s: (mu, s)
    square: Callable[[Tensor, Tensor], Tensor] = lambda mu, s: mu**2
    variance: Callable[[Tensor, Tensor], Tensor] = lambda mu, s: torch.exp(2 * s)
    log: Callable[[Tensor, Tensor], Tensor] = lambda mu, s: 2 * s
    ones: Callable[[int, int], float] = lambda rows, dims: 1.0
    each: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda terms, mu, s: terms
    row: Step = lambda terms: terms.sum(1)
    whole: Step = same

    def value(self, mu: Tensor, logsigma: Tensor) -> Tensor:
        """What comes for ``[rows, dims]``."""
        mu, s = self.given(mu, logsigma)
        ones = self.ones(*logsigma.shape)
        terms = 0.5 * (self.square(mu, s) + self.variance(mu, s) - ones - self.log(mu, s))
        return self.whole(self.row(self.each(terms, mu, s)))


Edit = Callable[[Formula], Formula]


def sets(**changes: Any) -> Edit:
    """The edit that exchanges steps."""
    return lambda formula: replace(formula, **changes)


def then(after: Step) -> Edit:
    """The edit that adds a last step."""
    return lambda f: replace(f, whole=lambda value: after(f.whole(value)))


def _reversed(terms: Tensor, mu: Tensor, s: Tensor) -> Tensor:
    return s + (1 + mu**2) / (2 * torch.exp(2 * s)) - 0.5


def for_all(value: Tensor) -> Tensor:
    """The sum over all rows, for each of them."""
    return value.sum().expand(value.shape)


EDITS: Mapping[str, tuple[Edit, ...]] = {
    "sign_flipped": (then(lambda value: -value),),
    "log_variance": (sets(variance=lambda _, s: s.exp(), log=lambda _, s: s),),
    "without_half": (then(lambda value: 2 * value),),
    "without_minus_one": (sets(ones=lambda rows, dims: 0.0),),
    "one_subtracted_once": (sets(ones=lambda rows, dims: 1 / dims),),
    "sigma_not_squared": (sets(variance=lambda _, s: s.exp()),),
    "log_not_doubled": (sets(log=lambda _, s: s),),
    "exp_forgotten": (sets(variance=lambda _, s: s**2),),
    "mu_not_squared": (sets(square=lambda mu, _: mu),),
    "square_of_sum": (
        sets(square=lambda mu, _: mu.sum(1, keepdim=True).square() / mu.shape[1] + 0 * mu),
    ),
    "other_logarithm": tuple(
        edit
        for base in (2, 10)
        for edit in (
            then(lambda value, base=base: value / math.log(base)),  # type: ignore[misc]
            sets(log=lambda _, s, base=base: 2 * s / math.log(base)),
        )
    ),
    "mu_missing": (sets(square=lambda mu, _: 0 * mu),),
    "reversed": (sets(each=_reversed),),
    "arguments_swapped": (sets(given=lambda mu, s: (s, mu)),),
    "mean_over_dimensions": (sets(row=lambda terms: terms.mean(1)),),
    "scalar_sum": (then(torch.sum),),
    "scalar_mean": (then(torch.mean),),
    "mean_over_everything": (sets(row=torch.mean),),
    "not_summed": (sets(row=same),),
    "summed_over_batch": (sets(row=lambda terms: terms.sum(0)),),
    "batch_mean_for_every_row": (then(lambda value: value.mean().expand(value.shape)),),
    "column": (then(lambda value: value[:, None]),),
}
"""What each statement without fields says of the formula: one of these holds."""
