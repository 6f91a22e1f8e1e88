"""Execute the cells of a notebook in a kernel, within limits of time and output."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

from grader.examiner import notebook_outputs
from grader.examiner.endings import Ending
from grader.examiner.forkserver_client import START_SECONDS
from grader.examiner.notebook_kernel import ForkedKernel
from grader.examiner.pace import Pace
from grader.examiner.sandbox import RunLimits

POLL_SECONDS = 0.05
SECONDS_TO_STOP = 2.0
SECONDS_TO_DIE = 1.0
"""How long after a kernel's last word it may take until its end is known."""


@dataclass(frozen=True)
class Stop:
    """Why an execution stopped: an exception, how the kernel ended, or neither at the end."""

    error: BaseException | None = None
    ending: Ending | None = None

    @property
    def reason(self) -> str:
        """The same in words, without the places that the grader's own errors name."""
        if isinstance(self.error, OSError) and self.error.strerror:
            return self.error.strerror
        if self.error:
            return str(self.error)
        return self.ending.words if self.ending else "it does not answer"


class NotebookExecution(NotebookClient):
    """nbclient with caps on output, which knows the cell it is at.

    Attributes:
        index: of the cell that it is at, from 0; None before the first.
        started: reading of `time.monotonic` when the kernel was ready; None before.
        out_of_time: whether the kernel was ended for what all cells took together.
        cut_short: whether it was ended since the rest of the grading is to be over soon.
    """

    def __init__(self, node: Any, kernel: ForkedKernel, limits: RunLimits, pace: Pace) -> None:
        super().__init__(
            node,
            timeout=limits.cell_seconds,
            force_raise_errors=True,
            skip_cells_with_tag="",
            store_widget_state=False,
            record_timing=False,
            on_cell_execute=self._enter,
        )
        self.comm_open_handlers = {}
        self.kc = self.kernel = kernel
        self.limits = limits
        self.meter = notebook_outputs.Meter()
        self.index: int | None = None
        self.started: float | None = None
        self.out_of_time = self.cut_short = False
        self._pace = pace
        self._watchdog: threading.Timer | None = None

    @property
    def is_at_last_cell(self) -> bool:
        """Whether no cell is left to execute."""
        rest = self.nb.cells[(self.index or 0) + 1 :]
        return not any(cell.cell_type == "code" and cell.source.strip() for cell in rest)

    async def until_stopped(self) -> Stop:
        """Start a kernel and execute every cell in it, up to the first that fails."""
        work = asyncio.ensure_future(self._execute_all())
        ending = None
        while not work.done() and ending is None:
            await asyncio.wait({work}, timeout=POLL_SECONDS)
            if work.done():
                break
            if self.started is not None and self._pace.is_over(self.started):
                self.cut_short = True
                self.kernel.kill()
            if self.kernel.process is not None:
                ending = self.kernel.process.ended()
        if not work.done():
            work.cancel()
            await asyncio.wait({work}, timeout=SECONDS_TO_STOP)
            if work.done() and not work.cancelled():
                work.exception()  # what a dying kernel makes of nbclient; asyncio complains else
            return Stop(ending=ending)
        if work.cancelled():
            return Stop(ending=Ending("its process was ended", "unknown"))
        error = work.exception()
        if error is None or isinstance(error, (CellExecutionError, CellTimeoutError)):
            return Stop(error)
        # What the client makes of a kernel's end may be known before the end.
        process = self.kernel.process
        return Stop(error, process.ended(SECONDS_TO_DIE) if process else None)

    def close(self) -> None:
        """End the kernel and let go of it."""
        if self._watchdog is not None:
            self._watchdog.cancel()
        self.kernel.close()

    async def _execute_all(self) -> None:
        await self.kernel.start(START_SECONDS)
        self._start_watchdog()
        for index, cell in enumerate(self.nb.cells):
            await self.async_execute_cell(cell, index, self.code_cells_executed + 1)

    def _start_watchdog(self) -> None:
        """Have a thread end the kernel in time: a flood of messages can starve the loop."""
        self.started = time.monotonic()
        self._watchdog = threading.Timer(self.limits.seconds, self._run_out_of_time)
        self._watchdog.daemon = True
        self._watchdog.start()

    def _run_out_of_time(self) -> None:
        self.out_of_time = True
        self.kernel.kill()

    def _enter(self, cell: Any, cell_index: int) -> None:
        self.index = cell_index

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Extend nbclient's: leave out what goes beyond the caps, and end a kernel that floods."""
        kind = msg["msg_type"]
        if kind.startswith("comm"):
            return None
        content = self.meter.admit(msg["content"], cell_index)
        if self.meter.flooded:
            self.kernel.kill()
        if content is None and kind not in ("status", "execute_input"):
            return None
        capped = {**msg, "content": content or msg["content"]}
        return super().process_message(capped, cell, cell_index)

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: int) -> Any:
        """Extend nbclient's: join texts on one stream."""
        out = super().output(outs, msg, display_id, cell_index)
        notebook_outputs.merge_streams(outs)
        return out
