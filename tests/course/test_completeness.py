"""How much of the assignment a notebook holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course import completeness as written
from grader.course.completeness import Completeness, read_completeness
from grader.vae import ASSIGNMENT, spec
from tests.course.courses import ROOT, SOLVED
from tests.course.layouts import notebook, vae


def of(tmp_path: Path, text: str) -> Completeness:
    path = tmp_path / "a.ipynb"
    path.write_text(text, encoding="utf-8")
    return read_completeness(path, ASSIGNMENT)


@pytest.mark.parametrize("methods", range(7))
def test_methods_are_counted(methods: int, tmp_path: Path) -> None:
    found = of(tmp_path, vae(methods))
    assert (found.methods, found.has_class, found.is_readable) == (methods, True, True)


@pytest.mark.parametrize("methods", range(7))
def test_methods_of_code_that_python_can_not_read(methods: int, tmp_path: Path) -> None:
    broken = vae(methods).replace("class VAE(nn.Module):", "class VAE(nn.Module)):")
    found = of(tmp_path, broken)
    assert (found.methods, found.has_class, found.is_readable) == (methods, True, False)


def test_the_projects_own_notebooks() -> None:
    assert read_completeness(SOLVED, ASSIGNMENT).methods == len(spec.TASKS)
    assert read_completeness(ROOT / "student_template" / "vae.ipynb", ASSIGNMENT).methods == 0


@pytest.mark.parametrize(
    ("body", "is_written"),
    [
        ("pass", False),
        ("...", False),
        ("'''Given.'''", False),
        ("return", False),
        ("return None", False),
        ("raise NotImplementedError", False),
        ("raise NotImplementedError('write me')", False),
        ("raise ValueError", True),
        ("raise NotImplementedError\n        return x", False),
        ("y = x\n        raise NotImplementedError", True),
        ("return x", True),
    ],
)
def test_what_counts_as_written(body: str, is_written: bool, tmp_path: Path) -> None:
    source = f"class VAE(nn.Module):\n    def encoder(self, x):\n        {body}"
    assert of(tmp_path, notebook(source)).methods == is_written


def test_methods_that_are_added_later_count(tmp_path: Path) -> None:
    source = "class VAE(nn.Module):\n    def encoder(self, x): pass\ndef e(self, x): return x\n"
    assert of(tmp_path, notebook(f"{source}VAE.encoder = e")).methods == 1


@pytest.mark.parametrize("text", ["", "{", "[]", notebook("x = 1"), "VAE", notebook("VAE = 1")])
def test_files_without_the_class(text: str, tmp_path: Path) -> None:
    assert of(tmp_path, text).has_class is False


def test_an_error_of_the_extractor_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(written, "extract", fails)
    assert of(tmp_path, vae(4)) == Completeness(4, True, False, False)
