"""A node: what a worker of Dask's starts once, and how it grades what it is sent.

The examiner with its fork server is brought up in the background while the worker joins, so that
the worker goes on to answer. A node that can't grade says why to whoever sends it work, who takes
it out of the cluster: that is never a submission's fault.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from distributed import WorkerPlugin, get_worker

from grader.composition import ASSIGNMENT, Options, data_digest, make_grader
from grader.course.cluster.made_of import difference, made_of
from grader.course.cluster.wire import Message, outcome_to_wire, work_from_wire
from grader.course.fingerprint import digest
from grader.course.grade_submission import failed_outcome, grade_submission, own_fault
from grader.course.schedule import default_jobs
from grader.course.work import Outcome, Work
from grader.errors import UnusableError
from grader.examiner import machine
from grader.examiner.client import GraderError
from grader.examiner.rubric import Rubric, load_rubric

_LONGEST_START_S = 60.0
REFUSAL, NODE, NOT_SET_UP = "refusal", "node", "not_set_up"
"""Keys of what a node sends that can't grade: why, who it is; or that it knows no such setup."""


class RefusalError(Exception):
    """This node can't grade; says why."""


@dataclass(frozen=True)
class Setup:
    """What a node needs beside submissions.

    Attributes:
        rubric: the rubric's file.
        template: name and content of the notebook that students received, where it isn't the
            project's own.
        isolation: as of `Options`.
        run: likewise.
        data: a folder that has the same data on every node.
        data_digest: of what is in it.
        jobs: how many submissions at once; None for as many as the node has cores and memory for.
        made_of: what the grader of whoever asks is made of.
    """

    rubric: bytes
    template: tuple[str, bytes] | None
    isolation: Literal["fork", "spawn"] | None
    run: bool
    data: str | None
    data_digest: bytes
    jobs: int | None
    made_of: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """A name that no other setup has: two gradings at once are not mixed up."""
        return f"grader-{digest(repr(self).encode()).hex()[:16]}"


class GraderPlugin(WorkerPlugin):
    """Brings a node up when its worker joins, and down when that leaves or the grading ends."""

    idempotent = True
    """A node that is set up so already stays as it is."""

    def __init__(self, setup: Setup) -> None:
        """Take what every node needs."""
        self.name = setup.name
        self._setup = setup
        self._grade: Future[Callable[[Work], Outcome]] | None = None
        self._stack = ExitStack()

    def setup(self, worker: Any) -> None:
        """Begin to bring the node up, without waiting for it."""
        ready: Future[Callable[[Work], Outcome]] = Future()
        self._grade = ready

        def bring_up() -> None:
            try:
                ready.set_result(_brought_up(self._setup, worker.state.nthreads, self._stack))
            except (GraderError, UnusableError, machine.TooLittleError, RefusalError) as error:
                ready.set_exception(RefusalError(str(error)))
            except Exception as error:
                ready.set_exception(RefusalError(own_fault(error)))

        threading.Thread(target=bring_up, name="grader-node", daemon=True).start()

    def teardown(self, worker: Any) -> None:
        """End all that the node started, which must be up for that."""
        if self._grade is not None:
            wait([self._grade], timeout=_LONGEST_START_S)
        self._stack.close()

    def grade(self, work: Work) -> Outcome:
        """Grade a submission, as soon as the node is up.

        Raises:
            RefusalError: this node can't grade.
        """
        assert self._grade is not None
        try:
            return self._grade.result()(work)
        except GraderError as error:
            raise RefusalError(str(error)) from error


def grade_on_node(setup: str, message: Message) -> Message:
    """Grade the submission in a message on the node that this is executed on.

    Args:
        setup: the name of the setup by which it is graded.
        message: the submission.
    """
    plugin = get_worker().plugins.get(setup)
    if not isinstance(plugin, GraderPlugin):
        return {NOT_SET_UP: True}
    try:
        return outcome_to_wire(plugin.grade(work_from_wire(message)))
    except RefusalError as refusal:
        return {REFUSAL: str(refusal), NODE: get_worker().address}


def _brought_up(setup: Setup, threads: int, stack: ExitStack) -> Callable[[Work], Outcome]:
    """Start the examiner of this node; it ends with the stack.

    Raises:
        RefusalError: it is made of something else.
        GraderError, UnusableError, TooLittleError: it can't be started.
    """
    wrong = difference(made_of(), setup.made_of)
    if wrong:
        raise RefusalError(wrong)
    machine.get_ready(setup.run)
    most = setup.jobs or default_jobs()
    jobs = machine.fitting(min(most, threads), run=setup.run)
    at_once = max(1, default_jobs() // jobs)
    data = Path(setup.data) if setup.data else None
    options = Options(
        isolation=setup.isolation, run=setup.run, data=data, jobs=jobs, at_once=at_once
    )
    if data_digest(options) != setup.data_digest:
        raise RefusalError(f"{data} holds other data here than where the grading was started")
    rubric = _rubric(setup)
    grader = stack.enter_context(make_grader(options, rubric))
    # Where a kill of the worker leaves nothing: the fork server removes it then.
    copies = grader.candidates.home.folder / "copies"
    copies.mkdir(mode=0o700)

    def grade(work: Work) -> Outcome:
        shutil.rmtree(copies / work.name, ignore_errors=True)
        try:
            return grade_submission(work, grader, copies)
        except GraderError:
            raise
        except Exception as error:
            return failed_outcome(work, rubric.max_points, own_fault(error))

    return grade


def _rubric(setup: Setup) -> Rubric:
    with TemporaryDirectory(prefix="grade-") as folder:
        path = Path(folder, "rubric.yaml")
        path.write_bytes(setup.rubric)
        template = None
        if setup.template is not None:
            name, content = setup.template
            template = Path(folder, name)
            template.write_bytes(content)
        return load_rubric(path, ASSIGNMENT, template)
