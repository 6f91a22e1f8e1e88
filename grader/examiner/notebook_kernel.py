"""A kernel that is a fork of a warm process, and the client of it."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import Empty

import zmq
import zmq.asyncio
from jupyter_client import AsyncKernelClient
from jupyter_client.connect import write_connection_file

from grader.assets import asset
from grader.examiner.forkserver_client import GraderError
from grader.examiner.processes import ForkedProcess
from grader.examiner.sandbox import Sandbox
from grader.protocol import hosted_folders
from grader.protocol.forking import READY, KernelRequest
from grader.submission.cells import Notebook
from grader.untrusted_text import clean

MAX_MESSAGE_BYTES = 32 << 20
MAX_SOCKET_PATH = 100
"""What the address of a local socket can hold on every platform, less the number of a socket."""


class ForkedKernel(AsyncKernelClient):
    """A kernel in a folder of its own, which is talked to without heartbeats.

    Attributes:
        process: the kernel's; None before it is started.
    """

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
        super().__init__(context=context)
        self.process: ForkedProcess | None = None
        self._sandbox = sandbox
        self._folder = folder
        self._request: KernelRequest = {
            "folder": str(folder),
            "connection_file": str(folder / "connection.json"),
            "data": str(sandbox.data_folder),
            "whole": repeat_data,
            "limits": asdict(sandbox.options.kernel_limits),
            "trust": sandbox.options.trust,
            "elsewhere": any(hosted_folders.are_named(cell.source) for cell in notebook.code),
        }

    async def start(self, seconds: float) -> None:
        """Fork the kernel, and wait until it answers and its output is seen.

        Raises:
            RuntimeError: it died, said why it can't, or did not answer in time.
        """
        (self._folder / "work").mkdir(exist_ok=True)
        (self._folder / "home").mkdir()
        for name in self._sandbox.assignment.given_modules:
            shutil.copy(asset(f"student_template/{name}.py"), self._folder / "work")
        _, connection = write_connection_file(
            self._request["connection_file"],
            ip=str(self._folder / "k"),
            key=secrets.token_hex().encode(),
            transport="ipc",
        )
        self.load_connection_info(connection)
        self.process = ForkedProcess(self._sandbox.forkserver, self._request)
        self.start_channels(stdin=False, hb=False)
        deadline = time.monotonic() + seconds
        await _until_listening(self.process, deadline)
        while True:
            self.kernel_info()
            with suppress(Empty):
                reply = await self.shell_channel.get_msg(timeout=1)
                if reply["msg_type"] == "kernel_info_reply":
                    await self.iopub_channel.get_msg(timeout=0.2)
                    self._handle_kernel_info_reply(reply)
                    return
            if not await self.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the kernel does not answer")

    async def is_alive(self) -> bool:
        """Return whether the process of the kernel lives."""
        return self.process is not None and self.process.ended() is None

    def kill(self) -> None:
        """End the kernel without waiting: whatever it still has to do is of no interest."""
        if self.process is not None:
            self.process.kill()

    def close(self) -> None:
        """End the kernel and close every socket to it."""
        self.stop_channels()
        if self.process is not None:
            self.process.kill()
            self.process.close()
        self.context.destroy(linger=0)


async def _until_listening(process: ForkedProcess, deadline: float) -> None:
    """Wait until a kernel listens, or a reading of `time.monotonic`.

    Raises:
        RuntimeError: it died or said why it can't, or the time is over.
    """
    while not (greeting := process.greeting()):
        if process.ended() is not None or time.monotonic() > deadline:
            raise RuntimeError("the kernel did not start")
        await asyncio.sleep(0.01)
    if greeting != READY:
        raise RuntimeError(clean(greeting.decode(errors="replace")))
