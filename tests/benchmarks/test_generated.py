"""How many of 2,000 generated right methods lose a point."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.benchmark
def test_no_generated_method_loses_a_point() -> None:
    command = [sys.executable, ROOT / "tests" / "accuracy", "generated", "--methods", "2000"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(run.stdout)
    found = re.search(r"generated: (\d+) right methods .* (\d+) classes lost points", run.stdout)
    assert found is not None, run.stderr
    assert int(found[1]) >= 2000
    assert (int(found[2]), run.returncode) == (0, 0)
