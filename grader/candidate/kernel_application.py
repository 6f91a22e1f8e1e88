"""The IPython application that a kernel is, without what a single run has no use for.

It is imported once, in the fork server, so that every kernel is forked with its classes made.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ipykernel import ipkernel
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.profiledir import ProfileDir
from traitlets import Dict, Type, observe
from traitlets.config import Config

from grader.candidate.patches.file_commands import carry_out

FLUSH_CHARACTERS = 1 << 19
"""Text that a cell prints is sent at the latest when there is so much of it."""

_SHELL_MAGICS = {
    "cell": (
        *("bigquery", "cmd", "powershell", "perl", "pypy", "python", "python2", "python3", "ruby"),
    ),
    # The real class of the last one would take the others' places.
    "line": ("conda", "mamba", "micromamba", "shell", "tensorflow_version", "uv", "killbgscripts"),
}
"""Magics that start other programs, those of Colab's among them."""

_SCRIPT_MAGICS = ("!", "bash", "script", "sh", "shell", "sx", "system")
"""Magics of cells that are scripts of a shell."""

NO_SHELL = "[The grader executes no shell commands; this line was passed over.]"
NO_EXTENSION = "[The grader has no such extension; this line was passed over.]"

SECONDS_TO_SPEAK = 0.05
"""How long after its last cell a kernel may take to send what that has printed."""


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
    """A shell that passes over shell commands: a confined kernel can't start programs.

    Those that make, copy and remove files in the folder of the run are carried out without one.
    """

    lacks_extensions = False
    folder = Path()

    def system(self, cmd: str) -> None:
        self._carry_out(str(self.var_expand(cmd, depth=1)))

    def _carry_out(self, script: str) -> None:
        if not carry_out(script, self.folder):
            print(NO_SHELL)
        self.user_ns["_exit_code"] = 0

    def _script(self, line: str, cell: str) -> None:
        """Carry out the script of a cell; what its first line says is whose script it is."""
        self._carry_out(cell)

    system_piped = system_raw = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        from IPython.utils.text import LSString, SList

        print(NO_SHELL)
        return SList() if split else LSString("")

    def init_magics(self) -> None:
        super().init_magics()
        for kind, names in _SHELL_MAGICS.items():
            for name in names:
                self.magics_manager.register_function(_pass_over, kind, name)
        for name in _SCRIPT_MAGICS:
            self.magics_manager.register_function(self._script, "cell", name)
        self.folder = Path.cwd()

    def init_extension_manager(self) -> None:
        super().init_extension_manager()
        manager: Any = self.extension_manager
        manager.load_extension = partial(self._load_extension, manager.load_extension)

    def _load_extension(self, load: Callable[[str], Any], name: str) -> Any:
        """Load an extension; of one that isn't installed, pass over this and all its magics."""
        try:
            return load(name)
        except ModuleNotFoundError:
            print(NO_EXTENSION)
            self.lacks_extensions = True
            return None

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        if self.find_line_magic(magic_name) is None:
            if magic_name == "store":  # a kernel has it from the start, though few need it
                manager: Any = self.extension_manager
                manager.load_extension("storemagic")
            elif self.lacks_extensions:  # it may be of one of them
                return _pass_over(line, note=NO_EXTENSION)
        return super().run_line_magic(magic_name, line, _stack_depth + 1)

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        if self.lacks_extensions and self.find_cell_magic(magic_name) is None:
            return self._without_magic(cell)
        return super().run_cell_magic(magic_name, line, cell)

    def _without_magic(self, cell: str) -> None:
        """Execute a cell as Python, if it is, without a magic that formats, measures or tells."""
        print(NO_EXTENSION)
        source = self.transform_cell(cell)
        name = self.compile.cache(source, self.execution_count, raw_code=cell)
        try:
            code = self.compile(source, name, "exec")
        except SyntaxError:  # it is in another language
            return
        exec(code, self.user_ns)

    def enable_matplotlib(self, gui: Any = None) -> Any:
        """Have plots go into the outputs, whatever is asked for: no window can be opened."""
        return super().enable_matplotlib("inline")

    def enable_gui(self, gui: Any = None) -> None:
        """Do nothing; see `enable_matplotlib`."""

    @observe("exit_now")
    def _update_exit_now(self, change: Any) -> None:
        """Do nothing; see `Kernel`."""


class Kernel(ipkernel.IPythonKernel):
    """A kernel that a cell can end, by ``exit()`` or by stopping its loop: in that very cell."""

    shell_class = Type(Shell)

    async def do_execute(self, *args: Any, **kwargs: Any) -> Any:
        reply = await super().do_execute(*args, **kwargs)
        stopped = getattr(asyncio.get_running_loop(), "_stopping", False)
        if getattr(self.shell, "exit_now", False) or stopped:
            sys.stdout.flush()
            sys.stderr.flush()
            time.sleep(SECONDS_TO_SPEAK)
            os._exit(0)  # before the reply: with it the examiner would go on to the next cell
        return reply


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
        """Do nothing: whether the process lives is seen from outside."""

    def init_poller(self) -> None:
        """Do nothing: the fork server ends its forks."""

    def init_connection_file(self) -> None:
        self.load_connection_info(self.connection)

    def write_connection_file(self, **kwargs: Any) -> None:
        """Do nothing: the client has written it."""

    def parse_command_line(self, argv: Any = None) -> None:
        """Do nothing: there is none, and to find that out takes a while."""

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: no file of the machine's or the user's configures a kernel."""


def make_profile() -> None:
    """Make the folders that IPython wants; a confined process may not change the modes of files."""
    os.makedirs(os.environ["IPYTHONDIR"], exist_ok=True)
    ProfileDir.create_profile_dir_by_name(os.environ["IPYTHONDIR"], "default")


def start(connection: dict[str, Any]) -> App:
    """Return the application, with sockets that are open and threads that run."""
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
    """Do nothing: no subprocess's output would come in over TCP."""
    thread._pipe_flag = False


class _NoModules:
    """``sys`` without modules."""

    modules: dict[str, Any] = {}  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


def _pass_over(line: str, cell: str = "", note: str = NO_SHELL) -> None:
    print(note)
