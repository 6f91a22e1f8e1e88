"""`grade doctor`: what this machine enforces against student code."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import click

from grader.cli.usage import DONE, NOT_DONE, Command


@click.command(cls=Command)
def doctor() -> None:
    """Try out what this machine enforces against student code.

    Exit status: 0 it enforces all that grading needs, 1 it doesn't.
    """
    told = _try_out()
    click.echo(to_text(told["layers"], told["missing"], told["observations"]), nl=False)
    healthy = bool(told["observations"]) and not wrong(told["observations"]) and not told["missing"]
    sys.exit(DONE if healthy else NOT_DONE)


def _try_out() -> dict[str, Any]:
    """Return what the untrusted side says of itself, in a Python of its own."""
    from grader.assets import asset
    from grader.examiner.forkserver_client import environment

    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        command = [sys.executable, "-m", "grader.candidate.trials", str(asset("rubric.yaml"))]
        done = subprocess.run(
            command, env=environment(folder), cwd=folder, stdout=subprocess.PIPE, check=True
        )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def wrong(observations: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the trials that failed and must work, and those that worked and must not."""
    return [seen["words"] for seen in observations if (seen["error"] is None) != seen["must_work"]]


def to_text(
    layers: Sequence[str], missing: Sequence[str], observations: Sequence[Mapping[str, Any]]
) -> str:
    """Write the report: a line for each layer, one for each trial, and a verdict."""
    from grader.examiner.client import refusal

    lines = ["Student code is confined by these layers:"]
    lines += [f"  {layer}" for layer in layers] or ["  none"]
    lines += ["", "What was tried from inside:"]
    for seen in observations:
        outcome = "works" if seen["error"] is None else f"refused: {seen['error']}"
        lines.append(f"  {'BAD' if wrong([seen]) else 'ok '}  {seen['words']}: {outcome}")
    if not observations:
        lines.append("  nothing, because nothing can be tried safely here")
    lines.append("")
    if missing:
        lines.append(refusal(tuple(missing)))
    elif wrong(observations) or not observations:
        lines.append("This machine does not enforce everything: don't grade strangers' notebooks.")
    else:
        lines.append("This machine enforces everything that grading needs.")
    return "\n".join(lines) + "\n"
