"""``%grade`` in a notebook: the class that is in the kernel is checked, or one task of it.

%load_ext grader
%grade             the whole class
%grade kl          one task, by its name or its method's
%grade --explain   with lines to try for every loss
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from grader.composition import ASSIGNMENT

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from grader.report.result import Result
    from grader.student.live import SelfCheck

EXPLAIN = "--explain"
_TASKS = {name: task.id for task in ASSIGNMENT.tasks for name in (task.id, task.method.name)}
"""Ids of the tasks, by what they may be called."""


def load(shell: InteractiveShell) -> None:
    """Give a running IPython the magic, and the names of the tasks for Tab to complete."""

    def grade(line: str) -> SelfCheck:
        """Check the class that is in the kernel: `%grade`, or one task of it: `%grade TASK`."""
        return checked(line, shell.user_ns)

    shell.register_magic_function(grade, "line", "grade")  # type: ignore[arg-type]
    shell.set_hook("complete_command", lambda *_: [*_TASKS, EXPLAIN], str_key="%grade")


def checked(line: str, names: dict[str, object]) -> SelfCheck:
    """Return what the checks say.

    Args:
        line: what stands behind ``%grade``.
        names: what the kernel has bound.

    Raises:
        UsageError: there is no such task, or no class to check.
        GraderError: the grader itself failed.
    """
    words = line.split()
    tasks = [word for word in words if word != EXPLAIN]
    wanted = dict.fromkeys(_task(word) for word in tasks)
    kind = names.get(ASSIGNMENT.class_name)
    if not isinstance(kind, type):
        raise UsageError(
            f"There is no class {ASSIGNMENT.class_name} in this kernel: run the cell that defines "
            "it, then this one again."
        )
    try:
        from grader.student.live import self_check
    except ModuleNotFoundError as error:
        raise UsageError(
            f"The grader needs the package {error.name}: install it with `%pip install "
            f"{error.name}`, then run this cell again."
        ) from error
    check = self_check(kind)
    result = _cut_to(check.result, wanted) if wanted else check.result
    return replace(check, result=result, explain=EXPLAIN in words)


def _task(word: str) -> str:
    """Return the id of a task.

    Raises:
        UsageError: there is none of that name.
    """
    if word in _TASKS:
        return _TASKS[word]
    near = get_close_matches(word.casefold(), _TASKS, 1)
    meant = f"is {near[0]} meant?" if near else f"known are {', '.join(_TASKS)}."
    raise UsageError(f"There is no task {word[:40]}; {meant}")


def _cut_to(result: Result, wanted: dict[str, None]) -> Result:
    """Return a result with some of its tasks alone, and the points of these."""
    tasks = tuple(task for task in result.tasks if task.id in wanted)
    if not tasks:
        return result
    return replace(
        result,
        tasks=tasks,
        points=sum(task.points for task in tasks),
        max_points=sum(task.max_points for task in tasks),
        repeated=(),
    )
