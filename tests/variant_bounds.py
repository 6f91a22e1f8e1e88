"""What is wrong with the bound: each of its terms, its rows, its draw and its slopes.

It is held to a short formula where the noise vanishes or makes no difference, and elsewhere to the
law of right draws; nothing here comes from the grader.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name that the notebook gives it
from scipy.stats import ks_2samp
from torch import Tensor

from tests.variant_values import (
    MANY,
    TERMS,
    Failures,
    Rows,
    close,
    follows,
    gradients,
    in_one_tensor,
    nearly,
    seeded,
    single_rows_differ,
)


def bound(model: Any, x: Tensor) -> Tensor:
    """The bound ``[rows]`` where z is its mean, or makes no difference."""
    hidden = model.linear1(x).clamp(min=0)
    mu, logsigma = model.linear21(hidden), model.linear22(hidden)
    logits = model.linear4(model.linear3(mu).clamp(min=0))
    log_likelihood = -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    return log_likelihood - ((mu**2 + torch.exp(2 * logsigma) - 1) / 2 - logsigma).sum(1)


def fits(got: Tensor, want: Tensor, relative: float) -> bool:
    """Whether a batch's values are right, each, on average, or in sum."""
    if got.shape == want.shape and close(got, want, relative):
        return True
    averages = [got.mean()]
    averages += [got.sum() / len(want)] if got.numel() == 1 else []
    averages += [got.sum()] if got.numel() == len(want) else []
    return any(abs(a - want.mean()) < relative * abs(want.mean()) for a in averages)


def elbo_failures(model: Any) -> Failures:
    """Of methods that return a tensor; the rows are as many as the notebook's batch has."""
    obs, start = model.linear1.in_features, model.state_dict()
    kept = {name: value.clone() for name, value in start.items()}
    names = type(model).elbo.__globals__
    rows = 200 if obs < 100 else 128
    x = torch.bernoulli(torch.full((rows, obs), 0.5))
    right = dict.fromkeys(TERMS["elbo"], True)

    def value(given: Tensor) -> Tensor:
        names["batch_size"] = len(given)
        return in_one_tensor(model.elbo(given.clone()))

    def put(**changes: Any) -> None:
        model.load_state_dict(kept)
        with torch.no_grad():
            for name, change in changes.items():
                getattr(model, name.split("_")[0]).get_parameter(name.split("_")[1]).copy_(
                    torch.as_tensor(change)
                )

    blind = {"linear3_weight": 0.0, "linear22_bias": torch.randn(model.linear22.out_features) / 2}
    # Pixels that are often unlikely, all of them or a few very much so.
    start_at = model.linear4(model.linear3.bias.clamp(min=0)).detach() - model.linear4.bias.detach()
    other = 3.0 * torch.randn(obs).sign() - start_at
    few = kept["linear4.bias"].clone()
    few[:4] = 4.5 * torch.randn(4).sign() - start_at[:4]

    def change(weights: dict[str, Any], calls: int) -> tuple[Tensor, Tensor, Tensor, float]:
        """What other weights make of values and right ones; of the average, and its error."""
        found, wants = [], []
        with torch.no_grad():
            for more in ({}, weights):
                put(**blind | more)
                torch.manual_seed(5)
                found.append([value(x) for _ in range(calls)])
                wants.append(bound(model, x))
        before, after = (torch.stack([v.mean() for v in values]) for values in found)
        error = float((before.var() + after.var()) / calls) ** 0.5 if calls > 1 else 0.0
        got = found[1][0] - found[0][0]
        return got, wants[1] - wants[0], after.mean() - before.mean(), error

    put(**blind)
    with torch.no_grad():
        first = seeded(lambda: value(x))
    got, want, *_ = change({"linear4_bias": other}, 1)
    right["likelihood"] = fits(got, want, 0.02)
    heads = {"linear21_bias": 2.0, "linear22_bias": 0.4}
    got, want, *_ = change(heads, 1)
    right["divergence"] = fits(got, want, 0.02)
    if not right["divergence"]:  # it may be estimated
        *_, average, error = change(heads, 30)
        room = 0.01 * abs(want.mean()) + 6 * error
        right["divergence"] = error > 0 and bool(
            abs(average - want.mean()) < room < 0.1 * abs(want.mean())
        )
    put(**blind)
    pixels = torch.where(x[0] > 0.5, 9.0, -9.0)
    with torch.no_grad():
        right["exact"] = fits(first, bound(model, x), 3e-4) or nearly(first, bound(model, x))
        put(**blind | {"linear4_bias": few})
        right["exact"] &= fits(value(x), bound(model, x), 5e-4) or nearly(value(x), bound(model, x))
        same = x[:1].expand(6, -1)
        put(
            linear4_weight=0.0,
            linear4_bias=pixels,
            linear22_weight=0.0,
            linear22_bias=0.0,
            linear21_weight=0.0,
            linear21_bias=0.0,
        )
        sure, wanted = value(same), bound(model, same)
        if right["exact"]:
            near = (
                [sure.mean()]
                + ([sure.sum() / 6] if sure.numel() == 1 else [])
                + ([sure.sum()] if sure.numel() == 6 else [])
            )
            right["exact"] = any(abs(s - wanted.mean()) < 3e-4 * obs for s in near)
        put(**blind)
        right["exact"] &= close(seeded(lambda: value(x)), first)
    narrow = {"linear22_weight": 1e-3 * kept["linear22.weight"], "linear22_bias": -10.0}
    put(**narrow)
    for n in (1, 7, MANY):
        batch = torch.bernoulli(torch.full((n, obs), 0.5))
        given = batch.clone()
        names["batch_size"] = n
        with torch.no_grad():
            got, want = model.elbo(given), bound(model, batch)
        one_tensor = isinstance(got, Tensor) and got.shape == want.shape
        if not one_tensor or not torch.equal(given, batch):
            right["per_sample"] = False
        elif not close(got, want):
            right["per_sample"] &= not single_rows_differ(value, batch)
    centred = {
        "linear21_weight": 0.5 * kept["linear21.weight"],
        "linear22_weight": 1e-3 * kept["linear22.weight"],
        "linear22_bias": 0.5,
    }
    with torch.no_grad():
        got, want = seeded(lambda: value(x)), bound(model, x)
        narrow_is_right = fits(got, want, 1e-3)
        if obs > 100:
            centred["linear3_weight"] = 0.3 * kept["linear3.weight"]
        put(**centred)
        right["sampled"] = is_sampled(value, x, right["per_sample"])
        if all(right[term] for term in ("likelihood", "divergence", "exact", "per_sample")):
            right["sampled"] &= narrow_is_right and law_holds(model, value, x)
    put(**centred)
    right["gradient"] = follows(lambda: value(x[:7]), list(model.parameters()))
    # A small constant in a logarithm matters little where no pixel is nearly certain.
    put(**narrow | {"linear22_bias": -20.0, "linear4_weight": 0.3 * kept["linear4.weight"]})
    if (
        right["gradient"]
        and narrow_is_right
        and all(right[t] for t in ("likelihood", "divergence", "exact"))
    ):
        leaves = list(model.parameters())
        wants = gradients(bound(model, x).mean(), leaves)
        got = value(x)
        scales = (got.mean(), got.sum() / rows, got.sum())
        right["gradient"] &= any(all(map(close, gradients(s, leaves), wants)) for s in scales)
    return frozenset(name for name, holds in right.items() if not holds)


def is_sampled(value: Rows, x: Tensor, by_row: bool) -> bool:
    """Whether equal rows have noise of their own, which a batch averages out, if there are rows."""
    spread = []
    for rows in (2, 80):
        found = [value(x[:1].expand(rows, -1)).sum() / rows for _ in range(60)]
        spread.append(torch.stack(found).std())
    return bool(spread[0] > 1e-4 and (not by_row or spread[0] / spread[1] > 2))


def law_holds(model: Any, value: Rows, x: Tensor) -> bool:
    """Whether equal rows are distributed as with right draws, or as averages over some."""
    x = x[:1].expand(3000, -1)
    torch.manual_seed(8)
    got = value(x).flatten()
    mu, logsigma = model.encoder(x)
    theta = model.decoder(mu + torch.exp(logsigma) * torch.randn_like(mu))
    likelihood = -F.binary_cross_entropy(theta, x, reduction="none").sum(1)
    want = likelihood - model.kl_divergence(mu, logsigma)
    if ks_2samp(got.numpy(), want.numpy()).pvalue > 1e-4:
        return True
    error = ((got.var() + want.var()) / len(x)) ** 0.5
    return bool(abs(got.mean() - want.mean()) < 5 * error and got.var() < 0.8 * want.var())
