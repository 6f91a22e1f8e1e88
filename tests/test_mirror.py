"""Every module of the grader has a test of its name, or tests/README.md says what tests it."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def _rows() -> list[tuple[list[str], list[str]]]:
    """The table's rows: patterns of modules, and paths of tests."""
    lines = (ROOT / "tests" / "README.md").read_text("utf-8").splitlines()
    cells = [line.split("|")[1:3] for line in lines if line.startswith("| `")]
    return [(re.findall("`(.+?)`", left), re.findall("`(.+?)`", right)) for left, right in cells]


def _without_twin() -> list[str]:
    twins = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    modules = (ROOT / "grader").rglob("[!_]*.py")
    return [
        path.relative_to(ROOT / "grader").with_suffix("").as_posix()
        for path in modules
        if f"test_{path.stem}" not in twins
    ]


def test_what_has_no_twin_is_listed() -> None:
    patterns = [pattern for row, _ in _rows() for pattern in row]
    listed = [name for name in _without_twin() if any(fnmatch(name, p) for p in patterns)]
    assert sorted(set(_without_twin()) - set(listed)) == []


def test_the_list_is_up_to_date() -> None:
    modules = _without_twin()
    for patterns, tests in _rows():
        assert [p for p in patterns if not any(fnmatch(m, p) for m in modules)] == []
        assert [path for path in tests if not (ROOT / path).exists()] == []
