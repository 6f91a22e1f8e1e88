"""What a method for the ELBO does with what it is given, and the formula that it is held to.

What its helpers and layers got is listened to; mu, log sigma and theta are worked out from it in
plain torch, and so is the bound, whose steps statements may exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tests.oracle.listening import heard
from tests.oracle.statements import Method
from tests.variant_values import in_one_tensor

Step = Callable[[Tensor], Tensor]
Arguments = tuple[Tensor, ...]


@dataclass(frozen=True)
class Call:
    """One call of the method.

    Attributes:
        x: what it was given, ``[rows, pixels]``, as it was before.
        after: what the caller's x holds afterwards.
        value: what came, in one tensor.
        encoded: what the first layer of the encoder got.
        mu: means, worked out from ``encoded``.
        logsigma: log standard deviations, likewise.
        z: what the decoder's first layer got, ``[draws, rows, dims]``.
        theta: worked out from z, ``[draws, rows, pixels]``.
        drawn: arguments and result of each call of ``sample_with_reparam``.
        compared: arguments of each call of ``kl_divergence``.
    """

    x: Tensor
    after: Tensor
    value: Tensor
    encoded: Tensor
    mu: Tensor
    logsigma: Tensor
    z: Tensor
    theta: Tensor
    drawn: Sequence[tuple[Arguments, Tensor]]
    compared: Sequence[Arguments]


def bounded(method: Method, seed: int = 0, sharp: float = 1.0, wide: float = 0.4) -> Any:
    """A model whose divergence is a few nats, with theta as near to 0 and 1 as asked for."""
    model = method.model(seed)
    with torch.no_grad():
        for head in (model.linear21, model.linear22):
            head.weight *= wide * (6 / model.linear1.in_features) ** 0.5
            head.bias *= wide
        model.linear4.weight *= sharp
    return model


def batch(model: Any, rows: int = 40) -> Tensor:
    """Binary rows, darker and brighter ones, so that all of them differ."""
    shape = rows, model.linear1.in_features
    return (torch.rand(shape) < torch.rand(rows, 1)).float()


def encoded(model: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """What a right encoder gives."""
    hidden = model.linear1(x).relu()
    return model.linear21(hidden), model.linear22(hidden)


def decoded(model: Any, z: Tensor) -> Tensor:
    """What a right decoder gives."""
    return model.linear4(model.linear3(z).relu()).sigmoid()


def call(model: Any, x: Tensor) -> Call:
    """Call the method once, without a graph, and listen."""
    drawn: list[tuple[Arguments, Tensor]] = []
    compared: list[Arguments] = []
    draw, compare = type(model).sample_with_reparam, type(model).kl_divergence

    def listened_draw(*given: Tensor) -> Tensor:
        kept = tuple(part.detach().clone() for part in given)
        z = draw(model, *given)
        drawn.append((kept, z.detach().clone()))
        return z

    def listened_compare(*given: Tensor) -> Tensor:
        compared.append(tuple(part.detach().clone() for part in given))
        return compare(model, *given)

    model.sample_with_reparam, model.kl_divergence = listened_draw, listened_compare
    given = x.clone()
    try:
        value, got = heard(model, lambda: in_one_tensor(model.elbo(given)))
    finally:
        del model.sample_with_reparam, model.kl_divergence
    with torch.no_grad():
        first = got.get("linear1", x)
        mu, logsigma = encoded(model, first)
        z = got.get("linear3", mu)
        z = z.reshape(-1, len(x), z.shape[-1]) if len(z) % len(x) == 0 else z[None]
        theta = decoded(model, z)
    return Call(x, given, value, first, mu, logsigma, z, theta, drawn, compared)


def divergence(mu: Tensor, logsigma: Tensor) -> Tensor:
    """The right divergences ``[rows]``."""
    return ((mu**2 + torch.exp(2 * logsigma) - 1) / 2 - logsigma).sum(-1)


def log_probability(theta: Tensor, x: Tensor) -> Tensor:
    """The right log probability of each pixel."""
    return x * _log(theta) + (1 - x) * _log(1 - theta)


def _log(value: Tensor) -> Tensor:
    return value.log().clamp(min=-100)


@dataclass(frozen=True)
class Bound:
    """A bound whose steps may be exchanged; as it stands, it is the right one.

    Attributes:
        theta: changes theta first.
        pixel: the log probability of each pixel.
        image: of each image, from its pixels.
        draws: of each row, from what ``[draws, rows]`` holds.
        likelihood: changes the likelihood of the rows.
        divergence: from mu, log sigma and z, for each row.
        penalty: changes the divergence of the rows.
        weights: of likelihood and divergence.
        extra: is added, from the call and the model.
        join: puts the two together.
        whole: changes the bound.
    """

    theta: Step = lambda theta: theta
    pixel: Callable[[Tensor, Tensor], Tensor] = log_probability
    image: Step = lambda pixels: pixels.sum(-1)
    draws: Step = lambda rows: rows.mean(0)
    likelihood: Step = lambda rows: rows
    divergence: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda mu, s, z: divergence(mu, s)
    penalty: Step = lambda rows: rows
    weights: tuple[float, float] = (1.0, 1.0)
    extra: Callable[[Call, Any], Tensor] = lambda call, model: torch.zeros(())
    join: Callable[[Tensor, Tensor], Tensor] = lambda likelihood, penalty: likelihood - penalty
    whole: Step = lambda rows: rows

    def terms(self, call: Call) -> tuple[Tensor, Tensor]:
        """Likelihood and divergence of a call, without their weights."""
        images = self.image(self.pixel(self.theta(call.theta), call.x))
        penalty = self.penalty(self.divergence(call.mu, call.logsigma, call.z))
        return self.likelihood(self.draws(images)), penalty

    def value(self, call: Call, model: Any) -> Tensor:
        """What comes of a call."""
        likelihood, penalty = self.terms(call)
        joined = self.join(self.weights[0] * likelihood, self.weights[1] * penalty)
        with torch.no_grad():
            return self.whole(joined + self.extra(call, model))
