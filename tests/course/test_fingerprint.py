"""A result counts as unchanged only while nothing that it hangs on changed, the grader included."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

import grader
from grader.assets import asset
from grader.course import fingerprint as module
from grader.course.fingerprint import digest_of, fingerprint

PACKAGE = Path(grader.__file__).parent


@pytest.fixture
def copies(tmp_path: Path) -> tuple[Path, Path]:
    """Copies of the package and of the template, to change."""
    package, template = tmp_path / "grader", tmp_path / "student_template"
    shutil.copytree(PACKAGE, package)
    shutil.copytree(asset("student_template"), template)
    return package, template


def test_parts_are_told_apart() -> None:
    assert fingerprint(b"ab", b"c") != fingerprint(b"a", b"bc")
    assert fingerprint(b"ab", b"c") == fingerprint(b"ab", b"c")


def test_the_place_of_the_package_does_not_matter(copies: tuple[Path, Path]) -> None:
    assert digest_of(*copies) == digest_of(PACKAGE, asset("student_template"))


@pytest.mark.parametrize(
    "changed",
    ["grader/vae/kl/checks.py", "grader/examiner/training_run.py", "student_template/vae.ipynb"],
)
def test_any_change_of_the_grader_changes_it(copies: tuple[Path, Path], changed: str) -> None:
    before = digest_of(*copies)
    path = copies[0].parent / changed
    path.write_bytes(path.read_bytes() + b"\n")
    assert digest_of(*copies) != before


def test_renamed_and_new_code_changes_it(copies: tuple[Path, Path]) -> None:
    seen = {digest_of(*copies)}
    (copies[0] / "kit" / "new.py").touch()
    seen.add(digest_of(*copies))
    (copies[0] / "kit" / "new.py").rename(copies[0] / "kit" / "newer.py")
    seen.add(digest_of(*copies))
    assert len(seen) == 3


def test_compiled_code_and_looks_do_not(copies: tuple[Path, Path]) -> None:
    before = digest_of(*copies)
    (copies[0] / "__pycache__").mkdir(exist_ok=True)
    (copies[0] / "__pycache__" / "spec.cpython-311.pyc").write_bytes(b"other")
    (copies[0] / "report" / "templates" / "page.css").write_text("body { color: red }")
    assert digest_of(*copies) == before


def test_it_is_read_once_and_quickly() -> None:
    module._grader.cache_clear()
    started = time.monotonic()
    for number in range(500):
        fingerprint(str(number).encode())
    assert time.monotonic() - started < 1
    assert module._grader.cache_info().misses == 1
