"""Who sits at a terminal reads what the checks came to while the notebook still runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.notebooks.made import made
from tests.outcomes import ROOT

if sys.platform == "win32":
    pytest.skip("Windows has no such terminals", allow_module_level=True)

import pty

LONG_S = 4


def seen(*arguments: str | Path) -> list[bytes]:
    """What a person sees of the command, as it comes."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "80", "PYTHONPATH": str(ROOT)},
    )
    os.close(theirs)
    parts = []
    try:
        while part := os.read(ours, 1 << 16):
            parts.append(part)
    except OSError:  # how Linux says that nobody writes any more
        pass
    finally:
        os.close(ours)
    assert process.wait(120) == 0
    return parts


def test_the_checks_are_told_before_the_run_ends(tmp_path: Path) -> None:
    notebook = made(tmp_path, last=[f"import time\ntime.sleep({LONG_S})"])
    parts = seen(notebook)
    before = b"".join(parts[: next(i for i, part in enumerate(parts) if b"Run: " in part)])
    assert b"Total" in before
    assert b"Running the whole notebook" in before  # somebody waited for that in between
    whole = b"".join(parts)
    assert whole.count(b"Total") == whole.count(b"Run: ") == whole.count(b"Training: ") == 1


def test_points_that_hang_on_the_training_are_told_with_it(tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.yaml"
    text = (ROOT / "rubric.yaml").read_text("utf-8")
    rubric.write_text(text.replace("loss_falls: advice", "loss_falls: 5"), "utf-8")
    notebook = made(tmp_path, last=[f"import time\ntime.sleep({LONG_S})"])
    (report,) = (part for part in seen(notebook, "--rubric", rubric) if b"Total" in part)
    assert b"Run: " in report
