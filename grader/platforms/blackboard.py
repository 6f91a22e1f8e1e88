"""Blackboard: names of its download, in which each attempt of a student has its time.

Homework 4_ab12_attempt_2026-03-02-12-00-00_hw.ipynb     and a text about the attempt, .txt
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from grader.platforms.download import File, FindOwner, Owner, Parts
from grader.platforms.names import composed, shown
from grader.platforms.platform import Platform
from grader.report.course import Identity

_NAME = re.compile(
    r"(?P<before>.+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<rest>.+)|(?P<about>\.txt))?",
    re.DOTALL,
)
_STUDENT = re.compile(r"[^\n:]+:\s*(?P<name>[^\n]+?)\s*\((?P<id>[^\n()]+)\)\s*\n")
_MAX_ABOUT = 1 << 16


def _owners(files: Sequence[File]) -> FindOwner:
    """Return a finder of owners by names of this pattern, and by the texts about attempts."""
    named = [(file, match) for file in files if (match := _NAME.fullmatch(file.parts[0]))]
    befores = sorted({match["before"] for _, match in named})
    title = _shared(befores) if len(befores) > 1 else ""  # of the assignment
    students = {}
    for file, match in named:
        text = (file.read(_MAX_ABOUT) or b"") if match["about"] else b""
        about = _STUDENT.match(text.decode("utf-8-sig", "replace").replace("\r\n", "\n"))
        if about and f"_{match['before']}".endswith(f"_{about['id']}"):
            students[match["before"]] = about["id"], shown(about["name"])

    def find_owner(parts: Parts) -> Owner | None:
        first, rest = parts[0], parts[1:]
        match = _NAME.fullmatch(first)
        if match is None:
            return None
        before = match["before"]
        user = before.rsplit("_", 1)[-1] or before
        if title and before != title:
            user = before.removeprefix(title)
        user, name = students.get(before, (user, ""))
        prefix = f"{first}/" if rest else first[: match.start("rest")]
        student = Identity(name or shown(user), shown(user), "", "blackboard", prefix)
        return Owner(
            ("blackboard", composed(before)),
            (student,),
            f"{name}_{user}" if name else user,
            rest or (match["rest"] or first,),
            attempt=int(match["when"].replace("-", "")),
        )

    return find_owner


def _shared(names: Sequence[str]) -> str:
    """Return what sorted names start with in common, to an underscore."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(names[0], names[-1], strict=False))
    return "".join(sign for sign, _ in same).rpartition("_")[0] + "_"


PLATFORM = Platform(
    "blackboard",
    order=20,
    is_own_name=lambda name: bool(_NAME.fullmatch(name)),
    owners=_owners,
)
