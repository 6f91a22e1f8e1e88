"""Executed notebooks as the desk shows them, whatever they hold."""

from __future__ import annotations

import json

import pytest

from grader.desk.notebook_view import cells_of


def notebook(*cells: object) -> str:
    return json.dumps({"cells": list(cells)})


def test_sources_and_outputs_are_text() -> None:
    outputs = [
        {"output_type": "stream", "text": ["a\n", "b\n"]},
        {"output_type": "execute_result", "data": {"text/plain": "3", "text/html": "<b>3</b>"}},
        {"output_type": "error", "ename": "ValueError", "evalue": "no"},
        {"output_type": "display_data", "data": {"image/png": "!", "text/plain": "<Figure>"}},
    ]
    text, code = cells_of(
        notebook(
            {"cell_type": "markdown", "source": "# Title"},
            {"cell_type": "code", "source": ["x = 1\n", "x"], "outputs": outputs},
        )
    )
    assert (text.is_code, text.source, text.output) == (False, "# Title", "")
    assert (code.number, code.source) == (2, "x = 1\nx")
    assert code.output == "a\nb\n3\nValueError: no\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[]",
        "3",
        "{}",
        '{"cells": 3}',
        '{"cells": {"a": 1}}',
        "[" * 100_000,
        '{"cells": null}',
    ],
)
def test_what_is_no_notebook_has_no_cells(text: str) -> None:
    assert cells_of(text) == ()


def test_odd_cells_are_shown_as_far_as_they_go() -> None:
    odd = (
        *(3, None, {}, {"source": 3}, {"outputs": None}, {"outputs": 3}, {"outputs": {"a": 1}}),
        *({"outputs": [3, {"data": 3}, {"output_type": "stream", "text": {"a": 1}}]},),
    )
    assert all(cell.source == "" for cell in cells_of(notebook(*odd)))


def test_long_outputs_are_cut_and_control_characters_gone() -> None:
    outputs = [{"output_type": "stream", "text": "\x1b[31m" + "x" * 1_000_000}]
    (cell,) = cells_of(notebook({"cell_type": "code", "source": "", "outputs": outputs}))
    assert len(cell.output) <= 20_000
    assert "\x1b" not in cell.output
    assert len(cells_of(notebook(*[{"source": "x"}] * 5000))) <= 400
