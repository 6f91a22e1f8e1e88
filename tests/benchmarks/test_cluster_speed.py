"""A course of 40 on two local workers beside `--jobs 2`, both with run and training.

python -m pytest -m benchmark -s tests/benchmarks/test_cluster_speed.py
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.course.courses import grade, handed_in

pytestmark = pytest.mark.benchmark

COUNT, ROUNDS = int(os.environ.get("SUBMISSIONS", "40")), 3


def seconds(handed: Path, out: Path, *options: str) -> float:
    """Return how long a course takes."""
    started = time.monotonic()
    done = grade(handed, out, *options)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - started


def test_two_local_workers_beside_two_jobs(tmp_path: Path) -> None:
    handed = handed_in(tmp_path / "in", ["right"] * COUNT)
    print(f"\n{COUNT} submissions: --jobs 2, two local workers, ratio")
    ratios = []
    for number in range(ROUNDS):
        jobs = seconds(handed, tmp_path / f"jobs-{number}", "--jobs", "2")
        workers = seconds(handed, tmp_path / f"dask-{number}", "--dask", "local:2")
        ratios.append(workers / jobs)
        print(f"{jobs:6.1f} s {workers:6.1f} s {ratios[-1]:6.2f}")
    print(f"median {sorted(ratios)[ROUNDS // 2]:.2f}, to be at most 1.2")
