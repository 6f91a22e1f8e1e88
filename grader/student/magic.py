"""The magic ``%grade``: the class of this kernel, checked in the cell that asks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.display import display

from grader.assignment import Task
from grader.composition import ASSIGNMENT
from grader.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from grader.student.live import SelfCheck

_EXPLAIN = "--explain"


def register(shell: InteractiveShell) -> None:
    """Give a shell the magic, and completion of what may follow it."""
    add: Any = shell.register_magic_function

    def grade(line: str) -> None:
        """Check the class of this kernel: %grade, or %grade TASK for one task alone.

        TASK is a task or its method. With --explain every loss is shown on the smallest case that
        fails.
        """
        found = check(line, shell.user_ns)
        if found:  # what is returned would not be shown below an `if` or in a `try`
            display(found)

    add(grade, "line", "grade")
    shell.set_hook("complete_command", _completions, str_key="%grade")


def check(line: str, names: Mapping[str, Any]) -> SelfCheck | None:
    """Check what a line asks for; print a sentence if there is no class yet.

    Args:
        line: what stands behind ``%grade``.
        names: the kernel's.

    Raises:
        UsageError: the line can't be understood, or the grader failed or lacks a package.
    """
    task, explain = _read(line)
    kind = names.get(ASSIGNMENT.class_name)
    if not isinstance(kind, type):
        print(_no_class(kind))
        return None
    try:
        from grader.examiner.forkserver_client import GraderError
        from grader.student.live import self_check

        try:
            return replace(self_check(kind), task=task, explain=explain)
        except GraderError as error:
            raise UsageError(f"The grader failed: {error}.") from error
    except ModuleNotFoundError as error:
        missing = "pyyaml" if error.name == "yaml" else (error.name or "").partition(".")[0]
        raise UsageError(
            f"The grader needs {missing}: run `%pip install {missing}`, and this cell again."
        ) from error


def _no_class(value: object) -> str:
    name = ASSIGNMENT.class_name
    if value is None:
        return f"There is no class {name} yet: run the cell that defines it, and check again."
    return f"{name} is no class here: run the cell that defines the class, and check again."


def _read(line: str) -> tuple[Task | None, bool]:
    """Return the task that a line names, None for all, and whether losses are explained.

    Raises:
        UsageError: it names something else.
    """
    words = line.split()
    options = [word for word in words if word.startswith("-")]
    for option in options:
        if option != _EXPLAIN:
            raise UsageError(f"There is no option {option[:100]}: did you mean {_EXPLAIN}?")
    named = " ".join(word for word in words if word not in options)
    return _task(named) if named else None, bool(options)


def _task(named: str) -> Task:
    """Return the task that is called so: by its name, its method or its title.

    Raises:
        UsageError: none is.
    """
    tasks = {name.lower(): task for task in ASSIGNMENT.tasks for name in _names(task)}
    wanted = named.strip("`'\"()").lower()
    if wanted in tasks:
        return tasks[wanted]
    near = nearest(wanted, tasks)
    known = ", ".join(task.id for task in ASSIGNMENT.tasks)
    question = f"did you mean %grade {tasks[near].id}?" if near else f"there are {known}."
    raise UsageError(f"There is no task {named[:100]}: {question}")


def _names(task: Task) -> tuple[str, ...]:
    return task.id, task.method.name, task.title


def _completions(_: object, event: Any) -> list[str]:
    """Return what may stand where a line ends, for IPython."""
    last = event.symbol
    words = [name for task in ASSIGNMENT.tasks for name in _names(task)[:2]]
    return [word for word in dict.fromkeys([*words, _EXPLAIN]) if word.startswith(last)]
