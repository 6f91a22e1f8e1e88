"""Whatever is killed, nothing is lost, nothing graded wrong, and nothing left behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.process_memory import descendants
from tests.course.cluster.clusters import Cluster, cluster, worker_of
from tests.course.courses import (
    ROOT,
    command,
    grade,
    handed_in,
    have_ended,
    how_many,
    killed_and_done,
    results,
    wait_for_results,
)
from tests.redteam.guards import left_by_the_grader

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are read in /proc")

KINDS = ["right", "right", "wrong_elbo"]
POINTS = {"right": 60.0, "wrong_elbo": 45.0}


def expected(count: int) -> dict[str, float]:
    return {f"student_{number:03d}": POINTS[KINDS[number % 3]] for number in range(count)}


def course(folder: Path, count: int) -> Path:
    return handed_in(folder, [KINDS[number % 3] for number in range(count)])


def points(out: Path) -> dict[str, float]:
    return {name: one["points"] for name, one in results(out).items()}


@pytest.mark.slow
def test_the_client_is_killed_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = left_by_the_grader()
    handed = course(tmp_path / "in", 12)
    (tmp_path / "t").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    killed_and_done(handed, tmp_path / "out", 2, 2, "--no-run", "--dask", "local:2")
    assert points(tmp_path / "out") == expected(12)
    assert [*(tmp_path / "t").iterdir()] == []
    assert [path.name for path in (tmp_path / "out").rglob(".*") if "lock" not in path.name] == []
    assert left_by_the_grader() == before


@pytest.mark.parametrize("moment", [0.5, 1.5, 5])
def test_ctrl_c_at_a_terminal_is_said_in_a_sentence(moment: float, tmp_path: Path) -> None:
    """It goes to all processes of the terminal, at once or while they work."""
    before = left_by_the_grader()
    handed = course(tmp_path / "in", 12)
    process = subprocess.Popen(
        command(handed, tmp_path / "out", "--no-run", "--dask", "local:2"),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    while not (tmp_path / "out" / ".lock").exists():
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(moment)
    family = descendants(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in told, told
    assert told.splitlines()[-1].endswith("run the same command again to go on.")
    assert have_ended(family)
    assert left_by_the_grader() == before


@pytest.mark.slow
def test_the_client_of_other_nodes_is_killed_and_goes_on(tmp_path: Path) -> None:
    handed = course(tmp_path / "in", 60)
    with cluster(tmp_path / "dask", 2) as dask:
        killed_and_done(handed, tmp_path / "out", 3, 10, "--no-run", "--dask", str(dask.file))
    assert points(tmp_path / "out") == expected(60)


def begun(handed: Path, out: Path, dask: Cluster) -> subprocess.Popen[str]:
    """Begin to grade a course on a cluster."""
    return subprocess.Popen(
        command(handed, out, "--no-run", "--dask", str(dask.file)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def kill_worker(dask: Cluster) -> None:
    pid = worker_of(dask.nannies[0])
    if pid is not None:
        os.kill(pid, signal.SIGKILL)


def kill_nanny(dask: Cluster) -> None:
    dask.add_node()
    dask.nannies[0].kill()
    dask.nannies.pop(0).wait()


@pytest.mark.slow
@pytest.mark.parametrize("kill", [kill_worker, kill_nanny])
def test_what_a_killed_node_did_is_done_elsewhere(
    kill: Callable[[Cluster], None], tmp_path: Path
) -> None:
    before, chance = left_by_the_grader(), random.Random(11)
    handed, out = course(tmp_path / "in", 60), tmp_path / "out"
    with cluster(tmp_path / "dask", 2) as dask:
        process = begun(handed, out, dask)
        for _ in range(3):
            wait_for_results(out, how_many(out) + chance.randint(3, 12), process)  # type: ignore[arg-type]
            time.sleep(chance.random() / 2)
            assert process.poll() is None
            kill(dask)
        _, told = process.communicate(timeout=600)
        assert process.returncode == 0, told + dask.log()
    assert points(out) == expected(60)
    assert left_by_the_grader() == before


@pytest.mark.slow
def test_a_killed_scheduler_is_said_and_the_same_command_goes_on(tmp_path: Path) -> None:
    before, chance = left_by_the_grader(), random.Random(13)
    handed, out = course(tmp_path / "in", 60), tmp_path / "out"
    for number in range(3):
        with cluster(tmp_path / f"dask-{number}", 2) as dask:
            process = begun(handed, out, dask)
            wait_for_results(out, how_many(out) + chance.randint(2, 9), process)  # type: ignore[arg-type]
            assert process.poll() is None
            assert dask.scheduler is not None
            dask.scheduler.kill()
            _, told = process.communicate(timeout=120)
        assert process.returncode == 1
        assert "is gone; what came back is kept" in " ".join(told.split()), told
        assert "Traceback" not in told
    with cluster(tmp_path / "dask", 2) as dask:
        done = grade(handed, out, "--no-run", "--dask", str(dask.file))
    assert done.returncode == 0, done.stderr
    assert points(out) == expected(60)
    assert left_by_the_grader() == before
