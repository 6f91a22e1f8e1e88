"""Grade one notebook: read it, put its class to every check, add up points."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from grader.assignment import Assignment
from grader.examiner.client import Candidates, GraderError
from grader.examiner.conclusion import Examined, conclude, needs_training
from grader.examiner.examination import examine
from grader.examiner.hangs import Hangs
from grader.examiner.pace import Pace
from grader.examiner.rubric import Rubric
from grader.examiner.runner import Runner
from grader.examiner.training_verdict import hanging_method, not_trained
from grader.examiner.widening import Checked, with_widening
from grader.kit.observation import Observation
from grader.kit.probe import Probe
from grader.report.cell_names import with_cell_names
from grader.report.result import Result, Run, Submission
from grader.submission import Notebook, Slice, Ungradable, extract, load
from grader.submission.cell_names import cell_names
from grader.submission.rules import read_rules
from grader.submission.template import own_template
from grader.untrusted_text import clean
from grader.version import __version__


@dataclass(frozen=True)
class Graded:
    """A result with what it was made from, for reports that show more than the result holds.

    Attributes:
        code: the slice that was graded; None if there was none.
        executed: the executed notebook as text; None if it was not run.
        rubric: what it was graded by.
    """

    result: Result
    code: Slice | None = None
    executed: str | None = None
    rubric: Rubric | None = None

    @property
    def sources(self) -> dict[str, str]:
        """The student's methods as written, by their names."""
        return self.code.sources if self.code else {}


@dataclass(frozen=True)
class Grader:
    """All that grading needs.

    Attributes:
        runner: executes and trains beside the checks, if it is there.
        examiner: checks in place of `check`, such as one that remembers what it has seen.
        at_once: how many candidates of one submission are asked at once; by default one a core.
        slots: held while a class is checked, where many submissions are graded side by side.
        doing: entered, with words, while something is done that may take long.
        told: given what the checks came to, if no run or training can change it, before these end.
    """

    assignment: Assignment
    candidates: Candidates
    rubric: Rubric
    runner: Runner | None = None
    seed: int = 0
    examiner: Callable[[Slice], Checked] | None = None
    at_once: int | None = None
    slots: AbstractContextManager[Any] = field(default_factory=nullcontext)
    doing: Callable[[str], AbstractContextManager[Any]] = nullcontext
    told: Callable[[Result], object] | None = None

    def grade(self, path: Path, gives_way: bool = False) -> Graded:
        """Grade the notebook at ``path``; may be called from many threads.

        What is wrong with the submission becomes part of the result; nothing is raised for it.

        Raises:
            GivesWayError: it takes long, and was to give way to others.
            GraderError: no student code could be executed at all.
        """
        with self.doing("looking at the notebook"):
            return self._grade(path, Pace(gives_way))

    def _grade(self, path: Path, pace: Pace) -> Graded:
        started = time.monotonic()
        names: dict[int, str] = {}
        submission = Submission(clean(str(path), 1000), "", clean(path.stem, 200))
        try:
            notebook = load(path)
            names = cell_names(notebook)
            submission = replace(submission, sha256=notebook.sha256)
            code = extract(notebook, self.assignment)
        except Ungradable as error:
            graded = Graded(self.turned_away(submission, error))
        else:
            graded = self._graded(submission, notebook, code, pace)
        named = with_cell_names(graded.result, names)
        signed = self.signed(named, time.monotonic() - started)
        return replace(graded, result=signed, rubric=self.rubric)

    def signed(self, result: Result, seconds: float) -> Result:
        """Return a result with what it was made with, and in how many seconds."""
        environment = {
            "grader": __version__,
            "python": platform.python_version(),
            "platform": sys.platform,
            "isolation": self.candidates.home.isolation,
            "confinement": list(self.candidates.layers),
        }
        return replace(result, environment=environment, seconds=round(seconds, 3))

    def turned_away(self, submission: Submission, error: Ungradable) -> Result:
        """Return the result of a submission that can't be graded."""
        return Result(submission, "ungradable", 0.0, self.rubric.max_points, reason=error.reason)

    def _graded(
        self, submission: Submission, notebook: Notebook, code: Slice, pace: Pace
    ) -> Graded:
        running = self.runner.start_run(notebook, pace) if self.runner else None
        checked = self.examiner(code) if self.examiner else self.check(code, pace=pace)
        self._require_alive()
        pace.require_way()
        # What never ends need not be trained to be known.
        hanging = hanging_method(checked.tasks, self.assignment) if self.runner else None
        training = None
        if self.runner and not hanging:
            training = self.runner.start_training(checked.code, pace)
        template = self.rubric.template or own_template(self.assignment)
        findings = read_rules(checked.code, template, notebook)
        if self.told and not needs_training(self.rubric):
            early = self.conclude(Examined(submission, checked, findings))
            self.told(with_cell_names(early, cell_names(notebook)))
        with self.doing("training the class") if training else nullcontext():
            trained = training.result() if training else not_trained(hanging)
        with self.doing("running the whole notebook") if running else nullcontext():
            outcome = running.result() if running else None
        run = outcome.run if outcome else self._not_run()
        examined = Examined(submission, checked, findings, run, trained)
        return Graded(self.conclude(examined), checked.code, outcome.executed if outcome else None)

    def conclude(self, examined: Examined) -> Result:
        """Return the result of what was found out, by this grader's rubric."""
        return conclude(examined, self.rubric, self.assignment)

    def _require_alive(self) -> None:
        """See that the fork server lives: all candidates would have died with it.

        Raises:
            GraderError: it was ended, which is not to be told as the submission's doing.
        """
        fork_server = self.candidates.home.fork_server
        if fork_server is not None and not fork_server.alive:
            raise GraderError(
                "the process that student code is forked from was ended from outside; what was "
                "graded before is kept, and the same command again goes on"
            )

    def _not_run(self) -> Run:
        if self.candidates.home.fork_server is not None:
            return Run()
        return Run(error="The notebook was not executed: without forks its class is checked alone.")

    def check(self, code: Slice, rubric: Rubric | None = None, pace: Pace | None = None) -> Checked:
        """Put the class to the checks of ``rubric``, which may count fewer than the grader's.

        Where something is lost with what reading tells that the class needs, it is put to them
        with more of the notebook.
        """
        pace = pace or Pace()
        known: Hangs | None = None

        def examined(code: Slice) -> Checked:
            nonlocal known
            touched: set[str] = set()
            hangs = Hangs(pace, self.assignment.helpers, self.assignment.full_sizes, known)

            def put(probes: tuple[Probe, ...], explains: bool = False) -> tuple[Observation, ...]:
                with self.doing(f"checking `{probes[0].calls[0].method}`"):
                    observations = self.candidates.ask(probes, code, hangs, self.seed, explains)
                touched.update(*(observation.touched for observation in observations))
                return observations

            tasks = examine(
                code,
                rubric or self.rubric,
                code.assignment,
                put,
                self.seed,
                self.at_once,
                partial(put, explains=True),
            )
            known = hangs
            return Checked(tasks, frozenset(touched), code)

        with self.slots:
            return with_widening(code, examined)
