"""Whether what is stated of the rows of a network, and of its gradients, is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tests.oracle.network import Network, near
from tests.oracle.statements import Method, Oracle, Statement, restart

_ORDINALS = {"first": 0, "second": 1, "third": 2, "last": -1}


def place_of(words: str) -> int:
    """The place of 'the last', 'first' or '3'."""
    word = words.removeprefix("the ").split()[0]
    return _ORDINALS[word] if word in _ORDINALS else int(word) - 1


def rows(test: Callable[[Tensor, Tensor, Statement], bool], random: bool = False) -> Any:
    """Hold what a test says of rows alone and of the same rows in a batch, ``[rows, width]``."""

    def holds(method: Method, statement: Statement) -> bool:
        network = Network(method, statement)
        given = network.given()
        restart()
        batch = network.together(given)
        alone = torch.cat([network.together(row[None]) for row in given])
        differs = not near(network.together(given), batch)
        halves = zip(batch.chunk(2, 1), alone.chunk(2, 1), strict=True)
        pairs = ((batch, alone), *(halves if network.task == "encoder" else ()))
        return any(test(*pair, statement) for pair in pairs) and differs == random

    return holds


def sources(batch: Tensor, alone: Tensor) -> list[int | None]:
    """For each row of a batch the row that it belongs to; None where it is that of none."""
    found = []
    for row in batch:
        fits = [i for i, other in enumerate(alone) if near(row, other, 1e-4)]
        found.append(fits[0] if fits else None)
    return found


def _permuted(batch: Tensor, alone: Tensor, _: Statement) -> bool:
    order = sources(batch, alone)
    return None not in order and len(set(order)) == len(alone) and order != sorted(order)  # type: ignore[type-var]


def _rolled(batch: Tensor, alone: Tensor, statement: Statement) -> bool:
    steps = int(statement.number("steps"))
    return near(batch, alone.roll(steps if statement.text("to") == "down" else -steps, 0), 1e-4)


def _one_for_all(batch: Tensor, alone: Tensor, statement: Statement) -> bool:
    row = alone[place_of(statement.text("which"))]
    return near(batch, row.expand_as(batch), 1e-4)


def _left_out(batch: Tensor, _: Tensor, statement: Statement) -> bool:
    place, level = place_of(statement.text("which")), statement.number("level")
    others = [i for i in range(len(batch)) if i != place % len(batch)]
    blank = torch.full_like(batch[:1], level)
    return near(batch[place], blank[0]) and not any(near(batch[i], blank[0]) for i in others)


def _of_another(batch: Tensor, alone: Tensor, statement: Statement) -> bool:
    """Whether one row has the result of another; the report counts in a batch of its own."""
    place = place_of(statement.text("which")) % len(batch)
    order = sources(batch, alone)
    others = [i for i in range(len(batch)) if i != place]
    return order[place] not in (None, place) and all(order[i] == i for i in others)


def _of_others(batch: Tensor, alone: Tensor, _: Statement) -> bool:
    order = sources(batch, alone)
    return None not in order and len(set(order)) < len(alone)


def _same_for_all(batch: Tensor, alone: Tensor, _: Statement) -> bool:
    same = near(batch, batch[:1].expand_as(batch), 1e-4)
    return same and sources(batch[:1], alone) == [None]


def _turned_and_cut(batch: Tensor, alone: Tensor, _: Statement) -> bool:
    return near(batch, alone.T.reshape(alone.shape), 1e-4)


def _other_places(batch: Tensor, alone: Tensor, _: Statement) -> bool:
    return near(batch.flatten().sort()[0], alone.flatten().sort()[0], 1e-4) and not near(
        batch, alone, 1e-4
    )


def _by_number(batch: Tensor, alone: Tensor, statement: Statement) -> bool:
    factor = len(batch) if statement.text("done") == "multiplied" else 1 / len(batch)
    return near(batch, alone * factor, 1e-4)


def _beyond(method: Method, statement: Statement) -> bool:
    network, first = Network(method, statement), int(statement.number("first"))
    given = network.given(first + 5)
    batch = network.together(given)
    alone = torch.cat([network.together(part) for part in given.split(7)])
    return near(batch[:first], alone[:first], 1e-4) and not any(
        near(*pair, 1e-4) for pair in zip(batch[first:], alone[first:], strict=True)
    )


def _slopes(network: Network, given: Tensor, result: str | None = None) -> dict[str, Tensor | None]:
    """The gradient of one result, or of all, by layer (its weight's) and argument."""
    results = network.call(given)
    parts = results.values() if result is None else (results[result],)
    leaves = {name: getattr(network.model, name).weight for name in (network.first, *network.heads)}
    if given.requires_grad:
        leaves["z"] = given
    total = torch.stack([part.sin().sum() for part in parts]).sum()
    if not total.requires_grad:
        return dict.fromkeys(leaves)
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    return dict(zip(leaves, found, strict=True))


def _named(words: str) -> set[str]:
    return set(words.replace(" and ", ", ").split(", "))


def _asked(method: Method, statement: Statement) -> tuple[Network, Tensor]:
    network = Network(method, statement)
    return network, network.given().requires_grad_(network.task == "decoder")


def graph_cut(method: Method, statement: Statement) -> bool:
    """Whether no gradient leads anywhere."""
    network, given = _asked(method, statement)
    return all(slope is None for slope in _slopes(network, given).values())


def cut_off(method: Method, statement: Statement) -> bool:
    """Whether no gradient leads to the layers that are named, and one to each other."""
    network, given = _asked(method, statement)
    found = _slopes(network, given)
    none = {name for name, slope in found.items() if slope is None or not slope.any()}
    return none == _named(statement.text("layers"))


def cut_behind_head(method: Method, statement: Statement) -> bool:
    """Whether no gradient leads from one result to a layer, though one leads there from another."""
    network, given = _asked(method, statement)
    layer = statement.text("layer")
    one = _slopes(network, given, statement.text("result"))[layer]
    return (one is None or not one.any()) and bool(_slopes(network, given)[layer].any())  # type: ignore[union-attr]


def _ratio(network: Network, given: Tensor, result: str | None, layer: str) -> float:
    """The gradient along a way in a layer's weight, over the slope of what is returned."""
    leaf = given if layer == "z" else getattr(network.model, layer).weight
    slope = _slopes(network, given, result)[layer]
    assert slope is not None
    way, step, ends = slope / slope.norm(), 1e-3, []
    with torch.no_grad():
        for sign in (1, -1):
            leaf += sign * step * way
            results = network.call(given)
            parts = results.values() if result is None else (results[result],)
            ends.append(sum(part.double().sin().sum() for part in parts))
            leaf -= sign * step * way
    return float((way * slope).sum() / ((ends[0] - ends[1]) / (2 * step)))


def scaled(method: Method, statement: Statement) -> bool:
    """Whether the gradient is as many times the slope as stated."""
    network, given = _asked(method, statement)
    ratio = _ratio(network, given, statement.text("result"), network.first)
    return abs(ratio / statement.number("factor") - 1) < 0.05


def of_another(method: Method, statement: Statement) -> bool:
    """Whether the gradient in the layers that are named is not the slope."""
    network, given = _asked(method, statement)
    ratios = [_ratio(network, given, None, layer) for layer in _named(statement.text("layers"))]
    return all(abs(ratio - 1) > 0.02 for ratio in ratios)


NETWORK_ROWS: Oracle = {
    "rows_shuffled": rows(_permuted, random=True),
    "rows_turned_around": rows(lambda batch, alone, _: near(batch, alone.flip(0), 1e-4)),
    "rows_rolled": rows(_rolled),
    "rows_change_places": rows(_permuted),
    "one_row_for_all": rows(_one_for_all),
    "row_left_out": rows(_left_out),
    "row_of_another": rows(_of_another),
    "rows_of_others": rows(_of_others),
    "rows_averaged": rows(lambda b, alone, _: near(b, alone.mean(0).expand_as(b), 1e-4)),
    "one_result_for_all": rows(_same_for_all),
    "rows_turned_and_cut": rows(_turned_and_cut),
    "numbers_change_rows": rows(_other_places),
    "by_number_of_rows": rows(_by_number),
    "rows_beyond": _beyond,
    "graph_cut": graph_cut,
    "detached": cut_off,
    "gradient_zero": cut_off,
    "gradient_cut_behind_head": cut_behind_head,
    "gradient_scaled": scaled,
    "gradient_of_another": of_another,
}
