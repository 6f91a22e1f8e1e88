"""Which gradients of an encoder or decoder do not arrive, or are not the right ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from grader.kit.misconception import Finding
from grader.kit.observation import Returned
from grader.vae.network_questions import Seen
from grader.vae.network_task import NetworkTask

Gradients = Mapping[str, np.ndarray | None]
_NEAR = 2e-3


def gradient_findings(network: NetworkTask, seen: Seen) -> tuple[Finding, ...]:
    """Return what is wrong with gradients; it says something where the values are right."""
    outcome, point = seen.of_point, seen.point
    if not isinstance(outcome, Returned) or outcome.backward is not None:
        return ()
    actual: Gradients = outcome.gradients
    right = network.gradients(point.weights, point.arguments[network.argument], *point.cotangents)
    if all(actual.get(name) is None for name in right):
        return (Finding("graph_cut"),)
    lost = [name for name in right if actual.get(name) is None]
    zero = [name for name in right if name not in lost and not np.any(actual[name])]
    if lost or zero:
        fields = {"layers": listed(lost or zero)}
        return (Finding("detached" if lost else "gradient_zero", fields),)
    factors = _factors(network, seen, actual)
    if factors is None:
        wrong = [name for name, slope in right.items() if not _near(actual[name], slope)]
        return (Finding("gradient_of_another", {"layers": listed(wrong)}),) if wrong else ()
    return tuple(_of_factor(network, result, factor) for result, factor in factors.items())


def _of_factor(network: NetworkTask, result: str, factor: float) -> Finding:
    if abs(factor) < _NEAR:
        return Finding("gradient_cut_behind_head", {"result": result, "layer": network.first})
    return Finding("gradient_scaled", {"result": result, "factor": f"{factor:.3g}"})


def _factors(network: NetworkTask, seen: Seen, actual: Gradients) -> dict[str, float] | None:
    """Return how large a part of each result the gradient is that of, where it isn't all of it.

    None where it is nothing of the kind.
    """
    point = seen.point
    inputs, places = point.arguments[network.argument], range(len(network.results))
    alone = []
    for place in places:
        chosen = (c * (n == place) for n, c in enumerate(point.cotangents))
        alone.append(network.gradients(point.weights, inputs, *chosen))
    name = f"{network.first}.weight"
    matrix = np.stack([gradients[name].ravel() for gradients in alone], axis=1)
    gradient = actual[name]
    assert gradient is not None
    factors = np.linalg.lstsq(matrix, gradient.ravel(), rcond=None)[0]
    for parameter in alone[0]:
        if parameter.split(".")[0] in network.last:
            continue
        mixed = sum(factor * part[parameter] for factor, part in zip(factors, alone, strict=True))
        if not _near(actual[parameter], np.asarray(mixed)):
            return None
    pairs = zip(network.results, factors, strict=True)
    return {result: float(f) for result, f in pairs if abs(f - 1) > _NEAR} or None


def _near(gradient: np.ndarray | None, right: np.ndarray) -> bool:
    room = _NEAR * max(1e-3, float(np.max(np.abs(right))))
    return gradient is not None and bool(np.all(np.abs(gradient - right) <= room))


def listed(names: list[str]) -> str:
    """Return the layers and arguments that names of parameters belong to, as a list in words."""
    parts = list(dict.fromkeys(name.split(".")[0] for name in names))
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
