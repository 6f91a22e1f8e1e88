"""What the layers of a model are given, however a method makes use of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

_PRODUCTS = frozenset(("linear", "matmul", "__matmul__", "mm", "addmm", "mv", "bmm", "mul"))


class _Listener(TorchFunctionMode):
    """Keeps what is multiplied with the weight of a layer."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        layers = {name: layer for name, layer in model.named_children() if "linear" in name}
        self.layers = {layer.weight.data_ptr(): name for name, layer in layers.items()}
        self.widths = {name: layer.in_features for name, layer in layers.items()}
        self.heard: dict[str, list[Tensor]] = defaultdict(list)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        tensors = [a for a in (*args, *(kwargs or {}).values()) if isinstance(a, Tensor)]
        if len(tensors) > 1 and getattr(func, "__name__", "") in _PRODUCTS:
            for tensor in tensors:
                name = self.layers.get(tensor.data_ptr())
                if name is not None:
                    width = self.widths[name]
                    others = [t for t in tensors if t is not tensor and t.shape[-1:] == (width,)]
                    kept = [t.detach().clone() for t in others[:1]]
                    self.heard[name] += kept
        return func(*args, **(kwargs or {}))


def heard(model: Any, call: Callable[[], Any]) -> tuple[Any, Mapping[str, Tensor]]:
    """What a call returns, and what each layer got meanwhile, ``[rows, in_features]``."""
    with torch.no_grad(), _Listener(model) as listener:
        result = call()
    got = {
        name: torch.cat([t.reshape(-1, t.shape[-1]) for t in parts])
        for name, parts in listener.heard.items()
    }
    return result, got
