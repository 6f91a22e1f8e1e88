"""`grade doctor`: what this machine enforces against student code."""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.usage import DONE, NOT_DONE, Command
from grader.report.folding import folded

if TYPE_CHECKING:
    from grader.protocol.job_limits import Bound, JobLimits


@dataclass(frozen=True)
class Observation:
    """The outcome of a trial; ``error`` is None if it worked."""

    words: str
    must_work: bool
    error: str | None

    @property
    def as_it_should(self) -> bool:
        """Whether what must work did, and what must not was refused."""
        return (self.error is None) == self.must_work


@click.command(cls=Command, short_help="Try what confines student code on this machine.")
def doctor() -> None:
    """Try what this machine enforces on student code, and say what it gives to grading.

    Exit status: 0 it enforces all that grading needs, 1 it doesn't.
    """
    from grader.course.schedule import default_jobs
    from grader.examiner.confinement import layers, missing_from
    from grader.protocol import job_limits

    given = to_line(job_limits.of_this_job(), default_jobs())
    observations = observe()
    enforced = layers()
    missing = missing_from(enforced)
    report = to_text(enforced, missing, observations).rstrip("\n")
    click.echo(folded(f"{given}\n\n{report}", sys.stdout))
    healthy = bool(observations) and all(seen.as_it_should for seen in observations)
    sys.exit(DONE if healthy and not missing else NOT_DONE)


def to_line(limits: JobLimits, jobs: int) -> str:
    """Say in a line what this job may use, who says so, and how many submissions that is."""
    cores, memory, free = limits.cores, limits.memory, limits.free
    line = f"This job may use {cores.amount} core{'s' * (cores.amount > 1)}"
    last = cores.by
    if memory:
        line += (f" ({last})" if memory.by != last else "") + f" and {_gigabytes(memory)}"
        last = memory.by
    line += f" ({last})"
    if free:
        by = f" ({free.by})" if free.by != last else ""
        line += f", {_gigabytes(free)} of that still free{by}"
    return f"{line}; `--jobs` is {jobs} if you don't say."


def _gigabytes(bound: Bound) -> str:
    return f"{bound.amount / 1e9:.1f} GB"


def observe() -> tuple[Observation, ...]:
    """Try everything in a confined process; on other systems than Linux nothing is tried."""
    from grader.assets import asset
    from grader.examiner.confinement import ask_candidate

    if sys.platform != "linux":
        return ()
    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        outside = Path(folder) / "outside"
        outside.write_text("untouched")
        arguments = (str(outside), str(asset("rubric.yaml")))
        tried = ask_candidate("grader.candidate.trials", *arguments)
    return tuple(Observation(*trial) for trial in tried)


def to_text(
    layers: Sequence[str],
    missing: Sequence[str],
    observations: Sequence[Observation],
    release: str | None = None,
) -> str:
    """Write the report: a line for each layer, one for each trial, and a verdict.

    ``release`` is the kernel's, by default this machine's.
    """
    from grader.examiner.confinement import lacking, lacks_landlock, refusal
    from grader.examiner.landlock_advice import SUGGESTIONS, stand_in

    release = release or platform.release()
    lines = ["Student code is confined by these layers:"]
    lines += [f"  {layer}" for layer in layers] or ["  none"]
    for layer in layers:
        if layer.startswith("files:") and "Landlock" not in layer:
            lines += ["", stand_in(release, layer)]
    lines += ["", "What was tried from inside:"]
    for seen in observations:
        outcome = "works" if seen.error is None else f"refused: {seen.error}"
        lines.append(f"  {'ok ' if seen.as_it_should else 'BAD'}  {seen.words}: {outcome}")
    if not observations:
        lines.append("  nothing, because nothing can be tried safely here")
    lines.append("")
    if lacks_landlock(missing):
        lines += [f"{lacking(missing, release)}.", "", "What can be done:"]
        lines += [f"  - {suggestion}" for suggestion in SUGGESTIONS]
    elif missing:
        lines.append(refusal(missing))
    elif not all(seen.as_it_should for seen in observations) or not observations:
        lines.append("This machine does not enforce everything: don't grade strangers' notebooks.")
    else:
        lines.append("This machine enforces everything that grading needs.")
    return "\n".join(lines) + "\n"
