"""Whether what is stated of generated images is true: the law of pixels, given theta.

What goes into the decoder's first layer is z; theta is worked out from it by a right decoder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn as nn
from torch import Tensor

from tests.oracle.network import near
from tests.oracle.network_rows import place_of
from tests.oracle.statements import Method, Oracle, Statement

MANY = 1500


@dataclass(frozen=True)
class Images:
    """What one call gave.

    Attributes:
        raw: what was returned.
        x: images ``[rows, pixels]``.
        z: what went into the decoder, ``[rows, dims]``, of each of its calls.
        called: names of the methods that were called.
    """

    raw: Any
    x: Tensor
    z: tuple[Tensor, ...]
    theta: tuple[Tensor, ...]
    called: frozenset[str]


def sampler(method: Method) -> Any:
    """A model whose theta lies neither near 0 nor near 1."""
    model = method.model()
    wide, hidden = model.linear3.in_features, model.linear4.in_features
    nn.init.normal_(model.linear3.weight, std=1.2 * (3 / wide) ** 0.5)
    nn.init.normal_(model.linear4.weight, std=0.5 * (16 / hidden) ** 0.5)
    return model


def sample(model: Any, count: int = MANY) -> Images:
    """What a call gives, and what went into the decoder meanwhile."""
    seen: list[Tensor] = []
    called: set[str] = set()
    hook = model.linear3.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
    for name in ("decoder", "encoder"):
        setattr(model, name, _watched(getattr(type(model), name).__get__(model), name, called))
    with torch.no_grad():
        raw = model.sample(count)
    hook.remove()
    value = raw[0] if isinstance(raw, tuple) else raw
    value = torch.stack(value) if isinstance(value, list) and len(value) else torch.as_tensor(value)
    wide, pixels = model.linear3.in_features, model.linear4.out_features
    if value.ndim == 2 and value.shape[1] != pixels and value.shape[0] == pixels:
        value = value.T
    x = value.reshape(-1, pixels) if value.numel() % pixels == 0 else value
    z = [part.reshape(-1, wide) for part in seen]
    z = z if len(z) < 3 else [torch.cat(z)]  # sample by sample
    with torch.no_grad():
        theta = tuple(model.linear4(model.linear3(part).relu()).sigmoid() for part in z)
    return Images(raw, x.float(), tuple(z), theta, frozenset(called))


def _watched(call: Callable[..., Any], name: str, called: set[str]) -> Callable[..., Any]:
    def watched(*args: Any) -> Any:
        called.add(name)
        return call(*args)

    return watched


def pixels(test: Callable[[Images, Statement], bool]) -> Any:
    """Hold what a test says of one call's images."""

    def holds(method: Method, statement: Statement) -> bool:
        return test(sample(sampler(method)), statement)

    return holds


def follows(x: Tensor, rate: Tensor) -> bool:
    """Whether pixels are 1 as often as stated, for any theta: in ten groups of like rates."""
    order = rate.flatten().argsort()
    groups = zip(x.flatten()[order].chunk(10), rate.flatten()[order].chunk(10), strict=True)
    for found, due in groups:
        error = (found - due).sum().abs() / len(due)
        if error > 5 * (float((due * (1 - due)).mean()) / len(due)) ** 0.5 + 0.01:
            return False
    return bool(((x == 0) | (x == 1)).all())


def rate(function: Callable[[Statement, Tensor], Tensor]) -> Any:
    """Hold that a pixel is 1 with a function of theta as its probability."""

    def test(images: Images, statement: Statement) -> bool:
        theta = images.theta[0]
        due = function(statement, theta).expand(images.x.shape)
        groups = [follows(images.x, due)]
        groups += [follows(images.x, theta.expand(images.x.shape))]
        return groups == [True, False]

    return pixels(test)


def _normal(value: Tensor) -> Tensor:
    return 0.5 * (1 + torch.erf(value / 2**0.5))


def _rate_is(said: Statement, theta: Tensor) -> Tensor:
    known = {"a half where theta is above a half, else 0": 0.5 * (theta > 0.5)}
    return known[said.text("rate")]


def _two(images: Images, said: Statement) -> bool:
    one, other = images.theta
    either = "one or both" in said.text("how")
    due = 1 - (1 - one) * (1 - other) if either else one * other
    return follows(images.x, due)


def _averaged(images: Images, _: Statement) -> bool:
    """Whether pixels are as likely as theta's average over samples, whatever their own."""
    theta = images.theta[0]
    return follows(images.x, theta.mean(0).expand(images.x.shape)) and not follows(images.x, theta)


def _ordered(axis: int) -> Callable[[Images, Statement], bool]:
    """Hold that along an axis all pixels with larger theta are 1 and all others 0."""

    def test(images: Images, _: Statement) -> bool:
        theta, x = images.theta[0], images.x
        dark = torch.where(x == 0, theta, -torch.inf).amax(axis)
        lit = torch.where(x == 1, theta, torch.inf).amin(axis)
        return bool((dark <= lit + 1e-6).all())

    return test


def _not_random(method: Method, _: Statement) -> bool:
    model = sampler(method)
    nn.init.zeros_(model.linear3.weight)  # then theta is the same in all samples
    found = sample(model).x
    return torch.equal(found, found[:1].expand(found.shape))


def _threshold(images: Images, said: Statement) -> bool:
    edge = said.number("edge") if said.text("edge") else 0.5
    theta = images.theta[0].expand(images.x.shape)
    off = images.x != (theta > edge).float()
    return bool(((theta[off] - edge).abs() < 0.05).all())


def _unique(x: Tensor) -> list[float]:
    return [round(float(value), 2) for value in x.unique()]


def _values(images: Images, said: Statement) -> bool:
    return _unique(images.x) == [said.number("low"), said.number("high")]


def _numbers(images: Images, said: Statement) -> bool:
    return _unique(images.x) == [float(word) for word in said.text("numbers").split(", ")]


def _dropped(images: Images, said: Statement) -> bool:
    high, share = said.number("high"), said.number("share")
    binary = [0.0, round(high, 2)] == _unique(images.x)
    return binary and follows((images.x > 0).float(), (1 - share) * images.theta[0])


def _masked(images: Images, _: Statement) -> bool:
    own = (images.x - images.theta[0]).abs() < 1e-5
    blank = images.x == 0
    return bool((own | blank).all() and own.any() and blank.any())


def _noisy(images: Images, _: Statement) -> bool:
    off = images.x - images.theta[0]
    score = off.mean() / off.std() * off.numel() ** 0.5
    return len(images.x.unique()) > 100 and abs(float(score)) < 5 and float(off.std()) > 1e-3


def _average_of(images: Images, said: Statement) -> bool:
    draws = said.number("draws")
    whole = near(images.x * draws, (images.x * draws).round(), 1e-4)
    noise = (images.x - images.theta[0]).square().mean()
    due = (images.theta[0] * (1 - images.theta[0])).mean() / draws
    return whole and abs(float(noise / due) - 1) < 0.1


def _relaxed(images: Images, _: Statement) -> bool:
    inside = bool(((images.x >= 0) & (images.x <= 1)).all()) and len(images.x.unique()) > 100
    return inside and follows((images.x > 0.5).float(), images.theta[0])


def _blank(images: Images, said: Statement) -> bool:
    value = {"zeros": 0.0, "ones": 1.0}[said.text("value")]
    blank = (images.x == value).all(1)
    words = said.text("which")
    if "from number" in words:
        first = int(words.split("number ")[1].split()[0])
        return bool(blank[first - 1 :].all()) and not bool(blank[: first - 1].all())
    return bool(blank[place_of(words)]) and not bool(blank[1:-1].all())


def _row(change: Callable[[Tensor], Tensor]) -> Any:
    """Hold that a row of each of several calls is a function of its theta."""

    def holds(method: Method, said: Statement) -> bool:
        model, at = sampler(method), place_of(said.text("which"))
        calls = [sample(model, 30) for _ in range(20)]
        return all(near(call.x[at], change(call.theta[0][at]), 1e-4) for call in calls)

    return holds


def _copied(method: Method, said: Statement) -> bool:
    model, second = sampler(method), int(said.number("second"))
    calls = [sample(model, second).x for _ in range(20)]
    return all(torch.equal(x[second - 1], x[int(said.number("first")) - 1]) for x in calls)


def _later_pixels(images: Images, said: Statement) -> bool:
    first = int(said.number("first")) - 1
    if first >= images.x.shape[1]:
        raise ValueError("there are too few pixels")
    rounded = images.theta[0].round()
    same = torch.equal(images.x[:, first:], rounded[:, first:])
    return same and not torch.equal(images.x[:, :first], rounded[:, :first])


def _dead(method: Method, said: Statement) -> bool:
    model = sampler(method)
    dead = [(sample(model).x == 0).all(0).float().mean() for _ in range(40)]
    return abs(float(torch.stack(dead).mean()) - said.number("share")) < 0.12


def _uniforms(method: Method, said: Statement) -> bool:
    """Whether what makes pixels differ from theta is alike in places that are so far apart."""
    gap = int(said.number("gap"))
    rows = said.text("what") == "samples"
    images = sample(sampler(method), 2 * gap if rows else 300)
    noise = images.x - images.theta[0]
    axis = 0 if rows else 1
    one, other = noise.narrow(axis, 0, gap), noise.narrow(axis, gap, noise.shape[axis] - gap)
    both = torch.stack([one.narrow(axis, 0, other.shape[axis]).flatten(), other.flatten()])
    alike = float(torch.corrcoef(both)[0, 1])
    return (-alike if said.text("minus") else alike) > 0.15


PIXELS: Oracle = {
    "probabilities_returned": pixels(lambda got, _: near(got.x, got.theta[0], 1e-4)),
    "thresholded": pixels(_threshold),
    "threshold": pixels(_threshold),
    "not_random": _not_random,
    "inverted": rate(lambda _, theta: 1 - theta),
    "sigmoid_twice": rate(lambda _, theta: theta.sigmoid()),
    "fair_coins": rate(lambda _, theta: torch.full_like(theta, 0.5)),
    "compared_with_normal": rate(lambda _, theta: _normal(theta)),
    "compared_with_normal_reversed": rate(lambda _, theta: 1 - _normal(theta)),
    "rate_power": rate(lambda said, theta: theta ** said.number("power")),
    "rate_temperature": rate(
        lambda said, theta: torch.sigmoid(said.number("factor") * torch.logit(theta))
    ),
    "rates_between": rate(
        lambda said, theta: said.number("low") + (said.number("high") - said.number("low")) * theta
    ),
    "rates_held": rate(lambda said, theta: theta.clamp(said.number("low"), said.number("high"))),
    "rate_unmoved": rate(lambda said, theta: torch.full_like(theta, said.number("rate"))),
    "rate_is": rate(_rate_is),
    "theta_divided": rate(lambda said, theta: theta / said.number("divisor")),
    "thinned": rate(lambda said, theta: (1 - said.number("share")) * theta),
    "theta_averaged": pixels(_averaged),
    "both_of_two": pixels(_two),
    "one_uniform_for_all_pixels": pixels(_ordered(1)),
    "one_uniform_image_for_all": pixels(_ordered(0)),
    "uniforms_shared": _uniforms,
    "pixel_values": pixels(_values),
    "other_numbers": pixels(_numbers),
    "dropped": pixels(_dropped),
    "theta_masked": pixels(_masked),
    "noise_around_theta": pixels(_noisy),
    "draws_averaged": pixels(_average_of),
    "relaxed": pixels(_relaxed),
    "blank_rows": pixels(_blank),
    "one_row_not_drawn": _row(lambda theta: theta),
    "row_rounded": _row(torch.round),
    "image_copied": _copied,
    "pixels_not_drawn": pixels(_later_pixels),
    "pixels_dead": _dead,
}
