"""Where and how a submission's code is run and trained. Light to import."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.assignment import Assignment
from grader.examiner.forkserver_client import ForkServer
from grader.protocol.limits import Limits

KERNEL_LIMITS = Limits(cpu_seconds=300, memory_bytes=3 << 30, file_bytes=64 << 20, descriptors=256)


@dataclass(frozen=True)
class RunLimits:
    """Wall-clock limits of a run: for each cell, and for all together."""

    cell_seconds: int = 60
    seconds: int = 180


@dataclass(frozen=True)
class RunOptions:
    """How notebooks are run.

    Attributes:
        data: folder of the data set; None takes the small part that is shipped.
        trust: whether code may run where it can't be confined.
        limits: of wall-clock time.
        kernel_limits: of each kernel's process.
        at_once: how many runs, and how many trainings, go on side by side.
    """

    data: Path | None = None
    trust: bool = False
    limits: RunLimits = RunLimits()
    kernel_limits: Limits = KERNEL_LIMITS
    at_once: int = 1


@dataclass(frozen=True)
class Sandbox:
    """What one run or training needs beside the submission.

    Attributes:
        assignment: what the submission answers.
        forkserver: forks kernels, and trainers.
        folder: holds a folder for each of them, for as long as it lives.
        options: how notebooks are run.
    """

    assignment: Assignment
    forkserver: ForkServer
    folder: Path
    options: RunOptions = RunOptions()

    @property
    def data_folder(self) -> Path:
        """The folder of the data set that notebooks find."""
        return (self.options.data or self.assignment.data().folder()).resolve()
