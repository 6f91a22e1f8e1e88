"""What draws from the posterior tell: their centre, spread and shape, and who shares noise.

The tests are statistical; what they tell from right draws, and how surely, stands in README.md.
Where rows, dimensions or calls share their noise, which one check charges, the others judge the
draws that are different.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from grader.kit import statistics
from grader.kit.check import Lost
from grader.kit.rounding import apart
from grader.vae.reparam import sharing
from grader.vae.reparam.draws import MANY, NOTHING, Draws, blank, copied, missing
from grader.vae.reparam.questions import KINDS, LOG_STDS, PLAIN, PLAIN_MU, Question
from grader.vae.reparam.wide import WideDraws

_TOLD = 2
"""Wrong standard deviations that are told."""
NO_NOISE = "z is the same in every draw: there is no noise in it."


@dataclass(frozen=True, eq=False)
class Judgement:
    """All that the draws of a method tell.

    Attributes:
        draws: all of them.
        distinct: those that share no noise; ``plain`` the ones of the plain kind alone, of the
            crowd too.
        copies: what is a copy of another's noise, in words, or None.
        wide: draws with more dimensions, which are looked at where these are right.
    """

    draws: Draws
    distinct: Draws
    plain: tuple[Draws, ...]
    copies: str | None
    wide: WideDraws

    @cached_property
    def location_error(self) -> str | None:
        """What is wrong with the centre of the draws, or None."""
        return self._own_location_error or (self.wide.location_error if self._is_right else None)

    @cached_property
    def scale_error(self) -> str | None:
        """What is wrong with the spread of the draws, or None."""
        return self._own_scale_error or (self.wide.scale_error if self._is_right else None)

    @property
    def is_placed(self) -> bool:
        """Whether centre and spread are right."""
        return self._own_location_error is None and self._own_scale_error is None

    @property
    def _is_right(self) -> bool:
        """Whether centre and spread are right, and draws are independent."""
        return self.is_placed and self._own_independence_error is None

    @cached_property
    def _own_location_error(self) -> str | None:
        return _location_error(self.distinct)

    @cached_property
    def _own_scale_error(self) -> str | None:
        error = _scale_error(self.distinct)
        if error is not None and any(sharing.is_tied(draws.residual) for draws in self.plain):
            # Centred noise varies less; how it is drawn is what is wrong.
            left = np.sqrt(1 - 1 / self.distinct.residual.shape[-1])
            return _scale_error(replace(self.distinct, residual=self.distinct.residual / left))
        return error

    @cached_property
    def normal_error(self) -> Lost | None:
        """What is wrong with the shape of the noise, whatever its centre and spread, or None.

        Where these are wrong, numbers with the same parameters are looked at alone.
        """
        return _normal_error([self.distinct] if self.is_placed else self.plain)

    @cached_property
    def independence_error(self) -> str | None:
        """Which draws share their noise, or None.

        A wrong centre or spread makes correlations of its own: then only copies are counted, and
        dimensions that make up for each other.
        """
        return self._own_independence_error or self.wide.independence_error

    @cached_property
    def _own_independence_error(self) -> str | None:
        if not np.any(self.draws.scores):
            return NO_NOISE
        if self.copies is not None:
            return self.copies
        shared = sharing.shared_axes(self.draws) if self.is_placed else []
        if shared:
            names = " and ".join(sharing.AXES[axis] for axis in shared)
            return f"The noise of different {names} is not independent."
        if any(sharing.is_tied(draws.residual) for draws in self.plain):
            return "The dimensions of z are not independent: their sum, or their length, is bound."
        return None


def judge(asked: Question, z: np.ndarray, crowd: np.ndarray | None, wide: WideDraws) -> Judgement:
    """Return what draws ``z [calls, rows, dimensions]`` tell.

    Args:
        asked: what they came of.
        z: a batch for each call of each kind.
        crowd: the large batch ``[rows, dimensions]``, if it can be read.
        wide: the batches with more dimensions.
    """
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
    if np.ptp(plain.residual) > NOTHING:  # there is noise
        if sharing.repeats(kept(kinds[PLAIN])):
            plain, distinct = plain.first(0), distinct.first(0)
        while (axis := sharing.most_shared(plain)) is not None:
            plain, distinct = plain.first(axis), distinct.first(axis)
    batches, crowds = [plain], [] if crowd is None else [crowd[None, :, dimensions]]
    for z in crowds:
        if plain.residual.shape[1:] == draws.residual.shape[1:] and not (
            copied(z) or np.any(blank(z))
        ):
            level = np.full(z.shape, LOG_STDS[PLAIN])
            place = np.full(z.shape, PLAIN_MU)
            batches.append(Draws(z - PLAIN_MU, place, level, np.full(z.shape, PLAIN)))
    return Judgement(draws, distinct, tuple(batches), sharing.copies(kept(kinds), crowds), wide)


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
        of_kind = [n for n, (k, *_) in enumerate(groups) if k == kind]
        worst = min(of_kind, key=lambda n: (means[n], -abs(float(parts[n].mean()))))
        _, value, group = groups[worst]
        where = KINDS[kind] if kind == PLAIN else f" where logsigma is {value:g}{KINDS[kind]}"
        return f"z - mu should be 0 on average, and is {draws.residual[group].mean():.3g}{where}."
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
    if all(np.ptp(part) < NOTHING for part in scaled):
        return "z - mu does not vary: its standard deviation should be exp(logsigma)."
    kind = _first_wrong([k for k, *_ in groups], tests)
    sizes = [
        (float(np.exp(value) * part.std()), float(np.exp(value)))
        for (k, value, _), part in zip(groups, scaled, strict=True)
        if k == kind
    ]
    # The two that say most: all of them say no more.
    ratios = [abs(np.log(max(came, 1e-9) / due)) for came, due in sizes]
    told = sorted(np.argsort(ratios)[-_TOLD:])
    pairs = (apart(sizes[n][0], sizes[n][1], 3) for n in told)
    words = " and ".join(f"{came} where {due} is right" for came, due in pairs)
    return f"The standard deviation of z - mu should be exp(logsigma), and is {words}{KINDS[kind]}."


def _first_wrong(kinds: list[int], p_values: list[float]) -> int:
    """Return the first kind with a test that right draws don't give; else the first of all."""
    wrong = (k for k, p in zip(kinds, p_values, strict=True) if not statistics.compatible(p))
    return next(wrong, kinds[0])


def _normal_error(batches: Sequence[Draws]) -> Lost | None:
    parts = [draws.noise[group] for draws in batches for *_, group in draws.groups]
    parts = [(part - part.mean()) / part.std() for part in parts if part.std() > NOTHING]
    if not parts:
        return Lost(NO_NOISE)
    noise = np.concatenate(parts)
    if statistics.compatible(*statistics.normal_shape(noise), *statistics.far_tail(noise)):
        return None
    return Lost(
        "Brought to mean 0 and standard deviation 1, z - mu is not normally distributed.",
        evidence={"fourth_moment": float(np.mean(noise**4)), "largest": float(noise.max())},
    )
