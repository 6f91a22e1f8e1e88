"""Grade one notebook: read it, put its class to every check, add up points."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grader import __version__
from grader.examiner.background import Runner
from grader.examiner.client import Candidates, GraderError
from grader.examiner.examination import examine, works_at_full_size_only
from grader.examiner.hangs import Hangs
from grader.examiner.penalties import charged, penalty, rule_results
from grader.examiner.rubric import Rubric
from grader.examiner.run_explanations import NO_ERROR
from grader.examiner.training_run import contradiction, fall_words
from grader.examiner.widening import Checked, with_widening
from grader.kit.observation import Observation, clean
from grader.kit.probe import Probe
from grader.report.result import (
    Result,
    Run,
    Status,
    Submission,
    TaskResult,
    Training,
)
from grader.submission import Slice, Ungradable, extract, load
from grader.submission.leftovers import find_leftovers
from grader.submission.rules import Finding, Seen, loss_falls, read_rules, watch_rules
from grader.submission.template import own_template
from grader.vae import ASSIGNMENT, spec
from grader.vae.checks import CHECKS

_BROKEN = "The grader itself failed in some checks; their points are not decided."
_UNDECIDED = "The machine interrupted the training, on which points depend by this rubric."
_TITLES = {task.id: task.title for task in spec.TASKS}
KNOWN_CHECKS = tuple(check.id for check in CHECKS)


@dataclass(frozen=True)
class Graded:
    """A result with what it was made from, for reports that show more than the result holds.

    Attributes:
        code: the slice that was graded; None if there was none.
        executed: the executed notebook as text; None if it was not run.
    """

    result: Result
    code: Slice | None = None
    executed: str | None = None


@dataclass(frozen=True)
class Grader:
    """All that grading needs.

    Attributes:
        runner: executes and trains beside the checks, if it is there.
        examiner: checks in place of `check`, such as one that remembers what it has seen.
        at_once: how many candidates of one submission are asked at once; by default one a core.
        slots: held while a class is checked, where many submissions are graded side by side.
    """

    candidates: Candidates
    rubric: Rubric
    runner: Runner | None = None
    seed: int = 0
    examiner: Callable[[Slice], Checked] | None = None
    at_once: int | None = None
    slots: AbstractContextManager[Any] = field(default_factory=nullcontext)

    def grade(self, path: Path) -> Graded:
        """Grade the notebook at ``path``; may be called from many threads.

        What is wrong with the submission becomes part of the result; nothing is raised for it.

        Raises:
            GraderError: no student code could be executed at all.
        """
        started = time.monotonic()
        submission = Submission(clean(str(path), 1000), "", student_name(path))
        try:
            notebook = load(path)
            submission = replace(submission, sha256=notebook.sha256)
            code = extract(notebook, ASSIGNMENT)
        except Ungradable as error:
            return Graded(self._result(submission, started, "ungradable", reason=error.reason))
        running = self.runner.start_run(notebook) if self.runner else None
        training = self.runner.start_training(code) if self.runner else None
        used = code
        if self.examiner:
            checked = self.examiner(code)
        else:
            checked, used = self._checked(code, self.rubric)
        if self.candidates.warm is not None and not self.candidates.warm.alive:
            # Then all candidates died with it, which is not to be told as the submission's doing.
            raise GraderError(
                "the process that student code is forked from was ended from outside; what was "
                "graded before is kept, and the same command again goes on"
            )
        if used is not code and self.runner:
            training = self.runner.start_training(used)
        code = used
        template = self.rubric.template or own_template(ASSIGNMENT)
        findings = read_rules(code, template, notebook)
        trained = training.result() if training else Training()
        outcome = running.result() if running else None
        run = outcome.run if outcome else self._not_run()
        result = self.conclude(submission, code, checked, findings, run, trained, started)
        return Graded(result, code, outcome.executed if outcome else None)

    def _not_run(self) -> Run:
        if self.candidates.warm is not None:
            return Run()
        return Run(error="The notebook was not executed: without forks its class is checked alone.")

    def check(self, code: Slice, rubric: Rubric | None = None) -> Checked:
        """Put the class to the checks of ``rubric``, which may count fewer than the grader's.

        Where something is lost with what reading tells that the class needs, it is put to them
        with more of the notebook.
        """

        return self._checked(code, rubric or self.rubric)[0]

    def _checked(self, code: Slice, rubric: Rubric) -> tuple[Checked, Slice]:
        """What `check` finds, and the slice that it was found with."""

        def examined(code: Slice) -> Checked:
            touched: set[str] = set()
            hangs = Hangs()

            def put(probes: tuple[Probe, ...]) -> tuple[Observation, ...]:
                observations = self.candidates.ask(probes, code, hangs, self.seed)
                touched.update(*(observation.touched for observation in observations))
                return observations

            tasks = examine(code, rubric, ASSIGNMENT, put, self.seed, self.at_once)
            return tasks, frozenset(touched)

        with self.slots:
            return with_widening(code, examined)

    def conclude(
        self,
        submission: Submission,
        code: Slice,
        checked: Checked,
        findings: Iterable[Finding],
        run: Run,
        trained: Training,
        started: float,
    ) -> Result:
        """The result of all that was found; ``started`` is a reading of `time.monotonic`."""
        tasks, touched = checked
        findings = list(findings)
        no_fall = fall_words(trained) if trained.fell is False else None
        findings += watch_rules(Seen(code, touched, no_fall), findings)
        tasks = charged(tasks, findings, self.rubric)
        broken = any(c.status == "grader_error" for task in tasks for c in task.checks)
        cost = self.rubric.rules[loss_falls.RULE.id]
        undecided = trained.status == "interrupted" and isinstance(cost, (int, float)) and cost > 0
        unknown = (loss_falls.RULE.id,) if trained.fell is None else ()
        return self._result(
            submission,
            started,
            "grader_error" if broken or undecided else "graded",
            points=max(0.0, sum(task.points for task in tasks) - penalty(findings, self.rubric)),
            tasks=tasks,
            rules=rule_results(findings, self.rubric, _TITLES, unknown),
            run=run,
            training=trained,
            advice=_advice(code, tasks, run, trained),
            reason=_BROKEN if broken else _UNDECIDED if undecided else None,
        )

    def _result(
        self, submission: Submission, started: float, status: Status, **known: Any
    ) -> Result:
        return Result(
            submission,
            status,
            known.pop("points", 0.0),
            self.rubric.max_points,
            environment=_environment(self.candidates),
            seconds=round(time.monotonic() - started, 3),
            **known,
        )


def grade_file(path: Path, rubric: Rubric, candidates: Candidates, seed: int = 0) -> Result:
    """Grade the class in the notebook at ``path``, without executing the notebook."""
    return Grader(candidates, rubric, seed=seed).grade(path).result


def student_name(path: Path) -> str:
    """The student as far as the file's name tells."""
    return clean(path.stem, 200)


def _advice(
    code: Slice, tasks: tuple[TaskResult, ...], run: Run, training: Training
) -> tuple[str, ...]:
    advice = [clean(note) for note in (*code.notes, *find_leftovers(code))]
    advice += [f"Cell {run.cell}: {note}" for note in run.notes if note.startswith(NO_ERROR)]
    if code.uses_notebook_names:
        names = ", ".join(sorted(code.uses_notebook_names))
        advice.append(
            f"The methods use names that the notebook binds outside the class ({names}); "
            "the class works elsewhere too if it takes sizes and devices from its arguments."
        )
    if narrow := works_at_full_size_only(tasks, ASSIGNMENT):
        names = ", ".join(f"`{name}`" for name in narrow)
        advice.append(
            f"{names}: right at the assignment's sizes (784, 32, 400) alone. With sizes taken from "
            "arguments and attributes, never as numbers, it works for every model."
        )
    unexpected = contradiction(training, _elbo_is_right(tasks))
    return (*advice, unexpected) if unexpected else tuple(advice)


def _elbo_is_right(tasks: tuple[TaskResult, ...]) -> bool | None:
    """What the checks found; None unless one failed, or all there are ran and passed.

    It is open, too, where another method that training calls has an error of its own.
    """
    found = {check.id: check.status for task in tasks for check in task.checks}
    statuses = {found.get(check.id) for check in CHECKS if check.task == "elbo"}
    if "failed" in statuses:
        return False
    beside = {found.get(check.id) for check in CHECKS if check.task not in ("elbo", "sample")}
    return True if statuses == {"passed"} and "failed" not in beside else None


def _environment(candidates: Candidates) -> dict[str, Any]:
    return {
        "grader": __version__,
        "python": platform.python_version(),
        "platform": sys.platform,
        "isolation": candidates.isolation,
        "confinement": list(candidates.layers),
    }
