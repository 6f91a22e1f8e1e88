"""Memory of all processes while two submissions are graded side by side."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.course import ROOT, hand_in
from tests.benchmarks.process_memory import sampled

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

SUBMISSIONS = 40
PEAK = 1.0
"""Gigabytes, each process's part of what it shares with others included."""


def test_memory_of_two_jobs(tmp_path: Path) -> None:
    hand_in(tmp_path, SUBMISSIONS)
    command = [sys.executable, "-m", "grader", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    with (
        subprocess.Popen(
            [*command, "--jobs", "2"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        ) as process,
        sampled(process.pid, 0.02, busy=1.0) as samples,
    ):
        assert process.wait() == 0
    sizes = sorted(size / 1e9 for _, size in samples.points)
    print(
        f"\n{SUBMISSIONS} submissions, two at once: at most {sizes[-1]:.2f} GB "
        f"(at most {PEAK}), half of the time below {sizes[len(sizes) // 2]:.2f} GB, in "
        f"{len(sizes)} samples of up to {samples.processes} processes"
    )
    assert sizes[-1] <= PEAK
