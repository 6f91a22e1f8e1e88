"""Fork servers that have imported what kernels need, and runs that nobody disturbs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.examiner.endings import InterruptionError
from grader.examiner.forkserver_client import NestedForkServer, RootForkServer
from grader.examiner.notebook_run import RunOutcome, run_notebook
from grader.examiner.sandbox import Sandbox
from grader.submission.load import load
from grader.vae import ASSIGNMENT

Servers = tuple[RootForkServer, NestedForkServer, Path]
"""The first fork server, the one of kernels, and a folder for runs."""


@contextmanager
def warm_servers() -> Iterator[Servers]:
    """Start both, and end them with the context."""
    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        warm = RootForkServer(folder, "grader.candidate.worker")
        kernels = NestedForkServer(warm, "grader.candidate.kernel", ASSIGNMENT.kernel_module)
        wire, control = kernels.fork({})  # it fails, but not before the imports are done
        with wire, control:
            wire.recv(1)
        yield warm, kernels, Path(folder)
        kernels.close()
        warm.close()


def run_undisturbed(path: Path, sandbox: Sandbox) -> RunOutcome:
    """Return the outcome of a run; how it ends is its own doing, or it would say nothing."""
    try:
        return run_notebook(load(path), sandbox)
    except InterruptionError as error:
        if error.outcome is None:
            raise
        return error.outcome
