"""A script that shows without the grader what a check found: torch and the student's class."""

from __future__ import annotations

import re

from grader.report.result import CheckResult, TryIt
from grader.untrusted_text import clean

_FUTURE = re.compile(r"^from __future__ import .*$", re.MULTILINE)
_MOST = 2000
_HEAD = """\
import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # as in the grading, all is computed on the CPU

import torch

device = "cpu"
"""


def to_script(check: CheckResult, code: str, lines: str, example: TryIt | None = None) -> str:
    """Return a script to be executed as it is.

    Args:
        check: what the grader found.
        code: the class as it was graded, and what it needs.
        lines: code that prints what the method gives on a small case, for where there is no
            ``example``.
        example: lines that show the loss.
    """
    said = check.message or "Passed."
    shown = f"{example.code}\nprint({f'Right is {example.right}.'!r})" if example else lines
    what = "The smallest case that shows it." if example else "A small case."
    parts = (
        _comment(f"Check {check.id}: {check.title}."),
        _comment("This executes a student's code with all your rights: read it first."),
        _comment(f"What the report says: {said}"),
        *_FUTURE.findall(code),
        _HEAD,
        "# The class as it was graded, with what it needs.",
        _FUTURE.sub("", code).strip("\n"),
        "",
        f"# {what}",
        shown.rstrip("\n"),
    )
    return "\n".join(parts) + "\n"


def _comment(text: str) -> str:
    """Return text as comments that nothing in it can end."""
    return "\n".join(f"# {line}" for line in re.split("[\r\n]+", clean(text, _MOST)))
