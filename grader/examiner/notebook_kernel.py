"""A jupyter_client kernel manager whose kernels are forks of a warm process."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from queue import Empty
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client import AsyncKernelClient, AsyncKernelManager
from traitlets import Type

from grader.assets import asset
from grader.examiner.forkserver_client import GraderError
from grader.examiner.processes import ForkedProcess
from grader.examiner.sandbox import Sandbox
from grader.protocol import hosted_folders
from grader.submission.cells import Notebook
from grader.untrusted_text import clean

MAX_MESSAGE_BYTES = 32 << 20
MAX_SOCKET_PATH = 100
"""What the address of a local socket can hold on every platform, less the number of a socket."""


class ForkedKernelClient(AsyncKernelClient):
    """A client that knows from its manager whether the kernel lives, without heartbeats."""

    def start_channels(
        self,
        shell: bool = True,
        iopub: bool = True,
        stdin: bool = True,
        hb: bool = False,
        control: bool = True,
    ) -> None:
        """Extend the client's: never start the heartbeat."""
        super().start_channels(shell, iopub, stdin, False, control)

    async def is_alive(self) -> bool:
        """Return whether the process of the kernel lives."""
        assert isinstance(self.parent, ForkedKernelManager)
        return await self.parent.is_alive()

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and its output is seen.

        Raises:
            RuntimeError: it died, or did not answer in time.
        """
        deadline = time.monotonic() + (timeout or float("inf"))
        manager = self.parent
        assert isinstance(manager, ForkedKernelManager)
        await manager.until_ready(deadline)
        while True:
            self.kernel_info()
            with contextlib.suppress(Empty):
                reply = await self.shell_channel.get_msg(timeout=1)
                if reply["msg_type"] == "kernel_info_reply":
                    await self.iopub_channel.get_msg(timeout=0.2)
                    self._handle_kernel_info_reply(reply)
                    return
            if not await manager.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the kernel does not answer")


class ForkedKernelManager(AsyncKernelManager):
    """Starts a kernel in a folder of its own and ends it without waiting."""

    client_factory = Type(ForkedKernelClient)

    def __init__(
        self, sandbox: Sandbox, folder: Path, notebook: Notebook, repeat_data: bool
    ) -> None:
        """``repeat_data`` repeats the data to the length of the whole data set.

        Raises:
            GraderError: the folder's name is too long for a local socket.
        """
        if len(str(folder)) > MAX_SOCKET_PATH:
            raise GraderError(
                "the temporary folder's name is too long for sockets: set TMPDIR to a shorter one"
            )
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
        super().__init__(
            context=context,
            transport="ipc",
            ip=str(folder / "k"),
            connection_file=str(folder / "connection.json"),
        )
        self._sandbox = sandbox
        self._folder = folder
        self._request = {
            "folder": str(folder),
            "connection_file": self.connection_file,
            "data": str(sandbox.data_folder),
            "whole": repeat_data,
            "limits": asdict(sandbox.options.kernel_limits),
            "trust": sandbox.options.trust,
            "elsewhere": any(hosted_folders.are_named(cell.source) for cell in notebook.code),
        }
        self.process: ForkedProcess | None = None

    @property
    def has_kernel(self) -> bool:
        """Whether a kernel was started."""
        return self.process is not None

    def client(self, **kwargs: Any) -> Any:
        """Return a client that shares the context, and so its cap on messages."""
        return super().client(context=self.context, **kwargs)

    async def start_kernel(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Fork a kernel into the folder."""
        (self._folder / "work").mkdir(exist_ok=True)
        (self._folder / "home").mkdir()
        for name in self._sandbox.assignment.given_modules:
            shutil.copy(asset(f"student_template/{name}.py"), self._folder / "work")
        self.write_connection_file()
        self.process = ForkedProcess(self._sandbox.forkserver, self._request)

    async def until_ready(self, deadline: float) -> None:
        """Wait until the kernel listens.

        Raises:
            RuntimeError: it died or said why it can't, or the time is over.
        """
        assert self.process is not None
        while not (greeting := self.process.greeting()):
            if self.process.ended() is not None or time.monotonic() > deadline:
                raise RuntimeError("the kernel did not start")
            await asyncio.sleep(0.01)
        if greeting != b".":
            raise RuntimeError(clean(greeting.decode(errors="replace")))

    async def is_alive(self) -> bool:  # type: ignore[override]
        """Return whether the process of the kernel lives."""
        return self.process is not None and self.process.ended() is None

    async def shutdown_kernel(  # type: ignore[override]
        self, now: bool = False, restart: bool = False
    ) -> None:
        """Kill it: whatever it still has to do is of no interest."""
        if self.process is not None:
            self.process.kill()

    async def interrupt_kernel(self) -> None:  # type: ignore[override]
        """Send nothing: a kernel can swallow an interrupt."""

    async def cleanup_resources(self, restart: bool = False) -> None:  # type: ignore[override]
        """Leave that to `close`."""

    def close(self) -> None:
        """End the kernel and close every socket to it."""
        if self.process is not None:
            self.process.kill()
            self.process.close()
        self.context.destroy(linger=0)
