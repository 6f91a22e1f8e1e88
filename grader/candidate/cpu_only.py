"""Lets code that hard-wires CUDA compute on the CPU.

What takes a device is wrapped, each function and tensor method by itself, to read CUDA as the CPU.
All else stays torch's own and as fast as it is: a mode that sees every call would cost more than
the computing in models as small as these.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch.utils._device import DeviceContext

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
_FACTORIES = (
    *("arange", "as_tensor", "asarray", "bartlett_window", "blackman_window", "empty"),
    *("empty_like", "empty_permuted", "empty_quantized", "empty_strided", "eye", "full"),
    *("full_like", "hamming_window", "hann_window", "kaiser_window", "linspace", "logspace"),
    *("normal", "ones", "ones_like", "rand", "rand_like", "randint", "randint_like", "randn"),
    *("randn_like", "randperm", "range", "scalar_tensor", "sparse_bsc_tensor"),
    *("sparse_bsr_tensor", "sparse_compressed_tensor", "sparse_coo_tensor", "sparse_csc_tensor"),
    *("sparse_csr_tensor", "tensor", "tril_indices", "triu_indices", "zeros", "zeros_like"),
)
_METHODS = (
    *("new_empty", "new_empty_strided", "new_full", "new_ones", "new_tensor", "new_zeros"),
    *("to", "type"),
)
_NAMING = ("device", "dtype", "map_location", "other")


def _on_cpu(value: Any) -> Any:
    """``value``, or what stands for it on a CPU if it names a CUDA device or tensor type."""
    if isinstance(value, torch.device):
        return _CPU if value.type == "cuda" else value
    if isinstance(value, str):
        if value.split(":")[0] == "cuda":
            return "cpu"
        return value.replace("torch.cuda.", "torch.")
    return value


def _wrapped(function: Callable, device_at: int | None = None) -> Callable:
    """``function`` with CUDA read as the CPU, in keywords and in the argument ``device_at``."""

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            for name in _NAMING:
                if name in kwargs:
                    kwargs[name] = _on_cpu(kwargs[name])
            if isinstance(kwargs.get("device"), int):
                kwargs["device"] = _CPU
            if kwargs.get("pin_memory"):
                kwargs["pin_memory"] = False
        if device_at is not None and len(args) > device_at:
            given = args[device_at]
            device = _CPU if type(given) is int else _on_cpu(given)
            args = (*args[:device_at], device, *args[device_at + 1 :])
        return function(*args, **kwargs)

    return wrapper


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
    for place, names in ((torch, _FACTORIES), (torch.fft, ("fftfreq", "rfftfreq"))):
        for name in names:
            if hasattr(place, name):  # older releases lack some
                setattr(place, name, _wrapped(getattr(place, name)))
    for name in _METHODS:
        wrapped = _wrapped(getattr(torch.Tensor, name), 1 if name in ("to", "type") else None)
        setattr(torch.Tensor, name, wrapped)
    tensor: Any = torch.Tensor
    for method in (tensor.cuda, tensor.pin_memory):
        setattr(tensor, method.__name__, wraps(method)(lambda self, *args, **kwargs: self))
    torch.load = _wrapped(torch.load, 1)
    torch.set_default_device = _wrapped(torch.set_default_device, 0)
    torch.set_default_tensor_type = _wrapped(torch.set_default_tensor_type, 0)
    context: Any = DeviceContext  # what ``with torch.device(...)`` enters
    context.__init__ = _wrapped(context.__init__, 1)
    torch.Generator = _Generator  # type: ignore[misc]
    for name in ("manual_seed", "manual_seed_all", "synchronize", "empty_cache", "set_device"):
        setattr(torch.cuda, name, _nothing())
