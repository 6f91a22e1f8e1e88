"""What the client of a cluster costs, with nodes that do nothing but wait.

    python -m pytest -m benchmark -s tests/benchmarks/test_cluster_growth.py

`CLUSTER_SUBMISSIONS=100000` makes it as long as a national exam; `CLUSTER_NODES=16` measures one
number of nodes alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

from grader.course.cluster.dispatch import dispatch
from grader.course.cluster.nodes import Nodes
from grader.course.folder import store_of
from grader.course.keeping import Keeper
from grader.course.store_kind import SQLITE, settled_contents
from tests.benchmarks.process_memory import proportional
from tests.benchmarks.simulated_nodes import wait_and_answer, works
from tests.course.cluster.test_dispatch import Plugin

ROOT = Path(__file__).resolve().parents[2]
COUNT = int(os.environ.get("CLUSTER_SUBMISSIONS", "4000"))
NODES = [int(count) for count in os.environ.get("CLUSTER_NODES", "1,4,16,64").split(",")]
THREADS = 4
A_SECOND = 250.0
"""Submissions that the nodes would do together if the client cost nothing."""
REAL_S = 1.5
"""CPU seconds that a submission takes on a node."""

pytestmark = pytest.mark.benchmark


@contextmanager
def simulated(count: int) -> Iterator[str]:
    """Start so many nodes in another process; yields their scheduler's address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.simulated_nodes", str(count), str(THREADS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate("", timeout=120)


class Waiting(Nodes):
    """Nodes whose setup's name is how long they wait."""

    def __init__(self, client: Client, seconds: float) -> None:
        plugin: Any = Plugin()
        super().__init__(client, plugin, print)
        self.setup: Any = seconds


def measured(count: int, folder: Path) -> tuple[float, float, float, list[int]]:
    """Return seconds, the client's CPU seconds, those of keeping, and memory as it went."""
    folder.mkdir()
    contents = settled_contents(folder, SQLITE, COUNT)
    keeper, memory, keeping = Keeper(store_of(folder, contents)), list[int](), 0.0
    with simulated(count) as address, Client(address, set_as_default=False) as client:
        nodes = Waiting(client, count * THREADS / A_SECOND)
        nodes.set_up()
        started, cpu = time.monotonic(), time.process_time()
        with keeper.store.locked():
            for done, (work, outcome) in enumerate(
                dispatch(nodes, wait_and_answer, works(COUNT), 60.0), 1
            ):
                before = time.process_time()
                keeper.keep_beside(work, outcome)
                keeper.keep(work, outcome)
                keeping += time.process_time() - before
                if done % (COUNT // 10) == 0:
                    memory.append(proportional(os.getpid()))
        return time.monotonic() - started, time.process_time() - cpu, keeping, memory


def test_the_client_beside_more_and_more_nodes(tmp_path: Path) -> None:
    print(f"\n{COUNT} submissions; a submission's share in the client, and its memory")
    print("nodes   a second   CPU ms   of these keeping   MB at a tenth   MB at the end")
    for count in NODES:
        seconds, cpu, keeping, memory = measured(count, tmp_path / str(count))
        print(
            f"{count:5d} {COUNT / seconds:10.0f} {1000 * cpu / COUNT:8.2f} "
            f"{1000 * keeping / COUNT:18.2f} {memory[0] / 1e6:15.0f} {memory[-1] / 1e6:15.0f}"
        )
    each = cpu / COUNT
    for many in (10_000, 100_000, 1_000_000):
        hours = many * REAL_S / 3600
        print(
            f"{many:9d}: {hours:7.1f} core hours; {hours / 64:6.2f} h on 64 cores; "
            f"the client {many * each / 3600:5.2f} h"
        )
