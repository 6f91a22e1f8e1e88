"""Check the class of a running kernel: its source is read back and graded like a notebook's.

In IPython the cells executed so far are taken as a notebook, in the order of their execution, so
the class's helpers and imports come along and the last definition wins, as in the kernel. A class
from a file is read with that file. What the objects in memory hold is not looked at: a helper that
no executed cell defines is missing here as it would be after 'restart and run all'.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType

from grader.composition import ASSIGNMENT, Options, make_grader
from grader.examiner.conclusion import Examined
from grader.examiner.grading import Grader
from grader.report.cell_names import with_cell_names
from grader.report.result import Result, Submission
from grader.student.text import to_text
from grader.submission import Cell, Notebook, Ungradable, extract, load, read_rules
from grader.submission.cell_names import cell_names
from grader.submission.magics import to_python
from grader.submission.syntax import parse

_KERNEL = "the class in this kernel"


@dataclass(frozen=True, repr=False)
class SelfCheck:
    """The result of a check: a table in a notebook, text in a terminal.

    Attributes:
        result: the same as a file's grading would give, without the rules that need the template.
    """

    result: Result

    def __repr__(self) -> str:
        return to_text(self.result).rstrip("\n")

    def _repr_html_(self) -> str:
        from grader.report.page import to_table

        return to_table(self.result)


def self_check(kind: type) -> SelfCheck:
    """Put a live class to the checks; what is wrong with it is said in the result.

    Raises:
        TypeError: it is given something else than a class.
        GraderError: the grader itself failed.
    """
    name = ASSIGNMENT.class_name
    if not isinstance(kind, type):
        raise TypeError(f"self_check takes the class itself: self_check({name}).")
    started = time.monotonic()
    with make_grader(Options(trust=True, run=False)) as grader:
        try:
            result = _checked(_notebook_of(kind, name), grader)
        except Ungradable as error:
            result = grader.turned_away(Submission(_KERNEL, "", ""), error)
        return SelfCheck(grader.signed(result, time.monotonic() - started))


def _checked(notebook: Notebook, grader: Grader) -> Result:
    """Check what a session holds, where the latest definition counts.

    Raises:
        Ungradable: it can't be.
    """
    code = extract(notebook, ASSIGNMENT, latest=True)
    findings = read_rules(code, None)
    submission = Submission(_KERNEL, notebook.sha256, "")
    result = grader.conclude(Examined(submission, grader.check(code), findings))
    return with_cell_names(result, cell_names(notebook))


def _notebook_of(kind: type, name: str) -> Notebook:
    """Return the code that made the class, as a notebook.

    Raises:
        Ungradable: it can't be found, or the class isn't called ``name``.
    """
    if kind.__name__ != name:
        raise Ungradable(
            f"The class is called {kind.__name__[:100]}: name it {name}, as the assignment does."
        )
    file = _file_of(kind)
    if file is not None:
        return load(file)
    cells = _history()
    if not cells:
        raise Ungradable(
            f"The source of class {name} can't be found: define it in a cell of a notebook or in a "
            "file, or run `grade check` on the saved notebook."
        )
    return _as_notebook(cells)


def _file_of(kind: type) -> Path | None:
    """Return the file that the class was written in, if it was a file."""
    for value in vars(kind).values():
        if isinstance(value, FunctionType):
            path = Path(value.__code__.co_filename)
            # A kernel with a debugger keeps each cell in a temporary file.
            if path.is_file() and not path.parent.name.startswith("ipykernel_"):
                return path
    return None


def _history() -> Sequence[str]:
    """Return the cells that IPython executed in this session, as typed; none outside IPython."""
    if "IPython" not in sys.modules:
        return ()
    from IPython.core.getipython import get_ipython

    history = getattr(get_ipython(), "history_manager", None)
    return list(history.input_hist_raw) if history is not None else ()


def _as_notebook(cells: Sequence[str]) -> Notebook:
    """Return the cells under their numbers ``In [n]``, without those that the kernel refused."""
    digest = hashlib.sha256("\0".join(cells).encode("utf-8", "replace")).hexdigest()
    kept = tuple(
        Cell(number, "code", source, number)
        for number, source in enumerate(cells)
        if number and _is_python(source)
    )
    return Notebook(Path("kernel"), digest, kept)


def _is_python(source: str) -> bool:
    try:
        parse(to_python(source))
    except (SyntaxError, RecursionError):
        return False
    return True
