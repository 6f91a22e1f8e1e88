"""Submissions that never end: how long one takes, and what ten of them do to honest ones.

python -m pytest -m benchmark -s tests/benchmarks/test_worst_cases.py

The bars are for an idle machine: half of these bodies keep every core busy that they can have.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.course import ROOT, grade_command, hand_in
from tests.benchmarks.worst_cases import METHODS, PLACES, hanging, hanging_at

pytestmark = pytest.mark.benchmark

LONGEST, HONEST, HANGING, SLOWER = 60.0, 40, 10, 1.3
NOT_OF_THE_SUBMISSION = ("environment", "seconds", "submission")


def test_a_submission_that_never_ends(tmp_path: Path) -> None:
    taken = {}
    for name, body in METHODS.items():
        taken[name] = _seconds(hanging(tmp_path / name, body), 0)
    for place in PLACES:
        _seconds(hanging_at(tmp_path / place, place), None)
    assert max(taken.values()) <= LONGEST


def _seconds(notebook: Path, points: float | None) -> float:
    started = time.monotonic()
    command = [sys.executable, "-m", "grader", notebook, "--json", notebook.parent / "out.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    seconds = time.monotonic() - started
    assert done.returncode == 0, done.stderr.decode()
    result = json.loads((notebook.parent / "out.json").read_text("utf-8"))
    print(f"\n{notebook.parent.name:30} {seconds:6.1f} s, {result['points']:g} points", end="")
    assert points is None or result["points"] == points
    return seconds


def test_honest_ones_beside_ten_that_never_end(tmp_path: Path) -> None:
    hand_in(tmp_path, HONEST)
    alone = _until_honest_are_done(tmp_path, "alone")
    before = dict(_results(tmp_path / "alone"))
    for number, body in enumerate(islice(cycle(METHODS.values()), HANGING)):
        # They are among the honest, and begin with the first.
        folder = tmp_path / "in" / f"student_{number * HONEST // HANGING:03d}_hangs"
        shutil.move(hanging(tmp_path / f"made_{number}", body).parent, folder)
    beside = _until_honest_are_done(tmp_path, "beside")
    after = dict(_results(tmp_path / "beside"))
    print(f"\n{HONEST} honest ones: {alone:.1f} s, beside {HANGING}: {beside:.1f} s")
    print(f"{beside / alone:.2f}, to be at most {SLOWER}")
    assert before.items() <= after.items()
    assert len(after) == HONEST + HANGING
    assert beside <= SLOWER * alone


def _until_honest_are_done(top: Path, name: str) -> float:
    """Grade all, and return the seconds until the last honest one was graded."""
    started = time.time()
    subprocess.run(grade_command(top, name), cwd=ROOT, check=True, capture_output=True)
    return max(
        path.stat().st_mtime - started
        for path in (top / name / "results").glob("*.json")
        if "hangs" not in path.name
    )


def _results(out: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in (out / "results").glob("*.json"):
        result = json.loads(path.read_text("utf-8"))
        for key in NOT_OF_THE_SUBMISSION:
            result.pop(key, None)
        for part in ("run", "training"):
            for key in ("seconds", "steps_per_second"):
                result[part].pop(key, None)
        yield path.stem, result
