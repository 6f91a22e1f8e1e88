"""Which files a notebook's code needs: Python, its packages, and the system's data for both."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.candidate.confinement import other_copies
from grader.protocol.forking import SEARCHED

_SYSTEM = (
    *("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64"),
    *("/usr/share", "/usr/local/lib", "/usr/local/share", "/nix/store", "/gnu/store"),
    *("/etc/fonts", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types"),
    *("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"),
    *("/proc/cpuinfo", "/proc/meminfo", "/proc/sys/vm/overcommit_memory"),
    "/sys/devices/system/cpu",
)
CUDA_DATA = ("/proc/driver/nvidia", "/sys/bus/pci/devices", "/sys/devices", "/usr/local/cuda")
"""What NVIDIA's libraries read about the GPUs and the machine."""


@dataclass(frozen=True)
class AllowedPaths:
    """What may be read whole, and the folders on the way there, of which only names may."""

    readable: tuple[str, ...]
    listable: tuple[str, ...]


@cache
def installation() -> AllowedPaths:
    """Return Python and its packages without this project, be it a checkout or installed."""
    return split(_roots(), project())


@cache
def project() -> tuple[str, ...]:
    """Return where this project lies: what runs, the checkout around it, and all other copies."""
    package = Path(__file__).resolve().parents[2]
    checkout = package.parent
    is_checkout = (checkout / "rubric.yaml").exists() and not other_copies.is_packages(
        str(checkout)
    )
    running = (str(package), str(checkout)) if is_checkout else (str(package),)
    searched = os.environ.get(SEARCHED, "").split(os.pathsep)
    return tuple(dict.fromkeys((*running, *other_copies.find([*sys.path, *searched], _roots()))))


def _roots() -> list[str]:
    paths = sysconfig.get_paths()
    named = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    packages = [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]
    of_python = [*named, *packages, *site.getsitepackages(), str(Path(sys.base_prefix) / "lib")]
    # A folder in which someone keeps other things too is not Python's own.
    return [os.path.realpath(path) for path in (*of_python, *_SYSTEM)]


def split(paths: Iterable[str], hidden: tuple[str, ...]) -> AllowedPaths:
    """Return paths, or the parts of them that are not hidden if some are."""
    readable, listable, waiting = [], [], list(dict.fromkeys(paths))
    for path in waiting:  # it grows
        if path in hidden:
            continue
        if not any(h.startswith(path.rstrip("/") + "/") for h in hidden):
            readable.append(path)
            continue
        listable.append(path)
        with suppress(OSError), os.scandir(path) as entries:
            waiting += [entry.path for entry in entries if not entry.is_symlink()]
    return AllowedPaths(tuple(dict.fromkeys(readable)), tuple(dict.fromkeys(listable)))
