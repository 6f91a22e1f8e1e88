"""Whether what is stated of draws is true: where they lie, how wide, and the law of their noise.

Everything is measured from many draws for known mu and log sigma.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name that the notebook gives it
from scipy.stats import kstest, laplace, logistic, t
from torch import Tensor

from tests.oracle.statements import Method, Oracle, Statement

CALLS, ROWS = 400, 20
Of = Callable[[Tensor, Tensor], Tensor]


def draws(model: Any, mu: Tensor, logsigma: Tensor, calls: int = CALLS) -> Tensor:
    """Draws ``[calls, rows, dims]``, taken out of what they may be wrapped in."""
    found = []
    with torch.no_grad():
        for _ in range(calls):
            z = model.sample_with_reparam(mu.clone(), logsigma.clone())
            z = torch.as_tensor(z[0] if isinstance(z, tuple) else z).float()
            found.append(z.reshape(mu.shape))
    return torch.stack(found)


def noise(model: Any, m: float, s: float, rows: int = ROWS, calls: int = CALLS) -> Tensor:
    """Noise ``[calls, rows, dims]`` where mu and log sigma are the same everywhere."""
    shape = rows, model.linear21.out_features
    return (draws(model, torch.full(shape, m), torch.full(shape, s), calls) - m) / math.exp(s)


def _batch(model: Any) -> tuple[Tensor, Tensor]:
    shape = 12, model.linear21.out_features
    return 2 * torch.randn(shape), 2.4 * torch.rand(shape) - 1.4


def _fits(got: Tensor, want: Tensor, room: float) -> bool:
    return bool(((got - want).abs() <= room).all())


def is_wide(scale: Callable[[Statement, Tensor, Tensor], Tensor]) -> Any:
    """Hold that the spread of draws is a function of mu and log sigma, or a multiple of it.

    A multiple where the law of the noise is stated to be another one, and fixes the factor.
    """

    def holds(method: Method, statement: Statement) -> bool:
        model = method.model()
        mu, s = _batch(model)
        mu[:2, 0], s[:2, 0] = 0.5, torch.tensor([-3.0, 1.0])
        spread = draws(model, mu, s, 1500).std(0)
        ratio = spread / scale(statement, mu, s).abs()
        middle = float(ratio.median())
        free = bool(method.names() & _LAWS)
        return (free or abs(middle - 1) < 0.06) and _fits(ratio / middle, torch.ones(()), 0.15)

    return holds


def lies_at(centre: Callable[[Statement, Tensor, Tensor], Tensor]) -> Any:
    """Hold that draws lie around a function of mu and log sigma."""

    def holds(method: Method, statement: Statement) -> bool:
        model = method.model()
        mu, s = _batch(model)
        z = draws(model, mu, s, 1500)
        off = z.mean(0) - centre(statement, mu, s)
        return _fits(off / (z.std(0) / 1500**0.5 + 1e-6), torch.zeros(()), 5.0)

    return holds


def bounds(words: str) -> tuple[float, float]:
    """'never below -2 and never above 2', 'kept between -3 and 3'."""
    low, high = -math.inf, math.inf
    if found := re.search(r"between (-?[\d.]+) and (-?[\d.]+)", words):
        return float(found[1]), float(found[2])
    if found := re.search(r"below (-?[\d.]+)", words):
        low = float(found[1])
    if found := re.search(r"above (-?[\d.]+)", words):
        high = float(found[1])
    return low, high


_SIGMAS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "exp(|log sigma|)": lambda s: s.abs().exp(),
    "the softplus of log sigma": F.softplus,
    "2 to the power of log sigma": lambda s: 2**s,
    "10 to the power of log sigma": lambda s: 10**s,
    "1 + log sigma": lambda s: 1 + s,
}
_CENTRES: Mapping[str, Of] = {"-mu": lambda mu, s: -mu, "log sigma": lambda mu, s: s}
_FROM: Mapping[str, Callable[[Tensor], Tensor]] = {
    "is that of the first row, for all rows": lambda v: v[:1].expand(v.shape),
    "is averaged over the whole batch": lambda v: v.mean().expand(v.shape),
    "is averaged over the dimensions of a row": lambda v: v.mean(1, keepdim=True).expand(v.shape),
    "is taken from the dimension before": lambda v: v.roll(1, 1),
    "is taken from the dimension after": lambda v: v.roll(-1, 1),
    "is that of sigma's average over the rows of the batch": lambda v: (
        v.exp().mean(0).log().expand(v.shape)
    ),
    "is the largest of its row, for all dimensions": lambda v: v.amax(1, keepdim=True).expand(
        v.shape
    ),
}


def where(centre: bool) -> Any:
    """Hold that draws are right for arguments of both signs, and wrong where all are as stated."""

    def holds(method: Method, statement: Statement) -> bool:
        model = method.model()
        sign = 1 if "positive" in statement.text("where") else -1
        mu, s = _batch(model)
        s[0, 0], s[1, 0] = 0.9, -0.9
        mu[0, 0], mu[1, 0] = 1.5, -1.5
        one = (mu.abs() + 0.3) * sign, (s.abs() + 0.3) * sign
        verdicts = []
        for m, logsigma in ((mu - mu.mean() - 0.1, s - s.mean() - 0.1), one):
            z = draws(model, m, logsigma, 1500)
            scores = (z.mean(0) - m) / (z.std(0) / 1500**0.5)
            ratio = z.std(0) / logsigma.exp()
            ones = torch.ones(())
            verdicts.append(_fits(scores, 0 * ones, 5.0) if centre else _fits(ratio, ones, 0.15))
        return verdicts == [True, False]

    return holds


def law(test: Callable[[Tensor, Statement], bool]) -> Any:
    """Hold what a test says of much noise ``[numbers]``."""

    def holds(method: Method, statement: Statement) -> bool:
        model = method.model()
        return test(noise(model, 1.0, 0.3, rows=60, calls=100).flatten(), statement)

    return holds


def _kurtosis(eps: Tensor) -> float:
    centred = eps.double() - eps.double().mean()
    return float(centred.pow(4).mean() / centred.square().mean() ** 2)


def _uniform(eps: Tensor, _: Statement) -> bool:
    steps = (eps - eps.min()) / (eps.max() - eps.min())
    return bool(kstest(steps.double().numpy(), "uniform").pvalue > 1e-6)


def _uniform_between(eps: Tensor, said: Statement) -> bool:
    ends = torch.tensor([said.number("low"), said.number("high")])
    return _uniform(eps, said) and _fits(torch.stack([eps.min(), eps.max()]), ends, 0.05)


def _values(eps: Tensor) -> list[float]:
    return sorted({round(float(value), 2) + 0.0 for value in eps.unique()})


def _few(eps: Tensor, said: Statement) -> bool:
    return _values(eps) == [float(word) for word in said.text("values").split(", ")]


def _other(eps: Tensor, said: Statement) -> bool:
    """Whether the noise, brought to one size, follows the law that is named."""
    words, unit = said.text("law"), (eps / eps.std()).double().numpy()
    if "Laplace" in words:
        return bool(kstest(unit, laplace(scale=0.5**0.5).cdf).pvalue > 1e-6)
    if "logistic" in words:
        return bool(kstest(unit, logistic(scale=3**0.5 / math.pi).cdf).pvalue > 1e-6)
    found = re.search(r"Student's t distribution with about (\d+)", words)
    if found is None:
        raise ValueError(f"no law is known as {words!r}")
    return bool(kstest(eps.double().numpy(), t(int(found[1])).cdf).pvalue > 1e-6)


def atoms(eps: Tensor, value: float) -> float:
    """The share of numbers that are as good as equal to one."""
    return float(((eps - value).abs() < 5e-3 * max(1.0, abs(value))).float().mean())


def _held(eps: Tensor, said: Statement) -> bool:
    low, high = said.number("low"), said.number("high")
    tail = 0.5 * math.erfc(min(abs(low), abs(high)) / 2**0.5)
    inside = eps.min() > low - 0.01 and eps.max() < high + 0.01
    return bool(inside) and min(atoms(eps, low), atoms(eps, high)) > 0.5 * tail


def _held_on_one_side(eps: Tensor, said: Statement) -> bool:
    bound = said.number("bound")
    ends = abs(float(eps.min()) - bound), abs(float(eps.max()) - bound)
    return min(ends) < 0.01 and max(ends) > 1 and atoms(eps, bound) > 0.02


def _cut_off(eps: Tensor, said: Statement) -> bool:
    bound = said.number("bound")
    most = float(eps.abs().max())
    return 0.9 * bound < most < 1.03 * bound and atoms(eps, bound) < 0.01 and _kurtosis(eps) > 2


def _other_number(measure: Callable[[Tensor], Tensor], field: str) -> Callable[..., bool]:
    return lambda eps, said: abs(float(measure(eps)) - said.number(field)) < 0.06


_LAWS = frozenset(
    [
        "uniform_noise",
        "uniform_between",
        "two_point_noise",
        "one_sided_noise",
        "other_noise",
        "few_values",
        "noise_held",
        "noise_held_on_one_side",
        "noise_cut_off",
        "noise_spread",
        "zeros",
        "clamped",
    ]
)
"""Statements after which the spread of draws is another for one more reason."""

LAWS_OF_NOISE: Mapping[str, Callable[[Tensor, Statement], bool]] = {
    "uniform_noise": _uniform,
    "uniform_between": _uniform_between,
    "two_point_noise": lambda eps, _: len(_values(eps)) == 2,
    "one_sided_noise": lambda eps, _: bool(eps.min() > -1e-4),
    "few_values": _few,
    "other_noise": _other,
    "noise_held": _held,
    "noise_held_on_one_side": _held_on_one_side,
    "noise_cut_off": _cut_off,
    "noise_spread": _other_number(torch.std, "spread"),
    "noise_mean": _other_number(torch.mean, "mean"),
}
"""What each statement says of the law of numbers."""

PLACES: Oracle = {
    "log_variance": is_wide(lambda _, mu, s: torch.exp(s / 2)),
    "variance_for_deviation": is_wide(lambda _, mu, s: torch.exp(2 * s)),
    "exp_forgotten": is_wide(lambda _, mu, s: s),
    "scale_unused": is_wide(lambda _, mu, s: torch.ones_like(s)),
    "noise_added_twice": is_wide(lambda _, mu, s: 2**0.5 * torch.exp(s)),
    "precision_for_deviation": lambda method, said: any(
        is_wide(lambda _, mu, s, k=k: torch.exp(-k * s))(method, said)  # type: ignore[misc]
        for k in (1, 2)
    ),
    "sigma_is": is_wide(lambda said, mu, s: _SIGMAS[said.text("function")](s)),
    "sigma_of_mu": is_wide(lambda _, mu, s: torch.exp(mu)),
    "number_added_to_sigma": is_wide(lambda said, mu, s: torch.exp(s) + said.number("number")),
    "sigma_limited": is_wide(lambda said, mu, s: torch.exp(s).clamp(*bounds(said.text("how")))),
    "sigma_from": is_wide(lambda said, mu, s: torch.exp(_FROM[said.text("how")](s))),
    "noise_times_mu": is_wide(lambda _, mu, s: mu * torch.exp(s)),
    "noise_times_size_of_mu": is_wide(lambda _, mu, s: mu * torch.exp(s)),
    "mu_times_noise": is_wide(lambda _, mu, s: mu * torch.exp(s)),
    "scale_where": where(centre=False),
    "location_where": where(centre=True),
    "location_is": lies_at(lambda said, mu, s: _CENTRES[said.text("function")](mu, s)),
    "mean_missing": lies_at(lambda _, mu, s: 0 * mu),
    "mean_added_twice": lies_at(lambda _, mu, s: 2 * mu),
    "mean_scaled": lies_at(lambda _, mu, s: mu * torch.exp(s)),
    "mean_moved": lies_at(lambda said, mu, s: mu + said.number("number")),
    "mu_limited": lies_at(lambda said, mu, s: mu.clamp(*bounds(said.text("how")))),
    "mu_from": lies_at(lambda said, mu, s: _FROM[said.text("how")](mu)),
    **{name: law(test) for name, test in LAWS_OF_NOISE.items()},
}
