"""The curve of training losses as an SVG picture that needs no script and no style of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 40


def loss_curve(losses: Sequence[float | None]) -> Markup | None:
    """The losses against their steps as an inline SVG; None for fewer than two finite losses.

    A step whose loss is not finite leaves a gap.
    """
    points = [
        (step, float(loss))
        for step, loss in enumerate(losses)
        if loss is not None and math.isfinite(loss)
    ]
    if len(points) < 2:
        return None
    low, high = min(loss for _, loss in points), max(loss for _, loss in points)
    span = (high - low) or 1.0

    def across(step: float) -> float:
        return _LEFT + step / (len(losses) - 1) * (WIDTH - _LEFT - _RIGHT)

    def down(loss: float) -> float:
        return _TOP + (high - loss) / span * (HEIGHT - _TOP - _BOTTOM)

    title = escape(
        f"Loss at each of {len(losses)} training steps, "
        f"from {points[0][1]:.4g} at the first to {points[-1][1]:.4g} at the last"
    )
    parts = [
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{title}</title>'
    ]
    for loss in (low, (low + high) / 2, high):
        y = down(loss)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{WIDTH}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{loss:.4g}</text>')
    for step in sorted({0, (len(losses) - 1) // 2, len(losses) - 1}):
        parts.append(
            f'<text x="{across(step):.1f}" y="{HEIGHT - _BOTTOM + 18}" text-anchor="middle">'
            f"{step}</text>"
        )
    parts.append(
        f'<text x="{(_LEFT + WIDTH) / 2:.0f}" y="{HEIGHT - 4}" text-anchor="middle">'
        "training step</text>"
    )
    for stretch in _stretches(points):
        corners = " ".join(f"{across(step):.1f},{down(loss):.1f}" for step, loss in stretch)
        parts.append(f'<polyline fill="none" points="{corners}"/>')
    return Markup("".join([*parts, "</svg>"]))


def _stretches(points: Sequence[tuple[int, float]]) -> list[list[tuple[int, float]]]:
    """Runs of steps without a gap."""
    found: list[list[tuple[int, float]]] = []
    for point in points:
        if found and found[-1][-1][0] == point[0] - 1:
            found[-1].append(point)
        else:
            found.append([point])
    return found
