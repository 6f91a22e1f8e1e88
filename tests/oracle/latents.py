"""Whether what is stated of a generated sample's z, and of how many come, is true."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn as nn
from torch import Tensor

from tests.oracle.draw_facts import copied_line, named_lines
from tests.oracle.draws import LAWS_OF_NOISE
from tests.oracle.images import Images, pixels, sample, sampler
from tests.oracle.network import near
from tests.oracle.statements import Method, Oracle, Statement


def latents(test: Callable[[Tensor, Statement], bool]) -> Any:
    """Hold what a test says of one call's z ``[rows, dims]``."""
    return pixels(lambda images, said: bool(images.z) and test(images.z[0], said))


def _law(name: str) -> Any:
    test = LAWS_OF_NOISE[name]
    return latents(lambda z, said: test(z.flatten(), said))


def _normal(mean: float, spread: float) -> Callable[[Tensor, Statement], bool]:
    return lambda z, _: abs(float(z.mean()) - mean) < 0.1 and abs(float(z.std()) / spread - 1) < 0.1


def _about(z: Tensor, said: Statement) -> bool:
    return _normal(said.number("mean"), said.number("spread"))(z, said)


def _normal_as_said(method: Method, said: Statement) -> bool:
    """Whether z has the stated mean and spread; those of an encoder depend on its weights."""
    if "encoder_called" in method.names():
        return latents(lambda z, _: not _normal(0.0, 1.0)(z, said))(method, said)
    return latents(_about)(method, said)


def _repeated(z: Tensor, _: Statement) -> bool:
    signed = (z * z[:, :1].sign()).mul(1e4).round()
    return len(signed.unique(dim=0)) < len(signed)


def _numbers_again(z: Tensor, said: Statement) -> bool:
    share = 1 - len(z.unique()) / z.numel()
    return abs(share - said.number("share")) < 0.1


def _lean(z: Tensor, said: Statement) -> bool:
    both = torch.stack([z[:-1].flatten(), z[1:].flatten()])
    return abs(float(torch.corrcoef(both)[0, 1]) - said.number("correlation")) < 0.06


def _in_part(method: Method, said: Statement) -> bool:
    """Whether samples, or dimensions, have a part of their variance in common."""
    model = sampler(method)
    axis = 1 if said.text("what") == "rows" else 2
    z = torch.stack([sample(model, 40).z[0] for _ in range(200)])
    common = (z * z.roll(1, axis)).mean() / z.square().mean()
    return float(common) > 0.1


def _still(method: Method, said: Statement) -> bool:
    model = sampler(method)
    z = torch.stack([sample(model, 50).z[0] for _ in range(12)])
    return named_lines(z, said)


def _copied(method: Method, said: Statement) -> bool:
    words = said.text("whose")
    count = int(words.split("batch of ")[1].split(",")[0]) if "batch of" in words else 100
    return copied_line(sample(sampler(method), count).z[0], said)


def _again(method: Method, _: Statement) -> bool:
    """Whether random numbers of one call come again in the next: in z, or in what draws pixels."""
    model = sampler(method)
    calls = [sample(model, 400) for _ in range(3)]
    if all(torch.equal(calls[0].x, call.x) for call in calls):
        return True
    one, two = calls[1:]
    if one.z and one.z[0].shape == two.z[0].shape:
        columns = [one.z[0][:, d] for d in range(one.z[0].shape[1])]
        again = any(
            near(a.abs().sort()[0], b.abs().sort()[0], 1e-4)
            for a, b in zip(columns, two.z[0].T, strict=True)
        )
        alike = torch.corrcoef(torch.stack([one.z[0].flatten(), two.z[0].flatten()]))[0, 1]
        if again or abs(float(alike)) > 0.3:
            return True
    noise = [(call.x - call.theta[0]).flatten() for call in (one, two)]
    return abs(float(torch.corrcoef(torch.stack(noise))[0, 1])) > 0.2


def _of_encoder(method: Method, _: Statement) -> bool:
    """Whether z lies where an encoder says that ignores x."""
    model = sampler(method)
    for head, level in ((model.linear21, 3.0), (model.linear22, math.log(0.5))):
        nn.init.zeros_(head.weight)
        nn.init.constant_(head.bias, level)
    return _normal(3.0, 0.5)(sample(model).z[0], _)


def counts(test: Callable[[list[int], Statement], bool]) -> Any:
    """Hold what a test says of how many samples come for 2, 5, 11 and 2,500."""

    def holds(method: Method, statement: Statement) -> bool:
        model = sampler(method)
        return test([len(sample(model, n).x) for n in _ASKED], statement)

    return holds


_ASKED = (2, 5, 11, 2500)


def _off(found: list[int], said: Statement) -> bool:
    step = 1 if "more" in said.text("are") else -1
    return found == [n + step for n in _ASKED]


def _capped(found: list[int], said: Statement) -> bool:
    return found == [min(n, int(said.number("most"))) for n in _ASKED]


def _shape(due: Callable[[int, int], tuple[tuple[int, ...], ...]]) -> Any:
    def holds(method: Method, _: Statement) -> bool:
        model = sampler(method)
        return tuple(sample(model, 9).raw.shape) in due(9, model.linear4.out_features)

    return holds


def _z_returned(method: Method, _: Statement) -> bool:
    model = sampler(method)
    images: Images = sample(model, 900)
    same = bool(images.z) and torch.equal(images.raw, images.z[0])
    return same or (
        tuple(images.raw.shape) == (900, model.linear3.in_features)
        and not images.z
        and _normal(0.0, 1.0)(images.raw, _)
    )


LATENTS: Oracle = {
    "uniform_latents": _law("uniform_noise"),
    "uniform_between": _law("uniform_between"),
    "other_noise": _law("other_noise"),
    "one_sided_noise": _law("one_sided_noise"),
    "two_point_noise": _law("two_point_noise"),
    "few_values": _law("few_values"),
    "noise_held": _law("noise_held"),
    "noise_held_on_one_side": _law("noise_held_on_one_side"),
    "noise_cut_off": _law("noise_cut_off"),
    "bernoulli_latents": latents(lambda z, _: z.unique().tolist() == [0.0, 1.0]),
    "latents_of_zero": latents(lambda z, _: not z.any()),
    "latents_constant": latents(lambda z, said: near(z, torch.full_like(z, said.number("value")))),
    "latents_shifted": latents(_normal(1.0, 1.0)),
    "latents_too_wide": latents(_normal(0.0, math.e)),
    "latents_normal": _normal_as_said,
    "latents_lean": latents(_lean),
    "one_latent_for_all": latents(lambda z, _: torch.equal(z, z[:1].expand(z.shape))),
    "one_number_for_all_dimensions": latents(lambda z, _: torch.equal(z, z[:, :1].expand(z.shape))),
    "repeated_latents": latents(_repeated),
    "noise_repeated": latents(_numbers_again),
    "noise_copied": _copied,
    "noise_adds_up_to_zero": latents(lambda z, _: bool(z.sum(1).abs().max() < 1e-3)),
    "noise_of_one_length": latents(
        lambda z, _: bool((z.norm(dim=1) / z[0].norm() - 1).abs().max() < 1e-3)
    ),
    "noise_shared_in_part": _in_part,
    "never_varies": _still,
    "fixed_seed": _again,
    "latents_of_encoder": _of_encoder,
    "latents_returned": _z_returned,
    "encoder_called": pixels(lambda got, _: "encoder" in got.called),
    "decoder_not_called": pixels(lambda got, _: "decoder" not in got.called),
    "transposed": _shape(lambda rows, wide: ((wide, rows),)),
    "extra_axis": _shape(lambda rows, wide: ((rows, 1, wide), (1, rows, wide), (rows, wide, 1))),
    "number_ignored": counts(lambda found, _: len(set(found)) == 1),
    "count_off": counts(_off),
    "count_times": counts(
        lambda found, said: found == [int(said.number("factor")) * n for n in _ASKED]
    ),
    "count_capped": counts(_capped),
}
