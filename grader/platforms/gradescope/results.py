"""Gradescope's ``results.json``."""

from __future__ import annotations

import json
import math
from pathlib import Path

from grader.platforms.fitting import fitting
from grader.report.result import CheckResult, Result
from grader.report.words import check_words, number, rule_words
from grader.untrusted_text import cut

MAX_BYTES = 1_000_000
"""Gradescope takes no more."""

METADATA = "submission_metadata.json"


def to_gradescope(result: Result, notice: str = "") -> str:
    """Return the file's text, at most `MAX_BYTES` long: long outputs are cut as far as that needs.

    ``notice`` is said first. The top score is the result's points, which wins over the sum of the
    tests. All formats are ``text``, so nothing of a submission is read as markup.
    """
    return fitting(lambda limit: _data(result, notice, limit), MAX_BYTES)


def maximum_words(results: Path, most: float) -> str:
    """Return a sentence if Gradescope gives another number of points than the rubric; "" otherwise.

    Gradescope says so in a file of its own, above the folder of ``results``.
    """
    try:
        metadata = json.loads((results.absolute().parents[1] / METADATA).read_bytes())
        total = float(metadata["assignment"]["total_points"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return ""
    if not math.isfinite(total) or round(total, 2) == round(most, 2):
        return ""
    return (
        f"This assignment has {number(total)} points on Gradescope, and the grader gives "
        f"{number(most)} at most: tell your instructor."
    )


def _data(result: Result, notice: str, limit: int) -> dict[str, object]:
    lines = [notice] if notice else []
    lines += [f"Notebook: {result.submission.path}"] if result.submission.path else []
    if result.status == "ungradable":
        lines.append("Not graded, so the score is 0 until you hand in again or it is set by hand.")
    lines += [result.reason] if result.reason else []
    lines += map(rule_words, result.broken_rules)
    lines += result.advice
    return {
        "score": round(result.points, 6),
        "execution_time": round(result.seconds, 3),
        "output": cut("\n".join(lines), limit),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            _test(check, f"{task_number}.{number}", task.title, limit)
            for task_number, task in enumerate(result.tasks, 1)
            for number, check in enumerate(task.checks, 1)
        ],
        "extra_data": {"status": result.status, "sha256": result.submission.sha256},
    }


def _test(check: CheckResult, number: str, task: str, limit: int) -> dict[str, object]:
    return {
        "score": round(check.points, 6),
        "max_score": round(check.max_points, 6),
        "status": "passed" if check.is_earned else "failed",
        "name": f"{task}: {check.title}",
        "name_format": "text",
        "number": number,
        "output": cut(check_words(check), limit),
        "output_format": "text",
        "tags": [check.id],
        "visibility": "visible",
    }
