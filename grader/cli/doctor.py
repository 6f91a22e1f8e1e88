"""`grade doctor`: what this machine enforces against student code."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from grader.cli.usage import DONE, NOT_DONE, Command


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
    """Try what this machine enforces on student code.

    Exit status: 0 it enforces all that grading needs, 1 it doesn't.
    """
    from grader.examiner.confinement import layers, missing_from

    observations = observe()
    enforced = layers()
    missing = missing_from(enforced)
    click.echo(to_text(enforced, missing, observations), nl=False)
    healthy = bool(observations) and all(seen.as_it_should for seen in observations)
    sys.exit(DONE if healthy and not missing else NOT_DONE)


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
    layers: Sequence[str], missing: Sequence[str], observations: Sequence[Observation]
) -> str:
    """Write the report: a line for each layer, one for each trial, and a verdict."""
    from grader.examiner.confinement import refusal

    lines = ["Student code is confined by these layers:"]
    lines += [f"  {layer}" for layer in layers] or ["  none"]
    lines += ["", "What was tried from inside:"]
    for seen in observations:
        outcome = "works" if seen.error is None else f"refused: {seen.error}"
        lines.append(f"  {'ok ' if seen.as_it_should else 'BAD'}  {seen.words}: {outcome}")
    if not observations:
        lines.append("  nothing, because nothing can be tried safely here")
    lines.append("")
    if missing:
        lines.append(refusal(missing))
    elif not all(seen.as_it_should for seen in observations) or not observations:
        lines.append("This machine does not enforce everything: don't grade strangers' notebooks.")
    else:
        lines.append("This machine enforces everything that grading needs.")
    return "\n".join(lines) + "\n"
