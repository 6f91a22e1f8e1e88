"""What is wrong with a model, found by a handful of short formulas for each task.

They share nothing with the grader and see less than it does: enough to hold the labels of the bank
of variants to the truth.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F  # noqa: N812 - the name that the notebook gives it
import yaml
from scipy.stats import kstest
from torch import Tensor

from grader.vae.spec import NOTEBOOK_NAMES
from tests.variant_bank import TESTS, Variant, sources_with
from tests.variant_bounds import elbo_failures
from tests.variant_values import TERMS, gradients, kl_failures, network_failures

RUBRIC = TESTS.parent / "rubric.yaml"
CHECKS = {
    task: frozenset(entry["checks"])
    for task, entry in yaml.safe_load(RUBRIC.read_text("utf-8"))["tasks"].items()
}
Sizes = tuple[int, int, int, int]
SMALL: Sizes = (7, 6, 3, 16)
FULL: Sizes = (128, 784, 32, 400)
"""Rows, pixels, latent dimensions, hidden units; the latter are the assignment's own."""
B, D, L, H = SMALL
torch.set_num_threads(1)  # models as small as these are slower with more
ON_CPU = (
    ("torch.cuda.FloatTensor", "torch.FloatTensor"),
    (".cuda()", ".cpu()"),
    ("'cuda:0'", "'cpu'"),
    ("'cuda'", "'cpu'"),
)

Failures = frozenset[str]
OK: Failures = frozenset()


def build(*variants: Variant, sizes: Sizes = SMALL) -> Any:
    """A model with the variants' methods, their CUDA taken out, and the notebook's names bound."""
    names: dict[str, Any] = {"np": np, "torch": torch, "nn": nn, "F": F}
    names |= dict(zip(NOTEBOOK_NAMES, ("cpu", *sizes, None), strict=True))
    for source in sources_with(*variants):
        for cuda, cpu in ON_CPU:
            source = source.replace(cuda, cpu)
        exec(source, names)
    model = names["vae"] = names["VAE"](*sizes[1:])
    for parameter in model.parameters():
        many = parameter.shape[-1] if parameter.ndim == 2 and sizes != SMALL else 1
        nn.init.normal_(parameter, std=min(0.6, 1.5 / many**0.5))
    return model


def correlation(a: Tensor, b: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1])


def moments(noise: Tensor) -> Tensor:
    """Third and fourth moment of noise [calls, rows, dims], free of location and scale."""
    centred = noise - noise.mean(0)
    size = centred.square().sum(0).clamp(min=1e-12).sqrt()
    return torch.stack([((centred / size) ** k).sum(0).mean() for k in (3, 4)])


def drawn(model: Any, mu: Tensor, logsigma: Tensor, calls: int = 1) -> tuple[Tensor, bool]:
    """Draws [calls, rows, dims], and whether they came as asked for, with nothing else changed."""
    found, right = [], True
    for _ in range(calls):
        given = mu.clone(), logsigma.clone()
        z = model.sample_with_reparam(*given)
        right &= isinstance(z, Tensor) and z.shape == mu.shape and z.dtype == mu.dtype
        right &= torch.equal(given[0], mu) and torch.equal(given[1], logsigma)
        z = torch.as_tensor(z[0] if isinstance(z, tuple) else z).float()
        found.append(z.reshape(mu.shape))
    return torch.stack(found), right


def plain(model: Any, rows: int, dims: int, calls: int = 1) -> Tensor:
    """Noise [calls, rows, dims] for one mu and log sigma everywhere, but for its scale."""
    return drawn(model, torch.ones(rows, dims), torch.full((rows, dims), 0.3), calls)[0] - 1


def repeated(lines: Tensor) -> float:
    """The share of lines [n, numbers] that are the same as another one, but for signs."""
    lines = lines.abs()[lines.abs().std(1) > 1e-4].mul(1e4).round()
    if lines.unique().numel() < 20:  # numbers of which there are few meet by chance
        return 0.0
    _, where, counts = lines.unique(dim=0, return_inverse=True, return_counts=True)
    return float((counts[where] > 1).float().mean()) if len(lines) else 0.0


def rows_fail(model: Any, rows: int, dims: int) -> bool:
    """Whether rows of a batch have no noise, or single ones that of another."""
    try:
        noise = plain(model, rows, dims, 4)
    except (RuntimeError, IndexError):
        return True
    blank = (noise.amax((0, 2)) == noise.amin((0, 2))).any()
    return bool(blank) or 0 < repeated(noise[0]) < 0.1


def follows_itself(
    model: Any, mu: Tensor, logsigma: Tensor, name: str, found: Tensor
) -> bool | None:
    """Whether a gradient is the slope of what a model returns; None where that never repeats."""

    def total(step: Tensor | float) -> Tensor:
        torch.manual_seed(3)
        np.random.seed(3)
        moved = (mu + step, logsigma) if name == "mu" else (mu, logsigma + step)
        with torch.no_grad():
            return drawn(model, *moved)[0].double().sum()

    if total(0.0) != total(0.0):
        return None
    for _ in range(4):
        way = torch.randn_like(mu)
        slope = (total(1e-2 * way) - total(-1e-2 * way)) / 2e-2
        if abs(slope - (way * found).sum()) > 0.05 * abs(slope) + 1e-2:
            return False
    return bool(found.any())


def reparam_failures(model: Any) -> Failures:
    try:
        return reparam_failures_at(model, 4)
    except (RuntimeError, AttributeError):  # right at the assignment's own size alone?
        return reparam_failures_at(model, 32)


def reparam_failures_at(model: Any, dims: int) -> Failures:
    calls, rows = 8, 90
    model.latent_dim = dims
    mu, logsigma = 2 * torch.randn(5 * rows, dims), 2 * torch.rand(5 * rows, dims) - 1.4
    mu[rows : 2 * rows].abs_()
    logsigma[rows : 2 * rows].abs_()
    mu[2 * rows : 3 * rows].abs_().neg_()
    logsigma[2 * rows : 3 * rows].abs_().neg_().sub_(2)
    parts = [
        drawn(model, m, s, calls) for m, s in zip(mu.split(rows), logsigma.split(rows), strict=True)
    ]
    draws = torch.cat([z for z, _ in parts], 1)
    noise = (draws - mu) / torch.exp(logsigma)
    lacks = noise.var(0).amax(1) == 0, noise.var(0).amax(0) == 0
    lacks[0][2 * rows : 3 * rows] = False  # so narrow that rounding is no lack of noise
    few = [0 < lack.float().mean() < 0.3 for lack in lacks]
    if any(few):
        noise = noise[:, ~lacks[0]] if few[0] else noise[:, :, ~lacks[1]]
    whole = not any(few) and all(right for _, right in parts)
    several = plain(model, 200, dims, 30)
    scores = (several - several.mean()) / several.std()
    own = several - several.mean((0, 1))
    if not (several.std(2) == 0).all():
        whole = whole and not any(rows_fail(model, n, dims) for n in (1, 2, 1100))
    centred, variance = noise - noise.mean(0), noise.var(0).mean()
    neighbours = ((centred[:, :-1], centred[:, 1:]), (centred[..., :-1], centred[..., 1:]))
    pairs = (*neighbours, (centred[:, :45], centred[:, 45:90]))
    placed = [
        calls * part.mean(0).square().mean(1).sort()[0][:-1].mean()
        < 1.5 * part.var(0).mean() + 1e-9
        for part in noise.split(rows, 1)
    ]
    spread = [abs(part.var(0).mean() - 1) < 0.09 for part in noise.split(rows, 1)]
    moved = (moments(noise) - moments(torch.randn(calls, 20_000, dims))).abs().max()
    right = {
        "shape": whole,
        "location": all(placed),
        "scale": all(spread) and abs(variance - 1) < 0.06,
        "normal": moved < 0.03
        and several.unique().numel() > 50
        and bool(scores.max() > 3.05 and scores.min() < -3.05),
        "independent": variance > 1e-6
        and repeated(several[:3].flatten(0, 1)) < 0.1
        and all(abs(correlation(own.roll(1, axis), own)) < 0.15 for axis in (0, 1))
        and repeated(several[0, :30].T) == 0
        and (not all(placed + spread) or all(abs(correlation(*p)) < 0.15 for p in pairs)),
    }
    m, s = (part[:rows].clone().requires_grad_() for part in (mu, logsigma))
    torch.manual_seed(3)
    np.random.seed(3)
    z = drawn(model, m, s)[0][0]
    for name, leaf, exact in (("mu", m, torch.ones_like(m)), ("logsigma", s, z - m)):
        (found,) = gradients(z.sum(), [leaf])
        follows = follows_itself(model, m.detach(), s.detach(), name, found)
        if follows is None:  # then something like the right one must do
            along = abs(correlation(found, z.detach() - draws[:, :rows].detach().mean(0))) > 0.9
            follows = not (right["location"] and right["scale"]) and bool(found.any())
            follows = follows and (name == "mu" or along)
        right[f"gradient_{name}"] = bool(exact.any()) and (
            torch.allclose(found, exact.detach(), rtol=0.02, atol=0.03) or follows
        )
    return frozenset(f"reparam.{name}" for name, holds in right.items() if not holds)


def rows_of(value: Any) -> Tensor:
    """Images ``[rows, D]`` in whatever a method returned for them."""
    if isinstance(value, tuple):
        value = value[0]
    if isinstance(value, list) and isinstance(value[0], Tensor):
        value = torch.stack(value)
    found = torch.as_tensor(value).detach()
    if found.ndim == 2 and len(found) == D:
        found = found.T
    return found.reshape(-1, D)


def draw_images(model: Any, n: int) -> tuple[Tensor, Tensor, bool]:
    """Images ``[rows, D]`` of about n samples, the z behind them, and whether the shape is right.

    What goes into the decoder's first layer is z, in as many rows as go in.
    """
    seen: list[Tensor] = []
    hook = model.linear3.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
    first = model.sample(n)
    images = [rows_of(first)]
    while sum(map(len, images)) < n - 60:
        images.append(rows_of(model.sample(n)))
    hook.remove()
    latents = torch.cat([z.reshape(-1, L) for z in seen]) if seen else torch.zeros(0, L)
    return torch.cat(images), latents, isinstance(first, Tensor) and first.shape == (n, D)


def repeats(latents: Tensor) -> bool:
    """Whether a z or its negative comes more than once, or depends on the one before."""
    signed = latents * latents[:, :1].sign()
    return (
        len(signed.unique(dim=0)) < len(signed) or abs(correlation(latents[:-1], latents[1:])) > 0.2
    )


def is_standard(latents: Tensor) -> bool:
    """Whether z is normal, and has the tails of a normal distribution."""
    p_value = kstest(latents.flatten().double().numpy(), "norm").pvalue
    ends = latents[0], latents[-1]
    return bool(p_value > 1e-5 and latents.abs().max() > 3.3 and all(map(torch.any, ends)))


def noise_is_shared(first: Tensor, second: Tensor) -> bool:
    """Whether what makes pixels differ from theta is the same in two sets of images."""
    parts = (part - part.mean(0) for part in (first, second))
    return abs(correlation(*parts)) > 0.2


def sample_failures(model: Any) -> Failures:
    calls, n = 4, 1050
    nn.init.normal_(model.linear3.weight, std=1.2)
    nn.init.normal_(model.linear4.weight, std=0.4)  # keeps theta away from zero and one
    single = model.sample(1)
    if isinstance(single, Tensor) and single.numel() == L:
        return CHECKS["sample"]
    drawn = [draw_images(model, n) for _ in range(calls)]
    failed = OK if all(right for *_, right in drawn) else frozenset({"sample.shape"})
    least = min(len(x) for x, *_ in drawn)
    images = [x[:least].double() for x, *_ in drawn]
    latents = [z for _, z, _ in drawn if len(z)]
    aligned = all(len(z) == len(x) for x, z, _ in drawn)  # the z of each image is known
    several = bool(latents) and min(len(z.unique(dim=0)) for z in latents) > 100
    own = [(z * z[:, :1].sign()).unique(dim=0) for z in (z[z.any(1)] for z in latents[:2])]
    kept = several and len(torch.cat(own).unique(dim=0)) < sum(map(len, own))
    same = all(torch.equal(images[0], x) for x in images[1:])
    if several and len(latents) > 1 and len(latents[0]) == len(latents[1]):
        first, second = latents[:2]
        drawn_rows = first.any(1) & second.any(1)
        columns = zip(first[drawn_rows].T, second[drawn_rows].T, strict=True)
        if not repeats(first) and max(abs(correlation(*pair)) for pair in columns) > 0.3:
            failed |= {"sample.fresh"}
    if same or (kept and not repeats(latents[0])):
        failed |= {"sample.fresh"}
        images, latents = images[:1], latents[:1]
    x = torch.stack(images)
    x = torch.where((x - x.round()).abs() < 1e-6, x.round(), x)  # in single precision
    if not torch.isin(x, torch.tensor([0.0, 1.0]).double()).all():
        return failed | {"sample.binary"}
    standard = is_standard(torch.cat(latents)) if several else not latents
    wrong = not standard or any(map(repeats, latents))
    with torch.no_grad():
        decoded = [model.linear4(model.linear3(z).clamp(min=0)).sigmoid() for z in latents]
        many = torch.randn(200_000, L)
        theta = model.linear4(model.linear3(many).clamp(min=0)).sigmoid().double()
    if aligned:
        noise = [im - th[:least].double() for im, th in zip(images, decoded, strict=True)]
        half = least // 2
        wrong |= noise_is_shared(noise[0][:half], noise[0][half : 2 * half])
        drawn_rows = x.any(2).all(0)
        if len(images) > 1 and noise_is_shared(*(part[drawn_rows] for part in noise[:2])):
            failed |= {"sample.fresh"}
    if len(images) > 1:
        for row in (0, -1):
            at = x[:, row] > 0.5
            wrong |= not at.any() or bool(at.all())
            if aligned:
                wrong |= torch.equal(at, torch.stack([th[row] > 0.5 for th in decoded]))
        wrong |= all(len(im) > 1 and torch.equal(im[-1], im[1]) for im in images)
    off_diagonal = 1 - torch.eye(D, dtype=torch.float64)
    want = torch.cat([theta.mean(0, keepdim=True), theta.T @ theta / len(theta) * off_diagonal])
    rows = x.flatten(0, 1)
    got = torch.cat([rows.mean(0, keepdim=True), rows.T @ rows / len(rows) * off_diagonal])
    across = (x[:, 1:] * x[:, :-1]).mean((0, 1)) - want[0] ** 2
    bound = 3.2 / len(rows) ** 0.5  # 6.4 times the largest standard error of a 0/1 average
    wrong |= bool((got - want).abs().max() > bound or across.abs().max() > bound)
    return failed | {"distribution"} if wrong else failed


MEASURES: Mapping[str, Callable[[Any], Failures]] = {
    "encoder": partial(network_failures, "encoder"),
    "reparam": reparam_failures,
    "decoder": partial(network_failures, "decoder"),
    "kl": kl_failures,
    "elbo": elbo_failures,
    "sample": sample_failures,
}


_ERRORS = (
    AssertionError,
    AttributeError,
    IndexError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)


def failures(variant: Variant, seed: int = 0) -> Failures:
    """What is measured to be wrong with a variant; all of its task where it raises.

    As in the grader, what is right at the assignment's own sizes is right.
    """
    found = _failures(variant, SMALL, seed)
    if found and variant.task in TERMS:
        return found & _failures(variant, FULL, seed)
    return found


def _failures(variant: Variant, sizes: Sizes, seed: int) -> Failures:
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    with contextlib.redirect_stdout(None), _seeded_generators(seed):
        try:
            return MEASURES[variant.task](build(variant, sizes=sizes))
        except _ERRORS:
            return TERMS.get(variant.task, CHECKS[variant.task])


@contextlib.contextmanager
def _seeded_generators(seed: int) -> Iterator[None]:
    """Give NumPy's own generators a seed where they have none, each another one."""
    seeds = count(seed)

    def seeded(given: Any = None) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(next(seeds) if given is None else given))

    with patch.object(np.random, "default_rng", seeded):
        yield


def as_measured(variant: Variant) -> Failures:
    """The label of a variant in the terms of the measures above."""
    task, lost = variant.task, variant.lost
    if task == "sample" and lost != CHECKS[task]:
        law = lost & {"sample.prior", "sample.bernoulli"}
        return lost - law | ({"distribution"} if law and "sample.binary" not in lost else OK)
    if task not in TERMS:
        return lost
    if lost == CHECKS[task]:
        return TERMS[task]
    names = frozenset(check.split(".")[1] for check in lost)
    if task in ("kl", "elbo"):
        return names
    values = names & {"hidden", "mu", "logsigma", "output"}
    found = names - values | ({"values"} if values and "rows" not in names else OK)
    return found - {"sure_pixels"} | ({"sure"} if "sure_pixels" in names else OK)
