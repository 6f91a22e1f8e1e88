"""Grade one notebook: read it, put its class to every check, add up points."""

from __future__ import annotations

import os
import platform
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from grader import __version__, spec
from grader.assets import asset
from grader.candidate.client import Candidates
from grader.candidate.observation import Observation, clean
from grader.candidate.probe import Probe
from grader.checks import CHECKS
from grader.checks.verdict import Check, Exam, Lost, NotReached
from grader.consequences import charged, penalty, rule_results
from grader.report.result import CheckResult, Result, Submission, TaskResult
from grader.rubric import Rubric
from grader.submission import Notebook, Slice, Ungradable, extract, load
from grader.submission.findings import NO_DISTRIBUTIONS, Finding
from grader.submission.rules import read_rules

KNOWN_CHECKS = tuple(check.id for check in CHECKS)


def grade_file(path: Path, rubric: Rubric, candidates: Candidates, seed: int = 0) -> Result:
    """Grade the notebook at ``path``.

    What is wrong with the submission becomes part of the result; nothing is raised for it.
    """
    started = time.monotonic()
    submission = Submission(str(path), "", student_name(path))
    try:
        notebook = load(path)
        submission = Submission(str(path), notebook.sha256, student_name(path))
        code = extract(notebook)
    except Ungradable as error:
        return Result(
            submission,
            "ungradable",
            0.0,
            rubric.max_points,
            environment=_environment(candidates),
            seconds=time.monotonic() - started,
            reason=error.reason,
        )
    touched: set[str] = set()

    def put(probe: Probe) -> Observation:
        observation = candidates.ask(probe, code)
        touched.update(observation.touched)
        return observation

    tasks = examine(code, rubric, Exam(put, seed))
    findings = [*read_rules(notebook, code, _template())]
    findings += _seen_at_run_time(touched, findings, code)
    tasks = charged(tasks, findings, rubric)
    broken = any(c.status == "grader_error" for task in tasks for c in task.checks)
    return Result(
        submission,
        "grader_error" if broken else "graded",
        max(0.0, sum(task.points for task in tasks) - penalty(findings, rubric)),
        rubric.max_points,
        tasks,
        rule_results(findings, rubric, {task.id: task.title for task in spec.TASKS}),
        advice=_advice(code),
        environment=_environment(candidates),
        seconds=time.monotonic() - started,
        reason="The grader itself failed in some checks; their points are not decided."
        if broken
        else None,
    )


def _seen_at_run_time(
    touched: Iterable[str], findings: Iterable[Finding], code: Slice
) -> list[Finding]:
    """Uses of `torch.distributions` that the source hides, but that a candidate tripped over."""
    known = {finding.task for finding in findings if finding.rule == NO_DISTRIBUTIONS}
    found = []
    for method in sorted(touched):
        task, place = spec.TASK_BY_METHOD.get(method), code.methods.get(method)
        if task and place and task not in known:
            message = f"`{method}` uses torch.distributions, which the assignment does not allow."
            found.append(Finding(NO_DISTRIBUTIONS, task, place.cell, place.line, message))
    return found


def _template() -> Notebook:
    return load(asset("student_template") / "vae.ipynb")


def examine(code: Slice, rubric: Rubric, exam: Exam) -> tuple[TaskResult, ...]:
    """Every check that the rubric counts, side by side, as task results."""
    counted = [check for check in CHECKS if check.id in rubric.checks]
    with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 1)) as pool:
        results = list(pool.map(lambda check: _run(check, rubric, exam), counted))
    tasks = []
    for task in spec.TASKS:
        own = tuple(r for c, r in zip(counted, results, strict=True) if c.task == task.id)
        place = code.methods.get(task.method.name)
        tasks.append(
            TaskResult(
                task.id,
                task.title,
                sum(result.points for result in own),
                rubric.tasks[task.id],
                own,
                {"cell": place.cell, "line": place.line} if place else None,
            )
        )
    return tuple(tasks)


def _run(check: Check, rubric: Rubric, exam: Exam) -> CheckResult:
    """One check's result; an error of the grader's own is said, and is never a silent zero."""
    worth = rubric.checks[check.id]
    result: Callable[..., CheckResult] = partial(CheckResult, check.id, check.title)
    try:
        evidence = check.run(exam)
        return result(worth, worth, "passed", evidence=evidence or {})
    except Lost as lost:
        return result(
            0.0,
            worth,
            "failed",
            clean(lost.message, 1000),
            lost.hint or check.hint,
            lost.misconception,
            lost.evidence,
        )
    except NotReached as error:
        return result(0.0, worth, "not_reached", str(error))
    except Exception as error:
        trace = traceback.format_exc(limit=-5)
        return result(
            0.0,
            worth,
            "grader_error",
            f"The grader failed in this check: {type(error).__name__}: {error}.",
            "This is not your fault: ask your instructor to have the notebook graded again.",
            evidence={"traceback": trace},
        )


def student_name(path: Path) -> str:
    """The student as far as the file's name tells."""
    return clean(path.stem, 200)


def _advice(code: Slice) -> tuple[str, ...]:
    advice = [clean(note) for note in code.notes]
    if code.uses_notebook_names:
        names = ", ".join(sorted(code.uses_notebook_names))
        advice.append(
            f"The methods use names that the notebook binds outside the class ({names}); "
            "the class works elsewhere too if it takes sizes and devices from its arguments."
        )
    return tuple(advice)


def _environment(candidates: Candidates) -> dict[str, str]:
    return {
        "grader": __version__,
        "python": platform.python_version(),
        "platform": sys.platform,
        "isolation": candidates.isolation,
    }
