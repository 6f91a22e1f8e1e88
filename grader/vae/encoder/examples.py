"""The smallest cases that show what is wrong with an encoder."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from grader.kit.example import Case
from grader.vae.encoder.checks import NETWORK
from grader.vae.network_examples import NetworkExamples
from grader.vae.row_examples import value_case
from grader.vae.sizes import Sizes

_NETWORK = NetworkExamples(NETWORK, ("mu", "logsigma"))
_HEADS = ("linear21", "linear22")
_VALUES = ("encoder.hidden", "encoder.mu", "encoder.logsigma")


@lru_cache(maxsize=32)
def cases(lost: frozenset[str]) -> dict[str, list[Case]]:
    """Return the cases that may show each of the lost checks, the smallest first."""
    right_heads = [n for n, id in enumerate(_VALUES[1:]) if id not in lost]
    values_are_right = lost.isdisjoint(_VALUES)
    return {
        "encoder.shape": list(_NETWORK.shape()),
        "encoder.rows": list(_NETWORK.rows(values_are_right)),
        "encoder.hidden": list(_NETWORK.hidden(right_heads)),
        "encoder.mu": list(_head(0, "encoder.hidden" not in lost)),
        "encoder.logsigma": list(_head(1, "encoder.hidden" not in lost)),
        "encoder.gradient": list(_NETWORK.gradient(values_are_right)),
    }


def _head(position: int, hidden_is_right: bool) -> Iterator[Case]:
    """Yield cases of one head: first of its bias, for which the hidden layer doesn't matter."""
    yield _NETWORK.repeated()
    head, other = _HEADS[position], _HEADS[1 - position]
    for number in (-2.0, 1.0, 3.0, 9.0, -9.0):
        biases = {f"{head}_bias": number, f"{other}_bias": 5.0}
        tiny = _NETWORK.model(Sizes(1, 1, 1), weight=0.0, **biases)
        yield value_case(_NETWORK.asked(tiny, [[1.0]], position))
    if not hidden_is_right:
        return
    for number in (-2.0, 2.0):
        weights = {f"{head}_weight": number, f"{other}_weight": 5.0}
        tiny = _NETWORK.model(Sizes(1, 1, 1), **weights)
        yield value_case(_NETWORK.asked(tiny, [[1.0]], position))
    for sizes in (Sizes(1, 2, 1), Sizes(1, 2, 2)):
        tiny = _NETWORK.model(sizes, **{f"{other}_bias": 3.0})
        yield value_case(_NETWORK.asked(tiny, [[1.0]], position))
