"""Confines a process before it executes student code, in layers that the kernel enforces.

- files: Landlock, or else a view of the disk in a mount namespace
- system calls: a seccomp filter: no programs, processes, outside sockets, or signals to others
- privileges: none, and none to be gained
- resources: limits on memory, time, files, descriptors and threads

A layer that can't be had stops the process before a line of the student's runs, unless the
submission is trusted.
"""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.abc import MetaPathFinder

from grader.candidate.confinement import (
    allowed_paths,
    landlock,
    mount_namespace,
    privileges,
    seccomp,
)
from grader.protocol import libc, limits
from grader.protocol.forking import SEARCHED
from grader.protocol.limits import Limits
from grader.protocol.replies import LAYERS


class UnconfinedError(Exception):
    """Layers that are required can't be had here; ``missing`` names them."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(f"missing: {', '.join(missing)}")
        self.missing = missing


@dataclass(frozen=True)
class Profile:
    """What a confined process may do beside computing.

    Attributes:
        limits: its resources.
        writable: folders of its own, in which it may do as it likes.
        devices: device files that it may use (see `grader.protocol.devices.cuda_devices`).
        unix_sockets: whether it may listen on local sockets in its own folders; it can't connect.
    """

    limits: Limits = field(default_factory=Limits)
    writable: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    unix_sockets: bool = False


def prepare() -> None:
    """Do once, before the forks, what all confined processes have in common."""
    allowed_paths.installation()
    limits.threads_now()
    limits.memory_share()
    landlock.version()
    with suppress(OSError):
        for unix_sockets in (False, True):
            seccomp.bpf_program(os.getpid(), unix_sockets)
    _project_modules.cache_clear()  # there may be more than where this process was forked from
    _project_modules()


def confine(profile: Profile, trust: bool = False) -> tuple[str, ...]:
    """Confine this process from here to its end; return the layers that are on, in words.

    It must have one thread, no descriptor open that student code may not have, and a current
    folder in which a folder can be made where Landlock is missing.

    Raises:
        UnconfinedError: a layer is missing and the submission is not trusted.
    """
    if sys.platform != "linux":
        limits.apply(profile.limits)
        if not trust:
            raise UnconfinedError(LAYERS if sys.platform == "win32" else LAYERS[:3])
        return () if sys.platform == "win32" else ("resources: limits",)
    forget_project()
    limits.prefer_as_oom_victim()
    held = limits.address_space()
    on: dict[str, str] = {}
    landlocked = landlock.version() > 0
    if not landlocked:
        _layer(on, "files", lambda: _see_less(profile))
    own_user = privileges.become_nobody(profile.writable)
    _layer(on, "resources", lambda: _limit(profile, own_user, held))
    reading_bounded = landlocked or "files" in on
    _layer(on, "privileges", lambda: _give_up(reading_bounded, own_user))
    if landlocked:
        _layer(on, "files", lambda: _landlock(profile))
    _layer(on, "system calls", lambda: _filter(profile))
    missing = tuple(layer for layer in LAYERS if layer not in on)
    if missing and not trust:
        raise UnconfinedError(missing)
    return tuple(f"{layer}: {on[layer]}" for layer in LAYERS if layer in on)


def _layer(on: dict[str, str], name: str, enforce: Callable[[], str]) -> None:
    # Whatever goes wrong, the layer is then not on, and that stops strangers' code.
    with suppress(Exception):
        on[name] = enforce()


def _readable(profile: Profile) -> tuple[str, ...]:
    data = allowed_paths.CUDA_DATA if profile.devices else ()
    return (*allowed_paths.installation().readable, *data, f"/proc/{os.getpid()}")


def _landlock(profile: Profile) -> str:
    listable = allowed_paths.installation().listable
    devices = ("/dev/null", *profile.devices)
    landlock.restrict(_readable(profile), listable, profile.writable, devices)
    return f"Landlock {landlock.version()}"


def _see_less(profile: Profile) -> str:
    place = os.path.join(os.getcwd(), ".view")
    os.makedirs(place, exist_ok=True)
    devices = ("/dev/null", *profile.devices)
    return mount_namespace.enter(place, _readable(profile), profile.writable, devices)


def _limit(profile: Profile, own_user: bool, held: int) -> str:
    limits.apply(profile.limits, own_user, held)
    return "limits"


def _give_up(keep_reading: bool, own_user: bool) -> str:
    privileges.drop(keep_reading)
    # A change of user clears what the fork server asked for, and hides this one from itself.
    libc.prctl(libc.PR_SET_PDEATHSIG, 9)
    return "none, as a user of its own" if own_user else "none"


def _filter(profile: Profile) -> str:
    seccomp.install(seccomp.bpf_program(os.getpid(), profile.unix_sockets))
    return "seccomp"


def forget_project() -> None:
    """Take this project's modules and folders out of the reach of imports."""
    for name in _project_modules():
        if name in sys.modules:
            # Kept alive: taking a module down would touch, and so copy, the memory of all of it.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(sys.modules.pop(name)))
    hidden = {os.path.realpath(path) for path in allowed_paths.project()}
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) not in hidden]
    sys.meta_path.insert(0, _Hidden())
    for name in ("PYTHONPATH", SEARCHED):
        os.environ.pop(name, None)


class _Hidden(MetaPathFinder):
    """Says of this project what is said of a package that is not there: no other copy is found."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname.partition(".")[0] == "grader":
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


@cache
def _project_modules() -> tuple[str, ...]:
    """Return this project's modules that are loaded.

    To look through the names of all modules in a fork would copy their memory.
    """
    return tuple(name for name in sys.modules if name == "grader" or name.startswith("grader."))


def layers() -> tuple[str, ...]:
    """Return the layers that this machine enforces, in words, found out by trying in a fork."""
    return tuple(in_fork(lambda: "\n".join(confine(Profile(), trust=True))).splitlines())


def in_fork(work: Callable[[], str]) -> str:
    """Return the text that ``work`` returns in a fork of this process; "" if it ended otherwise."""
    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            with suppress(BaseException):
                os.close(reader)
                os.chdir(folder)
                os.write(writer, work().encode()[: 1 << 15])
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            text = pipe.read().decode()
        os.waitpid(pid, 0)
        return text
