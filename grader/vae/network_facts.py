"""What is wrong with an encoder or decoder, as far as it was measured: names and their fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from grader.kit.misconception import Finding
from grader.vae import expected
from grader.vae.curves import Curve, Measured, curve_of, number
from grader.vae.known_functions import SIMPLE, Function
from grader.vae.network_gradients import gradient_findings
from grader.vae.network_noise import noise
from grader.vae.network_questions import Seen
from grader.vae.network_stages import Part, Parts, depends, parts_of, right_output
from grader.vae.network_task import NetworkTask
from grader.vae.row_mixes import batch_step, row_mix, rows_beyond, same

Found = tuple[Finding, ...]
Kinds = tuple[str, str]
"""Of the activations behind the hidden layer and behind the head."""
HeadFinding = Callable[[str, Part], Finding | None]
"""Says what is wrong with a result's last step."""


@dataclass(frozen=True)
class Facts:
    """What was found, by the part that it is about.

    Attributes:
        hidden: the argument, the first layer and its activation.
        heads: each result's head and what comes after it.
        rows: how rows of a batch meet, in each result.
        noise: what is random, or kept between calls, and at which stage.
        gradient: where gradients do not arrive, or are others.
        argument: what becomes of the caller's argument.
    """

    hidden: Found
    heads: tuple[Found, ...]
    rows: tuple[Found, ...]
    noise: tuple[str, Finding] | None
    gradient: Found
    argument: Found


def facts_of(network: NetworkTask, seen: Seen, head_finding: HeadFinding) -> Facts:
    """Return all that is wrong."""
    random = noise(network, seen)
    places = range(len(network.results))
    each: tuple[Found, ...] = tuple(() for _ in places)
    if not random or _rows_move(seen):
        each = tuple(_rows(network, seen, place) for place in places)
    rows = tuple(found for of_result in each for found in of_result)
    # Each part is measured in rows that are alike, which says nothing of it where rows meet.
    meet = any(found.name in _MEET for found in rows) or (
        not random and not rows and not _as_alone(seen)
    )
    parts = Parts((None,) * len(places), None, None) if meet else parts_of(network, seen)
    hidden = _hidden(network, seen, parts)
    heads = tuple(_head(network, seen, parts, place, head_finding) for place in places)
    found = [found.name for part in (hidden, *heads, rows) for found in part]
    if {"new_layer", "noise_for_layer", "rows_shuffled"} & set(found):
        random = None
    gradient, argument = gradient_findings(network, seen), _argument(network, seen)
    return Facts(hidden, heads, each, random, gradient, argument)


_MEET = (
    "over_the_batch",
    "rows_averaged",
    "one_result_for_all",
    "by_number_of_rows",
    "numbers_change_rows",
    "rows_turned_and_cut",
)


def when(part: Part) -> str:
    """Return words that say that a part is wrong in training mode alone, if it is."""
    return " in training mode" if part.in_training_only else ""


def _hidden(network: NetworkTask, seen: Seen, parts: Parts) -> Found:
    """Return what is wrong up to the hidden layer."""
    first, found = network.first, []
    places = range(len(network.results))
    weight, bias = (
        any(depends(seen, place, f"{first}.{kind}") for place in places)
        for kind in ("weight", "bias")
    )
    constant = all(np.ptp(result) < 1e-6 for result in seen.together[0])
    if not weight and not bias:
        return () if constant else (_unused(seen, places, first, "input"),)
    if not bias:
        found.append(Finding("bias_unused", {"layer": first}))
    if not weight:
        found.append(Finding("weight_unused", {"layer": first}))
    given, hidden = parts.input, parts.hidden
    if factor := _bias_factor(given, hidden):
        return (*found, Finding("bias_multiplied", {"layer": first, "factor": factor}))
    if given and given.curve and given.curve.kind != "none":
        change = given.curve.of(network.argument)
        fields = {"layer": first, "change": change, "when": when(given)}
        name = "relu_of_argument" if given.curve.kind == "relu" else "argument_changed"
        found.append(Finding(name, fields))
    if hidden and hidden.curve and hidden.curve.kind != "relu":
        found.append(_activation(hidden, hidden.curve))
    return tuple(found)


def _bias_factor(given: Part | None, hidden: Part | None) -> str:
    """Return how often the first layer's bias is added, if it is that which is wrong; else ""."""
    if not (given and given.curve and hidden and hidden.curve):
        return ""
    if given.curve.kind != "affine" or hidden.curve.kind != "scaled_relu":
        return ""
    start, share = (float(given.curve.value(np.array([a]))[0]) for a in (0.0, 1.0))
    factor = float(hidden.curve.value(np.ones(1))[0])
    return number(factor) if start == 0 and abs(factor * share - 1) < 1e-3 else ""


def _unused(seen: Seen, places: Iterable[int], layer: str, stage: str) -> Finding:
    """Return what stands in the place of a layer that is never used.

    Weights that are drawn in each call give the same in rows of a call that are alike.
    """
    if not seen.draws:
        return Finding("layer_unused", {"layer": layer})
    calls, (first, second) = seen.stages[stage].training or (), seen.together
    for place in places:
        alike = all(np.ptp(call[place], axis=0).max() < 1e-5 for call in calls)
        between = (first[place][0] - first[place][1], second[place][0] - second[place][1])
        differ = np.any(np.abs(between) > 1e-5) and not np.allclose(*between, 1e-4, 1e-5)
        if calls and alike and differ:
            return Finding("new_layer", {"layer": layer})
    return Finding("noise_for_layer", {"layer": layer})


def _activation(part: Part, curve: Curve) -> Finding:
    if curve.kind == "none":
        return Finding("no_relu", {"when": when(part)})
    return Finding("other_hidden_activation", {"activation": curve.of("a"), "when": when(part)})


def _head(
    network: NetworkTask, seen: Seen, parts: Parts, place: int, head_finding: HeadFinding
) -> Found:
    """Return what is wrong with a result, given its hidden units."""
    own, result, part = network.last[place], network.results[place], parts.outputs[place]
    found = []
    uses = {
        layer: [depends(seen, place, f"{layer}.{kind}") for kind in ("weight", "bias")]
        for layer in network.last
    }
    others = [layer for layer, used in uses.items() if layer != own and any(used)]
    if part and part.curve and part.curve.kind == "constant" and not any(map(any, uses.values())):
        fields = {"result": result, "level": part.curve.words, "when": when(part)}
        return (Finding("constant", fields),)
    if all(np.all((results[place] == 0) | (results[place] == 1)) for results in seen.together):
        part = Part(Curve("step", *SIMPLE["step"]), own)
        error = head_finding(result, part)
        return (error,) if error else ()
    if not any(uses[own]):
        found.append(_other_head(network, seen, place, others))
    else:
        if not uses[own][0]:
            found.append(Finding("weight_unused", {"layer": own}))
        if not uses[own][1]:
            found.append(Finding("bias_unused", {"layer": own}))
        if others:
            found.append(Finding("both_heads_in_one", {"result": result, "other": others[0]}))
    if part and part.curve and part.curve.kind in ("bias_multiplied", "other_bias"):
        found.append(Finding(part.curve.kind, {"layer": part.layer, "factor": part.curve.words}))
    elif part and part.curve:
        error = head_finding(result, part)
        found += [error] if error else []
    return tuple(found)


def _other_head(network: NetworkTask, seen: Seen, place: int, others: list[str]) -> Finding:
    own = network.last[place]
    if not others:
        return _unused(seen, (place,), own, "hidden")
    place_of_other = network.last.index(others[0])
    if any(depends(seen, place_of_other, f"{own}.{kind}") for kind in ("weight", "bias")):
        return Finding("heads_swapped")
    return Finding("one_head_for_both", {"layer": others[0], "other": own})


def _as_alone(seen: Seen) -> bool:
    """Return whether each row gives in a batch what it gives alone."""
    pairs = zip(seen.together[0], seen.apart or (), strict=False)
    return seen.apart is not None and all(np.allclose(a, b, 1e-4, 1e-5) for a, b in pairs)


def _rows_move(seen: Seen) -> bool:
    """Return whether each row of a batch is that of some row alone."""
    if seen.apart is None:
        return False
    for batch, alone in zip(seen.together[0], seen.apart, strict=True):
        mix = row_mix(batch, batch, alone)
        if mix and mix.name.startswith(("rows_", "one_row")):
            return True
    return False


def _rows(network: NetworkTask, seen: Seen, place: int) -> Found:
    """Return how rows of a batch meet in one of the results."""
    batch, again = (results[place] for results in seen.together)
    alone = None if seen.apart is None else seen.apart[place]
    found = None if alone is None else row_mix(batch, again, alone)
    if found is None and seen.between is not None and alone is not None:
        # Of a batch of one, the only row may be the one that is left out.
        between = seen.between[place]
        found = None if same(between, alone) else row_mix(batch, again, between)
    if found is None and (alone is None or not np.allclose(batch, alone, 1e-4, 1e-5)):
        found = _step_over_batch(network, seen, place)
    if found is None and seen.many is not None and alone is not None:
        found = rows_beyond(seen.many[place], batch)
    return (found,) if found else ()


def _step_over_batch(network: NetworkTask, seen: Seen, place: int) -> Finding | None:
    """Return which step over the batch gives a result, maybe with another activation."""
    head, result = network.last[place], network.results[place]
    layers = (f"what {layer} gives" for layer in (network.first, head))
    places = (network.argument, "the hidden layer", *layers, result)
    for hidden in ("relu", "none", "elu", "tanh", "sigmoid"):
        for output in dict.fromkeys((right_output(network).kind, "none")):

            def forward(step: Function, at: str, kinds: Kinds = (hidden, output)) -> np.ndarray:
                return _forward(network, seen, place, kinds, {at: step})

            found = batch_step(seen.together[0][place], forward, places)
            if found is not None:
                return found
    return None


def _forward(
    network: NetworkTask, seen: Seen, place: int, kinds: Kinds, steps: Mapping[str, Function]
) -> np.ndarray:
    """Return a result with steps more, by their places; with the activations of these kinds."""

    def after(at: str, value: np.ndarray) -> np.ndarray:
        return steps[at](value) if at in steps else value

    weights: expected.Weights = seen.weights
    (_, hidden), (_, output) = (SIMPLE[kind] for kind in kinds)
    argument, head = after(network.argument, seen.batch), network.last[place]
    before = after(f"what {network.first} gives", expected.linear(weights, network.first, argument))
    units = after("the hidden layer", hidden(before))
    value = output(after(f"what {head} gives", expected.linear(weights, head, units)))
    is_last = len(network.results) == 1
    return after(network.results[place], value) if is_last else value


def _argument(network: NetworkTask, seen: Seen) -> Found:
    """Return what the caller's argument holds after a call, if that is known."""
    if seen.kept is None:
        return ()
    given, kept = seen.kept
    if given.shape != kept.shape or np.allclose(given, kept, 1e-6, 1e-6):
        return ()
    curve = curve_of(Measured(given[:1], kept[:1], 1e-5, lambda a: a, kept[:1]))
    if curve is None:
        return ()
    return (Finding("argument_overwritten", {"change": curve.of(network.argument)}),)
