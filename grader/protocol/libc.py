"""The few calls to the C library that Python does not have, with errors as exceptions."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from functools import cache
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
_M_ARENA_MAX = -8


@cache
def _library() -> Any:
    if sys.platform == "win32":
        raise OSError("there is no C library to call on this platform")
    return ctypes.CDLL(None, use_errno=True)


def call(function: str, *arguments: Any) -> int:
    """Return what a function of the C library returns.

    Integers are passed as longs, as `syscall` and `prctl` want them.

    Raises:
        OSError: it returned -1.
    """
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    try:
        result = getattr(_library(), function)(*wide)
    except AttributeError as error:
        raise OSError(f"the C library has no {function}") from error
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{function}: {os.strerror(code)}")
    return result


def one_arena() -> None:
    """Have all threads take memory from one place; many would each keep what they have freed."""
    with suppress(OSError):
        call("mallopt", _M_ARENA_MAX, 1)


def prctl(option: int, *arguments: Any) -> None:
    """Change an attribute of this process.

    Raises:
        OSError: the kernel refuses.
    """
    call("prctl", option, *arguments, *[0] * (4 - len(arguments)))
