"""Where the CPU seconds of a course go: one line a kind of process, which add up to the whole.

    python -m pytest -m benchmark -s tests/benchmarks/test_course_profile.py

SUBMISSIONS in the environment sets how many there are.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.composition import Options, make_grader
from grader.examiner.forkserver_client import NestedForkServer
from grader.vae import ASSIGNMENT
from grader.vae.digits import shipped_folder
from tests.benchmarks.course import ROOT, hand_in

pytestmark = pytest.mark.benchmark

SUBMISSIONS = int(os.environ.get("SUBMISSIONS", "40"))
ADDS_UP, CPU = 0.05, 1.8
WORDS = {
    "examiner": "examiner: reads, checks, judges, writes",
    "itself tests.benchmarks.accounted_worker": "fork server of candidates: imports, forks",
    "accounted_worker": "candidates",
    "itself grader.candidate.kernel": "fork server of kernels, trainers: imports, forks",
    "kernel": "kernels",
    "trainer": "trainers",
}


def test_where_the_cpu_seconds_go(tmp_path: Path) -> None:
    notebooks = hand_in(tmp_path, SUBMISSIONS)
    alone = [_statements(notebooks[0])]
    command = ["-m", "tests.benchmarks.profiled_course", tmp_path / "used.json"]
    options = [tmp_path / "in", "--out", tmp_path / "out", *os.environ.get("OPTIONS", "").split()]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    subprocess.run([sys.executable, *command, *options], check=True, capture_output=True, cwd=ROOT)
    seconds = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # Before and after, for machines change their pace from minute to minute.
    statements = statistics.fmean([*alone, _statements(notebooks[0])])
    used = json.loads((tmp_path / "used.json").read_text("utf-8"))
    print(f"\n{SUBMISSIONS} submissions, CPU seconds{'':25}in all  a submission  processes")
    total = 0.0
    for kind, words in WORDS.items():
        own = used.pop(kind, [])
        total += sum(own)
        print(f"{words:45}{sum(own):11.2f}{sum(own) / SUBMISSIONS:14.3f}{len(own):11d}")
    print(f"{'added up':45}{total:11.2f}{total / SUBMISSIONS:14.3f}")
    print(f"{'the whole, as the system counts it':45}{whole:11.2f}{whole / SUBMISSIONS:14.3f}")
    print(f"{'on the wall':45}{seconds:11.2f}{seconds / SUBMISSIONS:14.3f}")
    print(f"{'statements of a notebook, in a warm process':45}{'':11}{statements:14.3f}")
    ratio = whole / SUBMISSIONS / statements
    print(f"a submission takes {ratio:.2f} times its statements, to be at most {CPU}")
    assert abs(total - whole) <= ADDS_UP * whole
    assert not used, used
    assert ratio <= CPU


def _statements(notebook: Path) -> float:
    """CPU seconds of a notebook's own statements in a process that is warm already."""
    seconds = []
    with make_grader(Options(run=False)) as grader:
        server = grader.candidates.home.fork_server
        assert server is not None
        kernels = NestedForkServer(server, "grader.candidate.kernel", ASSIGNMENT.kernel_module)
        warm = NestedForkServer(kernels, "tests.benchmarks.statements")
        for _ in range(5):
            request = {"data": str(shipped_folder()), "notebook": str(notebook)}
            wire, control = warm.fork(request)
            seconds.append(float(json.loads(wire.recv(100))))
            wire.close()
            control.close()
        warm.close()
        kernels.close()
    return statistics.median(seconds[1:])
