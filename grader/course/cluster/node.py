"""A node: what a worker of Dask's starts once, and how it grades what it is sent.

The examiner with its fork server is brought up in the background while the worker joins, so that
the worker goes on to answer. A node that can't grade says why to whoever sends it work, who takes
it out of the cluster: that is never a submission's fault.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from distributed import WorkerPlugin, get_worker

from grader.composition import ASSIGNMENT, Options, data_digest, make_grader
from grader.course.cluster.address import AddressError, require_private
from grader.course.cluster.made_of import difference, made_of
from grader.course.cluster.resting import RefusalError, RestingNode
from grader.course.cluster.wire import Message, outcome_to_wire, work_from_wire
from grader.course.fingerprint import digest
from grader.course.grade_submission import failed_outcome, grade_submission, own_fault
from grader.course.schedule import default_jobs
from grader.course.work import Outcome, Work
from grader.errors import UnusableError
from grader.examiner import machine
from grader.examiner.client import GraderError
from grader.examiner.rubric import Rubric, load_rubric

REFUSAL, NODE, NOT_SET_UP = "refusal", "node", "not_set_up"
"""Keys of what a node sends that can't grade: why, who it is; or that it knows no such setup."""


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
        sharing: how many nodes share a machine.
        made_of: what the grader of whoever asks is made of.
    """

    rubric: bytes
    template: tuple[str, bytes] | None
    isolation: Literal["fork", "spawn"] | None
    run: bool
    data: str | None
    data_digest: bytes
    jobs: int | None
    sharing: int = 1
    made_of: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """A name that no other setup has: two gradings at once are not mixed up."""
        return f"grader-{digest(repr(self).encode()).hex()[:16]}"


class GraderPlugin(WorkerPlugin):
    """Brings a node up when its worker joins, and down when that leaves or the grading ends.

    It is down as well while nobody sends it anything: whoever set it up may have been killed.
    """

    idempotent = True
    """A node that is set up so already stays as it is."""

    def __init__(self, setup: Setup) -> None:
        """Take what every node needs."""
        self.name = setup.name
        self._setup = setup
        self._node: RestingNode | None = None  # until it is where it belongs

    def setup(self, worker: Any) -> None:
        """Begin to bring the node up, without waiting for it."""
        listening = [str(it.listen_address) for it in worker.listeners]
        threads, folder = worker.state.nthreads, Path(worker.local_directory)
        self._node = RestingNode(partial(bring_up, self._setup, threads, listening, folder))
        self._node.wake()

    def teardown(self, worker: Any) -> None:
        """End all that the node started."""
        if self._node is not None:
            self._node.close()

    def grade(self, work: Work) -> Outcome:
        """Grade a submission, as soon as the node is up.

        Raises:
            RefusalError: this node can't grade.
        """
        assert self._node is not None
        try:
            with self._node.used() as grade:
                return grade(work)
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


def bring_up(
    setup: Setup, threads: int, listening: Sequence[str], folder: Path, stack: ExitStack
) -> Callable[[Work], Outcome]:
    """Start the examiner of a node; it ends with the stack.

    Args:
        setup: what it needs.
        threads: how many submissions its worker takes at once.
        listening: where its worker listens.
        folder: the worker's own.
        stack: of what is started.

    Raises:
        RefusalError: it can't be started, is made of something else, or strangers could use it.
    """
    try:
        for address in listening:
            require_private(address)
    except AddressError as error:
        raise RefusalError(f"{error} Or start its worker with --host 127.0.0.1") from error
    wrong = difference(made_of(), setup.made_of)
    if wrong:
        raise RefusalError(wrong)
    try:
        return _brought_up(setup, threads, folder, stack)
    except (GraderError, UnusableError, machine.TooLittleError) as error:
        raise RefusalError(str(error)) from error


def _brought_up(
    setup: Setup, threads: int, folder: Path, stack: ExitStack
) -> Callable[[Work], Outcome]:
    machine.get_ready(setup.run)
    most = setup.jobs or default_jobs()
    jobs = machine.fitting(min(most, threads), run=setup.run)
    at_once = max(1, default_jobs() // (jobs * setup.sharing))
    data = Path(setup.data) if setup.data else None
    options = Options(
        isolation=setup.isolation,
        run=setup.run,
        data=data,
        jobs=jobs,
        many=True,
        at_once=at_once,
    )
    if data_digest(options) != setup.data_digest:
        raise RefusalError(f"{data} holds other data here than where the grading was started")
    rubric = _rubric(setup, folder)
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


def _rubric(setup: Setup, folder: Path) -> Rubric:
    with TemporaryDirectory(dir=folder) as own:
        path = Path(own, "rubric.yaml")
        path.write_bytes(setup.rubric)
        template = None
        if setup.template is not None:
            name, content = setup.template
            template = Path(own, name)
            template.write_bytes(content)
        return load_rubric(path, ASSIGNMENT, template)
