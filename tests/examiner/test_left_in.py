"""Debuggers that were left in, and magics of extensions that aren't installed."""

from __future__ import annotations

import pytest

from tests.examiner.conftest import Run


@pytest.mark.parametrize(
    "line",
    [
        "from IPython.core.debugger import set_trace; set_trace()",
        "from IPython.core.debugger import Pdb; Pdb().set_trace()",
        "import pdb; pdb.set_trace()",
        "import pdb; pdb.Pdb().set_trace()",
        "breakpoint()",
        "import ipdb; ipdb.set_trace(context=5)",
        "import pdb; assert pdb.runcall(lambda: 1) == 1",
        "import pdb\n    try: 1 / 0\n    except ZeroDivisionError: pdb.post_mortem()",
    ],
)
def test_debuggers_go_on(line: str, run: Run) -> None:
    outcome = run(f"def f():\n    {line}\n    return 1\nx = f()", "assert x == 1", cell_seconds=30)
    assert outcome.run.status == "completed", outcome.run.error


def test_magics_that_debug_go_on(run: Run) -> None:
    outcome = run("%pdb on", "%%debug\nx = 1", "assert x == 1", "%debug", cell_seconds=30)
    assert outcome.run.status == "completed", outcome.run.error
    outcome = run("%pdb on\n1 / 0", cell_seconds=30)
    assert "ZeroDivisionError" in (outcome.run.error or "")


def test_cells_under_magics_of_missing_extensions(run: Run) -> None:
    outcome = run(
        "%load_ext heat_that_is_not_there",
        "%%heat -x\nimport math\nclass VAE:\n    half = 0.5\n%matplotlib inline\nVAE.half",
        "%%sql\nSELECT * FROM vae",
        "import inspect\nassert VAE.half == 0.5 and math.pi > 3",
        "%%heat\nraise KeyError('mine')",
    )
    assert outcome.run.cell == 5
    assert outcome.run.error == "KeyError: 'mine'"
