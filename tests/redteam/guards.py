"""What hostile code must leave alone, and how to see whether it did."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.redteam.attacks import ROOT, Attack, write_honest, write_notebook

SECONDS_TO_DIE = 5.0


@dataclass
class Canary:
    """A folder that nobody may touch, and servers that nobody may reach."""

    folder: Path
    port: int = 0
    calls: list[str] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "canary"

    def state(self) -> object:
        entries = sorted(self.folder.rglob("*"))
        whats = [
            (p.name, p.lstat().st_mode, p.lstat().st_uid, p.lstat().st_mtime_ns) for p in entries
        ]
        return whats, self.file.read_bytes(), os.listxattr(self.file)

    def listen(self, stop: threading.Event) -> None:
        with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
            kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM)
            for family, kind, address in (
                *((socket.AF_INET, kind, ("127.0.0.1", self.port)) for kind in kinds),
                (socket.AF_UNIX, socket.SOCK_STREAM, f"{self.file}.socket"),
                (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.file}"),
            ):
                server = stack.enter_context(socket.socket(family, kind))
                server.bind(address)
                if kind == socket.SOCK_STREAM:
                    server.listen()
                selector.register(server, selectors.EVENT_READ, str(address))
            self.calls.append("ready")
            while not stop.is_set():
                for key, _ in selector.select(0.1):
                    self.calls.append(key.data)
                    selector.unregister(key.fileobj)


@contextlib.contextmanager
def listening(folder: Path) -> Iterator[Canary]:
    """A canary whose servers listen."""
    canary = Canary(folder)
    canary.file.write_text("sings")
    canary.file.chmod(0o666)
    canary.folder.chmod(0o777)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        canary.port = free.getsockname()[1]
    stop = threading.Event()
    listener = threading.Thread(target=canary.listen, args=(stop,))
    listener.start()
    while not canary.calls:
        assert listener.is_alive()
        time.sleep(0.01)
    canary.calls.clear()
    yield canary
    stop.set()
    listener.join()


def descendants() -> set[int]:
    """Processes that come from this one."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{name}/stat").read_text()
            parents[int(name)] = int(stat.rpartition(")")[2].split()[1])
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def left_elsewhere() -> object:
    """Traces that a process may leave outside of its own folder."""
    return (
        sorted(os.listdir("/dev/shm")),
        Path("/proc/sysvipc/shm").read_text().count("\n"),
        [name for name in ("note", "dead") if os.path.exists(f"/tmp/{name}")],
    )


def left_by_the_grader() -> object:
    """The same without semaphores of `multiprocessing`, which tests that run beside have."""
    shared, *others = left_elsewhere()  # type: ignore[misc]
    return [name for name in shared if not name.startswith("sem.mp-")], others


@dataclass(frozen=True)
class Scene:
    """A hostile notebook and an honest one in folders of their own."""

    hostile: Path
    honest: Path


@contextlib.contextmanager
def guarded(attack: Attack, canary: Canary, folder: Path) -> Iterator[Scene]:
    """Write the notebooks, and see afterwards that nothing was touched and nothing is left."""
    folders = [folder / name for name in ("attacker", "neighbour")]
    for own in folders:
        own.mkdir()
    honest = write_honest(folders[1])
    known = {
        "ROOT": str(ROOT),
        "CANARY": str(canary.file),
        "PORT": canary.port,
        "NEIGHBOUR": str(honest),
    }
    hostile = write_notebook(attack, folders[0], known)
    contents = [path.read_bytes() for path in (hostile, honest)]
    beside = sorted(folder.rglob("*"))
    before, elsewhere, processes = canary.state(), left_elsewhere(), descendants()
    yield Scene(hostile, honest)
    assert canary.state() == before
    assert canary.calls == []
    assert left_elsewhere() == elsewhere
    assert [path.read_bytes() for path in (hostile, honest)] == contents
    assert sorted(folder.rglob("*")) == beside
    deadline = time.monotonic() + SECONDS_TO_DIE
    while (left := descendants() - processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left
