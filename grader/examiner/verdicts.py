"""What a check's verdict is in a result: its points, and what the student reads."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from grader.assignment import Assignment
from grader.examiner.rounds import Verdict
from grader.kit.check import Check, Lost, NotReached
from grader.kit.failures import CLASS_NAME, CONSTRUCTION
from grader.report.result import JOINT, CheckResult
from grader.untrusted_text import clean

_log = logging.getLogger(__name__)


def _named(message: str, assignment: Assignment) -> str:
    """Put the class's name, and how it is constructed, into a message of the kit's."""
    name = assignment.class_name
    construction = f"{name}({', '.join(assignment.constructor)})"
    return message.replace(CLASS_NAME, name).replace(CONSTRUCTION, construction)


def check_result(
    check: Check, worth: float, verdict: Verdict, assignment: Assignment
) -> CheckResult:
    """Return one check's result; an error of the grader's own is said, never a silent zero."""
    result: Callable[..., CheckResult] = partial(CheckResult, check.id, check.title)
    if isinstance(verdict, Lost):
        return result(
            0.0,
            worth,
            "failed",
            clean(_named(verdict.message, assignment), 1000),
            verdict.hint or _stock_hint(check, verdict),
            JOINT.join(verdict.misconceptions) or None,
            {**verdict.evidence, **({"shown": True} if verdict.is_shown else {})},
        )
    if isinstance(verdict, NotReached):
        return result(0.0, worth, "not_reached", str(verdict))
    if isinstance(verdict, Exception):
        _log.debug("The check %s failed.", check.id, exc_info=verdict)
        return result(
            0.0,
            worth,
            "grader_error",
            f"The grader failed in this check{place_of(verdict)}: "
            f"{type(verdict).__name__}: {verdict}.",
            "This is not your fault: ask your instructor to have the notebook graded again.",
            evidence={"traceback": "".join(traceback.format_exception(verdict, limit=-5))},
        )
    return result(worth, worth, "passed")


def _stock_hint(check: Check, verdict: Lost) -> str:
    """Return the check's own hint; none where it could not look at anything."""
    has_looked = "failure" not in verdict.evidence and not verdict.evidence.get("unwritten")
    return check.hint if has_looked else ""


def said_once(results: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
    """Return results of a task in which the same exception has the same words, those of the first.

    Each check meets it with arguments of its own; so does each with a wrong shape. What several say
    in the very same words, such as that a single value is returned, has the hint of the first.
    """
    first: dict[object, CheckResult] = {}
    return tuple(
        replace(result, message=told.message, hint=told.hint)
        if (key := _told_as_one(result)) and (told := first.setdefault(key, result)) is not result
        else result
        for result in results
    )


def _told_as_one(result: CheckResult) -> tuple[object, ...]:
    """Return by what a result is told as one with others; () if it has nothing to tell."""
    evidence = result.evidence
    if "wanted_shape" in evidence and result.status == "failed":
        # The same wrong shape, in batches of several sizes: nobody has looked at anything else yet.
        return "shape", result.message.partition(" should have shape ")[0], result.misconception
    if evidence.get("failure") != "raised" or evidence.get("line") is None:
        return (result.message,) if result.status == "failed" and result.message else ()
    return evidence["cell"], evidence["line"], evidence["exception"], evidence.get("error")


def place_of(error: Exception) -> str:
    """Return where in the grader an error arose, in words."""
    if not (frames := traceback.extract_tb(error.__traceback__)):
        return ""
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"
