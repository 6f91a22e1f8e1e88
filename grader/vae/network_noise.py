"""What is random in an encoder or decoder, and where it comes in."""

from __future__ import annotations

import numpy as np
from scipy.special import logit

from grader.kit.misconception import Finding
from grader.vae.curves import number
from grader.vae.network_questions import LEVEL, SHOWN, SLOPE, Seen, Stage, grids, scale_of
from grader.vae.network_task import NetworkTask

_PLACES = ("output", "hidden", "input")


def is_random(seen: Seen) -> bool:
    """Return whether the same question has two answers."""
    stages = (stage for stage in seen.stages.values())
    first, second = seen.together
    same = all(np.allclose(a, b, 1e-5, 1e-6, True) for a, b in zip(first, second, strict=True))
    return not same or not all(stage.repeats for stage in stages)


def noise(network: NetworkTask, seen: Seen) -> tuple[str, Finding] | None:
    """Return at which stage something random comes in, and what it is; None if nothing does.

    A generator of the method's own moves none that can be watched; but it gives other numbers to
    rows that are alike. What differs between two calls alone may have been kept.
    """
    if not is_random(seen):
        return None
    if not seen.draws and not _rows_differ(seen):
        return "", Finding("kept_between_calls")
    when = " in training mode" if _repeats_in_eval(seen) else ""
    for name in _PLACES:
        stage = seen.stages[name]
        if not stage.repeats and stage.training is not None:
            return name, _kind(network, seen, name, stage, when)
    place = f"what {network.method} returns"
    return "", Finding("random_at", {"place": place, "when": when})


def _rows_differ(seen: Seen) -> bool:
    """Return whether rows that are alike come out differently in a call."""
    return any(
        np.any(np.ptp(result, axis=0) > 1e-5)
        for stage in seen.stages.values()
        for call in stage.training or ()
        for result in call
    )


def _repeats_in_eval(seen: Seen) -> bool:
    stages = [stage.evaluating for stage in seen.stages.values() if stage.evaluating is not None]
    return bool(stages) and all(Stage(results, None).repeats for results in stages)


def _kind(network: NetworkTask, seen: Seen, name: str, stage: Stage, when: str) -> Finding:
    place, clean, came = _clean(network, seen, name, stage)
    with np.errstate(all="ignore"):
        factors = came / clean
    told = np.isfinite(factors) & (np.abs(clean) > 0.2)
    kept = factors[told & (np.abs(factors) > 0.02)]
    zeros = int(np.sum(told & (np.abs(factors) <= 0.02)))
    fields: dict[str, str | int | float] = {"place": place, "when": when}
    if zeros and kept.size and np.all(np.abs(kept - np.median(kept)) < 0.02 * np.median(kept)):
        share = zeros / (zeros + kept.size)
        factor = float(np.median(kept))
        if abs(1 - 1 / factor - share) < 0.25:
            fields["share"] = number(100 * (1 - 1 / factor), 2)
            return Finding("dropout", fields)
        fields["share"] = f"about {number(100 * share, 1)}"
        return Finding("dropout", fields)
    off, size = came - clean, np.abs(clean)
    told = np.isfinite(off) & (size < 20)
    top = float(np.max(size[told], initial=0.0))
    near, far = off[told & (size < 0.2 * top)], off[told & (size > 0.5 * top)]
    if _alike(near, far):
        return Finding("noise_added", fields)
    with np.errstate(all="ignore"):
        shares = off / clean
    small = (size > 0.002 * top) & (size < 0.1 * top)
    near, far = shares[told & small], shares[told & (size > 0.5 * top)]
    if _alike(near, far):
        return Finding("noise_factor", fields)
    return Finding("random_at", fields)


def _alike(first: np.ndarray, second: np.ndarray) -> bool:
    """Return whether deviations are of about the same size."""
    if min(first.size, second.size) < 4:
        return False
    one, other = (float(np.sqrt(np.mean(part**2))) for part in (first, second))
    return one > 1e-5 and 0.6 < one / max(other, 1e-9) < 1.6


def _clean(
    network: NetworkTask, seen: Seen, name: str, stage: Stage
) -> tuple[str, np.ndarray, np.ndarray]:
    """Return the name of a place, the right numbers there, and those that came, ``[calls, n]``."""
    assert stage.training is not None
    grid, is_pair = grids(network, seen.sizes)[name], len(network.results) > 1
    place = next(
        n
        for n in range(len(network.results))
        if not all(
            np.allclose(a[n], b[n], 1e-5, 1e-6, True)
            for a, b in zip(stage.training[::2], stage.training[1::2], strict=True)
        )
    )
    came = np.stack([results[place] for results in stage.training])  # [calls, 3, width]
    if name == "output":
        right = network.output(grid[place])
        return network.results[place], np.broadcast_to(right, came.shape), came
    with np.errstate(all="ignore"):
        units = came[..., :SHOWN] if is_pair else logit(came[..., :SHOWN])
        units = units / scale_of(network)
    if name == "hidden":
        grid = grid[0]
        clean = np.where(grid[:SHOWN] < 20, np.maximum(grid[:SHOWN], 0), np.nan)
        return "the hidden layer", np.broadcast_to(clean, units.shape), units
    inputs = np.repeat(grid[:, None, None, :SHOWN], 2, axis=1)  # twice each row
    inputs = np.broadcast_to(inputs, (len(grid), 2, 3, SHOWN)).reshape(units.shape)
    return network.argument, inputs, (units - LEVEL) / SLOPE
