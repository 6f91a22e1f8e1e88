"""Whole notebooks, made from the solved one by small changes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.examiner.client import Candidates
from grader.examiner.rubric import Rubric
from tests.outcomes import grade_file

SOLVED = Path(__file__).resolve().parents[2] / "reference" / "vae_solved.ipynb"


def code_cell(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def solved_class() -> str:
    """The source of the cell that defines the class."""
    return next(source for cell in _solved() if "class VAE" in (source := "".join(cell["source"])))


def made(
    folder: Path,
    changes: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    last: Sequence[str] = (),
    name: str = "vae.ipynb",
) -> Path:
    """Write the solved notebook with changes.

    Args:
        changes: texts of the class's cell, and what stands in their place.
        before, after: cells before and after the class's.
        last: cells at the end.
    """
    cells: list[dict[str, Any]] = []
    for cell in _solved():
        source = "".join(cell["source"])
        if "class VAE" not in source:
            cells.append(cell)
            continue
        for text, other in (changes or {}).items():
            assert text in source, text
            source = source.replace(text, other)
        cells += map(code_cell, [*before, *([source] if source else []), *after])
    cells += map(code_cell, last)
    book = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(book))
    return path


def _solved() -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(SOLVED.read_text())["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def lost(path: Path, candidates: Candidates, rubric: Rubric, *tasks: str) -> list[str]:
    """What is said of lost checks; of ``tasks`` alone, which is quicker, if some are named."""
    checks = {c: p for c, p in rubric.checks.items() if not tasks or c.split(".")[0] in tasks}
    result = grade_file(path, replace(rubric, checks=checks), candidates)
    assert result.status == "graded", result.reason
    found = [check for task in result.tasks for check in task.checks if check.status != "passed"]
    return [f"{check.id}: {check.message}" for check in found]
