"""A jupyter_client kernel manager whose kernels are forks of a warm process."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from queue import Empty
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client import AsyncKernelClient, AsyncKernelManager
from traitlets import Type

from grader.assets import asset
from grader.examiner.forkserver_client import ForkServer, GraderError
from grader.examiner.processes import ForkedProcess
from grader.protocol.limits import Limits
from grader.untrusted_text import clean
from grader.vae import ASSIGNMENT

MAX_MESSAGE_BYTES = 32 << 20
MAX_SOCKET_PATH = 100
"""What the address of a local socket can hold on every platform, less the number of a socket."""


KERNEL_LIMITS = Limits(cpu_seconds=300, memory_bytes=3 << 30, file_bytes=64 << 20, descriptors=256)


class Client(AsyncKernelClient):
    """A client that knows from its manager whether the kernel lives, without heartbeats."""

    def start_channels(
        self,
        shell: bool = True,
        iopub: bool = True,
        stdin: bool = True,
        hb: bool = False,
        control: bool = True,
    ) -> None:
        super().start_channels(shell, iopub, stdin, False, control)

    async def is_alive(self) -> bool:
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

    client_factory = Type(Client)

    def __init__(self, kernels: ForkServer, folder: Path, settings: Mapping[str, Any]) -> None:
        """``settings`` are the request's other entries: see `grader.candidate.kernel.become`.

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
        self._kernels = kernels
        self._folder = folder
        self._settings = settings
        self.process: ForkedProcess | None = None

    @property
    def has_kernel(self) -> bool:
        return self.process is not None

    def client(self, **kwargs: Any) -> Any:
        """A client that shares the context, and so its cap on messages."""
        return super().client(context=self.context, **kwargs)

    async def start_kernel(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Fork a kernel into the folder."""
        (self._folder / "work").mkdir(exist_ok=True)
        (self._folder / "home").mkdir()
        for module in ASSIGNMENT.given_modules:
            shutil.copy(asset(f"student_template/{module}.py"), self._folder / "work")
        self.write_connection_file()
        request = {"folder": str(self._folder), "connection_file": self.connection_file}
        self.process = ForkedProcess(self._kernels, {**request, **self._settings})

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
        return self.process is not None and self.process.ended() is None

    async def shutdown_kernel(  # type: ignore[override]
        self, now: bool = False, restart: bool = False
    ) -> None:
        """Kill it: whatever it still has to do is of no interest."""
        if self.process is not None:
            self.process.kill()

    async def interrupt_kernel(self) -> None:  # type: ignore[override]
        """A kernel can swallow an interrupt, so it is never sent one."""

    async def cleanup_resources(self, restart: bool = False) -> None:  # type: ignore[override]
        """See `close`."""

    def close(self) -> None:
        """End the kernel and close every socket to it."""
        if self.process is not None:
            self.process.kill()
            self.process.close()
        self.context.destroy(linger=0)


def settings(data: Path, limits: Limits, trust: bool, whole: bool = False) -> dict[str, Any]:
    """The part of a request that all kernels of a grading have in common."""
    return {"data": str(data), "limits": asdict(limits), "trust": trust, "whole": whole}
