"""Submissions that never come to an end, each in a way of its own."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.notebooks.made import made, solved_class

_SLEEPS = "import time\nwhile True:\n    time.sleep(60)"
_SPINS = "while True:\n    pass"
_SWALLOWS = """\
import signal
for number in range(1, 32):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    try:
        signal.pause()
    except BaseException:
        pass"""
_THREADS = """\
import threading
def spin():
    while True:
        pass
for _ in range(7):
    threading.Thread(target=spin, daemon=True).start()
spin()"""
_COMPUTES = """\
import threading, torch
def spin():
    a = torch.rand(300, 300)
    while True:
        a @ a
for _ in range(7):
    threading.Thread(target=spin, daemon=True).start()
spin()"""

METHODS = {
    "sleeps": _SLEEPS,
    "spins": _SPINS,
    "swallows signals": _SWALLOWS,
    "eight threads": _THREADS,
    "eight threads that multiply": _COMPUTES,
}
"""What stands in every method, by a name for it."""


PLACES = ("before the class", "in the class", "last cell")
"""Where else a notebook may never get past."""


def hanging(folder: Path, body: str) -> Path:
    """Write a notebook all of whose methods have a body."""
    source = solved_class()
    (kind,) = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    lines = source.splitlines()
    for method in reversed(kind.body):
        if isinstance(method, ast.FunctionDef) and method.name != "__init__":
            last = method.end_lineno
            first = method.body[1].lineno if len(method.body) > 1 else method.body[0].lineno
            lines[first - 1 : last] = [f"        {line}" for line in body.splitlines()]
    return made(folder, {source: "\n".join(lines)})


def hanging_at(folder: Path, where: str) -> Path:
    """Write a notebook that never gets past a place outside of the six methods."""
    loop = "while True:\n    pass"
    if where == PLACES[0]:
        return made(folder, before=[loop])
    if where == PLACES[1]:
        return made(folder, {"        super().__init__()": "        while True:\n            pass"})
    return made(folder, last=[loop])
