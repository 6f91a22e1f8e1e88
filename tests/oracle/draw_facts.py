"""Whether what is stated of shared noise, of what becomes of z, and of its gradients is true."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import torch
from scipy.stats import kstest
from torch import Tensor

from tests.oracle.draws import atoms, bounds, draws, noise
from tests.oracle.network import near
from tests.oracle.statements import Method, Oracle, Statement, restart

_TINY = -9.0
"""A log sigma at which z is as good as mu."""


def _equal(one: Tensor, other: Tensor) -> bool:
    return near(one, other, 1e-3)


def shared(test: Callable[[Tensor, Statement], bool], rows: int = 20, calls: int = 60) -> Any:
    """Hold what a test says of noise ``[calls, rows, dims]``."""

    def holds(method: Method, statement: Statement) -> bool:
        return test(noise(method.model(), 1.0, 0.3, rows, calls), statement)

    return holds


def _fixed(eps: Tensor, _: Statement) -> bool:
    return _equal(eps[0], eps[1]) and not _equal(eps[0], eps[0, :1].expand(eps[0].shape))


def _one_for_rows(eps: Tensor, _: Statement) -> bool:
    return _equal(eps, eps[:, :1].expand(eps.shape)) and not _equal(eps[0], eps[1])


def _one_for_dimensions(eps: Tensor, _: Statement) -> bool:
    return _equal(eps, eps[..., :1].expand(eps.shape)) and not _equal(eps[0], eps[1])


def _nothing_drawn(eps: Tensor, _: Statement) -> bool:
    return _equal(eps, eps[:1, :1, :1].expand(eps.shape))


def _nothing_in_training(method: Method, statement: Statement) -> bool:
    model = method.model()
    training = noise(model, 1.0, 0.3, calls=2)
    return _equal(*training) and not _equal(*noise(model.eval(), 1.0, 0.3, calls=2))


def named_lines(eps: Tensor, said: Statement) -> bool:
    """Whether the rows or dimensions that are named are the same in every call, and no others.

    The numbers are ``[calls, rows, dims]``.

    Raises:
        ValueError: there are none of these numbers.
    """
    still = (eps.std(0) < 1e-4).float()
    words = said.text("which")
    by_axis = still.amin(1) if "row" in words else still.amin(0)
    count = len(by_axis)
    numbers = [int(n) for n in re.findall(r"\d+", words)]
    if "up to number" in words:
        named = set(range(numbers[0]))
    elif "from number" in words:
        named = set(range(numbers[0] - 1, count))
    elif numbers:
        named = {numbers[0] - 1}
    else:
        named = {0 if "first" in words else count - 1}
    if not named or max(named) >= count:
        raise ValueError(f"{count} are too few for {words!r}")
    return {i for i in range(count) if by_axis[i]} == named


def copied_line(z: Tensor, said: Statement) -> bool:
    """Whether a row or dimension of ``[rows, dims]`` has the numbers of another, as stated.

    Raises:
        ValueError: the words are not known, or there are too few lines.
    """
    words = said.text("whose")
    sign = -1 if "minus" in words else 1
    found = re.search(r"(row|dimension) (\d+) has the (?:noise|numbers) of \1 (\d+)", words)
    if found is None:
        raise ValueError(f"nothing is known as {words!r}")
    lines = z if found[1] == "row" else z.T
    one, other = int(found[2]), int(found[3])
    if max(one, other) > len(lines):
        raise ValueError(f"{len(lines)} are too few for {words!r}")
    return _equal(lines[one - 1], sign * lines[other - 1])


def copied(method: Method, statement: Statement) -> bool:
    """Whether a row or dimension has the noise of another, in a batch of some width."""
    batch = re.search(r"batch of (\d+)", statement.text("whose"))
    rows = int(batch[1]) if batch else 40
    least = max(3, *map(int, re.findall(r"dimension (\d+)", statement.text("whose"))), 0)
    for dims in range(least, 40):
        model = method.model()
        model.latent_dim = dims
        zero = torch.zeros(rows, dims)
        if copied_line(draws(model, zero, zero, 1)[0], statement):
            return True
    return False


def _kept_negated(eps: Tensor, _: Statement) -> bool:
    same = [_equal(eps[0], other) or _equal(eps[0], -other) for other in eps[1:]]
    return all(same) and any(not _equal(eps[0], other) for other in eps[1:])


def _kept_shuffled(eps: Tensor, _: Statement) -> bool:
    ordered = eps.flatten(1).sort()[0]
    return _equal(ordered, ordered[:1].expand(ordered.shape)) and not _equal(eps[0], eps[1])


def _repeated(eps: Tensor, _: Statement) -> bool:
    numbers = eps.abs().mul(1e5).round().flatten(1)
    again = [1 - len(call.unique()) / len(call) for call in numbers]
    return sum(again) / len(again) > 0.1


def _one_length(eps: Tensor, _: Statement) -> bool:
    """Whether nearly all rows are as long: a norm that holds a small number may cut some short."""
    lengths = eps.norm(dim=-1)
    return float(((lengths / lengths.median() - 1).abs() < 5e-3).float().mean()) > 0.95


def _in_part(eps: Tensor, said: Statement) -> bool:
    """Whether a number has the stated share of its variance in common with its neighbours."""
    axis = ("calls", "rows", "dimensions").index(said.text("what"))
    eps = eps - eps.mean()
    common = (eps * eps.roll(1, axis)).mean() / eps.square().mean()
    return abs(float(common) - said.number("share")) < 0.12


def _standardised(eps: Tensor, said: Statement) -> bool:
    spread = 1.0 if said.text("and_spread") else None
    means = eps.mean(1).abs().max() < 1e-4
    spreads = (eps.std(1) / eps.std(1).mean() - 1).abs().max()
    return bool(means) and (spread is None or bool(spreads < 1e-2))


def _shuffled(method: Method, statement: Statement) -> bool:
    model = method.model()
    mu = torch.randn(30, model.linear21.out_features)
    one, two = draws(model, mu, torch.full_like(mu, _TINY), 2)
    order = [z[:, 0].sort()[0] for z in (one, two, mu)]
    same = _equal(order[0], order[2]) and _equal(order[1], order[2])
    return same and not _equal(one, mu) and not _equal(one, two)


def drawn(test: Callable[[Tensor, Statement], bool]) -> Any:
    """Hold what a test says of draws ``[calls, rows, dims]`` around means of both signs."""

    def holds(method: Method, statement: Statement) -> bool:
        model = method.model()
        mu = 2 * torch.randn(40, model.linear21.out_features)
        return test(draws(model, mu, torch.full_like(mu, 0.3), 40), statement)

    return holds


def _on_grid(z: Tensor, said: Statement) -> bool:
    step = said.number("step") if said.text("step") else 1.0
    return near(z / step, (z / step).round(), 1e-6)


def _clamped(z: Tensor, said: Statement) -> bool:
    low, high = bounds(said.text("how"))
    ends = [bound for bound in (low, high) if math.isfinite(bound)]
    inside = z.min() >= low - 1e-3 and z.max() <= high + 1e-3
    return bool(inside) and all(atoms(z, bound) > 0.005 for bound in ends)


def _squashed(method: Method, statement: Statement) -> bool:
    """Whether z is normal once the function that is named is undone."""
    undone = {"the hyperbolic tangent": torch.atanh, "the sigmoid": torch.logit}
    model = method.model()
    eps = noise(model, 0.0, -1.0) * math.exp(-1.0)
    before = undone[statement.text("function")](eps.double()).flatten() / math.exp(-1.0)
    return bool(kstest(before.numpy(), "norm").pvalue > 1e-6)


def _rounded(method: Method, statement: Statement) -> bool:
    return drawn(_on_grid)(method, statement) and not any(
        slope is not None and slope.any() for slope in slopes(method.model())[0]
    )


def slopes(model: Any) -> tuple[list[Tensor | None], list[Tensor]]:
    """Gradients of the sum of z in mu and log sigma, and what is right for what came."""
    shape = 12, model.linear21.out_features
    leaves = [(2 * torch.randn(shape)).requires_grad_(), (torch.rand(shape) - 1).requires_grad_()]
    restart()
    z = model.sample_with_reparam(*(leaf.clone() for leaf in leaves))
    z = torch.as_tensor(z[0] if isinstance(z, tuple) else z).reshape(shape)
    right = [torch.ones(shape), (z - leaves[0]).detach()]
    if not z.requires_grad:
        return [None, None], right
    return list(torch.autograd.grad(z.sum(), leaves, allow_unused=True)), right


def _never_numbers(method: Method, said: Statement) -> bool:
    """Whether as many draws as stated are NaN or infinite, for several posteriors."""
    words, model = said.text("share"), method.model()
    due = 1.0 if words.startswith("all") else float(words.split("%")[0].split()[-1]) / 100
    shares = [_no_numbers(model, m, s) for m, s in ((0.0, 0.0), (1.0, 0.5), (-1.0, -1.0))]
    return all(abs(share - due) < 0.05 for share in shares)


def _not_numbers_where(method: Method, said: Statement) -> bool:
    """Whether draws are NaN or infinite for one posterior, and none for another."""
    shares = []
    for name in ("where", "elsewhere"):
        mu, logsigma = map(float, re.findall(r"-?\d+(?:\.\d+)?", said.text(name)))
        shares.append(_no_numbers(method.model(), mu, logsigma))
    return shares[0] > 0 and shares[1] == 0


def _no_numbers(model: Any, mu: float, logsigma: float) -> float:
    return float((~noise(model, mu, logsigma).isfinite()).float().mean())


def _missing(slope: Tensor | None) -> bool:
    return slope is None or not slope.any()


def _detached(method: Method, statement: Statement) -> bool:
    found, _ = slopes(method.model())
    return any(map(_missing, found)) and not all(map(_missing, found))


def _times(method: Method, statement: Statement) -> bool:
    found, right = slopes(method.model())
    at = 0 if statement.text("argument") == "mu" else 1
    slope, factor = found[at], statement.number("factor")
    return slope is not None and near(slope, factor * right[at], 0.01)


def _parameter(method: Method, statement: Statement) -> bool:
    """Whether no gradient leads to what a random function of torch is given."""
    found, _ = slopes(method.model())
    return _missing(found[0 if statement.text("what") == "mu" else 1])


def _other_gradient(method: Method, statement: Statement) -> bool:
    found, right = slopes(method.model())
    return found[1] is not None and bool(found[1].any()) and not near(found[1], right[1], 0.05)


DRAW_FACTS: Oracle = {
    "fixed_seed": shared(_fixed),
    "one_draw_for_batch": shared(_one_for_rows),
    "one_draw_for_dimensions": shared(_one_for_dimensions),
    "no_noise": shared(_nothing_drawn),
    "no_noise_in_training": _nothing_in_training,
    "rows_shuffled": _shuffled,
    "noise_standardised": shared(_standardised),
    "never_varies": shared(named_lines),
    "noise_copied": copied,
    "noise_kept_negated": shared(_kept_negated),
    "noise_kept_shuffled": shared(_kept_shuffled),
    "noise_repeated": shared(_repeated, rows=200, calls=3),
    "noise_adds_up_to_zero": shared(lambda eps, _: bool(eps.sum(-1).abs().max() < 1e-3)),
    "noise_of_one_length": shared(_one_length),
    "noise_shared_in_part": shared(_in_part, rows=60, calls=60),
    "sorted": drawn(
        lambda z, said: bool(
            ((z.diff(dim=-1) * (-1 if said.text("order") == "descending" else 1)) >= 0).all()
        )
    ),
    "normalised": drawn(
        lambda z, said: bool((z.norm(dim=-1) - said.number("length")).abs().max() < 1e-2)
    ),
    "row_total": drawn(lambda z, said: bool((z.sum(-1) - said.number("total")).abs().max() < 1e-2)),
    "on_grid": drawn(_on_grid),
    "clamped": drawn(_clamped),
    "zeros": drawn(lambda z, said: abs(atoms(z, 0.0) - said.number("share")) < 0.03),
    "squashed": _squashed,
    "rounded": _rounded,
    "noise_not_finite": _never_numbers,
    "not_finite_where": _not_numbers_where,
    "graph_cut": lambda method, _: slopes(method.model())[0] == [None, None],
    "detached": _detached,
    "gradient_times": _times,
    "torch_normal": _parameter,
    "other_gradient": _other_gradient,
}
