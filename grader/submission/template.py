"""The notebook that students received, which theirs is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from grader.assets import asset
from grader.submission.errors import Ungradable
from grader.submission.load import load
from grader.submission.program import Program, read_program
from grader.vae import spec


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


def read_template(path: Path, is_given: bool = True) -> Template:
    """The template at ``path``.

    Raises:
        Ungradable: it can't be read, or has no class in it.
    """
    notebook = load(path)
    program = read_program(notebook)
    if spec.CLASS_NAME not in program.binders:
        raise Ungradable(f"It defines no class {spec.CLASS_NAME}.")
    return Template(notebook.sha256, is_given, program)


@cache  # one for all submissions of a course
def own_template() -> Template:
    """The project's own, where the instructor names none."""
    return read_template(asset("student_template") / "vae.ipynb", is_given=False)
