"""Draws from the posterior: what is asked for, what came, and what is wrong with it.

The statistical tests look at about 37,000 draws, from calls with four kinds of arguments: of any
sign, all positive, all negative, and the same everywhere. What they tell from right draws, and how
surely, stands in README.md. Where rows, dimensions or calls share their noise, which one check
charges, the others judge the draws that are different.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from grader.candidate.probe import Call, Probe, Sizes
from grader.checks import statistics, worlds
from grader.checks.copies import alike, alike_rows
from grader.checks.verdict import Lost, generator

METHOD = "sample_with_reparam"
NO_NOISE = "z is the same in every draw: there is no noise in it."

_LATENT = 12
_LOG_STDS = (-1.5, -0.5, 0.25, 0.75)
_KINDS = (
    "",
    ", where all of mu and logsigma are positive",
    ", where all of mu and logsigma are negative",
    ", where all numbers of a batch have the same mu and logsigma",
)
_PLAIN = len(_KINDS) - 1
"""The kind in which nothing but noise tells two numbers apart, whatever a method computes."""
_PLAIN_MU, _PLAIN_LOG_STD = 1.0, 0.25
_DRAWS = 36_864
_NOTHING = 1e-5
"""Spread below which a residual is rounding, not noise."""
MANY = 0.1
"""Share of rows from which copies are a matter of how noise is drawn, not of single rows."""
_ENOUGH = 30
"""Draws from which a centre is estimated."""
_AXES = ("calls", "rows", "dimensions")


@dataclass(frozen=True, eq=False)
class Question:
    """The parameters ``mu``, ``logsigma`` of calls, ``[kinds, rows, dimensions]`` each.

    Attributes:
        sizes: the model's.
        repeats: how often each kind is asked for.
        crowd: rows of one more call of the plain kind, more than in any training.
    """

    sizes: Sizes
    mu: np.ndarray
    logsigma: np.ndarray
    repeats: int
    crowd: int

    @property
    def kinds(self) -> list[dict[str, np.ndarray]]:
        """The arguments of each kind."""
        return [{"mu": m, "logsigma": s} for m, s in zip(self.mu, self.logsigma, strict=True)]

    def plain(self, rows: int) -> dict[str, np.ndarray]:
        """Arguments of the plain kind."""
        shape = (rows, self.sizes.latent)
        return {"mu": np.full(shape, _PLAIN_MU), "logsigma": np.full(shape, _PLAIN_LOG_STD)}

    @cached_property
    def batches(self) -> tuple[dict[str, np.ndarray], ...]:
        """The arguments of every call: each kind, one row, two rows, and the crowd."""
        return (*self.kinds, *map(self.plain, (1, 2, self.crowd)))

    @cached_property
    def probe(self) -> Probe:
        """Asks for all; no layer is needed."""
        repeats = [self.repeats] * len(_KINDS) + [1] * (len(self.batches) - len(_KINDS))
        calls = (
            Call(METHOD, batch, repeat=repeat, keep=True)
            for batch, repeat in zip(self.batches, repeats, strict=True)
        )
        return Probe(self.sizes, {}, tuple(calls))


@lru_cache(maxsize=8)  # submissions with as many rows share theirs
def question(seed: int, full: bool, rows: int, crowd: int) -> Question:
    """What is asked of a class."""
    sizes = worlds.FULL if full else Sizes(6, _LATENT, 4)
    rng = generator(seed, 2, 0)
    shape = (rows, sizes.latent)
    mu = worlds.normal(rng, len(_KINDS), *shape, scale=2.0)
    positive = [s for s in _LOG_STDS if s > 0]
    negative = [s for s in _LOG_STDS if s < 0]
    mu[1], mu[2], mu[_PLAIN] = np.abs(mu[1]), -np.abs(mu[2]), _PLAIN_MU
    logsigma = np.stack(
        [rng.choice(values, shape) for values in (_LOG_STDS, positive, negative, [_PLAIN_LOG_STD])]
    )
    repeats = -(-_DRAWS // mu.size)
    return Question(sizes, mu, logsigma, repeats, crowd)


@dataclass(frozen=True, eq=False)
class Draws:
    """What came of drawing: residuals ``z - mu``, with the parameters and the kind behind each.

    All are ``[calls, rows, dimensions]``. ``noise`` are the residuals without what they owe to mu
    and to a wrong centre.
    """

    residual: np.ndarray
    noise: np.ndarray
    mu: np.ndarray
    logsigma: np.ndarray
    kind: np.ndarray

    def groups(self) -> Iterator[tuple[int, float, np.ndarray]]:
        """Each kind and log-std that was asked for, and where."""
        for kind in np.unique(self.kind):
            for value in np.unique(self.logsigma[self.kind == kind]):
                yield int(kind), float(value), (self.kind == kind) & (self.logsigma == value)

    def first(self, axis: int) -> Draws:
        """The first along an axis along which noise is shared."""
        kept = (slice(None),) * axis + (slice(0, 1),)
        residual = self.residual[kept]
        return Draws(residual, residual, self.mu[kept], self.logsigma[kept], self.kind[kept])

    def only(self, calls: slice) -> Draws:
        """Those of some calls."""
        parts = (self.residual, self.noise, self.mu, self.logsigma, self.kind)
        return Draws(*(part[calls] for part in parts))

    @cached_property
    def scores(self) -> np.ndarray:
        """Noise over its own group's scale, whatever that scale is."""
        scores = np.zeros_like(self.noise)
        for _, _, group in self.groups():
            scale = np.sqrt(np.mean(self.noise[group] ** 2))
            scores[group] = self.noise[group] / scale if scale > _NOTHING else 0.0
        return scores


@dataclass(frozen=True, eq=False)
class Seen:
    """All that the draws of a method tell.

    Attributes:
        draws: all of them.
        distinct: those that share no noise; ``plain`` the ones of the plain kind alone.
        copies: who has a copy of another's noise, or None.
    """

    draws: Draws
    distinct: Draws
    plain: Draws
    copies: str | None

    @cached_property
    def location_error(self) -> str | None:
        """What is wrong with the centre of the draws, or None."""
        return _location_error(self.distinct)

    @cached_property
    def scale_error(self) -> str | None:
        """What is wrong with the spread of the draws, or None."""
        return _scale_error(self.distinct)

    @property
    def is_placed(self) -> bool:
        """Whether centre and spread are right."""
        return self.location_error is None and self.scale_error is None

    @cached_property
    def normal_error(self) -> Lost | None:
        """What is wrong with the shape of the noise, whatever its centre and spread, or None.

        Where these are wrong, numbers with the same parameters are looked at alone.
        """
        return _normal_error(self.distinct if self.is_placed else self.plain)

    @cached_property
    def independence_error(self) -> str | None:
        """Which draws share their noise, or None.

        A wrong centre or spread makes correlations of its own: then copies alone are counted.
        """
        if not np.any(self.draws.scores):
            return NO_NOISE
        if self.copies is not None:
            return self.copies
        shared = _sharing(self.draws) if self.is_placed else []
        if shared:
            names = " and ".join(_AXES[axis] for axis in shared)
            return f"The noise of different {names} is not independent."
        return None


def missing(plain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which rows and dimensions of ``[calls, rows, dimensions]`` never have noise of their own.

    None where that is so of all, for then it is no matter of single ones. Nothing but noise tells
    numbers of the plain kind apart.
    """
    rows = np.all(blank(plain), axis=0)
    own = alike_rows(plain.reshape(-1, plain.shape[-1]), _PLAIN_MU).reshape(plain.shape[:2])
    if own.mean() <= MANY:
        rows |= own.mean(axis=0) > 0.5
    dimensions = np.ptp(plain, axis=(0, 1)) == 0
    return rows & ~rows.all(), dimensions & ~dimensions.all()


def blank(plain: np.ndarray) -> np.ndarray:
    """Which rows ``[..., rows, dimensions]`` hold one number only."""
    return np.ptp(plain, axis=-1) == 0


def copied(plain: np.ndarray) -> float:
    """The share of rows ``[..., rows, dimensions]`` that have another's noise, or minus it."""
    return float(alike_rows(plain.reshape(-1, plain.shape[-1]), _PLAIN_MU).mean())


def seen(asked: Question, z: np.ndarray, crowd: np.ndarray | None = None) -> Seen:
    """What draws ``z [calls, rows, dimensions]`` tell, and those of the crowd, if there are any."""
    kinds = z.reshape(len(_KINDS), asked.repeats, *z.shape[1:])
    lacking = missing(kinds[_PLAIN])
    # Single rows and dimensions without noise are charged for themselves.
    few = sum(float(mask.mean()) for mask in lacking) < MANY
    rows, dimensions = (~mask if few else np.ones_like(mask) for mask in lacking)

    def kept(array: np.ndarray) -> np.ndarray:
        return array[..., rows, :][..., dimensions]

    mu, logsigma = (np.repeat(kept(a), asked.repeats, axis=0) for a in (asked.mu, asked.logsigma))
    kind = np.repeat(np.arange(len(_KINDS)), asked.repeats)[:, None, None]
    draws = _draws(kept(z), mu, logsigma, np.broadcast_to(kind, mu.shape))
    distinct, plain = draws, draws.only(slice(_PLAIN * asked.repeats, None))
    while (axis := _most_shared(plain)) is not None:
        plain, distinct = plain.first(axis), distinct.first(axis)
    crowds = [] if crowd is None else [crowd[:, dimensions]]
    return Seen(draws, distinct, plain, _copies(kept(kinds), crowds))


def _draws(z: np.ndarray, mu: np.ndarray, logsigma: np.ndarray, kind: np.ndarray) -> Draws:
    draws = Draws(z - mu, np.zeros_like(z), mu, logsigma, kind)
    # Residuals minus their least-squares fit by a constant and mu.
    for _, _, group in draws.groups():
        design = np.stack([np.ones(int(group.sum())), mu[group]], axis=1)
        fit = np.linalg.lstsq(design, draws.residual[group], rcond=None)[0]
        draws.noise[group] = draws.residual[group] - design @ fit
    return draws


def _copies(kinds: np.ndarray, crowds: list[np.ndarray]) -> str | None:
    """Who has a copy of another's noise, or None."""
    for of_kind in kinds:
        if np.any(alike(of_kind.reshape(len(of_kind), -1))):
            return "Two calls with the same mu and logsigma give the very same z."
    plain = kinds[_PLAIN]
    sizes = np.moveaxis(np.abs(plain - _PLAIN_MU), -1, 0).reshape(plain.shape[-1], -1)
    # Noise of one size only has nothing but its signs.
    shared = alike(sizes) & (np.ptp(sizes, axis=1) > _NOTHING)
    if np.any(shared):
        return f"{int(shared.sum())} dimensions have noise that another one has, or minus it."
    for batch in (plain, *crowds):
        share = copied(batch)
        if share > MANY:
            return f"{100 * share:.0f} % of the rows have noise that another row has, or minus it."
    return None


def _sharing(draws: Draws) -> list[int]:
    """The axes along which noise is shared."""
    along = [(axis, _lines(draws.scores, axis)) for axis in range(len(_AXES))]
    tests = [
        (axis, (*statistics.unshared(lines, 0), statistics.sizes_unshared(lines)))
        for axis, lines in along
        if len(lines) > 1
    ]
    if statistics.compatible(*(p for _, of_axis in tests for p in of_axis)):
        return []
    return [axis for axis, of_axis in tests if not statistics.compatible(*of_axis)]


def _most_shared(plain: Draws) -> int | None:
    """The axis along which noise is shared most, or None where it is shared along none.

    Seen in draws with the same parameters, where it can be told from a wrong centre and spread.
    """
    scores = _by_dimension(plain.residual)
    found = []
    for axis in range(len(_AXES)):
        lines = _lines(scores, axis)
        if len(lines) > 1 and not statistics.compatible(
            *statistics.excess(lines), statistics.sizes_unshared(lines)
        ):
            found.append((abs(float(np.mean(lines[:-1] * lines[1:]))), axis))
    return max(found)[1] if found else None


def _by_dimension(residual: np.ndarray) -> np.ndarray:
    """Plain residuals over their spread, without the centre that each dimension has of its own."""
    calls, rows, _ = residual.shape
    for axes, count in (((0, 1), calls * rows), (None, residual.size)):
        centred = residual - residual.mean(axis=axes, keepdims=True)
        spread = centred.std(axis=axes, keepdims=True)
        if count >= _ENOUGH and np.all(spread > _NOTHING):
            return centred / spread
    spread = np.sqrt(np.mean(residual**2))
    return residual / spread if spread > _NOTHING else np.zeros_like(residual)


def _lines(scores: np.ndarray, axis: int) -> np.ndarray:
    return np.moveaxis(scores, axis, 0).reshape(scores.shape[axis], -1)


def _location_error(draws: Draws) -> str | None:
    groups = list(draws.groups())
    parts = [draws.residual[group] / np.exp(value) for _, value, group in groups]
    means = [statistics.mean_zero(part) for part in parts]
    overall = statistics.mean_zero(np.concatenate(parts))
    slopes = [
        statistics.slope_zero(draws.residual[group], draws.mu[group])
        for kind, _, group in groups
        if kind != _PLAIN
    ]
    if statistics.compatible(*means, overall, *slopes):
        return None
    if not statistics.compatible(*means, overall):
        kind = _first_wrong([k for k, *_ in groups], means)
        average = draws.residual[draws.kind == kind].mean()
        return f"z - mu should be 0 on average, and is {average:.3g}{_KINDS[kind]}."
    kind, value, _ = groups[int(np.argmin(slopes))]
    return (
        "z is not centred on mu: z - mu grows or shrinks with mu "
        f"(seen where logsigma is {value:g}{_KINDS[kind]})."
    )


def _scale_error(draws: Draws) -> str | None:
    groups = list(draws.groups())
    scaled = [draws.noise[group] / np.exp(value) for _, value, group in groups]
    tests = [statistics.variance_one(part) for part in scaled]
    if statistics.compatible(statistics.variance_one(np.concatenate(scaled)), *tests):
        return None
    kind = _first_wrong([k for k, *_ in groups], tests)
    words = ", ".join(
        f"{np.exp(value) * part.std():.3g} where {np.exp(value):.3g} is right"
        for (k, value, _), part in zip(groups, scaled, strict=True)
        if k == kind
    )
    return (
        f"The standard deviation of z - mu should be exp(logsigma), and is {words}{_KINDS[kind]}."
    )


def _first_wrong(kinds: list[int], p_values: list[float]) -> int:
    """The first kind with a test that right draws don't give; else the first of all."""
    wrong = (k for k, p in zip(kinds, p_values, strict=True) if not statistics.compatible(p))
    return next(wrong, kinds[0])


def _normal_error(draws: Draws) -> Lost | None:
    parts = [draws.noise[group] for *_, group in draws.groups()]
    parts = [(part - part.mean()) / part.std() for part in parts if part.std() > _NOTHING]
    if not parts:
        return Lost(NO_NOISE)
    noise = np.concatenate(parts)
    if statistics.compatible(*statistics.normal_shape(noise), statistics.far_tail(noise)):
        return None
    return Lost(
        "Brought to mean 0 and standard deviation 1, z - mu is not normally distributed.",
        evidence={"fourth_moment": float(np.mean(noise**4)), "largest": float(noise.max())},
    )
