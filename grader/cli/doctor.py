"""What this machine enforces against student code, found out by trying each thing."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grader.assets import asset
from grader.examiner.confinement import ask_candidate, layers, missing_from, refusal


@dataclass(frozen=True)
class Observation:
    """How a trial went; ``error`` is None if it worked."""

    words: str
    must_work: bool
    error: str | None

    @property
    def as_it_should(self) -> bool:
        """Whether what must work did, and what must not was refused."""
        return (self.error is None) == self.must_work


def observe() -> tuple[Observation, ...]:
    """Try everything in a confined process; on other systems than Linux nothing is tried."""
    if sys.platform != "linux":
        return ()
    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        outside = Path(folder) / "outside"
        outside.write_text("untouched")
        arguments = (str(outside), str(asset("rubric.yaml")))
        tried = ask_candidate("grader.candidate.trials", *arguments)
    return tuple(Observation(*trial) for trial in tried)


def text(
    layers: tuple[str, ...], missing: tuple[str, ...], observations: tuple[Observation, ...]
) -> str:
    """The doctor's report: a line for each layer, one for each trial, and a verdict."""
    lines = ["Student code is confined by these layers:"]
    lines += [f"  {layer}" for layer in layers] or ["  none"]
    lines += ["", "What was tried from inside:"]
    for seen in observations:
        outcome = "works" if seen.error is None else f"refused: {seen.error}"
        lines.append(f"  {'ok ' if seen.as_it_should else 'BAD'}  {seen.words}: {outcome}")
    wrong = [seen.words for seen in observations if not seen.as_it_should]
    if not observations:
        lines.append("  nothing, because nothing can be tried safely here")
    lines.append("")
    if missing:
        lines.append(refusal(missing))
    elif wrong or not observations:
        lines.append("This machine does not enforce everything: don't grade strangers' notebooks.")
    else:
        lines.append("This machine enforces everything that grading needs.")
    return "\n".join(lines) + "\n"


def examine() -> tuple[str, bool]:
    """The report on this machine, and whether all is as it should be."""
    observations = observe()
    enforced = layers()
    missing = missing_from(enforced)
    healthy = bool(observations) and all(seen.as_it_should for seen in observations)
    return text(enforced, missing, observations), healthy and not missing
