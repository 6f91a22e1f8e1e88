"""What a student's other notebooks would have had, where there is more than one to choose from."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from grader.batch.archives import File
from grader.batch.find import Submission
from grader.grading import Grader
from grader.report.plain import number
from grader.report.result import Result
from grader.submission.kinds import Kind
from grader.submission.load import MAX_BYTES

RIVALS = "other_notebooks"
"""Where a result keeps them: in what surrounded the grading, name -> points."""

_MOST = 3
"""How many are graded beside the one that counts."""

_SUFFIXES = {Kind.NOTEBOOK: ".ipynb", Kind.SCRIPT: ".py"}


def digest(one: Submission) -> bytes:
    """A digest of the files that `with_rivals` reads."""
    found = hashlib.sha256()
    for file in one.rivals[:_MOST]:
        found.update(hashlib.sha256(file.name.encode("utf-8", "replace")).digest())
        found.update(hashlib.sha256(_content(file)).digest())
    return found.digest()


def with_rivals(result: Result, one: Submission, grader: Grader, copies: Path) -> Result:
    """The result, which knows those of the other notebooks that differ from it in points.

    Raises:
        GraderError: no student code can be executed.
    """
    checker = replace(grader, runner=None)  # what the run says makes no points
    others: dict[str, float] = {}
    for index, file in enumerate(one.rivals[:_MOST]):
        copy = copies / f"{one.name}-{index}{copy_suffix(file)}"
        copy.write_bytes(_content(file))
        other = checker.grade(copy).result
        with suppress(OSError):
            copy.unlink()
        if other.status == "graded" and abs(_sum(other) - _sum(result)) > 1e-6:
            others[file.name] = _sum(other)
    return replace(result, environment={**result.environment, RIVALS: others}) if others else result


def rival_notes(result: Result) -> tuple[str, ...]:
    """What a person should know about a result's other notebooks."""
    others = result.environment.get(RIVALS)
    if not isinstance(others, dict) or not others:
        return ()
    told = ", ".join(f"{name} has {number(points)}" for name, points in others.items())
    return (f"The notebooks differ in points: {told}, the graded one {number(_sum(result))}.",)


def copy_suffix(file: File) -> str:
    """The ending for a copy of it: the kind that its content is, if its own ending isn't one."""
    return file.suffix if file.kind is None else _SUFFIXES.get(file.kind, file.suffix)


def _content(file: File) -> bytes:
    with suppress(OSError):
        if file.path is not None:
            with open(file.path, "rb") as opened:
                return opened.read(MAX_BYTES + 1)
    return b""


def _sum(result: Result) -> float:
    return sum(task.points for task in result.tasks)
