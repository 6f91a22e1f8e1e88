"""The IPython application that a kernel is, without what a single run has no use for.

It is imported once, in the warm process, so that every kernel is forked with its classes made.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from ipykernel import ipkernel
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.profiledir import ProfileDir
from traitlets import Dict, Type, observe
from traitlets.config import Config

FLUSH_CHARACTERS = 1 << 19
"""Text that a cell prints is sent at the latest when there is so much of it."""

_SHELL_MAGICS = (
    *("!", "script", "sx", "system"),
    *("bash", "perl", "pypy", "python", "python2", "python3", "ruby", "sh"),
)
"""Cell magics that start other programs."""

NO_SHELL = "[The grader executes no shell commands; this line was passed over.]"


class Stream(OutStream):
    """A stream that waits for its reader, so that no message grows without bound."""

    waiting = 0

    def write(self, string: str) -> int:
        written = super().write(string) or 0
        self.waiting += len(string)
        if self.waiting > FLUSH_CHARACTERS:
            self.waiting = 0
            self.flush()
        return written


class Shell(ZMQInteractiveShell):
    """A shell that passes over shell commands: a confined kernel can't start programs."""

    def system(self, cmd: str) -> None:
        print(NO_SHELL)
        self.user_ns["_exit_code"] = 0

    system_piped = system_raw = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        from IPython.utils.text import LSString, SList

        print(NO_SHELL)
        return SList() if split else LSString("")

    def init_magics(self) -> None:
        super().init_magics()
        for name in _SHELL_MAGICS:
            self.magics_manager.register_function(_pass_over, "cell", name)
        # Its real class would take the others' places.
        self.magics_manager.register_function(_pass_over, "line", "killbgscripts")

    @observe("exit_now")
    def _update_exit_now(self, change: Any) -> None:
        """See `Kernel`."""


class Kernel(ipkernel.IPythonKernel):
    """A kernel that a cell can end with ``exit()``: at the next cell, however fast that comes."""

    shell_class = Type(Shell)

    async def execute_request(self, stream: Any, ident: Any, parent: Any) -> None:
        if getattr(self.shell, "exit_now", False):
            os._exit(0)
        await super().execute_request(stream, ident, parent)


class App(IPKernelApp):
    """The application without what a single run has no use for."""

    kernel_class = Type(Kernel)
    default_extensions: list[str] = []  # noqa: RUF012
    connection: Any = Dict()

    def init_io(self) -> None:
        super().init_io()
        for name in ("stdout", "stderr"):
            stream = Stream(self.session, self.iopub_thread, name, watchfd=False)
            setattr(sys, name, stream)

    def init_heartbeat(self) -> None:
        """Whether the process lives is seen from outside."""

    def init_poller(self) -> None:
        """The warm process ends its forks."""

    def init_connection_file(self) -> None:
        self.load_connection_info(self.connection)

    def write_connection_file(self, **kwargs: Any) -> None:
        """It was written by the client."""

    def parse_command_line(self, argv: Any = None) -> None:
        """There is none, and to find that out takes a while."""

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        """No file of the machine's or the user's configures a kernel."""


def make_profile() -> None:
    """Make the folders that IPython wants; a confined process may not change the modes of files."""
    os.makedirs(os.environ["IPYTHONDIR"], exist_ok=True)
    ProfileDir.create_profile_dir_by_name(os.environ["IPYTHONDIR"], "default")


def start(connection: dict[str, Any]) -> App:
    """The application, with sockets that are open and threads that run."""
    # For a debugger, which there is none of, a kernel lists the files of all modules; to touch them
    # would copy the memory that they lie in.
    ipkernel.sys = _NoModules()  # type: ignore[assignment]
    IOPubThread._setup_pipe_in = _no_pipe  # type: ignore[method-assign]
    config = Config()
    config.IPKernelApp.capture_fd_output = False
    config.IPKernelApp.log_level = 50
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.IPCompleter.use_jedi = False
    config.BaseIPythonApplication.ipython_dir = os.environ["IPYTHONDIR"]
    app: Any = App.instance(config=config, connection=connection)
    app.initialize([])
    app.shell.enable_matplotlib("inline")
    return app


def _no_pipe(thread: Any) -> None:
    """There are no subprocesses whose output would come in over TCP."""
    thread._pipe_flag = False


class _NoModules:
    """``sys`` without modules."""

    modules: dict[str, Any] = {}  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


def _pass_over(line: str, cell: str = "") -> None:
    print(NO_SHELL)
