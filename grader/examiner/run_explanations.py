"""Whether a run may have stopped for want of data or of time, in words for the student."""

from __future__ import annotations

import ast
import os
import re
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.assignment import Assignment, DataSet
from grader.report.result import NO_ERROR
from grader.submission.magics import to_python
from grader.submission.syntax import parse, parsed

_ERRORS_BEFORE_DATA = re.compile(
    r"SyntaxError|IndentationError|TabError|ImportError|ModuleNotFoundError|NotImplementedError"
    r"|KeyboardInterrupt|SystemExit|UsageError"
)
_TYPE_ERRORS = re.compile(r"AttributeError|TypeError")
"""They come of data only where something is None that a loop would have made."""
_SHAPE_WORDS = re.compile(
    r"invalid for input of size|cannot reshape|shapes cannot be multiplied|must match"
    r"|size mismatch|could not be broadcast|not aligned|is not divisible"
)
_UNKNOWN = re.compile(r"name '(\w+)' is not defined")
_AMOUNT_ERRORS = re.compile(
    r"StopIteration|IndexError|KeyError|ZeroDivisionError|\w*LocalError|NameError"
)
_AMOUNT_WORDS = (
    *("len", "lengths?", "shapes?", "sizes?", "dims?", "numel", "counts?", "numbers?", "num"),
    *("total", "empty", "enough", r"few\w*", "samples?", "images?", "batch(es)?", "epochs?"),
    *("steps?", "iterations?", "loss(es)?", "history", "longer"),
)
_POINTED_AT = re.compile(r"^-+> ?\d+ (.*)$", re.MULTILINE)
_IN_CELL = re.compile(r"Cell In\s?\[\d+\], line (\d+)")


@dataclass(frozen=True)
class CellFailure:
    """An exception of a cell as plain text; ``source`` is the cell's."""

    name: str
    text: str
    source: str = ""
    traceback: str = ""


def may_need_more_data(
    failure: CellFailure, sources: Iterable[str], assignment: Assignment
) -> bool:
    """Return whether an exception may come of there being little data.

    It may not where it is of a kind that has nothing to do with data, or comes out of the class.
    ``sources`` are the cells up to the one that failed.
    """
    sources = list(sources)
    cells = "\n".join(sources)
    if _TYPE_ERRORS.fullmatch(failure.name) and "NoneType" not in failure.text:
        return False
    in_class = re.search(rf"\bin {assignment.class_name}\.\w+\(", failure.traceback)
    if assignment.data().name not in cells or _ERRORS_BEFORE_DATA.search(failure.name) or in_class:
        return False
    unknown = _UNKNOWN.search(failure.text) if failure.name == "NameError" else None
    return unknown is None or any(unknown[1] in _bound_in_blocks(source) for source in sources)


def _bound_in_blocks(source: str) -> set[str]:
    """Return the names that a cell binds in a block, which may not run where there is no data."""
    tree = parsed(to_python(source))
    blocks = (node for node in tree.body if hasattr(node, "body")) if tree else ()
    inner = (node for block in blocks for node in ast.walk(block) if isinstance(node, ast.Name))
    return {node.id for node in inner if isinstance(node.ctx, ast.Store)}


def fails_alike_on_shapes(error: str | None, other: str | None) -> bool:
    """Return whether two runs, on little data and on much, failed with equal words about shapes.

    Then the shapes don't come of the amount of data.
    """
    return error == other and bool(_SHAPE_WORDS.search(error or ""))


def names_amounts(failure: CellFailure, data: DataSet) -> bool:
    """Return whether what failed speaks of how much there is: of sizes, of data, or of a loss.

    Some kinds of exceptions come of amounts and don't name any.
    """
    if _AMOUNT_ERRORS.fullmatch(failure.name):
        return True
    lines = _POINTED_AT.findall(failure.traceback)
    words = "|".join((*_AMOUNT_WORDS, *data.amount_words))
    text = "\n".join([failure.text, *lines, failed_statement(failure)]).replace("_", " ")
    return bool(re.search(rf"\b({words})\b|\d{{3}}|NoneType", text, re.IGNORECASE))


def failed_statement(failure: CellFailure) -> str:
    """Return the statement of the cell that an exception came out of; "" if it isn't known."""
    place = _IN_CELL.search(failure.traceback)
    return _statement(failure.source, int(place[1])) if place else ""


def _statement(source: str, line: int) -> str:
    """Return the innermost statement on a line of a cell; of one with a body, the line alone."""
    try:
        around = [
            node
            for node in ast.walk(parse(source))
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0)
        ]
    except SyntaxError:
        around = []
    lines = source.splitlines()
    if not around or hasattr(around[-1], "body"):
        return "".join(lines[line - 1 : line])
    return "\n".join(lines[around[-1].lineno - 1 : around[-1].end_lineno])


def small_data_note(data: DataSet, training: int, test: int) -> str:
    """Return the note on a failure that more data might have prevented."""
    return (
        f"{NO_ERROR} the grader runs notebooks on a small part of {data.name}, {training} images "
        f"for training and {test} for tests, and trains for a few steps only. What counts on more, "
        "or on a loss that many steps have made small, can't hold here."
    )


def repeated_data_note(cell: int, data: DataSet, training: int) -> str:
    """Return the note on a run that went on with as much data as the whole data set has."""
    return (
        f"Cell {cell} counts on the size of {data.name}, of which the grader holds a small part. "
        f"So the notebook was run on {data.full_count} images that repeat {training}, with loops "
        "over them cut short."
    )


def timeout_note(seconds: int) -> str:
    """Return the note on a run that took too long."""
    return f"{NO_ERROR} the grader ends what takes longer than {seconds} seconds on its one core."


def hide_folders(text: str, folder: Path) -> str:
    """Take the folders in which the grader ran the notebook and lies itself out of a text."""
    for place in {str(folder), str(folder.resolve())}:
        text = text.replace(f"{place}/work/", "").replace(place, "~")
    for place in _private_folders():
        text = text.replace(f"{place}/", "")
    return text


@cache
def _private_folders() -> tuple[str, ...]:
    """Return the folders of this project, of packages and of Python, the innermost first."""
    paths = sysconfig.get_paths()
    named = (str(Path(__file__).parents[2]), *sys.path, paths["purelib"], paths["stdlib"])
    places = {place for name in named for place in (name, os.path.realpath(name))}
    return tuple(sorted((place for place in places if len(place) > 1), key=len, reverse=True))
