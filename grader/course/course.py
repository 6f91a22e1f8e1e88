"""What is graded, and how it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.composition import Options
from grader.course.options import CourseOptions


@dataclass(frozen=True)
class Course:
    """A course on the disk, and the options of its grading."""

    path: Path
    options: CourseOptions
    grading: Options
