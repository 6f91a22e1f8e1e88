"""Which cell of a session made the class, and which cells count."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.outcomes import ROOT

_SESSION = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for source in json.load(sys.stdin):
    shell.run_cell(source, store_history=True)
from grader.student.session import read_session
session = read_session(shell.user_ns["VAE"])
kept = [cell.number for cell in session.notebook.cells]
print("@" + json.dumps([session.made_in, list(session.passed_over), kept]))
"""
FIRST, SECOND = (f"class VAE:\n    def encoder(self, x): return {n}" for n in (1, 2))


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([FIRST], [1, [], [1]]),
        ([FIRST, SECOND], [2, [], [1, 2]]),
        ([FIRST, SECOND, FIRST], [3, [], [1, 2, 3]]),
        ([FIRST, "def f(:", f"1 / 0\n{SECOND}", "x = 1"], [1, [3], [1, 4]]),
        ([f"%time x = 1\n{FIRST}", "VAE.elbo = lambda self, x: x"], [1, [], [1, 2]]),
        (["class VAE: pass", "class VAE(VAE): pass"], [None, [], [1, 2]]),
    ],
    ids=["one", "later", "again", "stopped", "magic", "without methods"],
)
def test_the_cell_that_made_the_class_is_found(cells: list[str], found: list[object]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SESSION],
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert "\n@" in f"\n{done.stdout}", done.stdout + done.stderr
    assert json.loads(done.stdout.rpartition("@")[2]) == found
