"""A student's progress: each task's state, and what to do next.

The points are the instructor's. Only the words differ: a task that is not begun is "not yet".
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping
from typing import Literal

from grader.report.result import NO_ERROR, CheckResult, Result, Run, TaskResult
from grader.report.words import cell_words, place_words

State = Literal["done", "to correct", "not yet", "not decided"]

_AFTER_THE_CLASS = "Restart the kernel, run all cells, save the notebook, and hand it in."
_THEN = "Then r" + _AFTER_THE_CLASS[1:]
_MOST_OF_ERROR = 300
NOT_DONE = (
    "Not done here: the notebook was not run, and the class not trained. Your instructor's grading "
    "does both."
)


def state(task: TaskResult) -> State:
    """Return where a task stands."""
    if task.is_open:
        return "not decided"
    if is_unwritten(task):
        return "not yet"
    is_short = task.lost or (task.points < task.max_points and not task.in_total)
    return "to correct" if is_short else "done"


def is_unwritten(task: TaskResult) -> bool:
    """Return whether the method is missing, raises NotImplementedError, or returns nothing."""
    if not task.checks or len(task.lost) < len(task.checks):
        return False
    failed = [check for check in task.checks if check.status == "failed"]
    return _is_missing(task) or all(check.evidence.get("unwritten") for check in failed)


def _is_missing(task: TaskResult) -> bool:
    """Return whether the class lacks the method; else it may be written where no one looks."""
    return task.location is None and any(check.evidence.get("missing") for check in task.checks)


def has_all_points(result: Result) -> bool:
    """Return whether nothing is left to be gained."""
    return result.status == "graded" and result.points >= result.max_points


def next_step(result: Result, settled: Collection[str] = (), brief: bool = False) -> str:
    """Return what to do next, in one or two sentences: begun tasks first, in their order.

    Args:
        result: what came of a check or a grading.
        settled: ids of tasks and checks whose points were set by hand: nothing is to be done about
            these tasks, and nothing is said where that is all.
        brief: only where to go on, for what has words and hints beside it.
    """
    if result.status == "ungradable":
        return "Correct this first, save the notebook, and check again."
    for wanted in ("to correct", "not yet"):
        for task in result.tasks:
            if state(task) == wanted and task.id not in settled:
                return _step(task, result.cells, brief)
    if result.status == "grader_error":
        return "Ask your instructor: the grader failed, and your notebook is not to blame."
    if not has_all_points(result):
        are_costly = result.points < result.earned_in_tasks and not settled
        return "Look at the broken rules: they cost points." if are_costly else ""
    return mend_first(result, stops_at(result.run)) or _AFTER_THE_CLASS


def mend_first(result: Result, stop: str = "") -> str:
    """Return what to do where only a cell may be left to mend, with ``stop`` behind it; else ""."""
    if not has_all_points(result) or not stops_at(result.run):
        return ""
    cell = cell_words(result.run.cell or 0, result.cells)
    if any(note.startswith(NO_ERROR) for note in result.run.notes):
        return " ".join(filter(None, (f"Read the advice on {cell} first.", stop, _THEN)))
    return " ".join(filter(None, (f"Mend {cell} first.", stop, _THEN)))


def line_to_mend(result: Result) -> str:
    """Return the next step where an exception stands in its way; else ""."""
    begun = next((task for task in result.tasks if state(task) == "to correct"), None)
    return _step(begun, result.cells, brief=False) if begun and _exception(begun) else ""


def _exception(task: TaskResult) -> CheckResult | None:
    """Return the first check that met an exception at a line of the student's."""
    raised = (c for c in task.lost if c.evidence.get("failure") == "raised")
    return next((check for check in raised if check.evidence.get("line")), None)


def stops_at(run: Run) -> str:
    """Return where the notebook stopped as it was run from top to bottom, and why; else ""."""
    if run.cell is None or run.status not in ("failed", "timed_out", "killed"):
        return ""
    why = textwrap.shorten(run.error or run.status, _MOST_OF_ERROR, placeholder=" …").rstrip(".")
    return f"Run from top to bottom, the notebook stops there: {why}."


def _step(task: TaskResult, cells: Mapping[str, str], brief: bool) -> str:
    method = f"`{task.method}`" if task.method else task.title
    if _is_missing(task):
        return f"Put the method {method} back into the class, and write it."
    place = place_words(task.location, cells, " ({})")
    if is_unwritten(task):
        return f"Write {method}{place}."
    if not task.lost:
        return f"Look at {method}{place}: a broken rule costs its points."
    if raised := _exception(task):
        where = {key: raised.evidence[key] for key in ("cell", "line")}
        says = "" if brief else raised.evidence.get("says") or f"{raised.evidence['exception']}."
        # What stops may be a method that is called, or the constructor: they mostly stand above.
        start = task.location or where
        is_inside = start["cell"] == where["cell"] and start["line"] <= where["line"]
        within = f", in {method}" if is_inside else ""
        return f"Correct {place_words(where, cells)}{within}. {says}".rstrip()
    hint = next((check.hint for check in task.lost if check.hint and not brief), "")
    return f"Correct {method}{place}. {hint}".rstrip()
