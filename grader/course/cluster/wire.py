"""What goes to a node and comes back: numbers, texts and bytes, and no object of ours.

Dask pickles between its own ends, which trust each other. What comes back is read all the same as
if a stranger had sent it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from grader.course.fingerprint import FINGERPRINT
from grader.course.work import HandedFile, Outcome, Work
from grader.report.from_json import from_json

Message = dict[str, Any]

_MOST = {"result": 16 << 20, "page": 64 << 20, "code": 64 << 20, "executed": 256 << 20}
"""Bytes of each part of an outcome; more was not made by grading."""


class WireError(ValueError):
    """What came back is no outcome of the work; says why."""


def work_to_wire(work: Work) -> Message:
    """Return a submission as a message."""
    return asdict(work)


def work_from_wire(message: Message) -> Work:
    """Return the submission in a message."""
    files = {
        name: tuple(HandedFile(**file) for file in message[name]) for name in ("modules", "rivals")
    }
    notebook = message["notebook"]
    handed = None if notebook is None else HandedFile(**notebook)
    return Work(**{**message, **files, "notebook": handed})


def outcome_to_wire(outcome: Outcome) -> Message:
    """Return what came of a submission as a message."""
    return asdict(outcome)


def outcome_from_wire(message: Any, work: Work) -> Outcome:
    """Return what came of a submission.

    Args:
        message: what a node sent.
        work: the submission that was sent to it.

    Raises:
        WireError: it is no message, or one of another submission.
    """
    if not isinstance(message, Mapping) or set(message) != set(_MOST):
        raise WireError("it is no message of the grader's")
    for name, most in _MOST.items():
        part = message[name]
        if part is None and name != "result":
            continue
        if not isinstance(part, bytes) or len(part) > most:
            raise WireError(f"its {name} is none")
    try:
        result = from_json(message["result"])
    except ValueError as error:
        raise WireError(str(error)) from error
    fingerprint = result.environment.get(FINGERPRINT)
    if (result.submission.path, fingerprint) != (work.path, work.fingerprint):
        raise WireError("it is of another submission")
    return Outcome(**message)
