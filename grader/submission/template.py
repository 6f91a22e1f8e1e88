"""The notebook that students received, which theirs is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from grader.assets import asset
from grader.assignment import Assignment
from grader.submission.errors import Ungradable
from grader.submission.load import load
from grader.submission.misplaced import require_code
from grader.submission.program import Program
from grader.submission.reading import read_program


@dataclass(frozen=True)
class Template:
    """A template as read.

    Attributes:
        sha256: of its file, so that results hang on what it holds.
        is_given: whether it is the instructor's own, so that every edit of it counts.
    """

    sha256: str
    is_given: bool
    program: Program = field(repr=False, compare=False)


def read_template(path: Path, assignment: Assignment) -> Template:
    """Return the template at ``path``.

    Raises:
        Ungradable: it can't be read, or has no class in it.
    """
    template = _read(path, assignment, is_given=True)
    if assignment.class_name not in template.program.binders:
        raise Ungradable(f"It defines no class {assignment.class_name}.")
    return template


@lru_cache(maxsize=8)  # one for all submissions of a course, and for classes by other names
def own_template(assignment: Assignment) -> Template:
    """Return the project's own, where the instructor names none."""
    return _read(asset("student_template") / assignment.notebook, assignment, is_given=False)


def _read(path: Path, assignment: Assignment, is_given: bool) -> Template:
    notebook = load(path)
    require_code(notebook, assignment)
    return Template(notebook.sha256, is_given, read_program(notebook, assignment))
