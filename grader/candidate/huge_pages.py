"""Large pages for the memory that forks share, so that a fork and its end cost a third."""

from __future__ import annotations

import sys
from contextlib import suppress

from grader.protocol import libc

_HUGE = 2 << 20
_MADV_COLLAPSE = 25  # since Linux 6.1


def collapse() -> None:
    """Have the kernel put this process's own memory, as it is now, into huge pages.

    A fork copies an entry for each page of memory, and its end takes them down again: one for a
    huge page instead of 512. What a fork writes to is split again, so it pays for that part only.
    Where the kernel can't, or finds no room, everything stays as it is.
    """
    if sys.platform != "linux":
        return
    with suppress(OSError), open("/proc/self/maps", encoding="ascii") as file:
        for line in file.read().splitlines():
            span, access, _, _, inode, *name = line.split()
            if not access.startswith("rw") or inode != "0" or name not in ([], ["[heap]"]):
                continue
            first, end = (int(address, 16) for address in span.split("-"))
            first, end = -(-first // _HUGE) * _HUGE, end // _HUGE * _HUGE
            if first < end:
                with suppress(OSError):
                    libc.call("madvise", first, end - first, _MADV_COLLAPSE)
