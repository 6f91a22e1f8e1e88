"""A graded course on the disk, made in an instant: results by the assignment's own rubric."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from grader.course.folder import store_of
from grader.course.kept_code import KeptCode, code_path, code_to_json
from grader.course.pages import executed_path
from grader.course.roster import Listed, Roster, write_roster
from grader.course.store import Store
from grader.course.store_kind import FILES, contents_of, settled_contents
from grader.course.work import marked
from grader.examiner.rubric import Rubric, default_path, load_rubric
from grader.report.course import Identity
from grader.report.result import CheckResult, Result, RuleResult, Run, Submission, TaskResult
from grader.report.to_json import to_json
from grader.vae import ASSIGNMENT

HARM = "<script>document.title = 'harm'</script><img src=x onerror=alert(1)>"
VARIANCE = "The divergences add up to 34.47, not 45.67."
OWN_WORDS = "It returns 3.14."
SUBMITTED = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Made:
    """A student of the course: what is lost, with its message, and what explains it."""

    name: str
    lost: Mapping[str, str] = field(default_factory=dict)
    misconception: str | None = None
    broken: Sequence[str] = ()
    run: str = "completed"
    reason: str = ""


DOZEN = (
    Made("Ada"),
    Made("Bo", {"kl.total": VARIANCE}, "kl.log_variance"),
    Made("Cy", {"kl.total": VARIANCE, "elbo.exact": "It is off by 1."}, "kl.log_variance"),
    Made("Di", {"kl.total": VARIANCE, "elbo.exact": "It is off by 1."}, "kl.log_variance"),
    Made("Ed", {"elbo.sampled": OWN_WORDS}),
    Made("Flo", reason="There is no class VAE."),
    Made("Gus", broken=("no_distributions",)),
    Made("Hal", run="failed"),
    Made("Ida", {"sample.fresh": HARM, "sample.shape": HARM}),
    Made(f"Jo {HARM}"),
    Made("Kim"),
    Made("Lou", {"kl.total": VARIANCE, "kl.gradient": "It is cut."}, "kl.log_variance"),
)


def assignment_rubric() -> Rubric:
    """Return the rubric that the assignment comes with."""
    return load_rubric(default_path(), ASSIGNMENT)


def name_of(number: int) -> str:
    """Return what the result of a student of that number is called."""
    return f"s{number:03d}"


def made_result(number: int, made: Made) -> Result:
    """Return the result of a student."""
    rubric = assignment_rubric()
    submission = Submission(f"{name_of(number)}/vae.ipynb", "ab" * 32, name_of(number))
    if made.reason:
        return Result(submission, "ungradable", 0.0, rubric.max_points, reason=made.reason)
    tasks = tuple(_task(id, title, rubric, made) for id, title in _titles())
    rules = tuple(
        RuleResult(id, "broken" if id in made.broken else "kept", f"About {id}.", "It is said.")
        for id in rubric.rules
    )
    points = sum(task.points for task in tasks)
    run = Run(made.run, 1.0)  # type: ignore[arg-type]
    return Result(submission, "graded", points, rubric.max_points, tasks, rules, run)


def keep(
    store: Store, name: str, result: Result, fingerprint: str, never_lower: bool = False
) -> Result:
    """Keep a result as grading does, of work with a fingerprint; returns what counts."""
    return store.keep(name, to_json(marked(result, fingerprint)).encode(), never_lower)


def keep_code(folder: Path, name: str, code: KeptCode) -> None:
    """Keep the code of a submission as grading does."""
    contents = contents_of(folder)
    contents.write(code_path(name), code_to_json(code))
    contents.close()


def make_course(folder: Path, students: Sequence[Made] = DOZEN, kind: str = FILES) -> Path:
    """Write a course as `grade FOLDER --out` leaves it; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = settled_contents(folder, kind, len(students))
    store = store_of(folder, contents)
    code = code_to_json(KeptCode("", {"kl_divergence": f"def kl_divergence():\n  '{HARM}'"}))
    listed = []
    for number, made in enumerate(students, 1):
        name = name_of(number)
        keep(store, name, made_result(number, made), "made")
        contents.write(code_path(name), code)
        identity = Identity(made.name, str(1000 + number), f"{name}@example.org", "moodle")
        listed.append(Listed(name, (identity,), submitted=SUBMITTED))
    write_roster(folder, Roster("in", None, tuple(listed)))
    contents.write(executed_path(name_of(1)), _executed())
    contents.close()
    return folder


def _task(id: str, title: str, rubric: Rubric, made: Made) -> TaskResult:
    checks = tuple(
        _check(check, most, made)
        for check, most in rubric.checks.items()
        if check.partition(".")[0] == id
    )
    points, most = sum(c.points for c in checks), sum(c.max_points for c in checks)
    return TaskResult(id, title, points, most, checks)


def _check(id: str, most: float, made: Made) -> CheckResult:
    title = f"What {id} looks at"
    if id not in made.lost:
        return CheckResult(id, title, most, most, "passed")
    misconception = made.misconception if id == "kl.total" else None
    return CheckResult(id, title, 0.0, most, "failed", made.lost[id], "Why?", misconception)


def _titles() -> list[tuple[str, str]]:
    return [(task.id, task.title) for task in ASSIGNMENT.tasks]


def _executed() -> bytes:
    """Return an executed notebook whose outputs mean harm."""
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": [HARM]},
        {
            "output_type": "display_data",
            "data": {"text/html": [HARM], "text/plain": [HARM]},
            "metadata": {},
        },
        {"output_type": "error", "ename": HARM, "evalue": HARM, "traceback": [HARM]},
    ]
    code = {"cell_type": "code", "source": HARM, "outputs": outputs, "metadata": {}}
    cells = [{"cell_type": "markdown", "source": HARM, "metadata": {}}, code]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook).encode()
