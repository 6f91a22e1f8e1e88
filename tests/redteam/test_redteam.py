"""The red team: nothing is gained, nobody is harmed, nothing is left."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

from grader import spec
from grader.candidate.client import Candidates, Patience
from grader.grading import KNOWN_CHECKS, grade_file
from grader.report.terminal import to_terminal
from grader.rubric import Rubric, default_path, load_rubric
from tests.redteam.attacks import ROOT, Attack, attacks, write_honest, write_notebook

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="student code is confined on Linux only"),
]
SECONDS = 90.0
HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
RUBRIC = load_rubric(default_path(), KNOWN_CHECKS)
# The neighbour is graded in one task, to be quick: its points show that it is left alone.
NEIGHBOURS = Rubric(
    {**dict.fromkeys(spec.TASK_IDS, 0.0), "kl": 5.0},
    {name: worth for name, worth in RUBRIC.checks.items() if name.startswith("kl.")},
    RUBRIC.rules,
)


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
                (socket.AF_UNIX, socket.SOCK_STREAM, "\0canary"),
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


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    canary = Canary(tmp_path_factory.mktemp("canary"))
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


@pytest.fixture(scope="module")
def candidates() -> Iterator[Candidates]:
    with Candidates(patience=Patience(setup_seconds=6, call_seconds=3)) as candidates:
        yield candidates


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


def texts(value: object) -> list[str]:
    """Every text in a result."""
    if isinstance(value, str):
        return [value]
    parts = list(value) if isinstance(value, (list, tuple)) else []
    if isinstance(value, dict):
        parts = [*value, *value.values()]
    return [text for part in parts for text in texts(part)]


@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: attack.name)
def test_attack_gains_nothing_and_harms_nobody(
    attack: Attack, canary: Canary, candidates: Candidates, tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("attacker", "neighbour")]
    for folder in folders:
        folder.mkdir()
    neighbour = write_honest(folders[1])
    neighbours_text = neighbour.read_bytes()
    known = {
        "ROOT": str(ROOT),
        "CANARY": str(canary.file),
        "PORT": canary.port,
        "NEIGHBOUR": str(neighbour),
    }
    notebook = write_notebook(attack, folders[0], known)
    attackers_text = notebook.read_bytes()
    before, elsewhere = canary.state(), left_elsewhere()
    processes = descendants()
    started = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        attacking = pool.submit(grade_file, notebook, RUBRIC, candidates)
        honest = pool.submit(grade_file, neighbour, NEIGHBOURS, candidates)
        result, neighbours = attacking.result(), honest.result()
    assert time.monotonic() - started < SECONDS

    assert result.status == "graded", result.reason
    lost = {task.id: task.max_points - task.points for task in result.tasks}
    assert {task: points for task, points in lost.items() if points} == attack.loses
    assert (neighbours.status, neighbours.points) == ("graded", 5.0)

    assert canary.state() == before
    assert canary.calls == []
    assert left_elsewhere() == elsewhere
    assert neighbour.read_bytes() == neighbours_text
    assert notebook.read_bytes() == attackers_text
    deadline = time.monotonic() + 5
    while (left := descendants() - processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left

    said = texts(asdict(result))
    assert not [text for text in said if HARMFUL.search(text)]
    assert sum(map(len, said)) < 500_000
    assert "\x1b" not in to_terminal(result, 80, colour=False)


def test_every_notebook_says_what_it_tries() -> None:
    found = attacks()
    assert len(found) >= 40
    assert len({attack.tries for attack in found}) == len(found)
    assert all(attack.tries.endswith(".") for attack in found)
    assert all(set(attack.loses) <= set(spec.TASK_IDS) for attack in found)
