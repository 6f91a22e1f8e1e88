"""What statements without fields say of the formula of an ELBO."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from tests.oracle.bounds import Bound, Call, Step, divergence, log_probability

Edit = Callable[[Bound], Bound]
PerRow = Callable[[Tensor, Tensor, Tensor], Tensor]


def sets(**changes: Any) -> Edit:
    """The edit that exchanges steps."""
    return lambda bound: replace(bound, **changes)


def then(step: str, after: Step) -> Edit:
    """The edit that does something more after a step with one argument."""

    def edit(bound: Bound) -> Bound:
        before = getattr(bound, step)
        return replace(bound, **{step: lambda value: after(before(value))})

    return edit


def weighs(likelihood: float = 1.0, penalty: float = 1.0) -> Edit:
    """The edit that multiplies terms."""
    return lambda b: replace(b, weights=(b.weights[0] * likelihood, b.weights[1] * penalty))


def adds(extra: Callable[[Call, Any], Tensor]) -> Edit:
    """The edit that adds something."""
    return lambda b: replace(b, extra=lambda c, model: b.extra(c, model) + extra(c, model))


def estimate(mu: Tensor, s: Tensor, z: Tensor) -> Tensor:
    """The divergence, estimated from each draw ``[draws, rows]``, averaged."""
    return (0.5 * z**2 - 0.5 * ((z - mu) / s.exp()) ** 2 - s).sum(-1).mean(0)


def _for_all(value: Tensor) -> Tensor:
    return value.sum().expand(value.shape)


def _swapped(theta: Tensor, x: Tensor) -> Tensor:
    return log_probability(x.expand(theta.shape), theta)


def sum_rows(value: Tensor) -> Tensor:
    """Numbers ``[draws, rows, width]``, averaged over draws and added up over rows."""
    return value.mean(0).sum(0)


EDITS: Mapping[str, tuple[Edit, ...]] = {
    "negated": (then("whole", lambda v: -v),),
    "kl_added": (weighs(penalty=-1.0),),
    "likelihood_sign": (weighs(likelihood=-1.0),),
    "kl_missing": (weighs(penalty=0.0),),
    "likelihood_missing": (weighs(likelihood=0.0),),
    "default_reduction": (sets(image=lambda p: p.mean(-1), likelihood=torch.mean),),
    "mean_over_pixels": (sets(image=lambda p: p.mean(-1)),),
    "likelihood_summed_over_batch": (then("likelihood", _for_all),),
    "scalar_mean": (then("whole", torch.mean),),
    "scalar_sum": (then("whole", torch.sum),),
    "averaged_likelihood": (then("likelihood", lambda v: v.mean()),),
    "averaged_kl": (then("penalty", lambda v: v.mean()),),
    "kl_summed_over_batch": (then("penalty", _for_all),),
    "constant_batch_size": tuple(
        then("whole", lambda v, size=size: v.sum() / size)  # type: ignore[misc]
        for size in (32, 64, 100, 128, 256)
    ),
    "rows_divided_by_batch_size": (then("whole", lambda v: v / len(v)),),
    "broadcast_to_a_square": (sets(join=lambda likelihood, kl: likelihood[:, None] - kl),),
    "cross_entropy_arguments_swapped": (sets(pixel=_swapped),),
    "sigmoid_twice": (sets(theta=torch.sigmoid),),
    "squared_error": tuple(
        sets(pixel=lambda theta, x, k=k: -k * (x - theta) ** 2)  # type: ignore[misc]
        for k in (1.0, 0.5)
    ),
    "absolute_error": (sets(pixel=lambda theta, x: -(x - theta).abs()),),
    "pixels_on_only": (sets(pixel=lambda theta, x: x * theta.log()),),
    "pixels_off_only": (sets(pixel=lambda theta, x: (1 - x) * (1 - theta).log()),),
    "x_exchanged": (sets(pixel=lambda theta, x: log_probability(theta, 1 - x)),),
    "logarithm_forgotten": (sets(pixel=lambda theta, x: x * theta + (1 - x) * (1 - theta)),),
    "other_logarithm": (weighs(1 / math.log(2)), weighs(1 / math.log(10))),
    "kl_arguments_swapped": (sets(divergence=lambda mu, s, z: divergence(s, mu)),),
    "encoder_unpacked_in_wrong_order": (sets(divergence=lambda mu, s, z: divergence(s, mu)),),
    "mean_over_dimensions": (sets(divergence=lambda mu, s, z: divergence(mu, s) / mu.shape[1]),),
    "log_variance_in_divergence": (sets(divergence=lambda mu, s, z: divergence(mu, s / 2)),),
    "monte_carlo_kl": (sets(divergence=estimate),),
    "column": (then("whole", lambda v: v[:, None]),),
}
"""What each statement without fields says of the bound: one of these holds."""
