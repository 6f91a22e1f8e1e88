"""Writers stand alone: importing all of them imports nothing heavy, and nothing that judges."""

from __future__ import annotations

import subprocess
import sys

from tests.outcomes import ROOT

ALLOWED = {
    *("grader", "grader.report", "grader.assignment"),
    *("grader.untrusted_text", "grader.version"),
}
PROGRAM = """
import importlib, pkgutil, sys
import grader.report
for module in pkgutil.iter_modules(grader.report.__path__):
    importlib.import_module(f"grader.report.{module.name}")
print("\\n".join(sys.modules))
"""


def test_importing_every_writer_imports_neither_checks_nor_what_they_need() -> None:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    modules = set(done.stdout.split())
    assert "grader.report.page" in modules
    assert {"numpy", "scipy", "torch"}.isdisjoint(modules)
    ours = {".".join(name.split(".")[:2]) for name in modules if name.split(".")[0] == "grader"}
    assert ours <= ALLOWED
