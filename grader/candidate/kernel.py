"""An IPython kernel as a service of a fork server (see `grader.candidate.forkserver`).

The fork server, itself a fork of the worker's, imports what notebooks import; a fork of it becomes
a trainer (`grader.candidate.trainer`), or one kernel, confined before its first thread starts, that
talks over IPC sockets in the submission's own folder. What is the assignment's own is in a module
that is imported by its name (`Assignment.kernel_module`).
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from grader.candidate import confinement
from grader.candidate.patches import (
    absent_modules,
    debuggers,
    file_marks,
    loaders,
    no_gpu,
    places,
    plots,
    programs,
)
from grader.protocol.forking import READY, KernelRequest
from grader.protocol.limits import Limits

_IMPORTED_BY_SHELLS = (
    *("IPython.core.completerlib", "IPython.core.debugger", "IPython.core.magics.ast_mod"),
    *("IPython.core.magics.execution", "IPython.core.oinspect"),
    "tornado.platform.asyncio",
)

_HOMES = (
    *("HOME", "TMPDIR", "JUPYTER_RUNTIME_DIR", "TORCH_HOME"),
    *("XDG_CACHE_HOME", "XDG_CONFIG_HOME"),
)
"""Variables that name the folder in which a kernel's libraries keep their own."""

MAX_WORDS = 2000
"""Bytes of what a kernel says on its wire if it can't be had."""


def prepare(environment: str) -> None:
    """Import everything that kernels have in common. Start no thread and open no socket.

    ``environment`` names the assignment's module.
    """
    # Before its first import, for then it asks what processes there may be: none.
    os.environ["JOBLIB_MULTIPROCESSING"] = "0"
    plots.import_plotting()
    plots.encode_quickly()
    loaders.load_in_process()
    importlib.import_module(environment).prepare()
    # A debugger is of no use here, and slow to import.
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    import ipykernel.debugger  # noqa: F401
    import IPython.core.completer  # noqa: F401

    plots.stay_inline()
    programs.pass_over()
    debuggers.pass_over()
    file_marks.pass_over()
    no_gpu.install()
    absent_modules.install()
    for name in _IMPORTED_BY_SHELLS:
        with contextlib.suppress(ImportError):  # releases differ in how they are divided
            importlib.import_module(name)
    import grader.candidate.kernel_application
    import grader.candidate.trainer  # noqa: F401

    del sys.modules["debugpy"]
    confinement.prepare()


def before_fork(number: int, environment: str) -> None:
    """Do for all what is slow the first time, once more than one kernel is asked for."""
    if number == 2:
        importlib.import_module(environment).rehearse()
        gc.freeze()


def become(wire: int, request: KernelRequest) -> None:
    """Serve as the kernel that a `KernelRequest` describes, until the process is killed.

    Why there is no kernel is told on the wire: nobody sees what this process prints.
    """
    try:
        app = _start(request)
    except confinement.UnconfinedError as error:
        _tell(wire, f"it can't be confined, missing: {', '.join(error.missing)}")
    except Exception as error:
        _tell(wire, f"{type(error).__name__}: {error}")
    else:
        os.write(wire, READY)
        os.close(wire)
        app.start()


def _start(request: KernelRequest) -> Any:
    """Return the application of a kernel that listens, confined."""
    from grader.candidate import kernel_application

    folder = Path(request["folder"])
    os.environ.update(_environment(folder))
    tempfile.tempdir = None
    os.chdir(folder / "work")
    (environment,) = request["arguments"]
    importlib.import_module(environment).provide_data(Path(request["data"]), request["whole"])
    if request["whole"]:
        loaders.cut_loops()
    connection = json.loads(Path(request["connection_file"]).read_text(encoding="utf-8"))
    kernel_application.make_profile()
    profile = confinement.Profile(
        Limits(**request["limits"]), writable=_owned(folder), unix_sockets=True
    )
    confinement.confine(profile, request["trust"])
    app: Any = kernel_application.start(connection)
    places.stay_in(folder)
    if request["elsewhere"]:
        app.shell.user_ns["open"] = places.bring_here(folder / "work")
    return app


def _tell(wire: int, why: str) -> None:
    os.write(wire, why.encode("utf-8", "replace")[:MAX_WORDS])


def _environment(folder: Path) -> dict[str, str]:
    """Return variables that have libraries write into the submission's own folder."""
    home = folder / "home"
    places = dict.fromkeys(_HOMES, home)
    places |= {"IPYTHONDIR": home / "ipython", "MPLCONFIGDIR": home / "matplotlib"}
    return {name: str(place) for name, place in places.items()}


def _owned(folder: Path) -> tuple[str, ...]:
    """Return the folders that a confined kernel must own: it may be another user."""
    inside = ("work", "home", "home/ipython", "home/ipython/profile_default")
    return (str(folder), *(str(folder / name) for name in inside))
