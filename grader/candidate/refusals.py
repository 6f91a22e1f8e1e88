"""Tells from an exception whether confinement caused it, and not the code that it was raised in."""

from __future__ import annotations

import errno
import socket
import types
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from grader.protocol.replies import Refusal

_PROGRAMS = ("subprocess", "multiprocessing", "torch.multiprocessing", "concurrent.futures.process")
_NETWORK = ("socket", "ssl", "http", "urllib", "urllib3", "requests", "httpx", "aiohttp", "ftplib")
_REFUSED = (errno.EPERM, errno.EACCES, errno.EROFS, errno.ENOSYS)
_TOO_MUCH = (errno.EFBIG, errno.ENOSPC, errno.EDQUOT)
_IN_WORDS: dict[str, Refusal] = {
    "Parent directory ": "absent",
    "Permission denied": "file",
    "Operation not permitted": "rights",
    "name resolution": "network",
    "urlopen error": "network",
    "File too large": "room",
    "No space left": "room",
    " requested and ": "room",  # NumPy's
    "unexpected pos ": "room",  # torch's
}
"""How libraries say it that raise exceptions of their own."""
_MOST = 10


def refused(error: BaseException) -> Refusal | None:
    """Return what was refused where the exception, or one before it, came from."""
    with suppress(Exception):  # an exception of the student's may be anything
        return next((kind for e in _chain(error) if (kind := _kind(e))), None)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that led to it, the nearest first."""
    waiting: list[Any] = [error]
    for link in waiting:  # it grows
        if not isinstance(link, BaseException):
            continue
        yield link
        if len(waiting) < _MOST:
            waiting += [link.__cause__, link.__context__, getattr(link, "reason", None)]


def _kind(error: BaseException) -> Refusal | None:
    if not isinstance(error, OSError) or error.errno is None:
        return next((kind for words, kind in _IN_WORDS.items() if words in str(error)), None)
    if isinstance(error, socket.gaierror):
        return "network"
    if error.errno in _TOO_MUCH:
        return "room"
    modules = set(_modules(error.__traceback__))
    if error.errno in _REFUSED:
        if modules & set(_PROGRAMS):
            return "program"
        if modules & set(_NETWORK):
            return "network"
        if error.filename is None:
            return "program"
        return "rights" if error.errno == errno.EPERM else "file"
    if error.errno == errno.ENOENT and error.filename is not None:
        return "absent"
    return None


def _modules(trace: types.TracebackType | None) -> Iterator[str]:
    """Yield the modules, and the packages, through which an exception went."""
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__"))
        yield name
        yield name.partition(".")[0]
        trace = trace.tb_next
