"""A Dask cluster of processes that tests start and kill, on loopback alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.process_memory import descendants

_START_S = 60.0


@dataclass
class Cluster:
    """A scheduler and the nannies that joined it.

    Attributes:
        folder: where everything of it lies.
        environment: of all its processes, beside the test's own.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    scheduler: subprocess.Popen[bytes] | None = None
    nannies: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def file(self) -> Path:
        """The file in which the scheduler writes where it is."""
        return self.folder / "scheduler.json"

    def start_scheduler(self, *options: str) -> None:
        """Start the scheduler, and wait until it is there."""
        self.file.unlink(missing_ok=True)
        self.scheduler = self._start("scheduler", "--port", "0", "--no-dashboard", *options)
        end = time.monotonic() + _START_S
        while not self.file.exists():
            assert self.scheduler.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.05)

    def add_node(self, host: str | None = "127.0.0.1") -> subprocess.Popen[bytes]:
        """Start a nanny with one worker of one slot; returns the nanny."""
        nanny = self._start(
            *("worker", "--nworkers", "1", "--nthreads", "1", "--memory-limit", "0"),
            *(("--host", host) if host else ()),
            *("--no-dashboard", "--local-directory", str(self.folder), "--death-timeout", "20"),
        )
        self.nannies.append(nanny)
        return nanny

    def close(self) -> None:
        """End all that is left of it, first in good order."""
        processes = [*self.nannies, *([self.scheduler] if self.scheduler else [])]
        families = [descendants(process.pid) for process in processes]
        for process in processes:
            process.terminate()
        for process, family in zip(processes, families, strict=True):
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()
            # What a killed process left is taken away by one that outlives it for a moment.
            end = time.monotonic() + 5
            while any(map(_lives, family)) and time.monotonic() < end:
                time.sleep(0.05)
            for pid in filter(_lives, family):
                _kill(pid)

    def log(self) -> str:
        """What its processes said."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def _start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        number = len(self.nannies)
        with open(self.folder / f"{kind}-{number}.log", "ab") as log:
            return subprocess.Popen(
                [
                    *(sys.executable, "-m", f"distributed.cli.dask_{kind}"),
                    *("--scheduler-file", str(self.file), *options),
                ],
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )


@contextmanager
def cluster(
    folder: Path,
    nodes: int,
    scheduler: Sequence[str] = ("--host", "127.0.0.1"),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Cluster]:
    """Start a scheduler and so many nodes of one slot each."""
    folder.mkdir()
    started = Cluster(folder, environment or {})
    try:
        started.start_scheduler(*scheduler)
        for _ in range(nodes):
            started.add_node()
        yield started
    finally:
        started.close()


def worker_of(nanny: subprocess.Popen[bytes]) -> int | None:
    """The worker that a nanny minds now: the process below it that listens."""
    for pid in sorted(descendants(nanny.pid) - {nanny.pid}):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"spawn_main" in words:
            return pid
    return None


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
