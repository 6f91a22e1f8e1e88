"""Whether an ELBO is the formula that its statements describe together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name that the notebook gives it
from torch import Tensor

from tests.oracle.bounds import Bound, Call, Step, batch, bounded, call, divergence, log_probability
from tests.oracle.networks import near
from tests.oracle.phrases import described
from tests.oracle.statements import Method, Oracle, Statement

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


def _sum_rows(value: Tensor) -> Tensor:
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
    "mean_over_dimensions": (
        sets(divergence=lambda mu, s, z: divergence(mu, s) / mu.shape[1]),
    ),
    "log_variance_in_divergence": (sets(divergence=lambda mu, s, z: divergence(mu, s / 2)),),
    "monte_carlo_kl": (sets(divergence=estimate),),
    "column": (then("whole", lambda v: v[:, None]),),
}
"""What each statement without fields says of the bound: one of these holds."""

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


WITH_FIELDS: Mapping[str, Callable[[Statement], Edit]] = {
    "kl_weighted": lambda said: weighs(penalty=said.number("weight")),
    "likelihood_weighted": lambda said: weighs(likelihood=said.number("weight")),
    "whole_weighted": lambda said: then("whole", lambda v: said.number("weight") * v),
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
        image=lambda p: p, draws=_sum_rows, penalty=lambda kl: kl.sum()
    ),
    "weights_added": _weights,
    "term_added": _term,
    "sum_of_bounds": lambda said: weighs(said.number("draws"), said.number("draws")),
    "sum_over_draws": _of_draws(draws=lambda rows: rows.sum(0)),
    "best_of_draws": _of_draws(draws=lambda rows: rows.amax(0)),
    "logarithm_of_average": _of_draws(
        draws=lambda rows: rows.logsumexp(0) - math.log(len(rows))
    ),
    "theta_averaged": _of_draws(theta=lambda theta: theta.mean(0, keepdim=True)),
    "importance_weighted": _importance,
}
"""Edits of statements with fields."""


def ways(said: tuple[Statement, ...]) -> Iterator[Bound]:
    """The bounds that all statements together may mean."""
    alternatives: list[tuple[Edit, ...]] = []
    for one in {(s.name, str(dict(s.fields))): s for s in said}.values():
        if one.name in EDITS:
            alternatives.append(EDITS[one.name])
        elif one.name in WITH_FIELDS:
            alternatives.append((WITH_FIELDS[one.name](one),))
    for edits in product(*alternatives):
        bound = Bound()
        for edit in edits:
            bound = edit(bound)
        yield bound


def _is_given(method: Method, model: Any, found: Call) -> bool:
    """Whether as many draws were made as are stated."""
    numbers = [s.number("draws") for s in method.said if s.text("draws")]
    numbers += [float(s.text("what").split()[0]) for s in method.said if s.name == "theta_averaged"]
    return all(len(found.z) == number for number in numbers)


def formula_holds(method: Method, statement: Statement) -> bool:
    """Whether the bound that is stated is what the method gives, as sure as theta may be."""
    calls = []
    for sharp, wide in ((1.0, 0.4), (2.0, 0.6)):
        model = bounded(method, sharp=sharp, wide=wide)
        type(model).elbo.__globals__["batch_size"] = 40
        calls.append((model, call(model, batch(model))))
    if not all(_is_given(method, *pair) for pair in calls):
        return False
    return any(
        all(near(found.value, way.value(found, model), 4e-4) for model, found in calls)
        for way in ways(method.said)
    )


BOUND_FORMULAS: Oracle = dict.fromkeys((*EDITS, *WITH_FIELDS), formula_holds)
