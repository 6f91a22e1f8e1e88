"""What is wrong with one dimension's contribution to a divergence, as findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from grader.kit.misconception import Finding
from grader.kit.rounding import short
from grader.vae import expected
from grader.vae.kl.elements import (
    CONSTANT,
    LOG,
    LOG_STDS,
    MU,
    MUS,
    SIGMAS,
    VARIANCE,
    Contribution,
    Part,
    near,
)
from grader.vae.kl.limits import of_limits

Findings = tuple[Finding, ...]
_OUTER: tuple[tuple[str, Callable[[np.ndarray], np.ndarray]], ...] = (
    ("the square root", np.sqrt),
    ("the square", np.square),
    ("the exponential", np.exp),
    ("the exponential of minus one times", lambda r: np.exp(-r)),
    ("the logarithm", np.log),
    ("the logarithm of one plus", np.log1p),
    ("the hyperbolic tangent", np.tanh),
    ("the sigmoid", lambda r: 1 / (1 + np.exp(-r))),
    ("one over", lambda r: 1 / r),
)
_FACTORS = (0.5, 2.0, 1.5, -1.0, 0.25, 3.0)
_JUMP = 0.05
"""Error from which a formula is another one beyond a border; a smaller one may grow gradually."""
_ROUGH = 0.03
"""Of the terms of a contribution: more than half precision rounds, in either of its forms."""
_MOST = 3
"""Findings that say more than that all is different."""


def of_contribution(contribution: Contribution) -> Findings:
    """Return what is wrong with a contribution; nothing where it is right, or unknown."""
    if not np.any(contribution.is_wrong):
        return ()
    looks = (
        _of_precision,
        _as_a_whole,
        _of_exchange,
        _of_sigma,
        _of_prior,
        _of_parts,
        _of_bounds,
        of_limits,
        _of_region,
    )
    return next((findings for look in looks if (findings := look(contribution))), ())


def _of_precision(contribution: Contribution) -> Findings:
    """Return whether all numbers are nearly right, and such as half precision has."""
    values, right = contribution.values, contribution.right
    if not np.all(np.abs(values - right) < _ROUGH * (1 + MUS[:, None] ** 2 + np.exp(2 * LOG_STDS))):
        return ()
    singles = values.astype(np.float32)
    is_half = np.array_equal(singles.astype(np.float16).astype(np.float32), singles)
    is_brain = not np.any(singles.view(np.uint32) & 0xFFFF)
    return (Finding("half_precision"),) if is_half or is_brain else ()


def _as_a_whole(contribution: Contribution) -> Findings:
    values, right = contribution.values, contribution.right
    if not np.all(contribution.finite):
        return ()
    factor = float(np.sum(values * right) / np.sum(right**2))
    if np.all(near(values, factor * right)):
        if near(np.array(factor), np.array(-1.0)):
            return (Finding("sign_flipped"),)
        return (Finding("scaled", {"factor": short(factor)}),) if abs(factor) > 1e-6 else ()
    offset = float(np.mean(values - right))
    if np.all(near(values, right + offset)):
        if abs(offset - 0.5) < 1e-3:
            return (Finding("without_minus_one"),)
        return (Finding("constant_added", {"constant": short(offset)}),)
    if np.ptp(values) < 1e-6:
        return (Finding("same_for_all", {"value": short(float(values[0, 0]))}),)
    for digits in (0, 1, 2):
        if np.all(near(values, np.round(values, digits), 1e-5)):
            return (Finding("rounded", {"step": f"{10.0**-digits:g}"}),)
    return ()


def of_another_function(actual: np.ndarray, right: np.ndarray) -> Findings:
    """Return which function of the right numbers came instead of them, or what bounds them."""
    with np.errstate(all="ignore"):
        for name, function in _OUTER:
            if np.all(near(actual, function(right))):
                return (Finding("another_function", {"function": name}),)
        (power, _), *left = np.linalg.lstsq(
            np.stack([np.log(right.ravel()), np.ones(right.size)], axis=1)[right.ravel() > 0.01],
            np.log(actual.ravel())[right.ravel() > 0.01],
            rcond=None,
        )
        if left[0].size and left[0][0] < 1e-5 and abs(power - 1) > 1e-2 < abs(power):
            return (Finding("power", {"power": short(float(power))}),)
    wrong = ~near(actual, right)
    if not np.any(wrong) or np.all(wrong) or np.ptp(actual[wrong]) > 1e-4:
        return ()
    bound = float(actual[wrong][0])
    if np.all(right[wrong] < bound) and np.all(actual >= bound - 1e-4):
        return (Finding("raised", {"what": "comes for a row", "bound": short(bound)}),)
    if np.all(right[wrong] > bound) and np.all(actual <= bound + 1e-4):
        return (Finding("cut_off", {"what": "comes for a row", "bound": short(bound)}),)
    return ()


def _of_exchange(contribution: Contribution) -> Findings:
    """Return in which terms the one argument stands for the other."""
    mu, logsigma = np.broadcast_arrays(MUS[:, None], LOG_STDS[None, :])
    terms: tuple[tuple[str, Callable[[np.ndarray], np.ndarray]], ...] = (
        ("log sigma stands where mu is due, in its square", lambda a: a**2 / 2),
        ("mu stands where log sigma is due, in sigma squared", lambda a: np.exp(2 * a) / 2),
        ("mu stands where log sigma is due, in the term in log sigma", lambda a: -a),
    )
    for words, term in terms:
        due, other = (mu, logsigma) if words.startswith("log") else (logsigma, mu)
        if np.all(near(contribution.values, contribution.right - term(due) + term(other))):
            return (Finding("other_argument", {"where": words}),)
    return ()


def _of_sigma(contribution: Contribution) -> Findings:
    """Return what stands for sigma in all terms, or which number is added to its square."""
    values, known = contribution.values, contribution.finite
    for name, function in SIGMAS:
        sigma = function(LOG_STDS)
        predicted = 0.5 * (MUS[:, None] ** 2 + sigma**2 - 1) - np.log(sigma)
        if np.array_equal(np.isfinite(predicted), known) and np.all(near(values, predicted)[known]):
            return (Finding("sigma_of", {"function": name}),)
    if not np.all(known):
        return ()
    lowest = int(np.argmin(LOG_STDS))
    more = _sigma_of(float(values[0, lowest])) - float(np.exp(LOG_STDS[lowest]))
    sigma = np.exp(LOG_STDS) + more
    predicted = 0.5 * (MUS[:, None] ** 2 + sigma**2 - 1) - np.log(sigma)
    if abs(more) > 1e-5 and np.all(near(values, predicted)):
        sign = "+" if more > 0 else "-"
        return (Finding("sigma_of", {"function": f"sigma {sign} {short(abs(more))}"}),)
    inside = np.exp(-2 * (values[0, lowest] - 0.5 * np.expm1(2 * LOG_STDS[lowest])))
    added = float(inside - np.exp(2 * LOG_STDS[lowest]))
    log = np.log(np.exp(2 * LOG_STDS) + added) / 2
    if added > 0 and np.all(near(values, contribution.right + LOG_STDS - log, 2e-3)):
        return (Finding("number_in_logarithm", {"number": short(added)}),)
    return ()


def _sigma_of(value: float) -> float:
    """Return the sigma up to 1 of which a contribution is right, where mu is 0."""
    low, high = 1e-9, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        is_less = 0.5 * (middle**2 - 1) - np.log(middle) > value
        low, high = (middle, high) if is_less else (low, middle)
    return (low + high) / 2


def _of_parts(contribution: Contribution) -> Findings:
    wrong = [part for part in contribution.parts if not part.is_right]
    if spread := _prior_spread(contribution.parts):
        return spread
    together = [part for part in wrong if part.is_joint]
    findings: list[Finding] = []
    for part in wrong:
        if part.weight == 0:
            if part.due != MU or not together:
                findings.append(_missing(part))
        elif part.due == CONSTANT:
            findings.append(_constant(part))
        elif part in together:
            findings.append(Finding("coupled", {"term": part.function}))
        elif part.function != part.due:
            findings.append(Finding("term_of", {"due": part.due, "function": part.function}))
        else:
            findings.append(Finding("term_weight", {"term": part.due, "how": _how(part.factor)}))
    # A function that is not 0 at 0 has its part in what looks like the constant.
    if any(finding.name in ("coupled", "term_of") for finding in findings):
        findings = [f for f in findings if f.name not in ("constant_added", "without_minus_one")]
    return tuple(findings[:_MOST])


def _missing(part: Part) -> Finding:
    known = {MU: "mu_missing", CONSTANT: "without_minus_one"}
    if part.due in known:
        return Finding(known[part.due])
    return Finding("term_missing", {"term": part.due})


def _constant(part: Part) -> Finding:
    offset = part.weight + 0.5
    return Finding("constant_added", {"constant": short(offset)})


def _how(factor: float) -> str:
    if abs(factor + 1) < 1e-3:
        return "has the wrong sign"
    return f"has {factor:.3g} times its right weight"


def _prior_spread(parts: tuple[Part, ...]) -> Findings:
    by_due = {part.due: part for part in parts}
    if any(part.function != part.due for part in parts) or len(by_due) < 3 or LOG not in by_due:
        return ()
    mean, variance = by_due.get(MU), by_due.get(VARIANCE)
    if mean is None or variance is None or variance.is_right or variance.factor <= 0:
        return ()
    deviation = variance.factor**-0.5
    same = abs(mean.factor - variance.factor) < 1e-2 * variance.factor
    constant = by_due[CONSTANT].weight if CONSTANT in by_due else 0.0
    if same and by_due[LOG].is_right and abs(constant + 0.5 - np.log(deviation)) < 1e-2:
        return (Finding("prior_spread", {"deviation": short(deviation)}),)
    return ()


def _of_prior(contribution: Contribution) -> Findings:
    """Return whether the divergence is that from a normal distribution around another mean."""
    left = contribution.values - contribution.right
    if not np.all(np.isfinite(left)):
        return ()
    design = np.stack([MUS, np.ones_like(MUS)], axis=1)
    (slope, offset), *_ = np.linalg.lstsq(design, left.mean(1), rcond=None)
    predicted = (slope * MUS + offset)[:, None]
    fits = np.all(near(left, np.broadcast_to(predicted, left.shape)))
    if fits and abs(slope) > 1e-3 and abs(offset - slope**2 / 2) < 1e-2:
        return (Finding("prior_mean", {"mean": short(-slope)}),)
    return ()


def _of_bounds(contribution: Contribution) -> Findings:
    found = of_another_function(contribution.values, contribution.right)
    return tuple(
        replace(f, fields={**f.fields, "what": "a dimension contributes"})
        if "what" in f.fields
        else f
        for f in found
    )


def _of_region(contribution: Contribution) -> Findings:
    """Return where it is right and where it is wrong, and what is done there."""
    wrong = contribution.is_wrong
    for name, axis, of_axis in (("log sigma", 0, LOG_STDS), ("mu", 1, MUS)):
        bad = wrong.mean(axis) > 0.5
        # At 0 many slips make no difference.
        order = np.argsort(of_axis)
        known = order[of_axis[order] != 0]
        where = bad[known]
        if where.all() or not where.any() or np.count_nonzero(np.diff(where.astype(int))) > 1:
            continue
        above = bool(where[-1])
        edge = np.flatnonzero(np.diff(where.astype(int)))[0]
        low, high = of_axis[known[edge]], of_axis[known[edge + 1]]
        how = _in_region(contribution, axis, bad)
        error = np.abs(contribution.values - contribution.right).mean(axis)
        border = known[edge + 1] if above else known[edge]
        if not how and not error[border] > _JUMP:
            continue
        if low < 0 < high:
            words = f"{name} is {'positive' if above else 'negative'}"
        else:
            words = f"{name} is {'above' if above else 'below'} about {(low + high) / 2:.2g}"
        return (Finding("wrong_where", {"where": words, "how": how}),)
    return ()


def _in_region(contribution: Contribution, axis: int, bad: np.ndarray) -> str:
    """Return what comes out there instead, as the end of a sentence; else nothing."""
    values = np.compress(bad, contribution.values, axis=1 - axis)
    right = np.compress(bad, contribution.right, axis=1 - axis)
    if not np.all(np.isfinite(values)):
        return ": there it is NaN or infinite"
    factor = float(np.sum(values * right) / np.sum(right**2))
    if np.all(near(values, factor * right, 1e-3)):
        return f": there it has {factor:.3g} times its right size"
    for factor in _FACTORS:
        scaled = LOG_STDS * factor if axis == 0 else LOG_STDS
        moved = expected.kl(MUS[:, None, None], scaled[None, :, None])
        if axis == 0 and np.all(near(values, np.compress(bad, moved, axis=1), 1e-3)):
            return f": there log sigma counts {factor:g} times"
    return ""
