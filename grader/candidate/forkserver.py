"""The fork server: holds what candidates need to have imported, and forks them.

It is started as ``python -m grader.candidate.forkserver FD FOLDER SERVICE ARGUMENT...`` before the
examiner reads rubric, checks or notebook. A service is a module with ``prepare(*arguments)``,
called once, and ``become(wire, request)``, called in each fork, whose request holds the same
``arguments``. One that has ``before_fork(number, *arguments)`` makes ready in the fork server for
its fork of that number. A request may name another service that the fork becomes, which the fork
server's own has prepared; neither such forks are counted nor those that are fork servers.

Over the socket FD the examiner asks for forks: a `ForkRequest` and two descriptors, the fork's wire
and a control socket. The control socket tells the examiner the fork's pid and how it ended, or why
there is none (`ForkNews`); when the examiner closes it, the fork and all that it started are
killed. When FD closes, everything ends, and the temporary FOLDER is removed: the examiner may have
been killed.

A fork may itself be a fork server, for a service that needs more imports than the first: its wire
is then its FD.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from grader.candidate import scratch, standard_streams
from grader.protocol import folders, libc, limits
from grader.protocol.forking import MAX_REQUEST, ForkNews, ForkRequest

FOLDER_SECONDS = 0.25
"""How often the folders that forks write to are measured."""


def main() -> None:
    """Import what the service needs, then serve forks until the examiner goes."""
    fd, folder, service, *arguments = sys.argv[1:]
    try:
        serve(socket.socket(fileno=int(fd)), service, arguments)
    finally:
        with contextlib.suppress(ChildProcessError):
            while True:  # they are killed; a file that one still writes must not outlive the folder
                os.wait()
        folders.remove(folder)
    os._exit(0)  # the examiner waits, and taking torch down in good order takes a while


def serve(requests: socket.socket, service: str, arguments: Sequence[str] = ()) -> None:
    """Serve forks of a service until the examiner closes its end of ``requests``."""
    _prctl(libc.PR_SET_CHILD_SUBREAPER, 1)
    gc.disable()  # to look for garbage again and again is a third of the time of all imports
    module = importlib.import_module(service)
    module.prepare(*arguments)
    gc.freeze()
    gc.enable()  # student code makes garbage of its own
    _ForkServer(requests, module, arguments).run()


@dataclass
class _Folder:
    """A folder that a fork writes to.

    Attributes:
        most: what it may hold: bytes, and files.
        least_room: bytes that must stay free on its disk. Files that a fork has removed and still
            has open are in no folder.
        is_scratch: whether it was made for the fork, and goes with it.
        exceeded: what was too much: "folder" or "disk"; None as long as nothing was.
    """

    path: str
    most: tuple[int, int]
    least_room: int
    is_scratch: bool
    exceeded: Literal["folder", "disk"] | None = None

    def excess(self) -> str | None:
        """Measure it, and return what is too much."""
        if limits.is_overfull(self.path, *self.most):
            self.exceeded = "folder"
        elif limits.room(self.path) < self.least_room:
            self.exceeded = "disk"
        return self.exceeded


@dataclass
class _Fork:
    """A fork that is alive: the socket to tell of it, and the folder that is measured."""

    control: socket.socket
    folder: _Folder | None


class _ForkServer:
    """The forks alive, by pid."""

    def __init__(self, requests: socket.socket, service: Any, arguments: Sequence[str]) -> None:
        self._service = service
        self._arguments = arguments
        self._requests = requests
        self._forks: dict[int, _Fork] = {}
        self._scratches = scratch.Folders()
        self._fork_count = 0
        self._before_fork = getattr(service, "before_fork", lambda *_: None)
        self._imported_late: frozenset[str] = frozenset()
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def run(self) -> None:
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        self._selector.register(self._requests, selectors.EVENT_READ, None)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        alive = True
        while alive:
            measures = any(fork.folder is not None for fork in self._forks.values())
            for key, _ in self._selector.select(FOLDER_SECONDS if measures else None):
                if key.fileobj is self._requests:
                    alive = self._accept()
                elif key.fileobj == self._wake_read:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._wake_read, 4096)
                    self._reap()
                elif key.data in self._forks:
                    self._selector.unregister(key.fileobj)
                    self._kill(key.data)
            for pid, fork in self._forks.items():
                if fork.folder is not None and fork.folder.excess() is not None:
                    self._kill(pid)
        for pid in self._forks:
            self._kill(pid)
        self._kill_strays()

    def _accept(self) -> bool:
        """Fork once, or refuse to; False when the examiner is gone."""
        try:
            data, fds, flags, _ = socket.recv_fds(self._requests, MAX_REQUEST, 2)
        except OSError:
            return False
        if not data and not fds:
            return False
        if len(fds) != 2:  # there were no descriptors left for them, and so nobody to tell
            for fd in fds:
                os.close(fd)
            return True
        wire_fd, control_fd = fds
        control = socket.socket(fileno=control_fd)
        folder = None
        try:
            request = _request(data, flags)
            folder = self._folder(request)
            pid = self._fork(wire_fd, request)
        except (ValueError, TypeError, LookupError, OSError) as error:
            self._tell(control, {"refused": str(error), "exit": 1})
            control.close()
            self._let_go(folder)
            return True
        finally:
            os.close(wire_fd)
        self._forks[pid] = _Fork(control, folder)
        self._selector.register(control, selectors.EVENT_READ, pid)
        self._tell(control, {"pid": pid})
        return True

    def _folder(self, request: ForkRequest) -> _Folder | None:
        """Return the folder of a request that is measured, which is made if it asks for that."""
        if "limits" not in request or not request.keys() & {"folder", "scratch"}:
            return None
        bounds = request["limits"]
        most = int(bounds["folder_bytes"]), int(bounds.get("folder_files", limits.FILES))
        if "scratch" in request:
            request["folder"] = self._scratches.take(request["scratch"])
        path = request["folder"]
        return _Folder(path, most, limits.least_room(path), "scratch" in request)

    def _let_go(self, folder: _Folder | None) -> None:
        if folder is not None and folder.is_scratch:
            self._scratches.give_back(folder.path)

    def _fork(self, wire_fd: int, request: ForkRequest) -> int:
        if late := frozenset(request.get("late", ())) - self._imported_late:
            self._imported_late |= late
            self._service.import_late(late)
            gc.freeze()
        if not request.keys() & {"server", "service"}:
            self._fork_count += 1
            self._before_fork(self._fork_count, *self._arguments)
        pid = os.fork()
        if pid == 0:
            self._become(wire_fd, request)
        return pid

    def _become(self, wire_fd: int, request: ForkRequest) -> None:
        """Keep nothing but the wire, in the child, and serve. Never return."""
        status = 1
        try:
            os.setsid()
            _prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            wire = os.dup2(wire_fd, 3) if wire_fd != 3 else 3
            os.closerange(4, 4096)
            if "server" in request:
                wire_socket = socket.socket(fileno=wire)
                serve(wire_socket, request["server"], request.get("arguments", ()))
            else:
                standard_streams.silence(0, 1, 2)
                request["arguments"] = self._arguments
                service = self._service
                if "service" in request:
                    service = importlib.import_module(request["service"])
                service.become(wire, request)
            status = 0
        finally:
            os._exit(status)

    def _reap(self) -> None:
        """Report forks that ended, and end what they left behind."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                break
            # While its leader is not yet reaped, the group's number can't be anybody else's.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(ended.si_pid, signal.SIGKILL)
            _, _, used = os.wait4(ended.si_pid, 0)
            fork = self._forks.pop(ended.si_pid, None)
            if fork is not None:
                self._bury(fork, ended, used)
        self._kill_strays()

    def _bury(self, fork: _Fork, ended: Any, used: Any) -> None:
        """Tell how a fork ended (a result of waitid) and what it used, and let go of it."""
        news: ForkNews = {
            "seconds": used.ru_utime + used.ru_stime,
            "bytes": used.ru_maxrss * 1024,
        }
        if ended.si_code == os.CLD_EXITED:
            news["exit"] = ended.si_status
        else:
            news["signal"] = ended.si_status
        if fork.folder is not None and fork.folder.exceeded is not None:
            news["excess"] = fork.folder.exceeded
        self._tell(fork.control, news)
        with contextlib.suppress(KeyError):
            self._selector.unregister(fork.control)
        fork.control.close()
        self._let_go(fork.folder)

    def _kill(self, pid: int) -> None:
        """Kill a fork; `_reap` does the rest."""
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(pid, signal.SIGKILL)

    def _kill_strays(self) -> None:
        """Kill processes that a dead fork left to us, in whatever group or session."""
        with contextlib.suppress(OSError):
            with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
                children = {int(pid) for pid in file.read().split()}
            for pid in children - self._forks.keys():
                os.kill(pid, signal.SIGKILL)

    @staticmethod
    def _tell(control: socket.socket, news: ForkNews) -> None:
        with contextlib.suppress(OSError):
            control.sendall(json.dumps(news).encode() + b"\n")


def _request(data: bytes, flags: int) -> ForkRequest:
    """Return what is asked for.

    Raises:
        ValueError: it can't be read.
    """
    if flags & socket.MSG_TRUNC:
        raise ValueError(f"a request has more than {MAX_REQUEST} bytes")
    request = json.loads(data)
    if not isinstance(request, dict):
        raise ValueError("a request is no object")
    return cast(ForkRequest, request)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            libc.prctl(option, value)


if __name__ == "__main__":
    main()
