"""Runs and trainings side by side with the checks: light to import, and never in their way.

    with Runner(forkserver, folder, assignment) as runner:
        run = runner.start_run(notebook)          # a Future of RunOutcome
        training = runner.start_training(code)    # a Future of Training

What is heavy is imported in the threads that need it.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from grader.assignment import Assignment
from grader.examiner.forkserver_client import ForkServer, GraderError, NestedForkServer
from grader.examiner.pace import Pace
from grader.examiner.retry import with_retry
from grader.examiner.run_outcome import RunOutcome, choose_outcome
from grader.examiner.sandbox import RunOptions, Sandbox
from grader.examiner.turns import Turns
from grader.report.result import Run, Training
from grader.submission.cells import Notebook
from grader.submission.slices import Slice


class Runner:
    """Executes notebooks and trains classes, in forks of a fork server of its own.

    A context manager that ends them. A run or a training that may have been interrupted is tried
    again (see `grader.examiner.retry`); what can't be decided so is said to be interrupted.

    A notebook that fails, perhaps for there being little data, is run on much more; if it gets
    further so, that is what came of it.
    """

    def __init__(
        self,
        forkserver: ForkServer,
        folder: Path,
        assignment: Assignment,
        options: RunOptions | None = None,
    ) -> None:
        """``folder`` holds the runs' own folders, each for as long as its run.

        Raises:
            DataError: the folder of the options doesn't hold the data set.
            GraderError: the fork server is gone.
        """
        options = options or RunOptions()
        if options.data is not None:
            assignment.data().counts(options.data.resolve())
        self._kernels = NestedForkServer(
            forkserver, "grader.candidate.kernel", assignment.kernel_module
        )
        self._sandbox = Sandbox(assignment, self._kernels, folder, options)
        self._turns = Turns()
        self._pool = ThreadPoolExecutor(2 * options.at_once, thread_name_prefix="run")

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def start_run(self, notebook: Notebook, pace: Pace | None = None) -> Future[RunOutcome]:
        """Execute the notebook in a kernel of its own, in a thread, at the pace of its grading."""
        return self._pool.submit(self._run, notebook, pace or Pace())

    def start_training(self, code: Slice, pace: Pace | None = None) -> Future[Training]:
        """Train the extracted class for a few steps, in a thread, at the pace of its grading."""
        return self._pool.submit(self._train, code, pace or Pace())

    def close(self) -> None:
        """End all kernels and wait for the threads."""
        self._kernels.close()
        self._pool.shutdown(cancel_futures=True)

    def _run(self, notebook: Notebook, pace: Pace) -> RunOutcome:
        from grader.examiner.notebook_run import run_notebook

        def run(repeat_data: bool) -> RunOutcome:
            pace.require_way()
            return with_retry(
                lambda: run_notebook(notebook, self._sandbox, repeat_data, pace), self._turns
            )

        try:
            outcome = run(repeat_data=False)
        except (GraderError, OSError) as error:
            return RunOutcome(Run("interrupted", error=_words("run of the notebook", error)))
        if not outcome.may_need_more_data:
            return outcome
        data = self._sandbox.assignment.data()
        counts = data.counts(self._sandbox.data_folder)
        if counts[0] >= data.full_count:
            return outcome
        try:
            return choose_outcome(outcome, run(repeat_data=True), data, counts)
        except (GraderError, OSError):  # then what is known already stands
            return outcome

    def _train(self, code: Slice, pace: Pace) -> Training:
        from grader.examiner.training_run import train

        try:
            pace.require_way()
            return with_retry(lambda: train(code, self._sandbox, pace), self._turns)
        except (GraderError, OSError) as error:
            return Training("interrupted", error=_words("training", error))


def _words(what: str, error: Exception) -> str:
    """Say what the machine interrupted, and why."""
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return (
        f"The machine interrupted the {what}, which is no fault of the notebook's: "
        f"{why.rstrip('.')}. Grade it again to have that done again."
    )
