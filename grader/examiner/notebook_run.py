"""Execute a notebook top to bottom, as 'restart and run all' would, and say what came of it."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from nbclient.exceptions import CellExecutionError

from grader.examiner import notebook_outputs
from grader.examiner.endings import Ending, InterruptionError, attribute_ending
from grader.examiner.forkserver_client import GraderError
from grader.examiner.notebook_execution import NotebookExecution, Stop
from grader.examiner.notebook_kernel import ForkedKernel
from grader.examiner.pace import Pace
from grader.examiner.run_explanations import hide_folders
from grader.examiner.run_outcome import RunOutcome
from grader.examiner.run_verdict import explain, verdict
from grader.examiner.sandbox import Sandbox
from grader.protocol import folders
from grader.protocol.limits import is_overfull
from grader.submission.cells import Notebook
from grader.submission.files import copy_beside
from grader.submission.misplaced import newer_python

_NO_ROOM = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT))
_NEXT_TO_NOTHING = 1 << 20
_NO_THREAD = "can't start new thread"


def run_notebook(
    notebook: Notebook, sandbox: Sandbox, repeat_data: bool = False, pace: Pace | None = None
) -> RunOutcome:
    """Execute a notebook in a fresh kernel in a folder of its own, which is gone afterwards.

    Whatever the notebook does becomes part of the outcome. ``repeat_data`` repeats the data to the
    length of the whole data set; ``pace`` is that of the grading. Runs in any thread.

    Raises:
        InterruptionError: the kernel was ended, perhaps by somebody else.
        GraderError: no kernel could be started.
        OSError: the folder can't be made.
    """
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=sandbox.folder))
    try:
        copy_beside(notebook, folder / "work", sandbox.assignment)
        return asyncio.run(_run(notebook, sandbox, repeat_data, folder, pace or Pace()))
    finally:
        folders.remove(str(folder))


async def _run(
    notebook: Notebook, sandbox: Sandbox, repeat_data: bool, folder: Path, pace: Pace
) -> RunOutcome:
    kernel = ForkedKernel(sandbox, folder, notebook, repeat_data)
    execution = NotebookExecution(notebook.to_nbformat(), kernel, sandbox.options.limits, pace)
    try:
        stop = await execution.until_stopped()
    finally:
        execution.close()
    if execution.started is None:
        raise GraderError(f"no kernel could be started ({stop.reason})")
    share = sandbox.options.kernel_limits.folder_bytes
    if stop.ending is not None and stop.ending.excess == "folder":
        words = f"it put more than {share >> 20} MB into its folder"
        stop = replace(stop, ending=Ending(words, "itself"))
    run = verdict(execution, stop, time.monotonic() - execution.started)
    if isinstance(stop.error, CellExecutionError) and stop.error.ename == "SyntaxError":
        newer = newer_python(notebook)
        run = replace(run, notes=(*run.notes, f"Mind that {newer}.")) if newer else run
    run = replace(run, error=run.error and hide_folders(run.error, folder))
    notebook_outputs.mark_caps(execution.nb, execution.meter.capped)
    executed = hide_folders(notebook_outputs.to_text(execution.nb), folder)
    outcome = explain(RunOutcome(run, executed), execution, stop, sandbox.assignment)
    return _attributed(outcome, execution, stop, folder, share)


def _attributed(
    outcome: RunOutcome, execution: NotebookExecution, stop: Stop, folder: Path, share: int
) -> RunOutcome:
    """Return the outcome, if the notebook has certainly brought it about itself.

    Raises:
        InterruptionError: it may have been somebody else.
    """
    if outcome.run.status == "killed" and not execution.meter.flooded:
        is_killed = stop.ending is not None and stop.ending.by == "unknown"
        if is_killed and _lacks_room(folder, share):
            raise InterruptionError("the disk was full")
        # These are the examiner's own.
        if isinstance(stop.error, OSError) or str(stop.error) == _NO_THREAD:
            raise InterruptionError(stop.reason)
        return attribute_ending(outcome, stop.ending) if stop.ending else outcome
    if outcome.run.status == "failed" and _is_disk_full(stop, folder, share):
        raise InterruptionError("the disk was full")
    return outcome


def _is_disk_full(stop: Stop, folder: Path, share: int) -> bool:
    """Return whether a cell found no room on the disk, though it had not had its share yet."""
    free = shutil.disk_usage(folder).free
    message = notebook_outputs.plain(getattr(stop.error, "evalue", ""), 10_000)
    if free > _NEXT_TO_NOTHING and not any(words in message for words in _NO_ROOM):
        return False
    return _lacks_room(folder, share)


def _lacks_room(folder: Path, share: int) -> bool:
    """Return whether the disk has less room than a run's share, and not because of the run."""
    missing = share - shutil.disk_usage(folder).free
    return missing > 0 and not is_overfull(str(folder), missing)
