"""How many broken copies of right solutions the checks see through."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.benchmark
def test_every_mutant_that_differs_is_killed() -> None:
    command = [sys.executable, ROOT / "tests" / "accuracy", "mutants"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(run.stdout)
    found = re.search(r"kill rate ([0-9.]+)% of (\d+)", run.stdout)
    assert found is not None, run.stderr
    assert int(found[2]) > 700
    assert (float(found[1]), run.returncode) == (100.0, 0)
