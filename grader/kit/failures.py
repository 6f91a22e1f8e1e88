"""What a student reads when a call gave nothing."""

from __future__ import annotations

from grader.kit.check import Lost
from grader.kit.observation import Failure

CLASS_NAME, CONSTRUCTION = "{class}", "{construction}"
"""In messages: the class's name, and how it is constructed, as the assignment has them."""


def lost_by(failure: Failure, method: str) -> Lost:
    """Return what a student reads when a call gave nothing."""
    where = f" (cell {failure.cell}, line {failure.line})" if failure.cell else ""
    evidence: dict[str, object] = {"cell": failure.cell, "line": failure.line}
    evidence |= {"exception": failure.type or None, "failure": failure.kind}
    about = {
        "load": f"The code of class {CLASS_NAME} can't be executed",
        "construct": f"{CONSTRUCTION} can't be built",
        "call": f"`{method}`",
        "backward": f"The gradient of what `{method}` returned",
    }[failure.stage]
    if failure.kind == "raised" and failure.type == "ChangedInitError":
        return Lost(f"`__init__` was changed: {failure.text}.", evidence=evidence)
    if failure.kind == "raised" and failure.type == "NotImplementedError":
        unwritten = evidence | {"unwritten": True}
        return Lost(f"`{method}` is not implemented{where}.", evidence=unwritten)
    if f"has no attribute '{method}'" in failure.text:
        evidence |= {"missing": True}
    if failure.refused:
        return _refused(failure, method, where, evidence)
    if failure.kind == "raised":
        verb = "raised" if failure.stage in ("call", "load") else "failed with"
        link = ": " if failure.stage in ("load", "construct") else f" {verb} "
        text = f": {failure.text}" if failure.text else ""
        return Lost(f"{about}{link}{failure.type}{text}{where}.", evidence=evidence)
    if failure.stage == "load":
        about = f"Loading class {CLASS_NAME} for `{method}`"
    if failure.kind == "timed_out":
        return Lost(
            f"{about} did not finish within {failure.text}.",
            "Look for a loop that does not end, or a very slow one.",
            evidence=evidence,
        )
    if failure.kind == "died":
        return Lost(f"{about} ended the process: {failure.text}.", evidence=evidence)
    return Lost(f"{about} disturbed the grader's channel ({failure.text}).", evidence=evidence)


_REFUSED = {
    "program": "starts a program or a process, or signals one, and a check allows none",
    "network": "needs the network, and a check has none",
    "file": "needs a file outside of its own folder, and a check has no other",
    "rights": "makes a link or changes a file's rights, which a check doesn't allow",
    "room": "writes more than a check has room for",
    "absent": "needs a file that isn't there: a check starts in an empty folder",
}


def _refused(failure: Failure, method: str, where: str, evidence: dict[str, object]) -> Lost:
    """Return what a student reads where a check is to blame, which allows less than a notebook."""
    about = {"load": f"The code of class {CLASS_NAME}", "construct": "`__init__`"}.get(
        failure.stage, f"`{method}`"
    )
    return Lost(
        f"{about} couldn't be checked{where}: it {_REFUSED[failure.refused]} "
        f"({failure.type}: {failure.text}).",
        "This says nothing about what the method computes. Leave such a step out of the class, or "
        "go on without it where it fails.",
        evidence=evidence | {"refused": failure.refused},
    )
