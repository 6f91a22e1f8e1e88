"""What this machine enforces against student code, as asked of processes that try it."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from grader.examiner.forkserver_client import environment
from grader.examiner.landlock_advice import why_missing
from grader.protocol.replies import LAYERS


def refusal(missing: Sequence[str], release: str | None = None) -> str:
    """Return one sentence for who wants to grade where layers are missing.

    ``release`` is the kernel's, by default this machine's.
    """
    trust = "or add --trust if you trust the author of every notebook"
    if lacks_landlock(missing):
        return (
            f"{lacking(missing, release)}; grade where there is a newer system, on another node "
            f"or in a virtual machine (a container has the same kernel), {trust}; `grade doctor` "
            "says more."
        )
    return (
        f"{lacking(missing, release)}: grade on Linux 5.13 or later, outside of a container that "
        f"forbids Landlock, {trust}."
    )


def lacking(missing: Sequence[str], release: str | None = None) -> str:
    """Return which layers are missing, as a clause, and why if the kernel is the reason."""
    what = f"This machine can't confine student code (missing: {', '.join(missing)})"
    if not lacks_landlock(missing):
        return what
    why = why_missing(release or platform.release())
    return f"{what}: {why}, and a mount namespace, which would do, can't be made"


def lacks_landlock(missing: Sequence[str]) -> bool:
    """Return whether Landlock is all that is missing, which is the kernel's doing."""
    return sys.platform == "linux" and tuple(missing) == ("files",)


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
