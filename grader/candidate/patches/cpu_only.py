"""Lets code that hard-wires CUDA, or another accelerator, compute on the CPU.

What takes a device is wrapped, each function and tensor method by itself, to read accelerators as
the CPU. All else stays torch's own and as fast as it is: a mode that sees every call would cost
more than the computing in models as small as these. None of them is said to be available, so code
that asks takes its own way to the CPU.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import wraps
from typing import Any

import torch
from torch.jit import _builtins
from torch.utils._device import DeviceContext

_CPU = torch.device("cpu")
_ACCELERATORS = frozenset(
    ("cuda", "hip", "mps", "xpu", "hpu", "npu", "ipu", "mtia", "maia", "xla", "privateuseone")
)
_FOREIGN = ("hpu", "npu")
"""Those that torch knows once a package of their makers is imported."""
_TYPE = re.compile(rf"torch\.(?:{'|'.join(sorted(_ACCELERATORS))})\.(?=\w+Tensor$)")
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
_WITHOUT_EFFECT = (
    *("manual_seed", "manual_seed_all", "seed", "seed_all", "synchronize", "empty_cache"),
    *("set_device", "set_device_index", "set_device_idx", "set_per_process_memory_fraction"),
)
_COUNTING = (
    *("current_device", "current_device_index", "current_device_idx"),
    *("current_allocated_memory", "driver_allocated_memory"),
)
_NAMING = ("device", "dtype", "map_location", "other")


def _on_cpu(value: Any) -> Any:
    """Return ``value``, or what stands for it on a CPU if it names another device or its type."""
    if isinstance(value, torch.device):
        return _CPU if value.type in _ACCELERATORS else value
    if isinstance(value, str):
        if value.split(":")[0] in _ACCELERATORS:
            return "cpu"
        return _TYPE.sub("torch.", value)
    return value


def _wrapped(function: Callable, device_at: int | None = None) -> Callable:
    """Return a function that reads any device as the CPU, also in the argument ``device_at``."""

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


def _wrapped_builtin(function: Callable) -> Callable:
    """Return the same, as an operator that TorchScript knows if ``function`` is one."""
    wrapped = _wrapped(function)
    operator = _builtins._find_builtin(function)
    if operator is not None:
        _builtins._register_builtin(wrapped, operator)
    return wrapped


class _Generator(torch.Generator):
    def __new__(cls, device: Any = "cpu") -> _Generator:
        return super().__new__(cls, device="cpu")  # type: ignore[call-arg]


def returning(value: Any = None) -> Callable[..., Any]:
    """Return a fresh function that does nothing: torch's compiler keeps a rule for each."""
    return lambda *args, **kwargs: value


def install() -> None:
    """Make every accelerator mean the CPU in this process, from here to its end."""
    _install_foreign()
    _install_modules()
    for place, names in ((torch, _FACTORIES), (torch.fft, ("fftfreq", "rfftfreq"))):
        for name in names:
            if hasattr(place, name):  # older releases lack some
                setattr(place, name, _wrapped_builtin(getattr(place, name)))
    for name in _METHODS:
        wrapped = _wrapped(getattr(torch.Tensor, name), 1 if name in ("to", "type") else None)
        setattr(torch.Tensor, name, wrapped)
    tensor: Any = torch.Tensor
    for name in (*sorted(_ACCELERATORS), "pin_memory"):
        method = getattr(tensor, name, None)
        if method is not None:
            setattr(tensor, name, wraps(method)(lambda self, *args, **kwargs: self))
    torch.load = _wrapped(torch.load, 1)
    torch.set_default_device = _wrapped(torch.set_default_device, 0)
    torch.set_default_tensor_type = _wrapped(torch.set_default_tensor_type, 0)
    context: Any = DeviceContext  # what ``with torch.device(...)`` enters
    context.__init__ = _wrapped(context.__init__, 1)
    torch.Generator = _Generator  # type: ignore[misc]


def _install_foreign() -> None:
    """Give torch what the packages of some accelerators would, as far as code names it."""
    with suppress(RuntimeError):  # another package has named it
        torch.utils.rename_privateuse1_backend("npu")
    for name in _FOREIGN:
        module: Any = types.ModuleType(f"torch.{name}")
        module.is_available = module._is_in_bad_fork = returning(False)
        module.device_count = returning(0)
        for place in (torch.Tensor, torch.nn.Module):
            setattr(place, name, lambda self, *args, **kwargs: self)
        setattr(torch, name, module)


def _install_modules() -> None:
    """Let the accelerators' own modules do nothing, where they would look for a device."""
    answers = {**dict.fromkeys(_WITHOUT_EFFECT), **dict.fromkeys(_COUNTING, 0)}
    names = ("cuda", "mps", "xpu", "mtia", "accelerator", *_FOREIGN)
    modules = {name: getattr(torch, name) for name in names if hasattr(torch, name)}
    for name, module in modules.items():
        for function, answer in answers.items():
            if hasattr(module, function) or name in _FOREIGN:
                setattr(module, function, returning(answer))
        if isinstance(getattr(module, "device", None), type):
            module.device = nullcontext  # 'with torch.cuda.device(0):'
        if name not in ("accelerator", "mps"):
            for kind in (n for n in dir(torch) if n.endswith("Tensor") and n != "Tensor"):
                setattr(module, kind, getattr(torch, kind))
    if "accelerator" in modules:
        modules["accelerator"].current_accelerator = returning(_CPU)
        modules["accelerator"].is_available = returning(False)
        modules["accelerator"].device_count = returning(0)
    # What torch asks of the accelerator's own module in `torch.random.fork_rng`.
    cpu: Any = torch.cpu
    cpu.get_rng_state = lambda device=None: torch.get_rng_state()
    cpu.set_rng_state = lambda state, device=None: torch.set_rng_state(state)
