"""Whether what is stated of what helpers and layers get in an ELBO, and of its draws, is true."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from tests.oracle.bound_edits import EDITS
from tests.oracle.bound_fields import WITH_FIELDS
from tests.oracle.bound_formulas import formula_holds
from tests.oracle.bounds import Call, batch, bounded, call
from tests.oracle.draw_facts import DRAW_FACTS
from tests.oracle.draws import PLACES
from tests.oracle.network import near
from tests.oracle.phrases import described
from tests.oracle.statements import Holds, Method, Oracle, Statement

_WIDE = (7, 6, 36, 16)
"""Sizes with as many latent dimensions as reports count."""


def heard(test: Callable[[Call, Statement], bool], rows: int = 40) -> Any:
    """Hold what a test says of one call."""

    def holds(method: Method, statement: Statement) -> bool:
        model = bounded(method)
        return test(call(model, batch(model, rows)), statement)

    return holds


def _helper(found: Call) -> Tensor:
    """What ``sample_with_reparam`` gave in the end."""
    return found.drawn[-1][1]


def _decoder_gets(method: Method, statement: Statement) -> bool:
    """Whether the decoder gets a function of z, or something else in some dimensions."""
    words = statement.text("given")
    part = re.fullmatch(r"(mu|0) in (\d+) of (\d+) dimensions", words)
    if part is None:
        return heard(lambda found, _: near(found.z[0], described(words, _helper(found)), 1e-3))(
            method, statement
        )
    sizes = (*_WIDE[:2], int(part[3]), _WIDE[3])
    model = bounded(replace(method, sizes=sizes))
    found = call(model, batch(model))
    other = found.mu if part[1] == "mu" else torch.zeros_like(found.mu)
    drawn = [near(a, b, 1e-4) for a, b in zip(found.z[0].T, _helper(found).T, strict=True)]
    replaced = [near(a, b, 1e-4) for a, b in zip(found.z[0].T, other.T, strict=True)]
    whole = all(a or b for a, b in zip(drawn, replaced, strict=True))
    return whole and sum(replaced) == int(part[2])


def _average_decoded(found: Call, said: Statement) -> bool:
    several = torch.stack([z for _, z in found.drawn])
    return len(several) == said.number("draws") and near(found.z[0], several.mean(0), 1e-3)


def _draw_gets(found: Call, said: Statement) -> bool:
    place = ("mu", "log sigma").index(said.text("wanted"))
    given = _argument(found, said.text("given"))
    return near(found.drawn[0][0][place], given, 1e-3)


def _argument(found: Call, words: str) -> Tensor:
    known = {"mu": found.mu, "log sigma": found.logsigma, "z": found.z[0]}
    factor, _, name = words.rpartition(" times ")
    return float(factor or 1) * known[name]


def _draw_swapped(found: Call, _: Statement) -> bool:
    mu, logsigma = found.drawn[0][0]
    return near(mu, found.logsigma, 1e-4) and near(logsigma, found.mu, 1e-4)


def _described(words: str, x: Tensor) -> Tensor:
    return described(words.split(" (")[0], x)


def _encoder_gets(found: Call, said: Statement) -> bool:
    return near(found.encoded, _described(said.text("given"), found.x), 1e-3)


def _x_changed(later: bool) -> Callable[[Call, Statement], bool]:
    """Hold that x becomes what is stated, before the encoder gets it or after."""

    def test(found: Call, said: Statement) -> bool:
        words = said.text("given")
        known = words == "other numbers"
        becomes = not torch.equal(found.after, found.x)
        if not known:
            becomes = becomes and near(found.after, _described(words, found.x), 1e-3)
        same = near(found.encoded, found.x if later else found.after, 1e-4)
        return becomes and same

    return test


def _z_of_rows(found: Call, said: Statement) -> bool:
    z, drawn, how = found.z[0], _helper(found), said.text("how")
    if how == "that of another row of the batch":
        same = [any(torch.equal(a, b) for b in drawn) for a in z]
        return all(same) and not torch.equal(z, drawn)
    known: Mapping[str, Tensor] = {
        "that of the row before": drawn.roll(1, 0),
        "that of the rows in reversed order": drawn.flip(0),
        "the first row's, whichever row it is": drawn[:1].expand(drawn.shape),
    }
    return near(z, known[how], 1e-4) and not torch.equal(z, drawn)


def _noise_weighted(found: Call, said: Statement) -> bool:
    weight = said.number("weight")
    return near(found.z[0] - found.mu, weight * (_helper(found) - found.mu), 1e-3)


def _noise(model: Any, calls: int = 12) -> Tensor:
    """The noise of several calls for the same x, ``[calls, rows, dims]``."""
    x = batch(model)
    found = [call(model, x) for _ in range(calls)]
    return torch.stack([(f.z[0] - f.mu) / f.logsigma.exp() for f in found])


def _noise_missing(method: Method, statement: Statement) -> bool:
    sizes = (*_WIDE[:2], int(statement.number("all")), _WIDE[3])
    still = _noise(bounded(replace(method, sizes=sizes))).abs().amax((0, 1)) < 1e-4
    return int(still.sum()) == int(statement.number("some"))


def _noise_repeated(method: Method, statement: Statement) -> bool:
    sizes = (*_WIDE[:2], int(statement.number("all")), _WIDE[3])
    columns = _noise(bounded(replace(method, sizes=sizes)), 3).flatten(0, 1).T
    again = sum(any(near(a, b, 1e-3) for b in columns[:i]) for i, a in enumerate(columns))
    return again == int(statement.number("some"))


@dataclass(frozen=True)
class _Inside(Method):
    """The draw of an ELBO that draws for itself, as if it were a helper's."""

    def model(self, seed: int = 0) -> Any:
        """Something that draws as the method does, once its encoder is told what to give."""
        model = bounded(Method(self.variant, self.said, self.sizes), seed)

        def draw(mu: Tensor, logsigma: Tensor) -> Tensor:
            model.encoder = lambda x: (mu, logsigma)
            return call(model, torch.ones(len(mu), model.linear1.in_features)).z[0]

        return SimpleNamespace(sample_with_reparam=draw, linear21=model.linear21)


def inside(*holding: Holds) -> Holds:
    """Hold the draw inside to what statements about draws are held to."""

    def holds(method: Method, statement: Statement) -> bool:
        bare = replace(statement, name=statement.name.removeprefix("drawn_with_"))
        own = replace(bare, fields=statement.fields)
        return all(hold(_Inside(method.variant, (own,), method.sizes), own) for hold in holding)

    return holds


def _of_bits(method: Method, statement: Statement) -> bool:
    """Whether each pixel costs nothing or 100, and theta is rounded where it is said to be."""
    model = bounded(method)
    found = call(model, batch(model))
    divergence = (found.mu**2 + torch.exp(2 * found.logsigma) - 1) / 2 - found.logsigma
    pixels = -(found.value + divergence.sum(-1)) / 100
    wrong = (found.theta[0].round() - found.x).abs().sum(-1)
    whole = near(pixels, pixels.round(), 1e-4)
    return whole and (statement.text("how") != "rounded" or near(pixels, wrong, 1e-3))


def _no_number(method: Method, statement: Statement) -> bool:
    """Whether numbers are missing in every row, as where theta is 0 or 1, or in some."""
    model = bounded(method)
    finite = call(model, batch(model)).value.isfinite()
    return not bool(finite.any() if statement.text("share") == "every row" else finite.all())


def _moves(likelihood: bool, right: bool) -> Any:
    """Hold whether a term moves as a right one does when its parameters move."""

    def holds(method: Method, statement: Statement) -> bool:
        model = bounded(method)
        x = batch(model)
        with torch.no_grad():
            if not likelihood:
                model.linear3.weight.zero_()
            calls = []
            for step in (0.0, 0.3):
                (model.linear4 if likelihood else model.linear21).bias += step
                torch.manual_seed(3)
                calls.append(call(model, x))
        one, other = calls
        moved = _term(other, likelihood) - _term(one, likelihood)
        return near(other.value - one.value, moved, 5e-3) == right

    return holds


def _term(found: Call, likelihood: bool) -> Tensor:
    if likelihood:
        theta = found.theta[0]
        return (found.x * theta.log() + (1 - found.x) * (1 - theta).log()).sum(-1)
    return -((found.mu**2 + torch.exp(2 * found.logsigma) - 1) / 2 - found.logsigma).sum(-1)


def _estimate_other(method: Method, statement: Statement) -> bool:
    """Whether a divergence is right on average, and estimated from draws of its own."""
    model = bounded(method)
    with torch.no_grad():
        model.linear3.weight.zero_()
    x = batch(model, 10)
    calls = [call(model, x) for _ in range(1500)]
    off = torch.stack([f.value - _term(f, True) - _term(f, False) for f in calls])
    estimates = [
        (0.5 * f.z[0] ** 2 - 0.5 * ((f.z[0] - f.mu) / f.logsigma.exp()) ** 2 - f.logsigma).sum(-1)
        + _term(f, False)
        for f in calls
    ]
    alike = torch.corrcoef(torch.stack([off.flatten(), torch.stack(estimates).flatten()]))[0, 1]
    scores = off.mean(0) / (off.std(0) / len(calls) ** 0.5)
    spread = (off.var(0) / torch.stack(estimates).var(0)).mean()
    draws = statement.number("draws") if statement.text("draws") else 1.0
    own = abs(float(alike)) < 0.1 or statement.name == "monte_carlo_kl_of_draws"
    return bool(scores.abs().max() < 5) and own and abs(float(spread) * draws - 1) < 0.4


def _fixed(method: Method, _: Statement) -> bool:
    noise = _noise(bounded(method), 3)
    return near(noise[0], noise[1], 1e-4) and not near(noise[0, 0], noise[0, 1], 1e-2)


def and_formula(hold: Holds) -> Holds:
    """Hold a fact, and the formula besides where other statements speak of it."""

    def holds(method: Method, statement: Statement) -> bool:
        others = method.names() & {*EDITS, *WITH_FIELDS}
        return hold(method, statement) and (not others or formula_holds(method, statement))

    return holds


BOUND_DRAWS: Oracle = {
    "mean_decoded": and_formula(heard(lambda f, _: near(f.z[0], f.mu, 1e-4))),
    "decoder_gets": _decoder_gets,
    "average_decoded": heard(_average_decoded),
    "draw_gets": heard(_draw_gets),
    "draw_arguments_swapped": heard(_draw_swapped),
    "encoder_gets": heard(_encoder_gets),
    "x_changed": heard(_x_changed(later=False)),
    "x_changed_later": heard(_x_changed(later=True)),
    "z_of_rows": heard(_z_of_rows),
    "noise_weighted": heard(_noise_weighted),
    "noise_missing": _noise_missing,
    "noise_repeated": _noise_repeated,
    "noise_scale": lambda method, said: (
        abs(float(_noise(bounded(method), 40).std()) - said.number("weight")) < 0.05
    ),
    "one_draw_for_batch": inside(DRAW_FACTS["one_draw_for_batch"]),
    "drawn_from_prior": inside(PLACES["mean_missing"], PLACES["scale_unused"]),
    "drawn_without_spread": inside(PLACES["scale_unused"]),
    "drawn_with_fixed_seed": _fixed,
    **{
        f"drawn_with_{name}": inside(hold)
        for name, hold in {**PLACES, **DRAW_FACTS}.items()
        if name != "fixed_seed"
    },
    "theta_of_bits": _of_bits,
    "no_number": _no_number,
    "likelihood_right": _moves(likelihood=True, right=True),
    "likelihood_other": _moves(likelihood=True, right=False),
    "divergence_right": _moves(likelihood=False, right=True),
    "divergence_other": _moves(likelihood=False, right=False),
    "monte_carlo_kl_other_draw": _estimate_other,
    "monte_carlo_kl_of_draws": _estimate_other,
}
