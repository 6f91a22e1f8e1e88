"""What the saved notebook tells of how it was run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.submission.cells import Cell, Notebook
from grader.submission.load import load
from grader.submission.rules.saved_after_run_all import saved_state
from tests.examiner.conftest import SOLVED


def _notebook(*counts: int | None, outputs: bool = True, is_script: bool = False) -> Notebook:
    cells = [Cell(2 * n, "code", "x = 1", count, outputs) for n, count in enumerate(counts, 1)]
    text = Cell(1, "markdown", "text")
    return Notebook(Path("a"), "0" * 64, (text, *cells), is_script=is_script)


@given(st.integers(1, 30))
def test_clean_run_is_not_remarked_on(count: int) -> None:
    assert saved_state(_notebook(*range(1, count + 1))) is None


@pytest.mark.parametrize(
    ("counts", "outputs", "expected"),
    [
        ((None, None), False, "no cell has been executed"),
        ((1, None, 2), False, "Cell 4 was not executed"),
        ((2, 3), True, "[2] stands where [1] would"),
        ((1, 3, 4), True, "[3] stands where [2] would"),
        ((1, 2, 1), True, "[1] stands where [3] would"),
        ((1, 2, 3), False, "outputs were cleared"),
    ],
)
def test_what_is_wrong_is_said(
    counts: tuple[int | None, ...], outputs: bool, expected: str
) -> None:
    advice = saved_state(_notebook(*counts, outputs=outputs))
    assert advice is not None
    assert expected in advice
    assert advice.endswith("run all cells before you hand in.")


def test_outputs_without_counts_were_made_by_a_run() -> None:
    assert saved_state(_notebook(None, None)) is None
    assert saved_state(_notebook(0, 0)) is None
    assert saved_state(_notebook(1, None, 3)) is None


def test_a_notebook_was_run_that_has_outputs_or_counts() -> None:
    assert _notebook(None, None).was_run
    assert _notebook(1, 2, outputs=False).was_run
    assert not _notebook(None, None, outputs=False).was_run


def test_a_script_keeps_no_counts() -> None:
    assert saved_state(_notebook(None, outputs=False, is_script=True)) is None


def test_blank_cells_have_no_counts_either() -> None:
    cells = (Cell(1, "code", "x", 1, True), Cell(2, "code", "  "), Cell(3, "code", "y", 2, True))
    assert saved_state(Notebook(Path("a.ipynb"), "0" * 64, cells)) is None


def test_the_solved_notebook_was_executed_before_it_was_saved() -> None:
    assert saved_state(load(SOLVED)) is None
