"""A run finds the modules that lie beside the notebook."""

from __future__ import annotations

from pathlib import Path

from tests.run.conftest import Run


def test_modules_beside_are_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("from a_helper import HALF\n")
    (tmp_path / "a_helper.py").write_text("HALF = 0.5\n")
    (tmp_path / "not_asked_for.py").write_text("HALF = 0.4\n")
    outcome = run(
        "import helpers\nassert helpers.HALF == 0.5",
        "import os\nassert len([f for f in os.listdir() if f.endswith('.py')]) == 3",
    )
    assert outcome.run.status == "completed", outcome.run.error
