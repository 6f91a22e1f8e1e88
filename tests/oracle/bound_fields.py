"""What statements with fields say of the formula of an ELBO."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from tests.oracle.bound_edits import Edit, PerRow, adds, sets, sum_rows, then, weighs
from tests.oracle.bounds import Bound, Call, Step, divergence, log_probability
from tests.oracle.statements import Statement

_PIXELS: Mapping[str, Step] = {
    "log theta": torch.log,
    "log(1 - theta)": lambda theta: (1 - theta).log(),
    "theta": lambda theta: theta,
    "theta log theta + (1 - theta) log(1 - theta)": lambda theta: (
        theta * theta.log() + (1 - theta) * (1 - theta).log()
    ),
}
_LIKELIHOODS: Mapping[str, Edit] = {
    "the logarithm of the sum of the pixels' probabilities": sets(
        pixel=lambda theta, x: x * theta + (1 - x) * (1 - theta),
        image=lambda pixels: pixels.sum(-1).log(),
    ),
    "the cross entropy of classes, with a softmax over the pixels of an image": sets(
        pixel=lambda theta, x: x * theta.log_softmax(-1)
    ),
}
_DIVERGENCES: Mapping[str, PerRow] = {
    "that of the prior from the posterior, the other way round": lambda mu, s, z: (
        s + (1 + mu**2) / (2 * torch.exp(2 * s)) - 0.5
    ).sum(-1),
}
_ROWS: Mapping[str, Step] = {
    "that of the rows in reversed order": lambda v: v.flip(0),
    "that of the row before": lambda v: v.roll(1, 0),
    "that of rows sorted by size": lambda v: v.sort()[0],
    "the first row's, whichever row it is": lambda v: v[:1].expand(v.shape),
    "0 in the last row": lambda v: torch.cat([v[:-1], 0 * v[-1:]]),
}
_ARGUMENTS: Mapping[str, PerRow] = {
    "mu": lambda mu, s, z: mu,
    "log sigma": lambda mu, s, z: s,
    "z": lambda mu, s, z: z[0],
    "sigma = exp(log sigma)": lambda mu, s, z: s.exp(),
    "2 times log sigma": lambda mu, s, z: 2 * s,
}
_PARTS: Mapping[str, PerRow] = {
    "mu": lambda mu, s, z: mu,
    "mu squared": lambda mu, s, z: mu**2,
    "sigma squared": lambda mu, s, z: torch.exp(2 * s),
    "sigma": lambda mu, s, z: torch.exp(s),
    "log sigma": lambda mu, s, z: s,
}
_DUE = {"mu squared": 0.5, "sigma squared": 0.5, "log sigma": -1.0}


def with_argument(said: Statement) -> Edit:
    """The edit that gives the divergence something else."""
    other = _ARGUMENTS[said.text("given")]
    if said.text("wanted") == "mu":
        return sets(divergence=lambda mu, s, z: divergence(other(mu, s, z), s))
    return sets(divergence=lambda mu, s, z: divergence(mu, other(mu, s, z)))


def _part(said: Statement) -> Edit:
    """Another part, or another weight, in the divergence."""
    part = said.text("part")
    due = said.text("right") if said.name == "part_instead" else part
    weight = _DUE[due] if said.name == "part_instead" else said.number("weight")

    def other(mu: Tensor, s: Tensor, z: Tensor) -> Tensor:
        given = (mu, s, z)
        change = weight * _PARTS[part](*given) - _DUE[due] * _PARTS[due](*given)
        return divergence(mu, s) + change.sum(-1)

    return sets(divergence=other)


def _clamped(said: Statement) -> Edit:
    low, high = said.number("number"), said.number("rest")
    return sets(theta=lambda theta: theta.clamp(low, high))


def _inside(ones: bool, zeros: bool) -> Callable[[Statement], Edit]:
    """The edit that adds a number to theta, to 1 - theta or to both, inside the logarithms."""

    def edit(said: Statement) -> Edit:
        one, zero = said.number("number") * ones, said.number("number") * zeros
        return sets(
            pixel=lambda theta, x: x * (theta + one).log() + (1 - x) * (1 - theta + zero).log()
        )

    return edit


def _parts_of_likelihood(on: float, off: float) -> Edit:
    return sets(pixel=lambda theta, x: on * x * theta.log() + off * (1 - x) * (1 - theta).log())


def _tempered(said: Statement) -> Edit:
    return sets(theta=lambda theta: torch.sigmoid(torch.logit(theta) / said.number("number")))


def _mixed(said: Statement) -> Edit:
    low, high = said.number("number"), said.number("rest")
    return sets(theta=lambda theta: low + (high - low) * theta)


def _counted_as(said: Statement) -> Edit:
    on, off = (_PIXELS[said.text(name)] for name in ("on", "off"))
    return sets(pixel=lambda theta, x: x * on(theta) + (1 - x) * off(theta))


def _taken_for(said: Statement) -> Edit:
    on, off = said.number("on"), said.number("off")
    return sets(pixel=lambda theta, x: log_probability(theta, x * on + (1 - x) * off))


def _constant(said: Statement) -> Edit:
    words = said.text("number")
    if not words.endswith(" times latent_dim"):
        return adds(lambda call, model: torch.tensor(float(words)))
    factor = float(words.split()[0])
    return adds(lambda call, model: torch.tensor(factor * call.mu.shape[1]))


def _divided(said: Statement) -> Edit:
    """The edit that divides all by a number, or by a size of the call."""
    words = said.text("number")
    sizes: Mapping[str, Callable[[Call], int]] = {
        "the number of pixels": lambda c: c.x.shape[1],
        "the number of latent dimensions": lambda c: c.mu.shape[1],
    }

    def edit(bound: Bound) -> Bound:
        def less(c: Call, model: Any) -> Tensor:
            likelihood, penalty = bound.terms(c)
            size = sizes[words](c) if words in sizes else float(words)
            return (likelihood - penalty) * (1 / size - 1)

        return adds(less)(bound)

    return edit


def _functions(said: Statement) -> Edit:
    functions = {"the exponential of the ELBO": torch.exp, "the square of the ELBO": torch.square}
    return then("whole", functions[said.text("what")])


def _mixture(said: Statement) -> Edit:
    own, weight = said.number("own"), said.number("weight")
    return then("whole", lambda v: own * v + weight * v.mean())


def _weights(said: Statement) -> Edit:
    power = {"the squares": 2, "the absolute values": 1}[said.text("what")]
    factor = said.number("number")
    return adds(lambda _, model: factor * sum(p.abs().pow(power).sum() for p in model.parameters()))


def _term(said: Statement) -> Edit:
    words = said.text("what").removesuffix(" over the dimensions")
    factor, _, what = words.rpartition("the sum of ")
    number = float(factor.removesuffix(" times ")) if factor else 1.0
    part = _PARTS[what]
    return adds(lambda c, _: number * part(c.mu, c.logsigma, c.z).sum(-1))


def _of_draws(**changes: Any) -> Callable[[Statement], Edit]:
    """An edit of what is done with several draws; their number is held elsewhere."""
    return lambda said: sets(**changes)


def _importance(said: Statement) -> Edit:
    def weighed(bound: Bound) -> Bound:
        return replace(
            bound,
            draws=lambda rows: rows,
            divergence=lambda mu, s, z: (0.5 * z**2 - 0.5 * ((z - mu) / s.exp()) ** 2 - s).sum(-1),
            whole=lambda v: v.logsumexp(0) - math.log(len(v)),
        )

    return weighed


def _by_sizes(said: Statement) -> Callable[[Call], float]:
    """The weight of a call that is a product of its sizes."""
    names: Mapping[str, Callable[[Call], int]] = {
        "batch_size": lambda c: c.x.shape[0],
        "obs_dim": lambda c: c.x.shape[1],
        "latent_dim": lambda c: c.mu.shape[1],
    }

    def weight(c: Call) -> float:
        above, *below = said.text("weight").split(" / ")
        factors = [names[n](c) if n in names else float(n) for n in above.split(" * ")]
        return math.prod(factors) / math.prod(names[n](c) for n in below)

    return weight


def _weighted_by_sizes(likelihood: bool, penalty: bool) -> Callable[[Statement], Edit]:
    """The edit that weighs terms with a size of the call."""

    def edit(said: Statement) -> Edit:
        weight = _by_sizes(said)

        def more(bound: Bound, c: Call) -> Tensor:
            first, second = bound.terms(c)
            return (weight(c) - 1) * (likelihood * first - penalty * second)

        return lambda bound: adds(lambda c, _: more(bound, c))(bound)

    return edit


WITH_FIELDS: Mapping[str, Callable[[Statement], Edit]] = {
    "kl_weighted": lambda said: weighs(penalty=said.number("weight")),
    "likelihood_weighted": lambda said: weighs(likelihood=said.number("weight")),
    "whole_weighted": lambda said: then("whole", lambda v: said.number("weight") * v),
    "kl_weighted_by_sizes": _weighted_by_sizes(likelihood=False, penalty=True),
    "likelihood_weighted_by_sizes": _weighted_by_sizes(likelihood=True, penalty=False),
    "whole_weighted_by_sizes": _weighted_by_sizes(likelihood=True, penalty=True),
    "whole_divided": _divided,
    "constant_added": _constant,
    "constant_for_ones": lambda said: adds(lambda c, _: said.number("number") * c.x.sum(-1)),
    "function_of_bound": _functions,
    "average_added": _mixture,
    "pixels_off_weighted": lambda said: _parts_of_likelihood(1.0, said.number("weight")),
    "pixels_on_weighted": lambda said: _parts_of_likelihood(said.number("weight"), 1.0),
    "pixels_count_as": _counted_as,
    "pixels_count_as_numbers": _taken_for,
    "constant_in_logarithms": _inside(True, True),
    "constant_in_ones_logarithm": _inside(True, False),
    "constant_in_zeros_logarithm": _inside(False, True),
    "theta_clamped": _clamped,
    "theta_from_below": lambda said: sets(theta=lambda v: v.clamp(min=said.number("number"))),
    "logarithms_cut_off": lambda said: sets(
        pixel=lambda theta, x: log_probability(theta, x).clamp(min=-said.number("number"))
    ),
    "tempered": _tempered,
    "theta_mixed": _mixed,
    "likelihood_is": lambda said: _LIKELIHOODS[said.text("what")],
    "divergence_is": lambda said: sets(divergence=_DIVERGENCES[said.text("what")]),
    "divergence_gets": with_argument,
    "part_instead": _part,
    "part_weighted": _part,
    "free_bits": lambda said: then("penalty", lambda v: v.clamp(min=said.number("number"))),
    "free_bits_for_nothing": lambda said: then(
        "penalty", lambda v: (v - said.number("number")).relu()
    ),
    "divergence_capped": lambda said: then("penalty", lambda v: v.clamp(max=said.number("number"))),
    "distance_from_number": lambda said: then(
        "penalty", lambda v: (v - said.number("number")).abs()
    ),
    "divergence_of_rows": lambda said: then("penalty", _ROWS[said.text("how")]),
    "likelihood_of_rows": lambda said: then("likelihood", _ROWS[said.text("how")]),
    "bound_of_rows": lambda said: then("whole", _ROWS[said.text("how")]),
    "theta_of_rows": lambda said: sets(theta=lambda v: _ROWS[said.text("how")](v[0])[None]),
    "one_number": lambda said: then(
        "whole", {"the largest bound of the batch": torch.max}[said.text("what")]
    ),
    "not_summed": lambda said: sets(
        image=lambda p: p, join=lambda likelihood, kl: likelihood - kl[:, None]
    ),
    "summed_over_rows": lambda said: sets(
        image=lambda p: p, draws=sum_rows, penalty=lambda kl: kl.sum()
    ),
    "weights_added": _weights,
    "term_added": _term,
    "sum_of_bounds": lambda said: weighs(said.number("draws"), said.number("draws")),
    "sum_over_draws": _of_draws(draws=lambda rows: rows.sum(0)),
    "best_of_draws": _of_draws(draws=lambda rows: rows.amax(0)),
    "logarithm_of_average": _of_draws(draws=lambda rows: rows.logsumexp(0) - math.log(len(rows))),
    "theta_averaged": _of_draws(theta=lambda theta: theta.mean(0, keepdim=True)),
    "importance_weighted": _importance,
}
"""Edits of statements with fields."""
