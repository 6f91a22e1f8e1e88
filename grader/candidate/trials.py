"""What student code could try, tried from inside.

It is started as ``python -m grader.candidate.trials OUTSIDE RUBRIC`` with a file that it may not
touch and the rubric. Prints a JSON list of ``[words, must_work, error]``, as `grader.cli.doctor`
tells them.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import importlib
import json
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from grader.candidate import confinement
from grader.candidate.confinement import Profile
from grader.protocol import libc
from grader.protocol.limits import Limits

_F_SETSIG = 10
_PTRACE_SEIZE = 0x4206
_SYS_IO_URING_SETUP = 425


Attempts = dict[str, Callable[[], object]]
"""Things to try, in words; each raises if it fails."""


def _must_work() -> Attempts:
    return {
        "start a thread": lambda: threading.Thread(target=int).start(),
        "import a module of Python's": lambda: __import__("colorsys"),
        "read the clock": time.time,
        "signal itself": lambda: os.kill(os.getpid(), signal.SIGCONT),
    }


def _must_fail(outside: Path, rubric: Path, parent: int) -> Attempts:
    search = partial(_import_the_grader, [*sys.path], [*sys.meta_path])
    seize = partial(libc.call, "ptrace", _PTRACE_SEIZE, parent, None, None)
    return {
        "read the rubric": rubric.read_bytes,
        "import any copy of the grader": search,
        "read a file outside its folder": outside.read_bytes,
        "read the list of users": Path("/etc/passwd").read_bytes,
        "list a folder that is not its own": lambda: os.listdir(outside.parent),
        "write a file outside its folder": lambda: (outside.parent / "new").write_bytes(b""),
        "overwrite a file": lambda: outside.open("r+b").close(),
        "empty a file": lambda: os.truncate(outside, 0),
        "delete a file": outside.unlink,
        "change a file's mode": lambda: _change_mode(outside),
        "change a file's times": lambda: os.utime(outside),
        "leave something in shared memory": lambda: Path("/dev/shm/grade-doctor").touch(),
        "start a program": lambda: subprocess.run(["/bin/true"], check=True),
        "start a process": _fork,
        "open a network connection": lambda: socket.socket(socket.AF_INET).close(),
        "open a local socket": lambda: socket.socket(socket.AF_UNIX).close(),
        "signal another process": lambda: os.kill(parent, 0),
        "have a descriptor signal another process": lambda: fcntl.fcntl(0, _F_SETSIG, 9),
        "trace another process": seize,
        "read another process's memory": lambda: _read_memory(parent),
        "read another process's environment": Path(f"/proc/{parent}/environ").read_bytes,
        "change another process's limits": lambda: resource.prlimit(parent, resource.RLIMIT_CORE),
        "mount a file system": lambda: _enter_kernel("mount", b"n", b"/no", b"tmpfs", 0, None),
        "make a namespace": lambda: libc.call("unshare", 0x10000000),
        "use the kernel's keyrings": lambda: _enter_kernel("syscall", _number("add_key")),
        "use io_uring": lambda: _enter_kernel("syscall", _SYS_IO_URING_SETUP, 8, None),
        "load a BPF program": lambda: _enter_kernel("syscall", _number("bpf"), 0, None, 0),
        "become root": _become_root,
        "take 64 GiB of memory": lambda: mmap.mmap(-1, 64 << 30),
        "take memory that no limit sees": lambda: os.memfd_create("doctor"),
        "open 1000 files": _many_files,
        "start 5000 threads": _many_threads,
    }


def try_all(outside: Path, rubric: Path) -> list[tuple[str, bool, str | None]]:
    """Try everything in a confined fork; return words, whether it must work, and the error."""
    must_work = _must_work()
    attempts = must_work | _must_fail(outside, rubric, os.getpid())

    def work() -> str:
        confinement.confine(Profile(Limits(memory_bytes=1 << 30)), trust=True)
        return json.dumps([_error(attempt) for attempt in attempts.values()])

    errors = json.loads(confinement.in_fork(work) or "[]")
    return [(words, words in must_work, e) for words, e in zip(attempts, errors, strict=False)]


def _error(attempt: Callable[[], object]) -> str | None:
    """Return why an attempt fails; None if it works."""
    try:
        attempt()
    except OSError as error:
        return error.strerror or str(error)
    except MemoryError:
        return "out of memory"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return None


def _import_the_grader(path: list[str], finders: list[Any]) -> None:
    """Import it from one place after the other, as if it were not confined."""
    sys.meta_path[:] = finders
    for place in path:
        sys.path[:] = [place, *path]
        with suppress(ImportError, OSError):
            importlib.import_module("grader.protocol.limits")
            return
        sys.modules.pop("grader", None)
    raise ModuleNotFoundError("No module named 'grader'")


def _change_mode(file: Path) -> None:
    mode = file.stat().st_mode
    file.chmod(mode ^ 0o070)
    if file.stat().st_mode == mode:
        raise PermissionError(errno.EPERM, "nothing changes")


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _enter_kernel(function: str, *arguments: object) -> None:
    """Call the kernel with arguments that are no good; it works if the kernel looks at them."""
    try:
        libc.call(function, *arguments)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES, errno.ENOSYS):
            raise


def _many_files() -> None:
    held: list[int] = []
    try:
        for _ in range(1000):
            held.append(os.open(os.devnull, os.O_RDONLY))
    finally:
        for fd in held:
            os.close(fd)


def _many_threads() -> None:
    threading.stack_size(32768)
    leave = threading.Event()
    try:
        for _ in range(5000):
            threading.Thread(target=leave.wait, daemon=True).start()
    finally:
        leave.set()
        threading.stack_size(0)


def _read_memory(pid: int) -> None:
    word = ctypes.create_string_buffer(8)

    class Part(ctypes.Structure):
        _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))

    here, there = Part(ctypes.addressof(word), 8), Part(id(word), 8)
    libc.call("process_vm_readv", pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)


def _become_root() -> None:
    os.setuid(0)
    socket.sethostname(socket.gethostname())


def _number(name: str) -> int:
    """Return the number of a call that no confined process makes, on x86-64 or elsewhere."""
    numbers = {"add_key": (248, 217), "bpf": (321, 280)}
    return numbers[name][0 if os.uname().machine == "x86_64" else 1]


if __name__ == "__main__":
    print(json.dumps(try_all(Path(sys.argv[1]), Path(sys.argv[2]))))
