"""Blackboard: names of its download, in which each attempt of a student has its time.

Homework 4_ab12_attempt_2026-03-02-12-00-00_hw.ipynb     and a text about the attempt, .txt
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from itertools import takewhile

from grader.moments import time_zone
from grader.platforms.download import File, FindOwner, Owner, Parts
from grader.platforms.names import composed, shown
from grader.platforms.platform import Platform
from grader.report.course import Identity

_NAME = re.compile(
    r"(?P<before>.+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<rest>.+)|(?P<about>\.txt))?",
    re.DOTALL,
)
_STUDENT = re.compile(r"[^\n:]+:\s*(?P<name>[^\n]+?)\s*\((?P<id>[^\n()]+)\)\s*\n")
_ZONE = re.compile(r"[^\n:]+:[^\n]*\d:\d\d(?: ?[AP]M)? (\S+)[ \t]*$", re.MULTILINE)
"""The zone behind the time in a text about an attempt: no more than the names' lack of it."""
_MAX_ABOUT = 1 << 16
_MAX_HEAD = 500
"""Below it is what the student wrote."""


def _owners(files: Sequence[File]) -> FindOwner:
    """Return a finder of owners by names of this pattern, and by the texts about attempts."""
    named = [(file, match) for file in files if (match := _NAME.fullmatch(file.parts[0]))]
    befores = sorted({match["before"] for _, match in named})
    title = _shared(befores) if len(befores) > 1 else ""  # of the assignment
    students, zones = {}, {}
    for file, match in named:
        content = (file.read(_MAX_ABOUT) or b"") if match["about"] else b""
        text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
        about = _STUDENT.match(text)
        if about and (zone := _ZONE.search(text[about.end() : about.end() + _MAX_HEAD])):
            zones[match["before"], match["when"]] = zone[1]
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
            submitted=_moment(match["when"], zones.get((before, match["when"]), "")),
        )

    return find_owner


def _moment(when: str, zone: str) -> datetime | None:
    """Return the time in a name; None if there is no such time.

    It is that of this machine's clock, unless ``zone`` says for certain which it is: EST doesn't.
    """
    known = None
    with suppress(ValueError, OSError):
        known = time_zone(zone) if zone else None
    with suppress(ValueError, OverflowError, OSError):
        return datetime.strptime(when, "%Y-%m-%d-%H-%M-%S").replace(tzinfo=known).astimezone()
    return None


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
