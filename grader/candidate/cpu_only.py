"""Lets code that hard-wires CUDA compute on the CPU.

A `torch.overrides.TorchFunctionMode` sees every torch function and tensor method and rewrites
devices on the way; a few entry points that no mode sees are replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_CPU = torch.device("cpu")
_TYPE_NAMES = (
    "Float",
    "Double",
    "Half",
    "BFloat16",
    "Long",
    "Int",
    "Short",
    "Char",
    "Byte",
    "Bool",
)


def _on_cpu(value: Any) -> Any:
    """``value``, or what stands for it on a CPU if it names a CUDA device or tensor type."""
    if isinstance(value, torch.device):
        return _CPU if value.type == "cuda" else value
    if isinstance(value, str):
        if value.split(":")[0] == "cuda":
            return "cpu"
        return value.replace("torch.cuda.", "torch.")
    return value


class OnCPU(TorchFunctionMode):
    """Reads every CUDA device as the CPU while it is active."""

    def __torch_function__(
        self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is torch.Tensor.cuda:
            return args[0]
        if func is torch.Tensor.pin_memory:
            return args[0]
        if kwargs:
            kwargs = {
                key: _on_cpu(value) if key in ("device", "dtype", "other") else value
                for key, value in kwargs.items()
            }
            if isinstance(kwargs.get("device"), int):
                kwargs["device"] = _CPU
            if kwargs.get("pin_memory"):
                kwargs["pin_memory"] = False
        if func is torch.Tensor.to and len(args) > 1 and type(args[1]) is int:
            args = (args[0], _CPU, *args[2:])
        elif func in (torch.Tensor.to, torch.Tensor.type):
            args = (args[0], *map(_on_cpu, args[1:]))
        return func(*args, **kwargs)


class _Generator(torch.Generator):
    def __new__(cls, device: Any = "cpu") -> _Generator:
        return super().__new__(cls, device="cpu")  # type: ignore[call-arg]


def _nothing() -> Callable[..., None]:
    """A fresh function that does nothing: torch's compiler keeps a rule for each function."""
    return lambda *args, **kwargs: None


def install() -> None:
    """Make CUDA mean the CPU in this process, from here to its end."""
    for name in _TYPE_NAMES:
        setattr(torch.cuda, f"{name}Tensor", getattr(torch, f"{name}Tensor"))
    set_default_device = torch.set_default_device
    set_default_tensor_type = torch.set_default_tensor_type

    def default_device(device: Any) -> None:
        set_default_device(_on_cpu(device))

    def default_tensor_type(kind: Any) -> None:
        set_default_tensor_type(_on_cpu(kind))

    torch.set_default_device = default_device
    torch.set_default_tensor_type = default_tensor_type
    torch.Generator = _Generator  # type: ignore[misc]
    for name in ("manual_seed", "manual_seed_all", "synchronize", "empty_cache", "set_device"):
        setattr(torch.cuda, name, _nothing())
    OnCPU().__enter__()
