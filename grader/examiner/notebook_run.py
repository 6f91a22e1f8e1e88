"""Execute a notebook top to bottom, as 'restart and run all' would, and say what came of it."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

from grader.candidate.patches import places
from grader.examiner import notebook_outputs, run_explanations
from grader.examiner.forkserver_client import START_SECONDS, GraderError, Nursery, ending_words
from grader.examiner.kernel_manager import ForkedKernelManager
from grader.examiner.processes import Ending, Interrupted
from grader.examiner.run_outcome import RunOutcome
from grader.protocol.limits import is_overfull
from grader.report.result import Run
from grader.submission.cells import Notebook
from grader.submission.files import copy_beside
from grader.submission.misplaced import newer_python
from grader.vae import ASSIGNMENT

POLL_SECONDS = 0.05
SECONDS_TO_STOP = 2.0
SECONDS_TO_DIE = 1.0
"""How long after a kernel's last word it may take until its end is known."""

_NO_ROOM = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT))
_NEXT_TO_NOTHING = 1 << 20
_NO_THREAD = "can't start new thread"


@dataclass(frozen=True)
class RunLimits:
    """Wall-clock limits of a run: for each cell, and for all together."""

    cell_seconds: int = 60
    seconds: int = 180


def run_notebook(
    notebook: Notebook,
    kernels: Nursery,
    parent_folder: Path,
    settings: Mapping[str, Any],
    limits: RunLimits | None = None,
) -> RunOutcome:
    """Execute ``notebook`` in a fresh kernel in a folder of its own, which is gone afterwards.

    Whatever the notebook does becomes part of the outcome. Runs in any thread.

    Raises:
        Interrupted: the kernel was ended, perhaps by somebody else.
        GraderError: no kernel could be started.
        OSError: the folder can't be made.
    """
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=parent_folder))
    try:
        copy_beside(notebook, folder / "work", ASSIGNMENT)
        return asyncio.run(_run(notebook, kernels, folder, settings, limits or RunLimits()))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Execution(NotebookClient):
    """nbclient with caps on output, which knows the cell it is at."""

    def __init__(self, node: Any, manager: ForkedKernelManager, limits: RunLimits) -> None:
        super().__init__(
            node,
            manager,
            timeout=limits.cell_seconds,
            startup_timeout=int(START_SECONDS),
            force_raise_errors=True,
            skip_cells_with_tag="",
            store_widget_state=False,
            record_timing=False,
            on_cell_execute=self._enter,
        )
        self.comm_open_handlers = {}
        self.manager = manager
        self.limits = limits
        self.meter = notebook_outputs.Meter()
        self.index: int | None = None
        self.started: float | None = None
        self.out_of_time = False
        self._watchdog: threading.Timer | None = None

    async def restart_and_run_all(self) -> None:
        """Start a kernel and execute every cell in it, up to the first that fails."""
        await self.async_start_new_kernel()
        await self.async_start_new_kernel_client()
        self._keep_time()
        for index, cell in enumerate(self.nb.cells):
            await self.async_execute_cell(cell, index, self.code_cells_executed + 1)

    def _keep_time(self) -> None:
        """The cells' time begins. A thread keeps it: a flood of messages can starve the loop."""
        self.started = time.monotonic()
        self._watchdog = threading.Timer(self.limits.seconds, self._end_it)
        self._watchdog.daemon = True
        self._watchdog.start()

    def _end_it(self) -> None:
        self.out_of_time = True
        self._kill()

    def _kill(self) -> None:
        if self.manager.process is not None:
            self.manager.process.kill()

    def _enter(self, cell: Any, cell_index: int) -> None:
        self.index = cell_index

    @property
    def is_at_last_cell(self) -> bool:
        """Whether no cell is left to execute."""
        rest = self.nb.cells[(self.index or 0) + 1 :]
        return not any(cell.cell_type == "code" and cell.source.strip() for cell in rest)

    def finish(self) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        kind = msg["msg_type"]
        if kind.startswith("comm"):
            return None
        content = self.meter.admit(msg["content"], cell_index)
        if self.meter.flooded:
            self._kill()
        if content is None and kind not in ("status", "execute_input"):
            return None
        return super().process_message(
            {**msg, "content": content or msg["content"]}, cell, cell_index
        )

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: int) -> Any:
        out = super().output(outs, msg, display_id, cell_index)
        notebook_outputs.merge_streams(outs)
        return out


async def _run(
    notebook: Notebook,
    kernels: Nursery,
    folder: Path,
    settings: Mapping[str, Any],
    limits: RunLimits,
) -> RunOutcome:
    node = notebook.to_nbformat()
    elsewhere = any(places.are_named(cell.source) for cell in notebook.code)
    manager = ForkedKernelManager(kernels, folder, {**settings, "elsewhere": elsewhere})
    execution = _Execution(node, manager, limits)
    try:
        error, ending = await _until_done(execution, manager)
    finally:
        execution.finish()
        if execution.kc is not None:
            execution.kc.stop_channels()
        manager.close()
    if execution.started is None:
        raise GraderError(f"no kernel could be started ({_why(error, ending)})")
    share = settings["limits"]["folder_bytes"]
    if ending is not None and ending.by == "somebody" and is_overfull(str(folder), share):
        ending = Ending(f"it put more than {share >> 20} MB into its folder", "itself")
    run = _verdict(execution, error, ending, time.monotonic() - execution.started)
    if isinstance(error, CellExecutionError) and error.ename == "SyntaxError":
        newer = newer_python(notebook)
        run = replace(run, notes=(*run.notes, f"Mind that {newer}.")) if newer else run
    notebook_outputs.mark_caps(node, execution.meter.capped)
    executed = run_explanations.without_places(notebook_outputs.to_text(node), folder)
    outcome = _explained(RunOutcome(run, executed), execution, error, folder)
    if run.status == "killed" and not execution.meter.flooded:
        if ending is not None and ending.by == "somebody" and _lacks_room(folder, settings):
            raise Interrupted("the disk was full")
        _see_who_did_it(outcome, error, ending)
    elif run.status == "failed" and _is_disk_full(error, folder, settings):
        raise Interrupted("the disk was full")
    return outcome


def _explained(
    outcome: RunOutcome, execution: _Execution, error: BaseException | None, folder: Path
) -> RunOutcome:
    """``outcome`` with what of the grader's own surroundings may be why it is none better."""
    run, index = outcome.run, execution.index or 0
    note, may_count, amounts = None, False, True
    if run.status == "failed" and isinstance(error, CellExecutionError):
        cells = execution.nb.cells[: index + 1]
        sources = [cell.source for cell in cells if cell.cell_type == "code"]
        name, text = (
            notebook_outputs.plain(error.ename, 100),
            notebook_outputs.plain(error.evalue, 2000),
        )
        note = run_explanations.cause(name, text, cells[-1].source)
        traceback = notebook_outputs.plain(error.traceback, notebook_outputs.MAX_CELL_BYTES)
        may_count = note is None and run_explanations.may_count_images(
            name, text, traceback, sources
        )
        amounts = run_explanations.names_amounts(name, text, traceback, cells[-1].source)
    elif run.status == "timed_out":
        limits = execution.limits
        seconds = limits.seconds if execution.out_of_time else limits.cell_seconds
        note = run_explanations.slow(seconds)
    words = run.error and run_explanations.without_places(run.error, folder)
    notes = (*run.notes, note) if note else run.notes
    run = replace(run, error=words, notes=notes)
    return replace(outcome, run=run, may_count_images=may_count, names_amounts=amounts)


def _see_who_did_it(
    outcome: RunOutcome, error: BaseException | None, ending: Ending | None
) -> None:
    """Pass over what the notebook has certainly done itself.

    Raises:
        Interrupted: it may have been somebody else.
    """
    if isinstance(error, OSError) or str(error) == _NO_THREAD:  # the examiner's own
        raise Interrupted(_why(error, ending))
    if ending is not None and ending.by != "itself":
        told = outcome if ending.by == "somebody" else None
        raise Interrupted(ending.words, told, ending.memory)


def _is_disk_full(error: BaseException | None, folder: Path, settings: Mapping[str, Any]) -> bool:
    """Whether a cell found no room on the disk, though it had not had its share yet."""
    free = shutil.disk_usage(folder).free
    told = notebook_outputs.plain(getattr(error, "evalue", ""), 10_000)
    if free > _NEXT_TO_NOTHING and not any(words in told for words in _NO_ROOM):
        return False
    return _lacks_room(folder, settings)


def _lacks_room(folder: Path, settings: Mapping[str, Any]) -> bool:
    """Whether the disk has less room than the run's share, and not because of the run itself."""
    missing = settings["limits"]["folder_bytes"] - shutil.disk_usage(folder).free
    return missing > 0 and not is_overfull(str(folder), missing)


def _why(error: BaseException | None, ending: Ending | None) -> str:
    """Why there is no kernel, without the places that the grader's own errors name."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) if error else ending.words if ending else "it does not answer"


async def _until_done(
    execution: _Execution, manager: ForkedKernelManager
) -> tuple[BaseException | None, Ending | None]:
    """The exception that ended the execution, or how the kernel ended under it, or neither."""
    work = asyncio.ensure_future(execution.restart_and_run_all())
    ending = None
    while not work.done() and ending is None:
        await asyncio.wait({work}, timeout=POLL_SECONDS)
        if not work.done() and manager.process is not None:
            ending = manager.process.ended()
    if not work.done():
        work.cancel()
        await asyncio.wait({work}, timeout=SECONDS_TO_STOP)
        if work.done() and not work.cancelled():
            work.exception()  # what a dying kernel makes of nbclient; asyncio complains of it else
        return None, ending
    if work.cancelled():
        return None, Ending("its process was ended", "somebody")
    error = work.exception()
    if error is not None and not isinstance(error, (CellExecutionError, CellTimeoutError)):
        ending = await _ending(manager)
    return error, ending


async def _ending(manager: ForkedKernelManager) -> Ending | None:
    """How the kernel ended, if it did: what its client makes of that may be known before."""
    deadline = time.monotonic() + SECONDS_TO_DIE
    while manager.process is not None and time.monotonic() < deadline:
        if (ending := manager.process.ended()) is not None:
            return ending
        await asyncio.sleep(POLL_SECONDS)
    return None


def _verdict(
    execution: _Execution, error: BaseException | None, ending: Ending | None, seconds: float
) -> Run:
    """The run's entry in the result."""
    number = None if execution.index is None else execution.index + 1
    where = "The kernel" if number is None else f"Cell {number}"
    notes = _notes(execution)
    if execution.out_of_time:
        text = f"The run was ended after {execution.limits.seconds} seconds, in cell {number}."
        return Run("timed_out", seconds, number, text, notes)
    if execution.meter.flooded:
        text = f"{where} printed without end, so its kernel was ended."
        return Run("killed", seconds, number, text, notes)
    if isinstance(error, CellTimeoutError):
        text = f"{where} ran longer than {execution.limits.cell_seconds} seconds."
        return Run("timed_out", seconds, number, text, notes)
    if isinstance(error, CellExecutionError):
        text = f"{notebook_outputs.plain(error.ename, 100)}: {notebook_outputs.plain(error.evalue)}"
        return Run("failed", seconds, number, text.removesuffix(": "), notes)
    if ending is not None:
        if ending.words == ending_words(0) and execution.is_at_last_cell:
            note = f"{where} ended the kernel, when all others had run."
            return Run("completed", seconds, notes=(*notes, note))
        return Run("killed", seconds, number, f"{where} ended the kernel: {ending.words}.", notes)
    if error is not None:
        text = f"{where} made the kernel answer as no kernel does ({type(error).__name__})."
        return Run("killed", seconds, number, text, notes)
    return Run("completed", seconds, notes=notes)


def _notes(execution: _Execution) -> tuple[str, ...]:
    return tuple(
        f"Cell {index + 1} put out more than the grader keeps; the rest was left out."
        for index in sorted(execution.meter.capped)
    )
