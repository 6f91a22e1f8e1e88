"""Which functions of mu and log sigma the location and the scale of z are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from grader.kit.misconception import Finding
from grader.kit.rounding import short
from grader.vae.reparam.lines import BASE_LOG_STD, BASE_MU, KINDS, POSITIVE, Lines

Function = Callable[[np.ndarray], np.ndarray]
_CLOSE = 3e-3

_SCALES: tuple[tuple[Finding | None, Function], ...] = (
    (None, np.exp),
    (Finding("log_variance"), lambda s: np.exp(s / 2)),
    (Finding("variance_for_deviation"), lambda s: np.exp(2 * s)),
    (Finding("exp_forgotten"), lambda s: s),
    (Finding("scale_unused"), np.ones_like),
    (Finding("precision_for_deviation"), lambda s: np.exp(-s)),
    (Finding("precision_for_deviation"), lambda s: np.exp(-2 * s)),
    *(
        (Finding("sigma_is", {"function": words}), function)
        for words, function in (
            ("|log sigma|", np.abs),
            ("exp(|log sigma|)", lambda s: np.exp(np.abs(s))),
            ("the softplus of log sigma", lambda s: np.logaddexp(0, s)),
            ("the sigmoid of log sigma", lambda s: 1 / (1 + np.exp(-s))),
            ("the root of |log sigma|", lambda s: np.sqrt(np.abs(s))),
            ("log sigma squared", np.square),
            ("1 + log sigma", lambda s: 1 + s),
            ("1 + log sigma, and never negative,", lambda s: np.maximum(1 + s, 0)),
            ("the positive part of log sigma", lambda s: np.maximum(s, 0)),
            ("2 to the power of log sigma", np.exp2),
            ("10 to the power of log sigma", lambda s: 10.0**s),
            ("exp(log sigma squared)", lambda s: np.exp(s**2)),
            ("exp(log sigma) - 1", np.expm1),
            ("exp(log sigma) + 1", lambda s: np.exp(s) + 1),
            ("the hyperbolic tangent of log sigma", np.tanh),
            ("the ELU of log sigma, plus 1,", lambda s: np.where(s > 0, s + 1, np.exp(s))),
            ("exp(exp(log sigma))", lambda s: np.exp(np.exp(np.minimum(s, 4)))),
            ("1 / log sigma", lambda s: 1 / s),
        )
    ),
)
_LOCATIONS: tuple[tuple[Finding | None, Function], ...] = (
    (None, lambda m: m),
    (Finding("mean_missing"), np.zeros_like),
    (Finding("mean_added_twice"), lambda m: 2 * m),
    *(
        (Finding("location_is", {"function": words}), function)
        for words, function in (
            ("-mu", np.negative),
            ("|mu|", np.abs),
            ("mu / 2", lambda m: m / 2),
            ("mu squared", np.square),
            ("exp(mu)", np.exp),
            ("the positive part of mu", lambda m: np.maximum(m, 0)),
            ("the hyperbolic tangent of mu", np.tanh),
            ("the sigmoid of mu", lambda m: 1 / (1 + np.exp(-m))),
            ("the softplus of mu", lambda m: np.logaddexp(0, m)),
            ("mu rounded", np.rint),
            ("the sign of mu", np.sign),
        )
    ),
)
_FROM: tuple[tuple[str, Function], ...] = (
    ("", lambda a: a),
    ("is that of the first row, for all rows", lambda a: a[:1]),
    ("is that of the last row, for all rows", lambda a: a[-1:]),
    ("is averaged over the dimensions of a row", lambda a: a.mean(1, keepdims=True)),
    ("is averaged over the rows of the batch", lambda a: a.mean(0, keepdims=True)),
    ("is averaged over the whole batch", lambda a: a.mean(keepdims=True)),
    ("is that of the first dimension, for all dimensions", lambda a: a[:, :1]),
    ("is that of the last dimension, for all dimensions", lambda a: a[:, -1:]),
    ("is taken from the dimension before", lambda a: np.roll(a, 1, 1)),
    ("is taken from the next dimension", lambda a: np.roll(a, -1, 1)),
    ("is taken from the dimensions in the opposite order", lambda a: a[:, ::-1]),
    ("is taken from the row before", lambda a: np.roll(a, 1, 0)),
    ("is taken from the next row", lambda a: np.roll(a, -1, 0)),
    ("is taken from the rows in the opposite order", lambda a: a[::-1]),
    ("is the largest of its row, for all dimensions", lambda a: a.max(1, keepdims=True)),
    ("is the smallest of its row, for all dimensions", lambda a: a.min(1, keepdims=True)),
    ("is summed over the dimensions of a row", lambda a: a.sum(1, keepdims=True)),
    ("is sorted within each row", lambda a: np.sort(a, 1)),
    ("is taken without the batch's average", lambda a: a - a.mean(0)),
    ("is taken without its average over the dimensions", lambda a: a - a.mean(1, keepdims=True)),
)


def _log_mean(a: np.ndarray, axis: int | None) -> np.ndarray:
    return np.asarray(np.log(np.exp(a).mean(axis, keepdims=True)))


_FROM_SIGMA: tuple[tuple[str, Function], ...] = (
    ("is that of sigma's average over the rows of the batch", lambda a: _log_mean(a, 0)),
    ("is that of sigma's average over the dimensions of a row", lambda a: _log_mean(a, 1)),
    ("is that of sigma's average over the whole batch", lambda a: _log_mean(a, None)),
)


@dataclass(frozen=True)
class Placement:
    """What was found of location and scale: how each is wrong, where the base has them.

    Attributes:
        location, scale: findings; None where it is right, empty where it is not known.
        centre, spread: what noise of 0 and 1 would give in the base, as far as that is known.
    """

    location: tuple[Finding, ...] | None
    scale: tuple[Finding, ...] | None
    centre: float
    spread: float


def place(kinds: Sequence[Lines]) -> Placement:
    """Return what location and scale of straight lines are; of mixed ones first."""
    mixed = kinds[0]
    scale, spread = _scale(mixed)
    location, centre = _location(mixed)
    if scale is None:
        scale = _of_other_kinds(kinds, "scale", centre)
    if location is None:
        location = _of_other_kinds(kinds, "location", centre)
    return Placement(location, scale, centre, spread)


def _near(actual: np.ndarray, predicted: np.ndarray) -> bool:
    predicted = np.broadcast_to(predicted, actual.shape)
    if not np.all(np.isfinite(predicted)):
        return False
    room = _CLOSE * (0.05 + np.abs(predicted))
    return bool(np.mean(np.abs(actual - predicted) <= room) > 0.98)


def _scale(lines: Lines) -> tuple[tuple[Finding, ...] | None, float]:
    """Return how the scale is wrong, or None, and what it is in the base."""
    s, base = lines.logsigma, np.array(BASE_LOG_STD)
    # A scale that holds a factor mu is that of mu times noise.
    for factor, of_mu in _with_factor(lines):
        for how, change in (*_FROM, *_FROM_SIGMA):
            for finding, function in _SCALES:
                with np.errstate(all="ignore"):
                    shared = np.broadcast_to(change(s), s.shape)
                    of_base = float(np.ravel(function(_changed(change, base)))[0])
                    predicted = function(shared) / of_base * of_mu
                if not _near(lines.slope, predicted):
                    continue
                found = [f for f in (factor, finding) if f]
                if how and not (finding and finding.name == "scale_unused"):
                    found.append(Finding("sigma_from", {"how": how}))
                return tuple(found) or None, of_base
    return _unlisted_scale(lines)


def _changed(change: Function, base: np.ndarray) -> np.ndarray:
    """Return what a change of rows and dimensions makes of a batch that is the same everywhere."""
    return change(np.full((61, 8), base)).ravel()[:1]


def _with_factor(lines: Lines) -> Iterator[tuple[Finding | None, np.ndarray]]:
    yield None, np.ones_like(lines.mu)
    yield Finding("noise_times_mu"), lines.mu / BASE_MU
    yield Finding("noise_times_size_of_mu"), np.abs(lines.mu) / BASE_MU


def _unlisted_scale(lines: Lines) -> tuple[tuple[Finding, ...], float]:
    """Return what else the scale can be told to be: a power of sigma, or one that is limited.

    With it comes what it is in the base.
    """
    of_base = float(np.exp(BASE_LOG_STD))
    if _near(lines.slope, np.exp(lines.mu - BASE_MU)):
        return (Finding("sigma_of_mu"),), float(np.exp(BASE_MU))
    s, slope = lines.logsigma, np.abs(lines.slope)
    kinds = np.unique(s)
    of_kind = [slope[s == kind] for kind in kinds]
    if any(np.ptp(group) > 10 * _CLOSE * (0.01 + group.mean()) for group in of_kind):
        return (), of_base
    sizes = np.array([group.mean() for group in of_kind])
    if np.all(sizes > 0):
        logs = np.log(sizes)
        (power, _), left, *_ = np.polyfit(kinds - BASE_LOG_STD, logs, 1, full=True)
        if left.size and left[0] < 1e-4:
            if abs(power - 1) < 1e-2:  # so the base, where all is positive, is the one that is off
                factor = float(np.exp(np.mean(logs - (kinds - BASE_LOG_STD))))
                return (Finding("scale_where", {"where": KINDS[POSITIVE]}),), of_base / factor
            words = f"sigma to the power of {short(power)}"
            return (Finding("sigma_is", {"function": words}),), float(np.exp(power * BASE_LOG_STD))
    # Against the base's own scale, which may be held at a bound itself.
    sigma = sizes * of_base
    right = np.exp(kinds)
    low, high = float(sigma.min()), float(sigma.max())
    if _near(sigma, np.clip(right, low, high)):
        how = [f"never below {short(low)}"] if low > right.min() * 1.01 else []
        how += [f"never above {short(high)}"] if high < right.max() * 0.99 else []
        if how:
            return (Finding("sigma_limited", {"how": " and ".join(how)}),), of_base
    design = np.stack([right, np.ones_like(right)], axis=1)
    (factor, added), *_ = np.linalg.lstsq(design, sigma, rcond=None)
    if _near(sigma, design @ np.array((factor, added))) and factor > 0:
        number = float(added / factor)
        return (Finding("number_added_to_sigma", {"number": short(number)}),), of_base + number
    return (), of_base


def _location(lines: Lines) -> tuple[tuple[Finding, ...] | None, float]:
    """Return how the location is wrong, or None, and what it is in the base."""
    mu, base = lines.mu, np.array(BASE_MU)
    for (how, change), (finding, function) in _pairs():
        of_base = float(np.ravel(function(_changed(change, base)))[0])
        if _near(lines.location(of_base), function(np.broadcast_to(change(mu), mu.shape))):
            found = [finding] if finding else []
            if how and not (finding and finding.name == "mean_missing"):
                found.append(Finding("mu_from", {"how": how}))
            return tuple(found) or None, of_base
    return _unlisted_location(lines)


def _pairs() -> Iterator[tuple[tuple[str, Function], tuple[Finding | None, Function]]]:
    for change in _FROM:
        for location in _LOCATIONS:
            yield change, location


def _unlisted_location(lines: Lines) -> tuple[tuple[Finding, ...], float]:
    """Return what else the location can be told to be: mu with a factor and a number, or scaled."""
    mu, slope, offset = lines.mu.ravel(), lines.slope.ravel(), lines.offset.ravel()
    of_base = float(np.median((mu - offset) / slope))
    if _near(offset + slope * of_base, mu):  # so the base, where all is positive, is off
        return (Finding("location_where", {"where": KINDS[POSITIVE]}),), of_base
    # offset = a * mu + c - slope * (a * base + c)
    design = np.stack([mu - slope * BASE_MU, 1 - slope], axis=1)
    (factor, added), *_ = np.linalg.lstsq(design, offset, rcond=None)
    if _near(offset, design @ np.array((factor, added))):
        centre = float(factor * BASE_MU + added)
        if abs(factor - 1) > 1e-2:
            return (Finding("location_is", {"function": f"{short(factor)} times mu"}),), centre
        return (Finding("mean_moved", {"number": short(float(added))}),), centre
    sigma, of_base = np.exp(lines.logsigma.ravel()), float(np.exp(BASE_LOG_STD))
    joint: tuple[tuple[Finding, np.ndarray, float], ...] = (
        (Finding("mean_scaled"), mu * sigma, BASE_MU * of_base),
        (Finding("location_is", {"function": "mu / sigma"}), mu / sigma, BASE_MU / of_base),
        (Finding("location_is", {"function": "mu + sigma"}), mu + sigma, BASE_MU + of_base),
        (Finding("location_is", {"function": "mu - sigma"}), mu - sigma, BASE_MU - of_base),
        (
            Finding("location_is", {"function": "mu times log sigma"}),
            mu * lines.logsigma.ravel(),
            BASE_MU * BASE_LOG_STD,
        ),
        (
            Finding("location_is", {"function": "mu + log sigma"}),
            mu + lines.logsigma.ravel(),
            BASE_MU + BASE_LOG_STD,
        ),
        (Finding("location_is", {"function": "sigma"}), sigma, of_base),
        (
            Finding("location_is", {"function": "log sigma"}),
            lines.logsigma.ravel(),
            BASE_LOG_STD,
        ),
    )
    for finding, values, centre in joint:
        if _near(offset + slope * centre, values):
            return (finding,), centre
    return _limited_mu(lines), BASE_MU


def _limited_mu(lines: Lines) -> tuple[Finding, ...]:
    mu, location = lines.mu, lines.location(BASE_MU)
    low, high = float(location.min()), float(location.max())
    if _near(location, np.clip(mu, low, high)):
        how = [f"never below {short(low)}"] if low > mu.min() + 0.01 else []
        how += [f"never above {short(high)}"] if high < mu.max() - 0.01 else []
        if how:
            return (Finding("mu_limited", {"how": " and ".join(how)}),)
    return ()


def _of_other_kinds(kinds: Sequence[Lines], what: str, centre: float) -> tuple[Finding, ...] | None:
    """Return where else a location or scale is wrong that is right for parameters of both signs."""
    wrong = []
    for words, lines in zip(KINDS[1:], kinds[1:], strict=True):
        actual, right = (
            (lines.slope, np.exp(lines.logsigma - BASE_LOG_STD))
            if what == "scale"
            else (lines.location(centre), lines.mu)
        )
        if not _near(actual, right):
            wrong.append(words)
    if not wrong:
        return None
    name = "scale_where" if what == "scale" else "location_where"
    return (Finding(name, {"where": " and where ".join(wrong)}),)
