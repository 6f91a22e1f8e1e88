"""Why a kernel has no Landlock, and what its administrator or user can do. Light to import."""

from __future__ import annotations

import re

_FIRST = (5, 13)

SUGGESTIONS = (
    "Grade on another machine or node, with a newer system: Landlock is in RHEL 9.6, Debian 12, "
    "Ubuntu 22.04 and later ones.",
    "Or in a virtual machine with such a system. A container doesn't help: it has the kernel of "
    "the machine that it is on.",
    "Or have the administrator allow user namespaces: a mount namespace then does what Landlock "
    "would. On RHEL 8 that is `sysctl user.max_user_namespaces=15000`.",
    "`--no-run` changes nothing, since checks execute student code too. `--trust` grades all the "
    "same, checks and run, with the layers that are there; code can then read and write your "
    "files, so you must trust the author of every notebook.",
    "`grade check`, for a notebook of your own, needs none of this.",
)
"""What can be done where neither Landlock nor what stands in for it can be had, easiest first."""


def why_missing(release: str) -> str:
    """Return why there is no Landlock, as a clause; ``release`` is what ``uname -r`` says."""
    if _version(release) < _FIRST:
        return f"Linux {release} has no Landlock, which came with 5.13"
    return (
        f"Linux {release} gives no Landlock, because it was built or started without it or a "
        "container forbids it"
    )


def stand_in(release: str, layer: str) -> str:
    """Return a sentence on what does Landlock's work, from the words of the layer of files."""
    _, _, way = layer.partition(": ")
    return f"{why_missing(release)}; its work is done in another way: {way}."


def _version(release: str) -> tuple[int, int]:
    numbers = re.match(r"(\d{1,9})\.(\d{1,9})", release)
    return (int(numbers[1]), int(numbers[2])) if numbers else _FIRST
