"""GitHub Classroom's result of a runner: JSON in base64, for ``<RUNNER>_RESULTS``."""

from __future__ import annotations

import base64
import json

from grader.platforms.platform import Platform, ResultFile
from grader.report.result import CheckResult, Result
from grader.report.words import check_words
from grader.untrusted_text import cut

MAX_MESSAGE = 2_000


def to_classroom(result: Result) -> str:
    """Return the base64 text, on one line.

    The tests are the tasks' checks, and their scores add up to the result's points. What broken
    rules cost is a test of its own behind them, with a negative score.
    """
    tests = [*map(_test, result.checks)]
    rest = round(result.points - sum(task.points for task in result.tasks), 6)
    if rest:
        tests.append(_entry("points for rules and by hand", "pass", rest, ""))
    if not tests:
        failed = "fail" if result.status == "ungradable" else "error"
        tests.append(_entry("grading", failed, 0.0, result.reason or ""))
    if result.status == "grader_error":
        status = "error"
    else:
        status = "pass" if result.points >= result.max_points else "fail"
    data = {"status": status, "max_score": result.max_points, "tests": tests}
    return base64.b64encode(json.dumps(data).encode()).decode("ascii")


def _test(check: CheckResult) -> dict[str, object]:
    status = "pass" if check.is_earned else "error" if check.status == "grader_error" else "fail"
    return _entry(check.id, status, check.points, check_words(check))


def _entry(name: str, status: str, score: float, message: str) -> dict[str, object]:
    return {
        "name": name,
        "status": status,
        "score": round(score, 6),
        "message": cut(message, MAX_MESSAGE),
        "test_code": "",
        "filename": "",
        "line_no": 0,
        "duration": 0,
    }


PLATFORM = Platform(
    "github_classroom",
    order=80,
    result_file=ResultFile(
        "--classroom",
        "Write base64 text here as GitHub Classroom read it, until it ended in August 2026.",
        lambda graded, *_: to_classroom(graded.result) + "\n",
    ),
)
