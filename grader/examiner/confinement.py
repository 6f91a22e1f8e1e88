"""What this machine enforces against student code, as asked of processes that try it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from grader.examiner.forkserver_client import environment
from grader.protocol.replies import LAYERS


def refusal(missing: Sequence[str]) -> str:
    """Return one sentence for who wants to grade where layers are missing."""
    return (
        f"This machine can't confine student code (missing: {', '.join(missing)}): grade on Linux "
        "5.13 or later, outside of a container that forbids Landlock, or add --trust if you trust "
        "the author of every notebook."
    )


def missing_from(layers: Sequence[str]) -> tuple[str, ...]:
    """Return the names of those that are not among these layers."""
    if sys.platform != "linux":
        return LAYERS if sys.platform == "win32" else LAYERS[:3]
    enforced = {layer.split(":")[0] for layer in layers}
    return tuple(layer for layer in LAYERS if layer not in enforced)


def layers() -> tuple[str, ...]:
    """Return the layers that this machine enforces, in words; none where nothing can be tried."""
    return tuple(ask_candidate("grader.candidate.confinement")) if sys.platform != "win32" else ()


def ask_candidate(module: str, *arguments: str) -> list[Any]:
    """Return the JSON list that a module of the candidate's side prints; empty if it fails."""
    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=environment(folder),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    try:
        printed = json.loads(done.stdout)
    except ValueError:
        return []
    return printed if isinstance(printed, list) else []
