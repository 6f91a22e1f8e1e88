"""Runs and training side by side with the checks: light to import, and never in their way.

    with Runner(warm, folder) as runner:
        run = runner.start_run(notebook)          # a Future of RunOutcome
        training = runner.start_training(code)    # a Future of Training

What is heavy is imported in the threads that need it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from grader.examiner import machine
from grader.examiner.forkserver_client import ForkServer, GraderError, NestedForkServer
from grader.examiner.processes import Interrupted
from grader.examiner.renewed_forkserver import Renewed, Turns
from grader.examiner.run_outcome import RunOutcome, further
from grader.report.result import Run, Training
from grader.submission.cells import Notebook
from grader.vae import ASSIGNMENT
from grader.vae.digits import WHOLE, read_digits, shipped_folder

if TYPE_CHECKING:
    from grader.examiner.notebook_run import RunLimits
    from grader.submission.slices import Slice

Came = TypeVar("Came", "RunOutcome", Training)

MODEST_BYTES = 1 << 30
"""Memory that no run needs: one that holds less was not what filled the machine's."""


@dataclass(frozen=True)
class RunOptions:
    """How notebooks are run.

    Attributes:
        data: folder of MNIST; None takes the small data set that is shipped.
        trust: whether code may run where it can't be confined.
        limits: wall-clock limits; None takes the defaults.
        at_once: how many runs, and how many trainings, go on side by side.
    """

    data: Path | None = None
    trust: bool = False
    limits: RunLimits | None = None
    at_once: int = 1


class Runner:
    """A warm process of kernels, forked from another; a context manager that ends it.

    What is ended by a signal, or not even started, is tried a second time with nothing beside it.
    It is the submission's own doing if it ends itself both times, and nothing points to the
    machine; otherwise it is said to be interrupted, which leaves it open.

    A notebook that fails, perhaps for there being few images, is run on many more; if it gets
    further so, that is what came of it.
    """

    def __init__(self, warm: ForkServer, folder: Path, options: RunOptions | None = None) -> None:
        """``folder`` holds the runs' own folders, each for as long as its run.

        Raises:
            DataError: the folder of the options holds no MNIST.
            GraderError: the warm process is gone.
        """
        self._options = options or RunOptions()
        self._data = (self._options.data or shipped_folder()).resolve()
        if self._options.data is not None:
            for train in (True, False):
                read_digits(self._data, train)
        self._folder = folder
        self._kernels = Renewed(
            lambda: NestedForkServer(warm, "grader.candidate.kernel", ASSIGNMENT.kernel_module)
        )
        self._trainers = Renewed(
            lambda: NestedForkServer(self._kernels, "grader.candidate.trainer")
        )
        self._turns = Turns()
        self._pool = ThreadPoolExecutor(2 * self._options.at_once, thread_name_prefix="run")

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def start_run(self, notebook: Notebook) -> Future[RunOutcome]:
        """Execute the notebook in a kernel of its own, in a thread."""
        return self._pool.submit(self._run, notebook)

    def start_training(self, code: Slice) -> Future[Training]:
        """Train the extracted class for a few steps, in a thread."""
        return self._pool.submit(self._train, code)

    def close(self) -> None:
        """End all kernels and wait for the threads."""
        self._trainers.close()
        self._kernels.close()
        self._pool.shutdown(cancel_futures=True)

    def _run(self, notebook: Notebook) -> RunOutcome:
        from grader.examiner.kernel_manager import KERNEL_LIMITS, settings
        from grader.examiner.notebook_run import run_notebook

        options = self._options

        def run(whole: bool) -> RunOutcome:
            chosen = settings(self._data, KERNEL_LIMITS, options.trust, whole)
            return self._twice(
                lambda: run_notebook(notebook, self._kernels, self._folder, chosen, options.limits)
            )

        try:
            outcome = run(whole=False)
        except (GraderError, OSError) as error:
            return RunOutcome(Run("interrupted", error=_words("run of the notebook", error)))
        counts = {train: len(read_digits(self._data, train).images) for train in (True, False)}
        if not outcome.may_count_images or counts[True] >= WHOLE[True]:
            return outcome
        try:
            return further(outcome, run(whole=True), counts)
        except (GraderError, OSError):  # then what is known already stands
            return outcome

    def _train(self, code: Slice) -> Training:
        from grader.examiner.training_run import train

        digits = read_digits(shipped_folder(), True)
        try:
            return self._twice(
                lambda: train(code, digits, self._trainers, self._folder, self._options.trust)
            )
        except (GraderError, OSError) as error:
            return Training("interrupted", error=_words("training", error))

    def _twice(self, attempt: Callable[[], Came]) -> Came:
        """What comes of an attempt, or of another if the first one may have been interrupted.

        Raises:
            GraderError or OSError: the machine kept both from their end.
        """
        try:
            with self._turns.beside():
                return attempt()
        except Interrupted as error:
            first = error.told
        except (GraderError, OSError):
            first = None
        with self._turns.alone():
            killed = machine.killed_for_memory()
            try:
                return attempt()
            except Interrupted as error:
                if machine.killed_for_memory() > killed and error.memory < MODEST_BYTES:
                    raise GraderError("the machine had no memory left") from error
                if first is None or error.told is None:
                    raise
                own: Came = error.told
                return own


def _words(what: str, error: Exception) -> str:
    """What is said of something that the machine interrupted."""
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return (
        f"The machine interrupted the {what}, which is no fault of the notebook's: "
        f"{why.rstrip('.')}. Grade it again to have that done again."
    )
