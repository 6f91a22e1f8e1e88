"""Whose file it is, told from its name as the platforms write it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from grader.course.listing import CODE, File, Parts, is_archive_name
from grader.course.members import ARCHIVE_SUFFIXES
from grader.course.names import shown
from grader.course.owners import Owner, composed
from grader.platforms.blackboard import Blackboard, brightspace, is_attempt
from grader.platforms.gradescope_metadata import Group
from grader.report.course import Identity

_MOODLE = re.compile(
    r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?P<end>_?)(?P<rest>.*)",
    re.DOTALL,
)
# Canvas's own numbers are never padded: 'hw_3_01_ada' is none of its names.
_CANVAS = re.compile(
    r"(?P<name>.+?)(?P<late>_LATE)?_(?P<id>[1-9]\d*)_"
    r"(?:(?P<file>[1-9]\d*)_|(?=(?:text|link)\.html\Z))(?P<rest>.+)",
    re.DOTALL,
)
_CANVAS_ANONYMOUS = re.compile(
    r"(?P<name>anon)(?P<late>_LATE)?_(?P<id>[A-Za-z0-9]+)_(?:(?P<file>[1-9]\d*)_)?(?P<rest>.+)",
    re.DOTALL,
)
_ADDED = (
    *(".txt", ".json", ".download", ".crdownload", ".part", ".tmp", ".bak", ".orig", ".htm"),
    *(".html", ".pdf", ".doc", ".docx", ".odt", ".rtf", ".pages", ".md", ".tex", ".ppt", ".pptx"),
    *(".png", ".jpg", ".jpeg", ".heic", ".url", ".webloc", ".lnk", ".xlsx", ".m", ".r", ".ipynb"),
)
"""Endings that are no part of a student's name."""


@dataclass(frozen=True)
class Layout:
    """What tells whose a file is beside its own name.

    Attributes:
        groups: of a Gradescope export: name of the folder -> who handed it in.
        canvas: whether flat files are named as Canvas names them.
        blackboard: what Blackboard tells beside names.
    """

    groups: Mapping[str, Group] = field(default_factory=dict)
    canvas: bool = False
    blackboard: Blackboard = field(default_factory=Blackboard)

    @classmethod
    def of(cls, files: Sequence[File], groups: Mapping[str, Group]) -> Layout:
        """The layout of a download with these files."""
        is_canvas = _is_canvas([file.parts for file in files])
        return cls(groups, is_canvas, Blackboard.of(files))

    def owner(self, parts: Parts) -> Owner:
        """The owner of a file, by its name in the download, outer folders taken off."""
        first, rest = parts[0], parts[1:]
        if first in self.groups:
            group = self.groups[first]
            text = "_".join(student.name for student in group.students[:3]) + "_" + _digits(first)
            key = ("gradescope", first)
            return Owner(key, group.students, text, rest or parts, submitted=group.submitted)
        return (
            _moodle(first, rest)
            or self.blackboard.owner(first, rest)
            or brightspace(first, rest)
            or (_canvas(first, rest) if self.canvas else None)
            or _plain(first, rest)
        )


def _moodle(first: str, rest: Parts) -> Owner | None:
    match = _MOODLE.fullmatch(first)
    if match is None or (bool(rest) == bool(match["rest"]) and not rest):
        return None
    prefix = f"{first}/" if rest else first[: match.start("rest")]
    student = Identity(shown(match["name"]), match["id"], platform="moodle", prefix=prefix)
    return Owner(
        ("moodle", match["id"]),
        (student,),
        f"{student.name}_{match['id']}",
        rest or (match["rest"],),
    )


def _canvas(first: str, rest: Parts) -> Owner | None:
    match = canvas_match(first)
    if match is None:
        return None
    prefix = first[: match.start("rest")]
    student = Identity(shown(match["name"]), match["id"], platform="canvas", prefix=prefix)
    return Owner(
        ("canvas", match["id"]),
        (student,),
        f"{student.name}_{match['id']}",
        rest or (match["rest"],),
        bool(match["late"]),
        upload=int(match["file"] or 0),
    )


def canvas_match(first: str) -> re.Match[str] | None:
    """A name that looks like one of Canvas's."""
    return _CANVAS_ANONYMOUS.fullmatch(first) or _CANVAS.fullmatch(first)


def canvas_matches(names: Collection[str]) -> list[re.Match[str]]:
    """Those of the names that look like Canvas's.

    A text or a link that was handed in has no number of its own, so its name tells nothing unless
    others have such numbers, or all are like it.
    """
    matches = [match for match in map(canvas_match, names) if match]
    numbered = [match for match in matches if match["file"] or match["name"] == "anon"]
    return matches if numbered or len(matches) == len(names) else []


def _is_canvas(names: Sequence[Parts]) -> bool:
    """Whether names carry Canvas's numbers, by which several files are one student's.

    Canvas numbers every upload differently, a student has one name, and students differ in theirs.
    Names that only look alike, such as ``hw_10_2001_ada.ipynb`` and ``hw_10_2002_bob.ipynb``, are
    not taken for two uploads of one student.
    """
    firsts = {parts[0] for parts in names}
    matches = canvas_matches(firsts)
    if not matches:
        return False
    called: dict[str, str] = {}
    if any(called.setdefault(match["id"], match["name"]) != match["name"] for match in matches):
        return False
    numbers = [match["file"] for match in matches if match["file"]]
    if len({*numbers}) < len(numbers):
        return False
    is_long = all(len(number) > 2 for number in numbers) and all(len(id_) > 1 for id_ in called)
    several = {*called.values()}
    return len(called) == len(matches) or (is_long and (len(several) > 1 or several == {"anon"}))


def _plain(first: str, rest: Parts) -> Owner:
    """A folder a student, or a file (a student's archive is a folder by now) a student."""
    is_folder = bool(rest) and not is_archive_name(first)
    stem = first if is_folder else _stem(first)
    student = Identity(shown(stem), prefix=f"{first}/" if rest else stem)
    return Owner(("folder", composed(stem)), (student,), stem, rest or (first,))


def _stem(name: str) -> str:
    """A file's name without what says its kind, also where a browser or a mailer added to that."""
    name = name.rstrip("~") or name
    low = name.lower()
    for end in CODE:
        at = low.rfind(f"{end}.")
        if at > 0 and low[at + len(end) :].endswith(_ADDED):
            return name[:at]
    end = next((end for end in (*CODE, *ARCHIVE_SUFFIXES, *_ADDED) if low.endswith(end)), "")
    return name[: len(name) - len(end)] or name


def _digits(text: str) -> str:
    found = re.findall(r"\d+", text)
    return found[-1] if found else text


def is_platforms(first: str) -> bool:
    """Whether a name is of a pattern that only platforms write."""
    return bool(_MOODLE.fullmatch(first)) or is_attempt(first)
