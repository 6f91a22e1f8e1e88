"""What cells are called: as Jupyter shows them, or by their beginnings."""

from __future__ import annotations

from pathlib import Path

from grader.submission.cell_names import cell_names
from grader.submission.cells import Cell, Notebook


def named(*cells: tuple[str, int | None], kind: str = "code") -> list[str]:
    made = (Cell(n, kind, source, count) for n, (source, count) in enumerate(cells, 1))
    names = cell_names(Notebook(Path("a.ipynb"), "", tuple(made)))
    return [names.get(number, "") for number in range(1, len(cells) + 1)]


def test_an_executed_cell_has_its_count() -> None:
    assert named(("x = 1", 7), ("y = 2", 3)) == ["cell [7]", "cell [3]"]


def test_any_other_is_called_by_its_beginning() -> None:
    long = "loss = criterion(model(batch_of_images), labels)"
    assert named(("\n\nclass VAE(nn.Module):\n    pass", None), (long, None), ("", None)) == [
        "the cell that starts with `class VAE`",
        "the cell that starts with `loss = criterion(model(batch_of_images …`",
        "",
    ]


def test_cells_that_begin_alike_are_counted_and_a_count_that_is_there_twice_says_nothing() -> None:
    assert named(("import torch", 1), ("import torch", 1), ("z = 1", 2)) == [
        "the first cell that starts with `import torch`",
        "the second cell that starts with `import torch`",
        "cell [2]",
    ]
    assert named(*[("import torch", None)] * 11)[10].startswith("the 11th cell")


def test_a_text_cell_has_a_name_only_if_it_holds_a_class() -> None:
    assert named(("# Title", None), ("class VAE:", None), kind="markdown") == [
        "",
        "the cell that starts with `class VAE`",
    ]


def test_marks_of_code_in_a_name_are_no_marks() -> None:
    assert named(("a = `b`", None)) == ["the cell that starts with `a = 'b'`"]
