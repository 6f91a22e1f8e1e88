"""Classroom 50: ``result.json``, what the student sees, and the autograder that writes both."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from grader.assignment import Assignment
from grader.platforms.platform import NotWrittenError, Platform, Product, ResultFile
from grader.report.plain import to_plain
from grader.report.result import Result
from grader.report.words import check_words, number, points_words
from grader.untrusted_text import cut

if TYPE_CHECKING:
    from grader.examiner.grading import Graded
    from grader.examiner.rubric import Rubric

SCHEMA = "classroom50/result/v1"
_FIELDS = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}
"""Fields that are copied out of the environment of the runner."""

_FACTORS = (1, 2, 4, 5, 10, 20, 100)
_MAX_MESSAGE = 2_000


def factor_of(rubric: Rubric) -> int:
    """Return by what points are multiplied, for Classroom 50 takes whole numbers alone.

    It is the smallest factor that makes the points of all checks, and what all rules cost, whole,
    so that nothing is rounded and it is the same for everybody. Where there is none, points are
    rounded to a hundredth.
    """
    costs = (cost for cost in rubric.rules.values() if isinstance(cost, (int, float)))
    points = [*rubric.checks.values(), *costs]
    whole = (f for f in _FACTORS if all(round(f * it, 6) == round(f * it) for it in points))
    return next(whole, _FACTORS[-1])


def to_classroom50(
    result: Result,
    rubric: Rubric,
    titles: Mapping[str, str],
    environment: Mapping[str, str],
    now: datetime,
) -> str:
    """Return the text of ``result.json``.

    Every check of the rubric is a test, for every submission: what was not checked is not passed.
    What broken rules cost is in ``score`` alone, for a test has no points below 0.

    Args:
        result: what to write.
        rubric: what it was graded by.
        titles: of the checks, by their ids.
        environment: of the process, in which the runner says whose submission it is.
        now: the moment that is written down; the runner puts that of the commit in its place.

    Raises:
        NotWrittenError: points are not decided, or the runner didn't start this process.
    """
    if result.status == "grader_error":
        raise NotWrittenError("No result is written for Classroom 50: points are not decided.")
    named = {name: environment.get(name, "") for name in _FIELDS.values()}
    named["REVIEW_URL"] = named["REVIEW_URL"] or named["COMMIT_URL"]
    missing = [name for name, value in named.items() if not value]
    if missing:
        raise NotWrittenError(
            "No result is written for Classroom 50: its runner sets the variables "
            f"{', '.join(missing)}, and they are not set."
        )
    factor = factor_of(rubric)
    data = {
        "schema": SCHEMA,
        **{field: named[name] for field, name in _FIELDS.items()},
        "datetime": now.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": _whole(result.points, factor),
        "max-score": _whole(rubric.max_points, factor),
        "tests": list(_tests(result, rubric, titles)),
    }
    return json.dumps(data, indent=1) + "\n"


def _tests(
    result: Result, rubric: Rubric, titles: Mapping[str, str]
) -> Iterator[dict[str, object]]:
    """Yield a test for each check of the rubric."""
    factor, checks = factor_of(rubric), {check.id: check for check in result.checks}
    for id, most in rubric.checks.items():
        check = checks.get(id)
        said = check_words(check) if check else result.reason or "This was not checked."
        yield {
            "test-name": titles.get(id, id),
            "passed": bool(check and check.is_earned),
            "score": _whole(check.points, factor) if check else 0,
            "max-score": _whole(most, factor),
            "check": id,
            "message": cut(said, _MAX_MESSAGE),
        }


def to_release_body(result: Result, rubric: Rubric) -> str:
    """Return the Markdown that the student sees: points by task, and every reason.

    What comes from a submission stands in a block of code, where nothing is markup and nobody is
    mentioned.
    """
    factor = factor_of(rubric)
    lines = [f"### {points_words(result)} points", ""]
    if factor > 1:
        lines += [
            f"Classroom 50 counts in whole numbers, so 1 point is {factor} there: "
            f"{_whole(result.points, factor)} of {_whole(rubric.max_points, factor)}.",
            "",
        ]
    if result.tasks:
        lines += ["| Task | Points | of |", "|:--|--:|--:|"]
        cells = ((it.title, number(it.points), number(it.max_points)) for it in result.tasks)
        lines += [*(f"| {title} | {points} | {most} |" for title, points, most in cells), ""]
    notebook = f"Notebook: {result.submission.path}\n\n" if result.submission.path else ""
    return "\n".join((*lines, *_block(notebook + to_plain(result)), ""))


def _block(text: str) -> Iterable[str]:
    """Return lines as a block of code, whose fence is longer than any in them."""
    longest = max(map(len, re.findall("~+", text)), default=0)
    fence = "~" * max(3, longest + 1)
    return f"{fence}text", text, fence


def _whole(points: float, factor: int) -> int:
    """Return points in whole numbers; a half that is left goes to the student."""
    return math.floor(round(points * factor, 6) + 0.5)


def _rubric(graded: Graded) -> Rubric:
    assert graded.rubric is not None, "a grader says what it graded by"
    return graded.rubric


def _result(graded: Graded, _: Path, assignment: Assignment) -> str:
    tasks = assignment.task_by_id
    titles = {it.id: f"{tasks[it.task].title}: {it.title}" for it in assignment.checks()}
    now = datetime.now(timezone.utc)
    return to_classroom50(graded.result, _rubric(graded), titles, os.environ, now)


def _release_body(graded: Graded, _: Path, __: Assignment) -> str:
    return to_release_body(graded.result, _rubric(graded))


def _bundle(product: Product) -> bytes:
    """Return the zip of what belongs into ``CLASSROOM/autograders/ASSIGNMENT/``."""
    from grader.zip_write import to_zip

    script = "autograder.py"
    files = {**product.files, "requirements.txt": product.requirements}
    files[script] = product.script("classroom50", script)
    return to_zip(dict(sorted(files.items())), executables=(script,))


PLATFORM = Platform(
    "classroom50",
    order=80,
    result_files=(
        ResultFile("--classroom50", "Write Classroom 50's result.json here.", _result),
        ResultFile("--release-body", "Write what Classroom 50's students see here.", _release_body),
    ),
    bundle=_bundle,
)
