"""What is wrong with encoder, decoder and divergence, by their values and slopes.

They are held to short formulas of torch's own, and to what they give for single
rows; nothing here comes from the grader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

Failures = frozenset[str]
Rows = Callable[[Tensor], Tensor]
MANY = 1100

NETWORK = frozenset({"shape", "rows", "values", "gradient"})
TERMS = {
    "encoder": NETWORK,
    "decoder": NETWORK | {"sure"},
    "kl": frozenset({"total", "per_sample", "gradient"}),
    "elbo": frozenset({"likelihood", "divergence", "exact", "per_sample", "sampled", "gradient"}),
}


def close(got: Tensor, want: Tensor, relative: float = 1e-3) -> bool:
    return got.shape == want.shape and torch.allclose(got, want, rtol=relative, atol=1e-4)


def gradients(output: Tensor, wanted: list[Tensor]) -> list[Tensor]:
    """Gradients of a scalar, zero where no path leads."""
    if not output.requires_grad:
        return [torch.zeros_like(w) for w in wanted]
    found = torch.autograd.grad(output, wanted, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(w) if g is None else g for g, w in zip(found, wanted, strict=True)]


def seeded(call: Callable[[], Any]) -> Any:
    """What a call gives from generators that start anew."""
    torch.manual_seed(3)
    np.random.seed(3)
    return call()


def follows(call: Callable[[], Tensor], leaves: Sequence[Tensor]) -> bool:
    """Whether gradients are the slopes of what comes, leaf by leaf, and not zero everywhere."""
    step = 1e-3
    first = seeded(call)
    if first.numel() == 0 or not first.isfinite().all():
        return False
    weights = torch.linspace(0.5, 1.5, first.numel()).reshape(first.shape)
    try:
        found = gradients((weights * first).sum(), list(leaves))
    except RuntimeError:  # what it needs was changed in place
        return False
    for leaf, slope in zip(leaves, found, strict=True):
        if not slope.isfinite().all():
            return False
        for _ in range(3):
            way = torch.randn_like(leaf)
            ends = []
            for sign in (step, -step):
                with torch.no_grad():
                    leaf += sign * way
                    ends.append((weights * seeded(call)).double().sum())
                    leaf -= sign * way
            actual, predicted = (ends[0] - ends[1]) / (2 * step), (way * slope).sum()
            # Units at a kink, and rounding.
            room = 0.1 * max(abs(actual), slope.norm()) + 2e-3 * float(first.norm()) + 1e-3
            if abs(actual - predicted) > room:
                return False
    return any(bool(slope.any()) for slope in found)


def single_rows_differ(rows: Rows, x: Tensor) -> bool:
    """Whether a row alone gives something else than in a batch, where no noise explains it."""
    with torch.no_grad():
        try:
            batch, again = rows(x), rows(x)
        except ValueError:
            return True
        if batch.shape[:1] != x.shape[:1]:
            return True
        kept = torch.arange(len(x)) % 2 == 0
        same = seeded(lambda: rows(x))
        mixed = seeded(lambda: rows(torch.where(kept[:, None], x, 0.9 * x.flip(0))))
        if not close(same[kept], mixed[kept], 1e-4):
            return True
        if not close(batch, again):
            return False
        places = sorted({0, 1 % len(x), len(x) // 2, len(x) - 1})
        return not all(close(rows(x[i : i + 1])[0], batch[i], 1e-4) for i in places)


def one_step_from(value: Any, shape: tuple[int, ...]) -> Tensor:
    """Numbers that stand in a shape after one more step.

    Raises:
        ValueError: they don't.
    """
    if isinstance(value, (tuple, list)):
        value = value[0]
    found = torch.as_tensor(value).float()
    plain = tuple(n for n in found.shape if n != 1) == tuple(n for n in shape if n != 1)
    if plain and found.numel() == int(np.prod(shape)):
        return found.reshape(shape)
    if found.T.shape == shape:
        return found.T
    raise ValueError(f"{tuple(found.shape)} came, {shape} is due")


def in_one_tensor(value: Any) -> Tensor:
    """A number for each row, which may be the first of several things, or a list of rows."""
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, list) and all(torch.as_tensor(v).numel() == 1 for v in value):
        value = torch.stack([torch.as_tensor(v) for v in value])
    if isinstance(value, (tuple, list)):
        value = value[0]
    return torch.as_tensor(value).float()


def parts_of(task: str, value: Any, rows: int, width: int) -> list[Tensor]:
    """What an encoder or a decoder returned, ``[rows, width]`` each."""
    if task == "decoder":
        return [one_step_from(value, (rows, width))]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, Tensor) and value.shape == (rows, 2 * width):
        value = value.chunk(2, 1)
    if isinstance(value, Tensor) and value.shape in ((2, rows, width), (2 * rows, width)):
        value = value.reshape(2, rows, width).unbind()
    if isinstance(value, Tensor) or len(value) < 2:
        raise ValueError("a pair is due")
    return [one_step_from(part, (rows, width)) for part in value[:2]]


def is_as_asked(task: str, model: Any, call: Callable[[Tensor], Any], given: Tensor) -> bool:
    """Whether shape and dtype are right, and what was given stays as it was."""
    width = model.linear21.out_features if task == "encoder" else model.linear4.out_features
    kept = given.clone()
    with torch.no_grad():
        value = call(kept)
    parts = (value,) if task == "decoder" else value
    if task == "encoder" and isinstance(value, Tensor) and value.ndim == 3:
        parts = value.unbind()  # as an assignment to two names does
    return (
        torch.equal(kept, given)
        and isinstance(parts, (tuple, list))
        and len(parts) == (1 if task == "decoder" else 2)
        and all(isinstance(p, Tensor) for p in parts)
        and all(p.shape == (len(given), width) and p.dtype == given.dtype for p in parts)
    )


def network_failures(task: str, model: Any) -> Failures:
    """For encoder and decoder."""
    encoder = task == "encoder"
    first, last = (
        (model.linear1, (model.linear21, model.linear22))
        if encoder
        else (model.linear3, (model.linear4,))
    )
    call, width = getattr(model, task), last[0].out_features

    def inputs(rows: int) -> Tensor:
        x = torch.randn(rows, first.in_features)
        return x.sigmoid() if encoder else x

    def right(x: Tensor) -> list[Tensor]:
        hidden = first(x).clamp(min=0)
        return [head(hidden) if encoder else head(hidden).sigmoid() for head in last]

    def together(x: Tensor) -> Tensor:
        return torch.cat(parts_of(task, call(x.clone()), len(x), width), 1)

    def in_sevens(x: Tensor) -> Tensor:
        return torch.cat([together(part) for part in x.split(7)])

    failed: set[str] = set()
    if not all(is_as_asked(task, model, call, inputs(n)) for n in (1, 7)):
        failed.add("shape")
    x = inputs(7)
    leaves = list(model.parameters()) + ([] if encoder else [x.requires_grad_()])
    try:
        rows_fail = any(single_rows_differ(together, inputs(n)) for n in (7, MANY))
        wrong = not close(together(x), torch.cat(right(x), 1))
        many = inputs(300)
        with torch.no_grad():
            off = differs(in_sevens(many), torch.cat(right(many), 1), encoder)
    except ValueError:
        # Nobody can read it; but its slopes may be those of whatever it is.
        own = follows(lambda: as_numbers(call(x.clone())), leaves)
        lost = {"shape", "rows"} | (set() if encoder else {"sure"})
        return frozenset(lost if own else lost | {"gradient"})
    if rows_fail:
        failed.add("rows")
    exact = [gradients(part.cos().sum(), leaves) for part in (together(x), torch.cat(right(x), 1))]
    if (wrong or not all(map(close, *exact))) and not (
        wrong and follows(lambda: together(x), leaves)
    ):
        failed.add("gradient")
    if not encoder and not is_sure(model, together):
        failed.add("sure")
    # Where units are large, an activation with an upper bound shows itself.
    with torch.no_grad():
        first.weight *= 30
        first.bias *= 30
        if not encoder:
            model.linear4.weight /= 30
        off |= differs(in_sevens(many), torch.cat(right(many), 1), encoder)
    return frozenset(failed | ({"values"} if off and not rows_fail else set()))


def differs(got: Tensor, want: Tensor, everywhere: bool) -> bool:
    """Whether values are wrong, or those of pixels that are neither nearly 0 nor nearly 1."""
    chosen = torch.full_like(want, everywhere, dtype=torch.bool) | ((want > 0.01) & (want < 0.99))
    return not close(got[chosen], want[chosen])


def as_numbers(value: Any) -> Tensor:
    parts = value if isinstance(value, (tuple, list)) else [value]
    return torch.cat([torch.as_tensor(part).flatten() for part in parts])


def is_sure(model: Any, theta: Rows) -> bool:
    """Whether theta comes close to 0 and 1 where weights or biases of the last layer say so."""
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    logits = torch.full((model.linear4.out_features,), 9.0)
    logits[::2] = -9.0
    latent, hidden = model.linear3.in_features, model.linear4.in_features
    found = []
    with torch.no_grad():
        for by_bias in (True, False):
            model.linear3.weight.fill_(0.0 if by_bias else 1 / latent)
            model.linear3.bias.fill_(0.0)
            model.linear4.weight.zero_().add_(0.0 if by_bias else logits[:, None] / hidden)
            model.linear4.bias.copy_(logits * by_bias)
            off = [theta(torch.ones(rows, latent))[0] - logits.sigmoid() for rows in (1, 3)]
            found += [bool(part.abs().max() < 2e-3) for part in off]
    model.load_state_dict(kept)
    return any(found)


def nearly(got: Tensor, want: Tensor) -> bool:
    """Whether most of several rows are right, as where a loop ends too early."""
    if got.shape != want.shape or len(want) <= 2:
        return False
    return sum(map(close, got, want)) >= 0.75 * len(want)


def kl_failures(model: Any) -> Failures:
    dims = model.linear21.out_features
    failed = set()

    def right(mu: Tensor, logsigma: Tensor) -> Tensor:
        return ((mu**2 + torch.exp(2 * logsigma) - 1) / 2 - logsigma).sum(1)

    def posterior(rows: int, sign: int) -> tuple[Tensor, Tensor]:
        drawn = torch.randn(rows, dims), torch.randn(rows, dims)
        return (drawn[0].abs() * sign, drawn[1].abs() * sign) if sign else drawn

    def is_total(got: Tensor, want: Tensor) -> bool:
        alone = got.numel() == 1 and close(got.reshape(()), want.mean())
        begins = got.ndim == 1 and len(want) > 7 and close(got[:7], want[:7])  # later rows lack
        return alone or begins or close(got.sum(), want.sum()) or nearly(got, want)

    for rows, sign in ((7, 0), (7, 1), (7, -1), (MANY, 0), (1, 0)):
        pair = posterior(rows, sign)
        kept = tuple(part.clone() for part in pair)
        with torch.no_grad():
            value, want = model.kl_divergence(*kept), right(*pair)
        got = in_one_tensor(value)
        if rows > 2 and not is_total(got, want):
            failed.add("total")
        untouched = all(map(torch.equal, kept, pair))
        if not isinstance(value, Tensor) or value.shape != want.shape or not untouched:
            failed.add("per_sample")
        elif not close(got, want) and got.isfinite().all():
            both = torch.cat(pair, 1)
            alone = single_rows_differ(
                lambda b: in_one_tensor(
                    model.kl_divergence(b[:, :dims].clone(), b[:, dims:].clone())
                ),
                both,
            )
            if alone or "total" not in failed:
                failed.add("per_sample")

    def value_at(leaves: list[Tensor]) -> Tensor:
        return in_one_tensor(model.kl_divergence(*(part.clone() for part in leaves)))

    for sign in (0, 1, -1):
        leaves = [part.requires_grad_() for part in posterior(7, sign)]
        value = partial(value_at, leaves)
        got, want = seeded(value), right(*leaves)
        if got.isfinite().all():
            break
    share = next((s for s in (1, 7) if close(got.sum() * s, want.sum())), None)
    if "total" not in failed and share:
        slopes = (gradients(total, leaves) for total in (got.sum() * share, want.sum()))
        holds = all(map(close, *slopes))
    else:
        holds = follows(value, leaves)
    return frozenset(failed if holds else failed | {"gradient"})
