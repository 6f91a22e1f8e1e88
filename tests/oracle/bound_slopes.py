"""Whether what is stated of an ELBO's gradient is true.

The right bound is worked out again from the noise that was drawn, with a graph whose edges carry
what is stated: nothing, the whole gradient, or some other factor of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name that the notebook gives it
from torch import Tensor

from tests.oracle.bounds import batch, bounded, call, divergence, encoded
from tests.oracle.network import near
from tests.oracle.statements import Method, Oracle, Statement, restart
from tests.variant_values import in_one_tensor

_LAYERS = ("linear1", "linear21", "linear22", "linear3", "linear4")
Slopes = Mapping[str, Tensor | None]


@dataclass(frozen=True)
class Edges:
    """What part of a gradient passes each edge of the graph; as it stands, all of it."""

    mu_drawn: float = 1.0
    logsigma_drawn: float = 1.0
    mu_compared: float = 1.0
    logsigma_compared: float = 1.0
    z: float = 1.0
    encoder: float = 1.0
    decoder: float = 1.0
    likelihood: float = 1.0
    penalty: float = 1.0


def _passing(value: Tensor, factor: float) -> Tensor:
    return factor * value + (1 - factor) * value.detach()


def _slopes(model: Any, value: Tensor) -> Slopes:
    """The gradients of a bound's sum, by layer: of its weight."""
    leaves = [getattr(model, name).weight for name in _LAYERS]
    if not value.requires_grad:
        return dict.fromkeys(_LAYERS)
    found = torch.autograd.grad(value.sum(), leaves, allow_unused=True)
    return dict(zip(_LAYERS, found, strict=True))


def _asked(method: Method) -> tuple[Any, Tensor, Slopes, Tensor]:
    """A model, rows, the method's gradients, and the noise that was drawn meanwhile."""
    model = bounded(method)
    x = batch(model)
    restart()
    found = call(model, x)
    restart()
    slopes = _slopes(model, in_one_tensor(model.elbo(x.clone())))
    return model, x, slopes, (found.z[0] - found.mu) / found.logsigma.exp()


def _right(model: Any, x: Tensor, noise: Tensor, edges: Edges) -> Slopes:
    mu, logsigma = (_passing(part, edges.encoder) for part in encoded(model, x))
    spread = _passing(logsigma, edges.logsigma_drawn).exp()
    z = _passing(_passing(mu, edges.mu_drawn) + spread * noise, edges.z)
    last = [
        _passing(part, edges.decoder)
        for layer in (model.linear3, model.linear4)
        for part in (layer.weight, layer.bias)
    ]
    theta = F.linear(F.linear(z, *last[:2]).relu(), *last[2:]).sigmoid()
    likelihood = (x * theta.log() + (1 - x) * (1 - theta).log()).sum(-1)
    compared = _passing(mu, edges.mu_compared), _passing(logsigma, edges.logsigma_compared)
    penalty = divergence(*compared)
    return _slopes(model, _passing(likelihood, edges.likelihood) - _passing(penalty, edges.penalty))


def _same(one: Slopes, other: Slopes) -> bool:
    return all(
        near(_or_zero(one[name]), _or_zero(other[name]), 2e-3) or _none(one[name], other[name])
        for name in one
    )


def _or_zero(slope: Tensor | None) -> Tensor:
    return torch.zeros(()) if slope is None else slope


def _none(*slopes: Tensor | None) -> bool:
    return all(slope is None or not slope.any() for slope in slopes)


def edges_are(edges: Callable[[Statement], Edges]) -> Any:
    """Hold that the gradient is the right one whose edges pass what is stated."""

    def holds(method: Method, statement: Statement) -> bool:
        model, x, slopes, noise = _asked(method)
        return _same(slopes, _right(model, x, noise, edges(statement)))

    return holds


def _parts(said: Statement) -> Edges:
    """The edges of '2 through mu in the divergence, 0.5 through log sigma in the draw'."""
    factors = {}
    for part in said.text("factors").split(", "):
        found = re.fullmatch(r"(\S+) through (mu|log sigma) in the (divergence|draw)", part)
        if found is None:
            raise ValueError(f"nothing is known as {part!r}")
        place = "compared" if found[3] == "divergence" else "drawn"
        factors[f"{found[2].replace(' ', '')}_{place}"] = float(found[1])
    return Edges(**factors)


def _of_another(method: Method, _: Statement) -> bool:
    """Whether every layer gets a gradient, and not the right one."""
    model, x, slopes, noise = _asked(method)
    arrived = not any(_none(slope) for slope in slopes.values())
    return arrived and not _same(slopes, _right(model, x, noise, Edges()))


def _zero(method: Method, statement: Statement) -> bool:
    """Whether the gradient in the layers that are named is 0, or no number."""
    _, _, slopes, _ = _asked(method)
    named = statement.text("layers").replace(" and ", ", ").split(", ")
    return all(_none(slopes[n]) or not bool(_or_zero(slopes[n]).isfinite().any()) for n in named)


def _some(method: Method, _: Statement) -> bool:
    """Whether some layers get no gradient, and others one."""
    lacking = [_none(slope) for slope in _asked(method)[2].values()]
    return any(lacking) and not all(lacking)


BOUND_SLOPES: Oracle = {
    "graph_cut": lambda method, _: set(_asked(method)[2].values()) == {None},
    "detached": _some,
    "gradient_zero": _zero,
    "gradient_of_another": _of_another,
    "kl_detached": edges_are(lambda _: Edges(penalty=0.0)),
    "likelihood_detached": edges_are(lambda _: Edges(likelihood=0.0)),
    "sample_detached": edges_are(lambda _: Edges(z=0.0)),
    "encoder_detached": edges_are(lambda _: Edges(encoder=0.0)),
    "decoder_detached": edges_are(lambda _: Edges(decoder=0.0)),
    "mu_detached_in_draw": edges_are(lambda _: Edges(mu_drawn=0.0)),
    "logsigma_detached_in_draw": edges_are(lambda _: Edges(logsigma_drawn=0.0)),
    "mu_detached_in_divergence": edges_are(lambda _: Edges(mu_compared=0.0)),
    "logsigma_detached_in_divergence": edges_are(lambda _: Edges(logsigma_compared=0.0)),
    "gradient_weighted": edges_are(
        lambda said: Edges(likelihood=said.number("weight"), penalty=said.number("weight"))
    ),
    "gradient_parts_weighted": edges_are(_parts),
}
