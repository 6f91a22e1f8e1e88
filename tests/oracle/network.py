"""An encoder or a decoder, what it gives, and what stands at each place of the way through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tests.oracle.listening import heard
from tests.oracle.statements import Method, Statement
from tests.variant_values import parts_of

ROWS = 7


class Network:
    """An encoder or a decoder with something to give it, and what comes of it."""

    def __init__(self, method: Method, statement: Statement, seed: int = 0) -> None:
        self.model = method.model(seed)
        self.task = method.variant.task
        encoder = self.task == "encoder"
        if " in eval" in statement.text("when"):
            self.model.eval()
        self.first = "linear1" if encoder else "linear3"
        self.heads = ("linear21", "linear22") if encoder else ("linear4",)
        self.results = ("mu", "logsigma") if encoder else ("theta",)
        self.width = self.layer(self.heads[0]).out_features

    def layer(self, name: str) -> Any:
        """One of the model's layers."""
        return getattr(self.model, name)

    def given(self, rows: int = ROWS) -> Tensor:
        """Rows of any sign, so that nothing which is done to them is hidden."""
        wide = self.layer(self.first).in_features
        return torch.randn(rows, wide)

    def call(self, given: Tensor) -> dict[str, Tensor]:
        """Its results ``[rows, width]`` by name."""
        value = getattr(self.model, self.task)(given.clone())
        parts = parts_of(self.task, value, len(given), self.width)
        return dict(zip(self.results, parts, strict=True))

    def together(self, given: Tensor) -> Tensor:
        """All results side by side, without a graph."""
        with torch.no_grad():
            return torch.cat(list(self.call(given).values()), 1)

    def heard(self, given: Tensor) -> tuple[dict[str, Tensor], Mapping[str, Tensor]]:
        """Its results, and what each layer got."""
        result, got = heard(self.model, lambda: self.call(given))
        return result, got


def near(got: Tensor, want: Tensor, relative: float = 0.02) -> bool:
    """Whether numbers are the same, in the two or three digits that a report gives."""
    if got.shape != want.shape:
        return False
    known = want[want.isfinite()]
    room = relative * float(known.abs().max()) + 1e-5 if known.numel() else 0.0
    same = torch.isclose(got, want, rtol=0, atol=room, equal_nan=True)
    return bool(same.all())


def places(network: Network, given: Tensor) -> dict[str, Tensor]:
    """What stands at each place of the way through, by the names of a report."""
    results, got = network.heard(given)
    head = next((h for h in network.heads if h in got), None)
    found = {"x" if network.task == "encoder" else "z": got.get(network.first), **results}
    found["the hidden layer"] = got[head] if head else None
    return {name: value for name, value in found.items() if value is not None}


def right(network: Network, given: Tensor) -> Tensor:
    """What a right network gives with the same weights."""
    with torch.no_grad():
        hidden = network.layer(network.first)(given).relu()
        values = torch.cat([network.layer(head)(hidden) for head in network.heads], 1)
    return values if network.task == "encoder" else values.sigmoid()
