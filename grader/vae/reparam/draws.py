"""What draws from the posterior tell: their centre, spread, shape, and who shares noise.

The tests are statistical; what they tell from right draws, and how surely, stands in README.md.
Where rows, dimensions or calls share their noise, which one check charges, the others judge the
draws that are different.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from grader.kit import statistics
from grader.kit.check import Lost
from grader.kit.duplicates import alike, alike_rows
from grader.vae.reparam.questions import KINDS, LOG_STDS, PLAIN, PLAIN_MU, Question

NO_NOISE = "z is the same in every draw: there is no noise in it."

MANY = 0.1
"""Share of rows from which copies are a matter of how noise is drawn, not of single rows."""
_NOTHING = 1e-5
"""Spread below which a residual is rounding, not noise."""
_ENOUGH = 30
"""Draws from which a centre is estimated."""
_AXES = ("calls", "rows", "dimensions")

Group = tuple[int, float, np.ndarray]


@dataclass(frozen=True, eq=False)
class Draws:
    """What came of drawing: residuals ``z - mu``, with the parameters and the kind behind each.

    All are ``[calls, rows, dimensions]``.
    """

    residual: np.ndarray
    mu: np.ndarray
    logsigma: np.ndarray
    kind: np.ndarray

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Each kind and log-std that was asked for, and where."""
        pairs = ((kind, value) for kind, values in enumerate(LOG_STDS) for value in values)
        groups = ((k, v, (self.kind == k) & (self.logsigma == v)) for k, v in pairs)
        return tuple(group for group in groups if np.any(group[2]))

    def first(self, axis: int) -> Draws:
        """The first along an axis along which noise is shared."""
        return self._part((slice(None),) * axis + (slice(0, 1),))

    def only(self, calls: slice) -> Draws:
        """Those of some calls."""
        return self._part((calls,))

    def _part(self, kept: tuple[slice, ...]) -> Draws:
        parts = (self.residual, self.mu, self.logsigma, self.kind)
        return Draws(*(part[kept] for part in parts))

    @cached_property
    def noise(self) -> np.ndarray:
        """The residuals without what they owe to mu and to a wrong centre, as far as is known."""
        noise = self.residual.copy()
        for _, _, group in self.groups:
            if (count := int(group.sum())) >= _ENOUGH:
                design = np.stack([np.ones(count), self.mu[group]], axis=1)
                fit = np.linalg.lstsq(design, noise[group], rcond=None)[0]
                noise[group] -= design @ fit
        return noise

    @cached_property
    def scores(self) -> np.ndarray:
        """Noise over its own group's scale, whatever that scale is."""
        scores = np.zeros_like(self.noise)
        for _, _, group in self.groups:
            scale = np.sqrt(np.mean(self.noise[group] ** 2))
            scores[group] = self.noise[group] / scale if scale > _NOTHING else 0.0
        return scores


@dataclass(frozen=True, eq=False)
class Seen:
    """All that the draws of a method tell.

    Attributes:
        draws: all of them.
        distinct: those that share no noise; ``plain`` the ones of the plain kind alone, of the
            crowd too.
        copies: who has a copy of another's noise, or None.
    """

    draws: Draws
    distinct: Draws
    plain: tuple[Draws, ...]
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
        return _normal_error([self.distinct] if self.is_placed else self.plain)

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
    own = alike_rows(plain.reshape(-1, plain.shape[-1]), PLAIN_MU).reshape(plain.shape[:2])
    if own.mean() <= MANY:
        rows |= own.mean(axis=0) > 0.5
    dimensions = np.ptp(plain, axis=(0, 1)) == 0
    return rows & ~rows.all(), dimensions & ~dimensions.all()


def blank(plain: np.ndarray) -> np.ndarray:
    """Which rows ``[..., rows, dimensions]`` hold one number only."""
    return np.ptp(plain, axis=-1) == 0


def copied(plain: np.ndarray) -> float:
    """The share of rows ``[..., rows, dimensions]`` that have another's noise, or minus it."""
    return float(alike_rows(plain.reshape(-1, plain.shape[-1]), PLAIN_MU).mean())


def seen(asked: Question, z: np.ndarray, crowd: np.ndarray | None = None) -> Seen:
    """What draws ``z [calls, rows, dimensions]`` tell, and those of the crowd, if there are any."""
    kinds = z.reshape(len(KINDS), asked.repeats, *z.shape[1:])
    lacking = missing(kinds[PLAIN])
    # Single rows and dimensions without noise are charged for themselves.
    few = sum(float(mask.mean()) for mask in lacking) < MANY
    rows, dimensions = (~mask if few else np.ones_like(mask) for mask in lacking)

    def kept(array: np.ndarray) -> np.ndarray:
        return array[..., rows, :][..., dimensions]

    mu, logsigma = (np.repeat(kept(a), asked.repeats, axis=0) for a in (asked.mu, asked.logsigma))
    kind = np.repeat(np.arange(len(KINDS)), asked.repeats)[:, None, None]
    draws = Draws(kept(z) - mu, mu, logsigma, np.broadcast_to(kind, mu.shape))
    distinct, plain = draws, draws.only(slice(PLAIN * asked.repeats, None))
    if np.ptp(plain.residual) > _NOTHING:  # there is noise
        if _repeats(kept(kinds[PLAIN])):
            plain, distinct = plain.first(0), distinct.first(0)
        while (axis := _most_shared(plain)) is not None:
            plain, distinct = plain.first(axis), distinct.first(axis)
    lots, crowds = [plain], [] if crowd is None else [crowd[None, :, dimensions]]
    for z in crowds:
        if plain.residual.shape[1:] == draws.residual.shape[1:] and not (
            copied(z) or np.any(blank(z))
        ):
            level = np.full(z.shape, LOG_STDS[PLAIN])
            place = np.full(z.shape, PLAIN_MU)
            lots.append(Draws(z - PLAIN_MU, place, level, np.full(z.shape, PLAIN)))
    return Seen(draws, distinct, tuple(lots), _copies(kept(kinds), crowds))


def _repeats(plain: np.ndarray) -> bool:
    """Whether calls have noise of earlier ones."""
    again = alike(plain.reshape(len(plain), -1))
    return bool(np.any(again)) or copied(plain) > MANY >= copied(plain[0])


def _copies(kinds: np.ndarray, crowds: list[np.ndarray]) -> str | None:
    """Who has a copy of another's noise, or None."""
    for of_kind in kinds:
        if np.any(alike(of_kind.reshape(len(of_kind), -1))):
            return "Two calls with the same mu and logsigma give the very same z."
    plain = kinds[PLAIN]
    sizes = np.moveaxis(np.abs(plain - PLAIN_MU), -1, 0).reshape(plain.shape[-1], -1)
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
    sizes = statistics.sizes(draws.scores)
    tests = [
        (axis, (*statistics.unshared(lines, 0), _uncorrelated(_lines(sizes, axis))))
        for axis, lines in _along_axes(draws.scores)
    ]
    if statistics.compatible(*(p for _, of_axis in tests for p in of_axis)):
        return []
    return [axis for axis, of_axis in tests if not statistics.compatible(*of_axis)]


def _most_shared(plain: Draws) -> int | None:
    """The axis along which noise is shared most, or None where it is shared along none.

    Seen in draws with the same parameters, where it can be told from a wrong centre and spread.
    """
    scores = _by_dimension(plain.residual)
    sizes = statistics.sizes(scores, band=0.25)
    found = []
    for axis, lines in _along_axes(scores):
        if axis == 0:  # what calls share may be a centre that each row has of its own
            lines = _lines(scores - scores.mean(axis=(0, 2), keepdims=True), axis)
            tests: tuple[float, ...] = statistics.excess(lines)
        else:
            tests = (*statistics.excess(lines), _uncorrelated(_lines(sizes, axis)))
        if not statistics.compatible(*tests):
            found.append((abs(float(np.mean(lines[:-1] * lines[1:]))), axis))
    return max(found)[1] if found else None


def _along_axes(scores: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Each axis with more than one line, and the lines ``[n, ...]`` along it."""
    for axis, count in enumerate(scores.shape):
        if count > 1:
            yield axis, _lines(scores, axis)


def _lines(scores: np.ndarray, axis: int) -> np.ndarray:
    return np.moveaxis(scores, axis, 0).reshape(scores.shape[axis], -1)


def _uncorrelated(lines: np.ndarray) -> float:
    return statistics.uncorrelated(lines[:-1], lines[1:])


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


def _location_error(draws: Draws) -> str | None:
    groups = draws.groups
    parts = [draws.residual[group] / np.exp(value) for _, value, group in groups]
    means = [statistics.mean_zero(part) for part in parts]
    overall = statistics.mean_zero(np.concatenate(parts))
    slopes = [
        statistics.slope_zero(draws.residual[group], draws.mu[group])
        for kind, _, group in groups
        if kind != PLAIN
    ]
    if statistics.compatible(*means, overall, *slopes):
        return None
    if not statistics.compatible(*means, overall):
        kind = _first_wrong([k for k, *_ in groups], means)
        average = draws.residual[draws.kind == kind].mean()
        return f"z - mu should be 0 on average, and is {average:.3g}{KINDS[kind]}."
    kind, value, _ = groups[int(np.argmin(slopes))]
    return (
        "z is not centred on mu: z - mu grows or shrinks with mu "
        f"(seen where logsigma is {value:g}{KINDS[kind]})."
    )


def _scale_error(draws: Draws) -> str | None:
    groups = draws.groups
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
    return f"The standard deviation of z - mu should be exp(logsigma), and is {words}{KINDS[kind]}."


def _first_wrong(kinds: list[int], p_values: list[float]) -> int:
    """The first kind with a test that right draws don't give; else the first of all."""
    wrong = (k for k, p in zip(kinds, p_values, strict=True) if not statistics.compatible(p))
    return next(wrong, kinds[0])


def _normal_error(lots: Sequence[Draws]) -> Lost | None:
    parts = [draws.noise[group] for draws in lots for *_, group in draws.groups]
    parts = [(part - part.mean()) / part.std() for part in parts if part.std() > _NOTHING]
    if not parts:
        return Lost(NO_NOISE)
    noise = np.concatenate(parts)
    if statistics.compatible(*statistics.normal_shape(noise), *statistics.far_tail(noise)):
        return None
    return Lost(
        "Brought to mean 0 and standard deviation 1, z - mu is not normally distributed.",
        evidence={"fourth_moment": float(np.mean(noise**4)), "largest": float(noise.max())},
    )
