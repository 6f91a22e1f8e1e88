"""The smallest cases that show what is wrong with a decoder."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from grader.kit.example import Case
from grader.vae.decoder.checks import NETWORK
from grader.vae.network_examples import NetworkExamples
from grader.vae.row_examples import value_case
from grader.vae.sizes import Sizes

_NETWORK = NetworkExamples(NETWORK, ("theta",))
_VALUES = ("decoder.hidden", "decoder.output", "decoder.sure_pixels")


@lru_cache(maxsize=32)
def cases(lost: frozenset[str]) -> dict[str, list[Case]]:
    """Return the cases that may show each of the lost checks, the smallest first."""
    values_are_right = lost.isdisjoint(_VALUES)
    return {
        "decoder.shape": list(_NETWORK.shape()),
        "decoder.rows": list(_NETWORK.rows(values_are_right)),
        "decoder.hidden": list(_NETWORK.hidden([] if "decoder.output" in lost else [0])),
        "decoder.output": list(_output("decoder.hidden" not in lost)),
        "decoder.sure_pixels": list(_sure()),
        "decoder.gradient": list(_NETWORK.gradient(values_are_right)),
    }


def _output(hidden_is_right: bool) -> Iterator[Case]:
    """Yield cases of the output: first of its bias, for which the hidden layer doesn't matter."""
    yield _NETWORK.repeated()
    for pixels in (1, 2):
        for bias in (0.0, 1.0, -1.0, 3.0, -3.0):
            tiny = _NETWORK.model(Sizes(pixels, 1, 1), weight=0.0, linear4_bias=bias)
            yield value_case(_NETWORK.asked(tiny, [[1.0]]))
    if hidden_is_right:
        for weight in (1.0, -2.0):
            for hidden in (1, 2):
                tiny = _NETWORK.model(Sizes(2, 1, hidden), linear4_weight=weight)
                yield value_case(_NETWORK.asked(tiny, [[1.0]]))


def _sure() -> Iterator[Case]:
    for log_odds in (9.0, -9.0):
        tiny = _NETWORK.model(Sizes(1, 1, 1), weight=0.0, linear4_bias=log_odds)
        yield value_case(_NETWORK.asked(tiny, [[1.0]]), decimals=4)
