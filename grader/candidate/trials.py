"""Try what student code could try, in a confined fork: `python -m grader.candidate.trials RUBRIC`.

It prints a report as JSON.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import importlib
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from grader.candidate import confinement, libc
from grader.candidate.confinement import Profile
from grader.protocol.limits import Limits

_F_SETSIG = 10
_PTRACE_SEIZE = 0x4206
_SYS_IO_URING_SETUP = 425


@dataclass(frozen=True)
class Trial:
    """Something to try, in words; ``attempt`` raises where it is refused."""

    words: str
    attempt: Callable[[], object]
    must_work: bool = False


def _usual() -> tuple[Trial, ...]:
    """List what student code may do."""
    return (
        Trial("start a thread", lambda: threading.Thread(target=int).start(), True),
        Trial("import a module of Python's", lambda: __import__("colorsys"), True),
        Trial("read the clock", time.time, True),
        Trial("signal itself", lambda: os.kill(os.getpid(), signal.SIGCONT), True),
    )


def _with_files(outside: Path, rubric: Path) -> tuple[Trial, ...]:
    """List what it may not do to files; ``outside`` is one that it has no part in."""
    return (
        Trial("read the rubric", rubric.read_bytes),
        Trial(
            "import any copy of the grader",
            partial(_import_the_grader, [*sys.path], [*sys.meta_path]),
        ),
        Trial("read a file outside its folder", outside.read_bytes),
        Trial("read the list of users", Path("/etc/passwd").read_bytes),
        Trial("list a folder that is not its own", lambda: os.listdir(outside.parent)),
        Trial("write a file outside its folder", lambda: (outside.parent / "new").write_bytes(b"")),
        Trial("overwrite a file", lambda: outside.open("r+b").close()),
        Trial("empty a file", lambda: os.truncate(outside, 0)),
        Trial("delete a file", outside.unlink),
        Trial("change a file's mode", lambda: outside.chmod(0o600)),
        Trial("change a file's times", lambda: os.utime(outside)),
        Trial("leave something in shared memory", lambda: Path("/dev/shm/grade-doctor").touch()),
    )


def _with_processes(parent: int) -> tuple[Trial, ...]:
    """List what it may not do to processes, such as to its parent."""
    return (
        Trial("start a program", lambda: subprocess.run(["/bin/true"], check=True)),
        Trial("start a process", _fork),
        Trial("open a network connection", lambda: socket.socket(socket.AF_INET).close()),
        Trial("open a local socket", lambda: socket.socket(socket.AF_UNIX).close()),
        Trial("signal another process", lambda: os.kill(parent, 0)),
        Trial("have a descriptor signal another process", lambda: fcntl.fcntl(0, _F_SETSIG, 9)),
        Trial("trace another process", lambda: _trace(parent)),
        Trial("read another process's memory", lambda: _read_memory(parent)),
        Trial("read another process's environment", Path(f"/proc/{parent}/environ").read_bytes),
        Trial("change another process's limits", lambda: _limit(parent)),
    )


def _with_the_system() -> tuple[Trial, ...]:
    """List what it may not ask of the kernel, and more than its share."""
    return (
        Trial("mount a file system", lambda: _reach("mount", b"n", b"/no/such", b"tmpfs", 0, None)),
        Trial("make a namespace", lambda: libc.call("unshare", 0x10000000)),
        Trial("use the kernel's keyrings", lambda: _reach("syscall", _number("add_key"))),
        Trial("use io_uring", lambda: _reach("syscall", _SYS_IO_URING_SETUP, 8, None)),
        Trial("load a BPF program", lambda: _reach("syscall", _number("bpf"), 0, None, 0)),
        Trial("become root", _become_root),
        Trial("take 64 GiB of memory", lambda: mmap.mmap(-1, 64 << 30)),
        Trial("take memory that no limit sees", lambda: os.memfd_create("doctor")),
        Trial("open 1000 files", lambda: [os.open(os.devnull, os.O_RDONLY) for _ in range(1000)]),
        Trial("start 5000 threads", _many_threads),
    )


def observe(rubric: Path) -> list[dict[str, Any]]:
    """Try everything in a confined fork; on other systems than Linux nothing is tried.

    Returns:
        Of each trial its words, whether it must work, and the error; None if it worked.
    """
    if sys.platform != "linux":
        return []
    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        outside = Path(folder) / "outside"
        outside.write_text("untouched")
        refused = (*_with_files(outside, rubric), *_with_processes(os.getpid()))
        trials = (*_usual(), *refused, *_with_the_system())

        def work() -> str:
            confinement.confine(Profile(Limits(memory_bytes=1 << 30)), trust=True)
            return json.dumps([_error(trial) for trial in trials])

        errors = json.loads(confinement.in_fork(work) or "[]")
    return [
        {"words": trial.words, "must_work": trial.must_work, "error": error}
        for trial, error in zip(trials, errors, strict=False)
    ]


def _error(trial: Trial) -> str | None:
    try:
        trial.attempt()
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
            importlib.import_module("grader.assignment")
            return
        sys.modules.pop("grader", None)
    raise ModuleNotFoundError("No module named 'grader'")


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _reach(function: str, *arguments: object) -> None:
    """Call the kernel with arguments that are no good; it works if the kernel looks at them."""
    try:
        libc.call(function, *arguments)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES, errno.ENOSYS):
            raise


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

    own, other = Part(ctypes.addressof(word), 8), Part(id(word), 8)
    libc.call("process_vm_readv", pid, ctypes.byref(own), 1, ctypes.byref(other), 1, 0)


def _trace(pid: int) -> None:
    libc.call("ptrace", _PTRACE_SEIZE, pid, None, None)


def _limit(pid: int) -> None:
    import resource

    resource.prlimit(pid, resource.RLIMIT_CORE)


def _become_root() -> None:
    os.setuid(0)
    socket.sethostname(socket.gethostname())


def _number(name: str) -> int:
    """Return the number of a call that no confined process makes."""
    numbers = {"add_key": (248, 217), "bpf": (321, 280)}
    return numbers[name][0 if os.uname().machine == "x86_64" else 1]


if __name__ == "__main__":
    report = {
        "observations": observe(Path(sys.argv[1])),
        "missing": confinement.missing(),
        "layers": confinement.layers(),
    }
    print(json.dumps(report))
