"""Check the class of a running kernel: its source is read back and graded like a notebook's.

In IPython the cells executed so far are taken as a notebook, in the order of their execution, so
the class's helpers and imports come along, and the class is the one that the kernel has. A class
from a file is read with that file. What the objects in memory hold is not looked at: a helper that
no executed cell defines is missing here as it would be after 'restart and run all'.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from grader.assignment import Task
from grader.composition import ASSIGNMENT, Options, make_grader
from grader.examiner.conclusion import Examined
from grader.examiner.grading import Grader
from grader.report.cell_names import with_cell_names
from grader.report.result import Result, Submission, TaskResult
from grader.report.task_state import next_step, state
from grader.student.session import Session, file_of, read_session
from grader.student.text import to_text, wrapped
from grader.submission import Notebook, Ungradable, extract, load, read_rules
from grader.submission.cell_names import cell_names

_KERNEL = "the class in this kernel"


@dataclass(frozen=True, repr=False)
class SelfCheck:
    """The result of a check: a table in a notebook, text in a terminal.

    Attributes:
        result: the same as a file's grading would give, without the rules that need the template.
        about: which definition was checked, in words; "" where there is none.
        explain: whether every loss is shown by an example, and not only the first of a task.
        task: the one that is shown; None shows all.
    """

    result: Result
    about: str = ""
    explain: bool = False
    task: Task | None = None

    def __repr__(self) -> str:
        result, then = self._shown()
        text = to_text(result, explain=self.explain, then=then)
        return "\n".join(filter(None, (text, wrapped([self.about])))).rstrip("\n")

    def _repr_html_(self) -> str:
        from markupsafe import escape

        from grader.report.page import to_table

        result, then = self._shown()
        if not self.explain:
            result = replace(result, tasks=tuple(map(_with_one_example, result.tasks)))
        about = f"<p>{escape(self.about)}</p>\n" if self.about else ""
        return to_table(result, then) + about

    def _shown(self) -> tuple[Result, str | None]:
        """Return what is shown of the result, and what is said to be next if not what it says."""
        tasks = [task for task in self.result.tasks if self.task and task.id == self.task.id]
        if not tasks:
            return self.result, None
        (task,) = tasks
        one = replace(
            self.result,
            tasks=(task,),
            points=task.points,
            max_points=task.max_points,
            rules=(),
            advice=(),
            repeated=tuple(it for it in self.result.repeated if task.title in it.tasks),
        )
        return one, next_step(self.result, brief=True) if state(task) == "done" else None


def self_check(kind: type) -> SelfCheck:
    """Put a live class to the checks; what is wrong with it is said in the result.

    Raises:
        TypeError: it is given something else than a class.
        GraderError: the grader itself failed.
    """
    name = ASSIGNMENT.class_name
    if not isinstance(kind, type):
        raise TypeError(f"self_check takes the class itself: self_check({name}).")
    started = time.monotonic()
    about = ""
    with make_grader(Options(trust=True, run=False)) as grader:
        try:
            session = _session_of(kind, name)
            result = _checked(session.notebook, grader)
            about = _about(session, name)
        except Ungradable as error:
            result = grader.turned_away(Submission(_KERNEL, "", ""), error)
        return SelfCheck(grader.signed(result, time.monotonic() - started), about)


def _checked(notebook: Notebook, grader: Grader) -> Result:
    """Check what a session holds, where the latest definition counts.

    Raises:
        Ungradable: it can't be.
    """
    code = extract(notebook, ASSIGNMENT, latest=True)
    findings = read_rules(code, None)
    submission = Submission(_KERNEL, notebook.sha256, "")
    result = grader.conclude(Examined(submission, grader.check(code), findings))
    return with_cell_names(result, cell_names(notebook))


def _session_of(kind: type, name: str) -> Session:
    """Return the code that made the class, as a notebook.

    Raises:
        Ungradable: it can't be found, or the class isn't called ``name``.
    """
    if kind.__name__ != name:
        raise Ungradable(
            f"The class is called {kind.__name__[:100]}: name it {name}, as the assignment does."
        )
    file = file_of(kind)
    if file is not None:
        return Session(load(file))
    session = read_session(kind)
    if session is None:
        raise Ungradable(
            f"The source of class {name} can't be found: define it in a cell of a notebook or in a "
            "file, or run `grade check` on the saved notebook."
        )
    return session


def _about(session: Session, name: str) -> str:
    """Say which definition is in the kernel, and what becomes of edits."""
    if session.made_in is None:
        return ""
    where = f"Checked: the class {name} that cell [{session.made_in}] defined"
    if session.passed_over:
        where += (
            f". It is the one in this kernel; cell [{session.passed_over[-1]}] did not replace it"
        )
    return f"{where}. If you have edited it since, run its cell, and check again."


def _with_one_example(task: TaskResult) -> TaskResult:
    """Return the task with the first example that it has, and no other."""
    shown = next((check.try_it for check in task.checks if check.try_it), None)
    checks = (
        check if check.try_it == shown else replace(check, try_it=None) for check in task.checks
    )
    return replace(task, checks=tuple(checks))
