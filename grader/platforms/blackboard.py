"""Blackboard's and Brightspace's names, in which each attempt of a student has its time.

Homework 4_ab12_attempt_2026-03-02-12-00-00_vae.ipynb     and a text about the attempt, .txt
12345-678 - Ada Lovelace - Mar 2, 2026 1200 PM - vae.ipynb      or a folder up to the time
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile

from grader.course.listing import File, Parts
from grader.course.names import shown
from grader.course.owners import Owner, composed
from grader.report.course import Identity

_BLACKBOARD = re.compile(
    r"(?P<before>.+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<rest>.+)|(?P<about>\.txt))?",
    re.DOTALL,
)
_STUDENT = re.compile(r"[^\n:]+:\s*(?P<name>[^\n]+?)\s*\((?P<id>[^\n()]+)\)\s*\n")
_MAX_ABOUT = 1 << 16
_BRIGHTSPACE_ID = re.compile(r"\d+-\d+")
_YEAR = re.compile(r"(?<![^\W_])(19|20)\d\d(?!\d)")
_ANY_DATE = re.compile(r"(.*\d){3}", re.DOTALL)
"""A day and a time have three digits at least, whatever the language."""
_DATES = ("%b %d, %Y", "%B %d, %Y", "%d %B, %Y", "%d %b, %Y", "%d %B %Y", "%d %b %Y", "%Y-%m-%d")
_CLOCKS = ("%I%M %p", "%H%M", "%I-%M %p", "%H-%M", "%I_%M %p", "%H_%M", "%I.%M %p", "%H.%M")


@dataclass(frozen=True)
class Blackboard:
    """What a Blackboard archive tells beside each name.

    Attributes:
        title: what all names start with: the assignment's title.
        students: what stands before the attempt -> id and name, as its texts have them.
    """

    title: str = ""
    students: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Sequence[File]) -> Blackboard:
        """What these files tell."""
        matches = [(file, _BLACKBOARD.fullmatch(file.parts[0])) for file in files]
        found = [(file, match) for file, match in matches if match]
        befores = sorted({match["before"] for _, match in found})
        students = {}
        for file, match in found:
            told = _STUDENT.match(_about(file)) if match["about"] else None
            if told and f"_{match['before']}".endswith(f"_{told['id']}"):
                students[match["before"]] = told["id"], shown(told["name"])
        return cls(_shared(befores) if len(befores) > 1 else "", students)

    def owner(self, first: str, rest: Parts) -> Owner | None:
        """The owner of a file of that name; None if it is none of Blackboard's."""
        match = _BLACKBOARD.fullmatch(first)
        if match is None:
            return None
        before = match["before"]
        user = before.rsplit("_", 1)[-1] or before
        if self.title and before != self.title:
            user = before.removeprefix(self.title)
        user, name = self.students.get(before, (user, ""))
        prefix = f"{first}/" if rest else first[: match.start("rest")]
        student = Identity(name or shown(user), shown(user), "", "blackboard", prefix)
        return Owner(
            ("blackboard", composed(before)),
            (student,),
            f"{name}_{user}" if name else user,
            rest or (match["rest"] or first,),
            attempt=int(match["when"].replace("-", "")),
        )


def _shared(names: Sequence[str]) -> str:
    """What sorted names start with in common, to an underscore."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(names[0], names[-1], strict=False))
    return "".join(sign for sign, _ in same).rpartition("_")[0] + "_"


def _about(file: File) -> str:
    """The text about an attempt; "" if it can't be read."""
    if file.path is None:
        return ""
    try:
        with open(file.path, "rb") as text:
            about = text.read(_MAX_ABOUT)
    except OSError:
        return ""
    return about.decode("utf-8-sig", "replace").replace("\r\n", "\n")


def is_attempt(first: str) -> bool:
    """Whether a name is one of Blackboard's or Brightspace's."""
    return bool(_BLACKBOARD.fullmatch(first)) or brightspace(first, ()) is not None


def brightspace(first: str, rest: Parts) -> Owner | None:
    """The owner of a file of that name; None if it is none of Brightspace's."""
    number, *segments = first.split(" - ")
    if not _BRIGHTSPACE_ID.fullmatch(number):
        return None
    at = next((at for at, text in enumerate(segments) if at and _YEAR.search(text)), None)
    if at is None and len(segments) > (1 if rest else 2) and _ANY_DATE.match(segments[1]):
        at = 1
    if at is None:
        return None
    name, own = " - ".join(segments[:at]), " - ".join(segments[at + 1 :])
    prefix = f"{first}/" if rest else first[: len(first) - len(own)]
    student = Identity(shown(name), number, platform="brightspace", prefix=prefix)
    return Owner(
        ("brightspace", number, composed(name)),
        (student,),
        f"{student.name}_{number}",
        rest or (own or first,),
        attempt=_order(segments[at].strip()),
    )


def _order(text: str) -> int:
    """A number that grows with the time in a text; 0 for what can't be read."""
    for date in _DATES:
        for clock in _CLOCKS:
            try:
                return int(datetime.strptime(text, f"{date} {clock}").strftime("%Y%m%d%H%M"))
            except ValueError:
                continue
    return 0
