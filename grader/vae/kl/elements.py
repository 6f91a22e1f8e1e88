"""What one latent dimension contributes to a divergence, measured on a grid and identified.

The right contribution is a sum of four terms: in mu, in sigma squared, in log sigma, and a
constant. Each is found for itself, as a multiple of one function of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product

import numpy as np

from grader.kit.precision import as_single
from grader.vae import expected

Function = Callable[[np.ndarray], np.ndarray]
MUS = as_single(np.array((0.0, -2.137, -1.043, -0.517, 0.113, 0.529, 1.061, 2.083, 3.011)))
LOG_STDS = as_single(
    np.array((0.0, -4.013, -2.119, -1.037, -0.523, -0.107, 0.109, 0.541, 1.027, 1.513))
)
"""The grid's axes: no round numbers, but zero first, where the divergence is smallest."""
_CLOSE = 3e-4
_ENOUGH = 0.3
"""Share of the grid where there have to be values."""
MU, VARIANCE, LOG, CONSTANT = "mu squared", "sigma squared", "log sigma", "the constant"
_WEIGHTS = {MU: 0.5, VARIANCE: 0.5, LOG: -1.0, CONSTANT: -0.5}

_OF_MU: tuple[tuple[str, Function], ...] = (
    (MU, np.square),
    ("mu", lambda m: m),
    ("|mu|", np.abs),
    ("mu to the third power", lambda m: m**3),
    ("mu to the fourth power", lambda m: m**4),
    ("exp(mu)", np.exp),
    ("exp(2 mu)", lambda m: np.exp(2 * m)),
    ("exp(mu squared)", lambda m: np.exp(np.minimum(m**2, 80))),
    ("2 to the power of mu", np.exp2),
    ("the root of mu squared plus 1", lambda m: np.sqrt(m**2 + 1)),
    ("log(1 + mu squared)", lambda m: np.log1p(m**2)),
    ("tanh(mu)", np.tanh),
    ("the positive part of mu squared", lambda m: np.maximum(m, 0) ** 2),
)
_OF_LOG_STD: tuple[tuple[str, Function], ...] = (
    (VARIANCE, lambda s: np.exp(2 * s)),
    (LOG, lambda s: s),
    ("sigma", np.exp),
    ("log sigma squared", np.square),
    ("|log sigma|", np.abs),
    ("sigma to the fourth power", lambda s: np.exp(4 * s)),
    ("sigma to the third power", lambda s: np.exp(3 * s)),
    ("1 / sigma", lambda s: np.exp(-s)),
    ("1 / sigma squared", lambda s: np.exp(-2 * s)),
    ("the root of sigma", lambda s: np.exp(s / 2)),
    ("2 to the power of log sigma", np.exp2),
    ("4 to the power of log sigma", lambda s: np.exp2(2 * s)),
    ("exp(log sigma squared)", lambda s: np.exp(np.minimum(s**2, 80))),
    ("exp(2 log sigma squared)", lambda s: np.exp(2 * np.minimum(s**2, 40))),
    ("(sigma - 1) squared", lambda s: np.expm1(s) ** 2),
    ("(sigma + 1) squared", lambda s: (1 + np.exp(s)) ** 2),
    ("|sigma squared - 1|", lambda s: np.abs(np.expm1(2 * s))),
    ("log(log sigma)", np.log),
    ("log(-log sigma)", lambda s: np.log(-s)),
    ("log |log sigma|", lambda s: np.log(np.abs(s))),
    ("softplus of log sigma", lambda s: np.logaddexp(0, s)),
    ("log(1 + log sigma)", np.log1p),
    ("log(1 + sigma squared)", lambda s: np.log1p(np.exp(2 * s))),
    ("log sigma to the third power", lambda s: s**3),
    ("1 / log sigma", lambda s: 1 / s),
)
SIGMAS: tuple[tuple[str, Function], ...] = (
    ("log sigma itself", lambda s: s),
    ("|log sigma|", np.abs),
    ("the softplus of log sigma", lambda s: np.logaddexp(0, s)),
    ("the sigmoid of log sigma", lambda s: 1 / (1 + np.exp(-s))),
    ("1 + log sigma", lambda s: 1 + s),
    ("log sigma squared", np.square),
    ("2 to the power of log sigma", np.exp2),
    ("10 to the power of log sigma", lambda s: 10.0**s),
    ("1 / sigma", lambda s: np.exp(-s)),
    ("the root of sigma", lambda s: np.exp(s / 2)),
    ("sigma squared", lambda s: np.exp(2 * s)),
    ("exp(|log sigma|)", lambda s: np.exp(np.abs(s))),
    ("sigma - 1", np.expm1),
    ("sigma + 1", lambda s: 1 + np.exp(s)),
)
"""What may stand for sigma in every term."""
_TOGETHER: tuple[tuple[str, Callable[[np.ndarray, np.ndarray], np.ndarray]], ...] = (
    ("mu squared times sigma squared", lambda m, s: m**2 * np.exp(2 * s)),
    ("mu squared times sigma", lambda m, s: m**2 * np.exp(s)),
    ("mu squared over sigma squared", lambda m, s: m**2 * np.exp(-2 * s)),
    ("mu squared over sigma", lambda m, s: m**2 * np.exp(-s)),
    ("mu times sigma", lambda m, s: m * np.exp(s)),
    ("mu times sigma squared", lambda m, s: m * np.exp(2 * s)),
    ("mu over sigma", lambda m, s: m * np.exp(-s)),
    ("mu squared times log sigma", lambda m, s: m**2 * s),
    ("mu times log sigma", lambda m, s: m * s),
    ("sigma squared times log sigma", lambda m, s: np.exp(2 * s) * s),
    ("mu squared times sigma squared times log sigma", lambda m, s: m**2 * np.exp(2 * s) * s),
)


@dataclass(frozen=True)
class Part:
    """A multiple of a function of one dimension's ``mu`` and ``logsigma``.

    Attributes:
        due: the right term in whose place it stands.
        function: what it is, in words; the same as ``due`` where it is right but for its weight.
        weight: the number that it is multiplied with.
        of: its function of the two.
        is_joint: whether both stand in it.
    """

    due: str
    function: str
    weight: float
    of: Callable[[np.ndarray, np.ndarray], np.ndarray]
    is_joint: bool = False

    def at(self, mu: np.ndarray, logsigma: np.ndarray) -> np.ndarray:
        """Return the part of each dimension, in the shape of the arguments."""
        with np.errstate(all="ignore"):
            values: np.ndarray = self.weight * self.of(mu, logsigma)
        return values

    @property
    def factor(self) -> float:
        """How often its weight is the right one."""
        return self.weight / _WEIGHTS[self.due]

    @property
    def is_right(self) -> bool:
        return self.function == self.due and abs(self.factor - 1) < 10 * _CLOSE


@dataclass(frozen=True, eq=False)
class Contribution:
    """What one dimension contributes, ``[MUS, LOG_STDS]``."""

    values: np.ndarray

    @property
    def right(self) -> np.ndarray:
        return expected.kl(MUS[:, None, None], LOG_STDS[None, :, None])

    @cached_property
    def finite(self) -> np.ndarray:
        return np.isfinite(self.values)

    @cached_property
    def is_wrong(self) -> np.ndarray:
        return ~near(self.values, self.right)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The terms that it is the sum of; none where it is no such sum."""
        return self._separate or self._together

    @property
    def _is_separate(self) -> bool:
        """Whether what mu adds does not depend on log sigma, where there are values."""
        column = int(np.argmax(self.finite.sum(0)))
        left = self.values - self.values[:, column, None]
        return bool(np.all(near(left, left[:1] + 0 * left, 1e-3)[self.finite]))

    @cached_property
    def _separate(self) -> tuple[Part, ...]:
        mu, logsigma = np.broadcast_arrays(MUS[:, None], LOG_STDS[None, :])
        known = self.finite
        if known.mean() < _ENOUGH or not self._is_separate:
            return ()
        column = np.argmax(known.sum(0))
        of_column, alone = self.values[:, column], known[:, column]
        for of_mu in _OF_MU:
            if _fit([of_mu[1](MUS)], of_column, alone) is None:
                continue
            for first, second in _pairs():
                columns = [of_mu[1](mu), first[1](logsigma), second[1](logsigma)]
                weights = _fit(columns, self.values, known)
                if weights is not None:
                    return _named(of_mu, (first, second), weights)
        return ()

    @cached_property
    def _together(self) -> tuple[Part, ...]:
        """Sums with one term in which mu and log sigma meet."""
        mu, logsigma = np.broadcast_arrays(MUS[:, None], LOG_STDS[None, :])
        alone = [_OF_MU[0], *_OF_LOG_STD[:2]]
        columns = [_OF_MU[0][1](mu), *(f(logsigma) for _, f in _OF_LOG_STD[:2])]
        for chosen in [*combinations(_TOGETHER, 1), *combinations(_TOGETHER, 2)]:
            extra = [function(mu, logsigma) for _, function in chosen]
            weights = _fit([*columns, *extra], self.values, self.finite)
            if weights is not None:
                *of_alone, constant = (*weights[:3], weights[-1])
                return (
                    *_named(alone[0], (alone[1], alone[2]), np.array((*of_alone, constant))),
                    *(
                        Part(MU, name, float(weight), function, is_joint=True)
                        for (name, function), weight in zip(chosen, weights[3:-1], strict=True)
                        if abs(weight) > _CLOSE
                    ),
                )
        return ()


def near(actual: np.ndarray, predicted: np.ndarray, room: float = _CLOSE) -> np.ndarray:
    """Return where numbers agree but for rounding."""
    with np.errstate(invalid="ignore"):
        agree: np.ndarray = np.abs(actual - predicted) <= room * (1 + np.abs(predicted))
    return agree


def _pairs() -> Iterator[Sequence[tuple[str, Function]]]:
    """Yield pairs of functions of log sigma, those with one of the right ones first."""
    variance, log, *others = _OF_LOG_STD
    yield variance, log
    for other in others:
        yield other, log
        yield variance, other
    for first, second in product(others[:12], others):
        if first is not second:
            yield first, second


def _fit(columns: Sequence[np.ndarray], values: np.ndarray, known: np.ndarray) -> np.ndarray | None:
    """Return weights of columns and of a constant that give the values exactly, if some do.

    Where there is no value, there may be none of a column either, and nowhere else.
    """
    with np.errstate(all="ignore"):
        design = np.stack([column[known] for column in columns], axis=1)
    if not np.all(np.isfinite(design)):
        return None
    everywhere = np.all(np.isfinite(np.stack(columns)), axis=0)
    if not np.array_equal(everywhere, known):
        return None
    # Where a value is large, so is its rounding.
    trust = 1 / (1 + np.abs(values[known]))
    size = np.maximum(np.abs(design * trust[:, None]).max(0), 1e-9)
    scaled = np.column_stack([design / size, np.ones(len(design))])
    weights, _, rank, _ = np.linalg.lstsq(
        scaled * trust[:, None], values[known] * trust, rcond=None
    )
    if rank < scaled.shape[1] or not np.all(near(values[known], scaled @ weights)):
        return None
    weights[:-1] /= size
    return np.asarray(weights)


def _named(
    of_mu: tuple[str, Function], pair: Sequence[tuple[str, Function]], weights: np.ndarray
) -> tuple[Part, ...]:
    """Return a fit's parts with the terms that they stand for; those without weight are missing."""
    (name, function), (first, second) = of_mu, pair
    parts = [Part(MU, name, float(weights[0]), lambda m, s: function(m))]
    # Two functions of one kind stand for the two terms in their order.
    turned = "log" in first[0] and "log" not in second[0]
    dues = (LOG, VARIANCE) if turned else (VARIANCE, LOG)
    for due, (known, of), weight in zip(dues, (first, second), weights[1:3], strict=True):
        parts.append(Part(due, known, float(weight), lambda m, s, of=of: of(s)))  # type: ignore[misc]
    parts.append(Part(CONSTANT, CONSTANT, float(weights[-1]), lambda m, s: np.ones_like(m)))
    kept = [part for part in parts if abs(part.weight) > 2 * _CLOSE]
    missing = [part for part in parts if part not in kept]
    # What is missing stands with weight zero, so that nothing else is taken for it.
    return (*kept, *(Part(p.due, p.due, 0.0, p.of) for p in missing))
