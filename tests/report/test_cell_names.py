"""Cells in all sentences of a result have the names that a student sees."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.report.cell_names import with_cell_names
from grader.report.result import Run, Training
from tests.made_results import graded, ungradable

NAMES = {3: "cell [2]", 5: "the cell that starts with `class VAE`", 13: "cell [9]"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cell 5 is broken.", "The cell that starts with `class VAE` (cell 5) is broken."),
        ("`elbo` stops in cell 13, line 3.", "`elbo` stops in cell [9], line 3."),
        ("in cells 3 and 13", "in cell [2] and cell [9]"),
        (
            "Cells 3, 5 and 13 bind it",
            "Cell [2], the cell that starts with `class VAE` (cell 5) and cell [9] bind it",
        ),
        ("what is called cell 30", "what is called cell 30"),
        ("cells 3 and 30", "cells 3 and 30"),
        ("excell 3, Cell in 3, cell3", "excell 3, Cell in 3, cell3"),
    ],
)
def test_a_number_becomes_a_name_where_there_is_one(text: str, expected: str) -> None:
    result = replace(
        graded(text),
        run=Run("failed", 1.0, 3, text, (text,)),
        training=Training(error=text, notes=(text,)),
        advice=(text,),
    )
    named = with_cell_names(result, NAMES)
    run, training = named.run, named.training
    texts = (named.tasks[0].checks[1].message, run.error, training.error, *named.advice)
    assert {*texts, *run.notes, *training.notes} == {expected}
    assert named.run.cell == 3
    assert named.cells == {"3": NAMES[3], "5": NAMES[5], "13": NAMES[13]}


def test_so_it_is_in_the_reason_of_what_is_not_graded() -> None:
    result = replace(ungradable(), reason="Cell 3 is a text cell.")
    assert with_cell_names(result, NAMES).reason == "Cell [2] is a text cell."
