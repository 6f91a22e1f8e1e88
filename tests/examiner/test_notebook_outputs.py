"""The executed notebook as text."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from grader.examiner.notebook_outputs import to_text


@pytest.mark.parametrize(
    "metadata", [{}, {"language_info": {"name": "python"}}, {"language_info": None}]
)
def test_an_export_to_a_script_is_called_py(metadata: dict[str, Any]) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    notebook.metadata = nbformat.from_dict(metadata)
    read = nbformat.reads(to_text(notebook), as_version=4)
    nbformat.validate(read)
    assert read.metadata.language_info == {"name": "python", "file_extension": ".py"}
