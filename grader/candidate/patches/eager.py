"""Has torch compute each step as it is written: nothing compiled, nothing in less precision.

A compiled function computes what the function does, and a compiler needs programs and files that a
candidate may not have. So each way to compile leads to the function itself; those in
``torch._dynamo`` (see `late_imports`), because ``TORCHDYNAMO_DISABLE`` is set (see `processes`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import torch


def install() -> None:
    """Make ``torch.compile`` and ``Module.compile`` lead to what they are given."""

    @wraps(torch.compile)
    def compile(model: Any = None, **_: Any) -> Any:
        if model is None:
            return lambda function: function
        if isinstance(model, torch.nn.Module):
            model.__dict__["_orig_mod"] = model  # where a compiled one keeps it
        return model

    torch.compile = compile
    module: Any = torch.nn.Module
    module.compile = lambda self, *args, **kwargs: None


def install_for_checks() -> None:
    """Make TorchScript lead to Python's functions, and autocast compute in the model's precision.

    On the GPU that a notebook is written for, autocast may choose another type than here; an
    answer in single precision is as near to both as can be, and shows small errors.
    """
    for name in ("script", "script_method", "trace", "freeze", "optimize_for_inference"):
        setattr(torch.jit, name, _as_given(getattr(torch.jit, name)))
    autocast: Any = torch.autocast
    autocast.__init__ = _switched_off(autocast.__init__)
    # It may be called once in a process, and a candidate meets the program again and again.
    torch.set_num_interop_threads = lambda nthreads: None


def _as_given(compiler: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``compiler``, but what the student's code gives to it comes back."""

    @wraps(compiler)
    def as_given(*args: Any, **kwargs: Any) -> Any:
        if os.path.isabs(sys._getframe(1).f_code.co_filename):  # a library
            return compiler(*args, **kwargs)
        return args[0] if args else kwargs.get("func", kwargs.get("obj"))

    return as_given


def _switched_off(initialise: Callable[..., None]) -> Callable[..., None]:
    @wraps(initialise)
    def switched_off(self: Any, device_type: Any, *args: Any, **kwargs: Any) -> None:
        initialise(self, "cpu" if isinstance(device_type, str) else device_type, enabled=False)

    return switched_off
