"""JUnit XML as Artemis and other build servers read it: one test case a check."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from grader.assignment import Assignment
from grader.platforms.platform import Platform, ResultFile
from grader.report.result import CheckResult, Result
from grader.report.words import check_words
from grader.untrusted_text import cut

if TYPE_CHECKING:
    from grader.examiner.grading import Graded

MAX_MESSAGE = 20_000

_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 can't hold (section 2.2)."""


def to_junit(
    result: Result, checks: Mapping[str, str] | None = None, suite_name: str = "grade"
) -> str:
    """Return one suite with a case for each check, named by the check's id.

    A check that was not reached fails: a skipped case would be dropped, and its weight with it.

    Args:
        result: what to write.
        checks: ids of all checks that count, and of their tasks. They keep the cases the same for
            every submission, also for one that can't be graded, since weights hang on the names.
        suite_name: of the one suite.
    """
    cases = {check.id: check for check in result.checks}
    tasks = dict(checks or {})
    tasks |= {check.id: task.id for task in result.tasks for check in task.checks}
    suite = ElementTree.Element("testsuite", name=suite_name)
    if result.submission.path:
        about = ElementTree.SubElement(suite, "properties")
        notebook = _legal(result.submission.path)
        ElementTree.SubElement(about, "property", name="notebook", value=notebook)
    tags: Counter[str] = Counter()
    for name, task in tasks.items():
        case = ElementTree.SubElement(suite, "testcase", name=name, classname=task, time="0")
        tag, message = _outcome(cases.get(name), result)
        tags[tag] += 1
        if tag:
            ElementTree.SubElement(case, tag, message=message).text = message
    suite.set("tests", str(len(tasks)))
    suite.set("failures", str(tags["failure"]))
    suite.set("errors", str(tags["error"]))
    suite.set("skipped", "0")
    suite.set("time", f"{result.seconds:.3f}")
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _outcome(check: CheckResult | None, result: Result) -> tuple[str, str]:
    """Return the element that tells how a check ended, "" for a passed one, and its message."""
    if check is None:
        tag = "error" if result.status == "grader_error" else "failure"
        return tag, _legal(result.reason or "This was not checked.")
    if check.is_earned:
        return "", ""
    tag = "error" if check.status == "grader_error" else "failure"
    return tag, _legal(check_words(check))


def _legal(text: str) -> str:
    return cut(_ILLEGAL.sub("", text), MAX_MESSAGE)


def _content(graded: Graded, _: Path, assignment: Assignment) -> str:
    counted = {check.id for check in graded.result.checks}
    task_of = {check.id: check.task for check in assignment.checks()}
    chosen = {id: task for id, task in task_of.items() if not counted or id in counted}
    return to_junit(graded.result, chosen, Path(assignment.notebook).stem)


PLATFORM = Platform(
    "artemis",
    order=60,
    result_files=(
        ResultFile("--junit", "Write the result as JUnit XML here (Artemis).", _content),
    ),
)
