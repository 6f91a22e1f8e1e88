"""The curve of training losses as an SVG picture that needs no script and no style of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

from grader.report.rendering import render

WIDTH, HEIGHT = 640, 240
_PARTS = 12
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 12, 12, 40


def some_of(losses: Sequence[float | None]) -> list[tuple[int, float | None]]:
    """Return about a dozen of the losses with their steps, the first and the last among them."""
    last = len(losses) - 1
    steps = sorted({round(last * part / _PARTS) for part in range(_PARTS + 1)}) if losses else []
    return [(step, losses[step]) for step in steps]


def loss_curve(losses: Sequence[float | None]) -> Markup | None:
    """Return the losses against their steps as an inline SVG; None for fewer than two finite ones.

    A step whose loss is not finite leaves a gap.
    """
    values = [math.nan if loss is None else float(loss) for loss in losses]
    runs = groupby(enumerate(values), key=lambda point: math.isfinite(point[1]))
    stretches = [list(run) for is_finite, run in runs if is_finite]
    values = [loss for stretch in stretches for _, loss in stretch]
    if len(values) < 2:
        return None
    low, high, last = min(values), max(values), len(losses) - 1
    span = (high - low) or 1.0

    def across(step: int) -> float:
        return _LEFT + step / last * (WIDTH - _LEFT - _RIGHT)

    def down(loss: float) -> float:
        return _TOP + (high - loss) / span * (HEIGHT - _TOP - _BOTTOM)

    svg = render(
        "curve.svg",
        width=WIDTH,
        height=HEIGHT,
        left=_LEFT,
        bottom=_BOTTOM,
        first_loss=values[0],
        last_loss=values[-1],
        steps=len(losses),
        levels=[(down(loss), loss) for loss in (low, (low + high) / 2, high)],
        ticks=[(across(step), step) for step in sorted({0, last // 2, last})],
        stretches=[[(across(s), down(loss)) for s, loss in run] for run in stretches],
    )
    return Markup(svg)
