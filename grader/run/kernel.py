"""An IPython kernel as a service of a warm process (see `grader.candidate.warm`).

The warm process imports what notebooks import; every fork of it becomes one kernel, confined before
its first thread starts, that talks over IPC sockets in the submission's own folder.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.candidate import confinement, torchvision_fix
from grader.candidate.limits import Limits
from grader.run import surroundings
from grader.run.digits import read_digits, shipped_folder

_IMPORTED_BY_SHELLS = (
    *("IPython.core.completerlib", "IPython.core.debugger", "IPython.core.magics.ast_mod"),
    *("IPython.core.magics.execution", "IPython.core.magics.script", "IPython.core.oinspect"),
    "tornado.platform.asyncio",
)

READY = b"."
"""What a kernel says on its wire when it listens."""

FLUSH_CHARACTERS = 1 << 19
"""Text that a cell prints is sent at the latest when there is so much of it."""

_SHELL_MAGICS = (
    *("!", "script", "sx", "system"),
    *("bash", "perl", "pypy", "python", "python2", "python3", "ruby", "sh"),
)
"""Cell magics that start other programs."""

NO_SHELL = "[The grader executes no shell commands; this line was passed over.]"


def prepare() -> None:
    """Import everything that kernels have in common. Starts no thread and opens no socket."""
    import torch

    torch.set_num_threads(1)
    torchvision_fix.install()
    confinement.prepare()
    surroundings.import_plotting()
    surroundings.encode_quickly()
    surroundings.provide_vae_utils()
    surroundings.load_in_process()
    surroundings.rehearse()
    for train in (True, False):
        read_digits(shipped_folder(), train)
    # A debugger is of no use here, and slow to import.
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    import ipykernel.debugger
    import ipykernel.kernelapp  # noqa: F401
    import IPython.core.completer  # noqa: F401
    import matplotlib_inline.backend_inline  # noqa: F401

    for name in _IMPORTED_BY_SHELLS:
        with contextlib.suppress(ImportError):  # releases differ in how they are divided
            importlib.import_module(name)
    del sys.modules["debugpy"]


def become(wire: int, request: dict[str, Any]) -> None:
    """Serve as the kernel that ``request`` describes, until the process is killed.

    The request holds ``folder`` (in which the kernel may write), ``connection_file``, ``data`` (a
    folder of MNIST), ``limits``, and ``trust`` (whether it may run unconfined).
    """
    folder = Path(request["folder"])
    os.environ.update(_environment(folder))
    tempfile.tempdir = None
    os.chdir(folder / "work")
    data = Path(request["data"])
    surroundings.provide_mnist(read_digits(data, True), read_digits(data, False))
    connection = json.loads(Path(request["connection_file"]).read_text(encoding="utf-8"))
    start = _app(connection)
    profile = confinement.Profile(
        Limits(**request["limits"]), writable=_owned(folder), unix_sockets=True
    )
    try:
        confinement.confine(profile, request["trust"])
    except confinement.UnconfinedError as error:
        os.write(wire, json.dumps({"unconfined": error.missing}).encode())
        return
    app = start()
    os.write(wire, READY)
    os.close(wire)
    app.start()


def _environment(folder: Path) -> dict[str, str]:
    """Every place where a library might want to write lies in the submission's own folder."""
    home = str(folder / "home")
    return {
        "HOME": home,
        "IPYTHONDIR": str(folder / "home" / "ipython"),
        "JUPYTER_RUNTIME_DIR": home,
        "MPLCONFIGDIR": str(folder / "home" / "matplotlib"),
        "TMPDIR": str(folder / "home"),
        "TORCH_HOME": home,
        "XDG_CACHE_HOME": home,
        "XDG_CONFIG_HOME": home,
    }


def _owned(folder: Path) -> tuple[str, ...]:
    """The folder and those in it: a confined kernel may be another user, who has to own them."""
    return (str(folder), str(folder / "work"), str(folder / "home"))


def _app(connection: Any) -> Callable[[], Any]:
    """What makes the kernel's application; calling it opens sockets and starts threads."""
    from ipykernel.iostream import IOPubThread, OutStream
    from ipykernel.ipkernel import IPythonKernel
    from ipykernel.kernelapp import IPKernelApp
    from ipykernel.zmqshell import ZMQInteractiveShell
    from IPython.core.profiledir import ProfileDir
    from traitlets import Type
    from traitlets.config import Config

    # A confined process may not change the modes of files, as this does.
    os.makedirs(os.environ["IPYTHONDIR"], exist_ok=True)
    ProfileDir.create_profile_dir_by_name(os.environ["IPYTHONDIR"], "default")

    def no_pipe(self: Any) -> None:
        """There are no subprocesses whose output would come in over TCP."""
        self._pipe_flag = False

    IOPubThread._setup_pipe_in = no_pipe  # type: ignore[method-assign]

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

    class Kernel(IPythonKernel):
        shell_class = Type(Shell)

    class App(IPKernelApp):
        """The application without what a single run has no use for."""

        kernel_class = Type(Kernel)
        default_extensions: list[str] = []  # noqa: RUF012

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
            self.load_connection_info(connection)

        def write_connection_file(self, **kwargs: Any) -> None:
            """It was written by the client."""

        def parse_command_line(self, argv: Any = None) -> None:
            """There is none, and to find that out takes a while."""

        def load_config_file(self, *args: Any, **kwargs: Any) -> None:
            """No file of the machine's or the user's configures a kernel."""

    config = Config()
    config.IPKernelApp.capture_fd_output = False
    config.IPKernelApp.log_level = 50
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.IPCompleter.use_jedi = False
    config.BaseIPythonApplication.ipython_dir = os.environ["IPYTHONDIR"]

    def start() -> Any:
        app: Any = App.instance(config=config)
        app.initialize([])
        app.shell.enable_matplotlib("inline")
        return app

    return start


def _pass_over(line: str, cell: str = "") -> None:
    print(NO_SHELL)
