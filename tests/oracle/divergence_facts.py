"""Whether what is stated of a divergence besides its formula is true: rows, noise, gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from tests.oracle.divergence_edits import Formula
from tests.oracle.divergence_fields import FUNCTIONS
from tests.oracle.divergences import posteriors
from tests.oracle.network import near
from tests.oracle.network_rows import place_of
from tests.oracle.statements import Method, Oracle, Statement
from tests.variant_values import in_one_tensor

_RIGHT = Formula()
_TERMS = {
    "mu squared": lambda mu, s: 0.5 * mu**2,
    "sigma squared": lambda mu, s: 0.5 * torch.exp(2 * s),
    "log sigma": lambda mu, s: -s,
}


def _pair(model: Any, rows: int = 7) -> tuple[Tensor, Tensor]:
    dims = model.linear21.out_features
    return torch.randn(rows, dims), torch.randn(rows, dims)


def _value(model: Any, mu: Tensor, s: Tensor) -> Tensor:
    with torch.no_grad():
        return in_one_tensor(model.kl_divergence(mu.clone(), s.clone()))


def terms_fit(method: Method, statement: Statement) -> bool:
    """Whether one dimension gives a sum of multiples of the functions that are stated.

    Of each term that nothing is said of the right function is among them.
    """
    model = method.model()
    mu, s = torch.randn(60, 1), 0.8 * torch.randn(60, 1)
    pairs = zip(mu.split(1), s.split(1), strict=True)
    value = torch.cat([_value(model, *pair).flatten() for pair in pairs])[:, None]
    said = {x.text("due"): x.text("function") for x in method.said if x.name == "term_of"}
    missing = {x.text("term") for x in method.said if x.name == "term_missing"}
    columns = [
        FUNCTIONS[said[name]](mu, s) if name in said else term(mu, s)
        for name, term in _TERMS.items()
        if name not in missing
    ]
    basis = torch.cat([*columns, torch.ones_like(mu)], 1).double()
    known = (basis.isfinite().all(1) & value[:, 0].isfinite()).nonzero()[:, 0]
    weights = torch.linalg.lstsq(basis[known], value[known].double()).solution
    fits = near(basis[known] @ weights, value[known].double(), 1e-3)
    stated = [i for i, name in enumerate(t for t in _TERMS if t not in missing) if name in said]
    return fits and len(known) > 20 and all(abs(float(weights[i])) > 1e-2 for i in stated)


def estimated(method: Method, statement: Statement) -> bool:
    """Whether calls differ and are right on average."""
    model = method.model()
    mu, s = _pair(model)
    calls = torch.stack([_value(model, mu, s) for _ in range(3000)])
    error = (calls.mean(0) - _RIGHT.value(mu, s)) / (calls.std(0) / 3000**0.5)
    return bool((calls.std(0) > 0).all() and error.abs().max() < 5)


def random(method: Method, statement: Statement) -> bool:
    """Whether two calls differ."""
    model = method.model()
    pair = _pair(model)
    return not torch.equal(_value(model, *pair), _value(model, *pair))


def cut(method: Method, statement: Statement) -> bool:
    """Whether no more than so many rows come."""
    model, most = method.model(), int(statement.number("rows"))
    mu, s = _pair(model, most + 5)
    return near(_value(model, mu, s), _RIGHT.value(mu, s)[:most], 1e-3)


def after(method: Method, statement: Statement) -> bool:
    """Whether so many rows are right, and those after them what is stated."""
    model, right = method.model(), int(statement.number("right"))
    mu, s = _pair(model, int(statement.number("rows")))
    got, want = _value(model, mu, s), _RIGHT.value(mu, s)
    blank = "0" not in statement.text("how") or not got[right:].any()
    return near(got[:right], want[:right], 1e-3) and blank and not near(got[right:], want[right:])


def alone(method: Method, statement: Statement) -> bool:
    """Whether one row is what is stated, and no other."""
    model, which = method.model(), place_of(statement.text("which"))
    mu, s = _pair(model)
    got, want = _value(model, mu, s), _RIGHT.value(mu, s)
    others = [i for i in range(len(want)) if i != which % len(want)]
    level = statement.text("how").removeprefix("comes out as ")
    return near(got[others], want[others], 1e-3) and abs(float(got[which]) - float(level)) < 1e-3


def where_all(method: Method, statement: Statement) -> bool:
    """Whether it is right for arguments of both signs, and wrong where all have the stated one."""
    model = method.model()
    mixed, positive, negative, _ = posteriors(model.linear21.out_features)
    one = positive if statement.text("where").endswith("positive") else negative
    verdicts = [near(_value(model, *p), _RIGHT.value(*p), 1e-3) for p in (mixed, one)]
    return verdicts == [True, False]


def same_for_all(method: Method, statement: Statement) -> bool:
    """Whether one dimension gives the stated number, whatever comes."""
    model = method.model()
    pairs = [(torch.randn(3, 1), torch.randn(3, 1)) for _ in range(3)]
    values = torch.cat([_value(model, *pair).flatten() for pair in pairs])
    return near(values, torch.full_like(values, statement.number("value")))


def is_half(method: Method, _: Statement) -> bool:
    """Whether the numbers of one dimension are nearly right, and such as half precision has."""
    model = method.model()
    pair = torch.randn(40, 1), torch.randn(40, 1)
    values, right = _value(model, *pair).flatten().float(), _RIGHT.value(*pair)
    kept = [values.to(kind).float() for kind in (torch.float16, torch.bfloat16)]
    return any(map(values.equal, kept)) and bool(((values - right).abs() < 0.1 * (1 + right)).all())


def is_power(method: Method, statement: Statement) -> bool:
    """Whether it is a multiple of the right one's power."""
    model = method.model()
    pair = _pair(model)
    ratio = _value(model, *pair) / _RIGHT.value(*pair) ** statement.number("power")
    return near(ratio, ratio.mean().expand(ratio.shape), 1e-3)


def _slopes(model: Any) -> tuple[list[Tensor | None], list[Tensor], list[Tensor]]:
    """Gradients in mu and log sigma, and the arguments, and slopes by central differences."""
    leaves = [part.requires_grad_() for part in _pair(model)]
    if not _value(model, *leaves).isfinite().all():
        leaves = [part.detach().abs().requires_grad_() for part in leaves]
    value = in_one_tensor(model.kl_divergence(*(part.clone() for part in leaves))).sum()
    found: list[Tensor | None] = [None, None]
    if value.requires_grad:
        found = list(torch.autograd.grad(value, leaves, allow_unused=True))
    plain = [part.detach() for part in leaves]
    steps = []
    for at in (0, 1):
        slope = torch.zeros_like(plain[at])
        for place in range(slope.numel()):
            ends = []
            for sign in (1, -1):
                moved = [part.clone() for part in plain]
                moved[at].view(-1)[place] += sign * 1e-2
                ends.append(_value(model, *moved).double().sum())
            slope.view(-1)[place] = (ends[0] - ends[1]) / 2e-2
        steps.append(slope)
    return found, plain, steps


def graph_cut(method: Method, statement: Statement) -> bool:
    """Whether no gradient leads anywhere."""
    return _slopes(method.model())[0] == [None, None]


def detached(method: Method, statement: Statement) -> bool:
    """Whether the gradient lacks a part: in one argument at least it is not the slope."""
    found, _, slopes = _slopes(method.model())
    arrived = [torch.zeros_like(s) if f is None else f for f, s in zip(found, slopes, strict=True)]
    pairs = [
        (f[f.isfinite() & s.isfinite()], s[f.isfinite() & s.isfinite()])
        for f, s in zip(arrived, slopes, strict=True)
    ]
    return any(not near(*pair) for pair in pairs) and any(f is not None for f in found)


def _term_slopes(model: Any, statement: Statement, factor: float) -> bool:
    found, plain, _ = _slopes(model)
    leaves = [part.clone().requires_grad_() for part in plain]
    term = _TERMS[statement.text("term")](*leaves)
    want = (_RIGHT.value(*leaves) - (1 - factor) * term.sum(1)).sum()
    wanted = torch.autograd.grad(want, leaves, allow_unused=True)
    pairs = zip(found, wanted, strict=True)
    return all(
        near(torch.zeros(1) if f is None else f, torch.zeros(1) if w is None else w, 1e-3)
        for f, w in pairs
    )


def gradient_scaled(method: Method, statement: Statement) -> bool:
    """Whether the gradient in log sigma is as many times the right one."""
    found, plain, _ = _slopes(method.model())
    want = torch.exp(2 * plain[1]) - 1
    return found[1] is not None and near(found[1], statement.number("factor") * want, 1e-3)


def flat(method: Method, statement: Statement) -> bool:
    """Whether gradients arrive and are 0."""
    found, *_ = _slopes(method.model())
    arrived = [f for f in found if f is not None]
    return bool(arrived) and not any(bool(f.any()) for f in arrived)


DIVERGENCE_FACTS: Oracle = {
    "term_of": terms_fit,
    "monte_carlo": estimated,
    "random": random,
    "rows_cut": cut,
    "rows_after": after,
    "row_alone": alone,
    "wrong_where_all": where_all,
    "same_for_all": same_for_all,
    "half_precision": is_half,
    "power": is_power,
    "graph_cut": graph_cut,
    "detached": detached,
    "term_cut": lambda method, said: _term_slopes(method.model(), said, 0.0),
    "term_gradient": lambda method, said: _term_slopes(method.model(), said, said.number("factor")),
    "gradient_scaled": gradient_scaled,
    "flat": flat,
}
