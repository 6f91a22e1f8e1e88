"""Has torch compute each step as it is written: nothing compiled, nothing in less precision.

A compiled function computes what the function does, and a compiler needs programs and files that a
candidate may not have. So each way to compile leads to the function itself; those in
``torch._dynamo``, which is imported late, because ``TORCHDYNAMO_DISABLE`` is set (see `processes`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch


def install() -> None:
    """Make ``torch.compile`` and ``Module.compile`` lead to what they are given."""

    @wraps(torch.compile)
    def compile(model: Any = None, **_: Any) -> Any:
        return model if model is not None else lambda function: function

    torch.compile = compile
    module: Any = torch.nn.Module
    module.compile = lambda self, *args, **kwargs: None
    module._orig_mod = property(lambda self: self)  # where a compiled model keeps the model


def install_for_checks() -> None:
    """Make TorchScript lead to Python's functions, and autocast compute in the model's precision.

    On the GPU that a notebook is written for, autocast may choose another type than here; an
    answer in single precision is as near to both as can be, and shows small errors.
    """
    torch.jit._state.disable()
    autocast: Any = torch.autocast
    autocast.__init__ = _switched_off(autocast.__init__)


def _switched_off(initialise: Callable[..., None]) -> Callable[..., None]:
    @wraps(initialise)
    def switched_off(self: Any, device_type: Any, *args: Any, **kwargs: Any) -> None:
        initialise(self, "cpu" if isinstance(device_type, str) else device_type, enabled=False)

    return switched_off
