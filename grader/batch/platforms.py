"""Whose file it is, told from its name as the platforms write it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile

from grader.batch.archives import CODE, GRADESCOPE_FILE, File, Parts, is_archive_name, is_junk
from grader.batch.gradescope import Group
from grader.batch.members import ARCHIVE_SUFFIXES
from grader.batch.names import shown
from grader.report.course import Identity, Platform

_MOODLE = re.compile(
    r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?P<end>_?)(?P<rest>.*)",
    re.DOTALL,
)
# Canvas's own numbers are never padded: 'hw_3_01_ada' is none of its names.
_CANVAS = re.compile(
    r"(?P<name>.+?)(?P<late>_LATE)?_(?P<id>[1-9]\d*)_(?P<file>[1-9]\d*)_(?P<rest>.+)", re.DOTALL
)
_CANVAS_ANONYMOUS = re.compile(
    r"(?P<name>anon)(?P<late>_LATE)?_(?P<id>[A-Za-z0-9]+)_(?:(?P<file>[1-9]\d*)_)?(?P<rest>.+)",
    re.DOTALL,
)
_BLACKBOARD = re.compile(
    r"(?P<before>.+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<rest>.+)|(?P<about>\.txt))?",
    re.DOTALL,
)
_BLACKBOARD_STUDENT = re.compile(r"[^\n:]+:\s*(?P<name>[^\n]+?)\s*\((?P<id>[^\n()]+)\)\s*\n")
_BRIGHTSPACE_ID = re.compile(r"\d+-\d+")
_YEAR = re.compile(r"\b(19|20)\d\d\b")
_BRIGHTSPACE_TIMES = (
    *("%b %d, %Y %I%M %p", "%B %d, %Y %I%M %p", "%d %B, %Y %H%M", "%d %b, %Y %H%M"),
    *("%b %d, %Y %H%M", "%B %d, %Y %H%M", "%d %B %Y %H%M", "%d %b %Y %H%M", "%Y-%m-%d %H%M"),
)
_ADDED = (
    *(".txt", ".json", ".download", ".crdownload", ".part", ".tmp", ".bak", ".orig", ".htm"),
    *(".html", ".pdf", ".doc", ".docx", ".odt", ".rtf", ".pages", ".md", ".tex", ".ppt", ".pptx"),
    *(".png", ".jpg", ".jpeg", ".heic", ".url", ".webloc", ".lnk", ".xlsx", ".m", ".r", ".ipynb"),
)
"""Endings that are no part of a student's name."""
MAX_ABOUT = 1 << 16
"""How much of a text is read that a platform writes about an attempt."""


@dataclass(frozen=True)
class Owner:
    """Whose a file is.

    Attributes:
        key: the same for all files of one submission.
        students: one, or the members of a group.
        text: what the submission's safe name is made of.
        rest: the parts of the file's name that are the student's own.
        late: whether the platform says that it came late.
        attempt: the platform's order of attempts, of which the last counts.
        upload: the platform's number of this upload; a later upload has a higher one.
        submitted: when the platform says that it came.
    """

    key: tuple[str, ...]
    students: tuple[Identity, ...]
    text: str
    rest: Parts
    late: bool = False
    attempt: int = 0
    upload: int = 0
    submitted: datetime | None = None


@dataclass(frozen=True)
class Layout:
    """What tells whose a file is beside its own name.

    Attributes:
        groups: of a Gradescope export: name of the folder -> who handed it in.
        canvas: whether flat files are named as Canvas names them.
        blackboard: what all names of a Blackboard archive start with: the assignment's title.
        names: names of students by their ids on Blackboard, as far as it tells them.
    """

    groups: Mapping[str, Group] = field(default_factory=dict)
    canvas: bool = False
    blackboard: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Sequence[File], groups: Mapping[str, Group]) -> Layout:
        """The layout of a download with these files."""
        names = [file.parts for file in files]
        title = _blackboard_title(names)
        return cls(groups, _is_canvas(names), title, _blackboard_names(files, title))

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
            or self._blackboard(first, rest)
            or _brightspace(first, rest)
            or (_canvas(first, rest) if self.canvas else None)
            or _plain(first, rest)
        )

    def _blackboard(self, first: str, rest: Parts) -> Owner | None:
        match = _BLACKBOARD.fullmatch(first)
        if match is None:
            return None
        user = _blackboard_user(match, self.blackboard)
        prefix = f"{first}/" if rest else first[: match.start("rest")]
        name = self.names.get(user, "")
        student = Identity(name or shown(user), shown(user), "", "blackboard", prefix)
        return Owner(
            ("blackboard", _composed(user)),
            (student,),
            f"{name}_{user}" if name else user,
            rest or (match["rest"] or first,),
            attempt=int(match["when"].replace("-", "")),
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
    match = _canvas_match(first)
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


def _canvas_match(first: str) -> re.Match[str] | None:
    return _CANVAS.fullmatch(first) or _CANVAS_ANONYMOUS.fullmatch(first)


def _is_canvas(names: Sequence[Parts]) -> bool:
    """Whether names carry Canvas's numbers, by which several files are one student's.

    Canvas numbers every upload differently, a student has one name, and students differ in theirs.
    Names that only look alike, such as ``hw_10_2001_ada.ipynb`` and ``hw_10_2002_bob.ipynb``, are
    not taken for two uploads of one student.
    """
    firsts = {parts[0] for parts in names}
    matches = [match for match in map(_canvas_match, firsts) if match]
    called: dict[str, str] = {}
    if any(called.setdefault(match["id"], match["name"]) != match["name"] for match in matches):
        return False
    numbers = [match["file"] for match in matches if match["file"]]
    if len({*numbers}) < len(numbers):
        return False
    is_long = all(len(number) > 2 for number in numbers) and all(len(id_) > 1 for id_ in called)
    several = {*called.values()}
    return len(called) == len(matches) or (is_long and (len(several) > 1 or several == {"anon"}))


def _blackboard_title(names: Sequence[Parts]) -> str:
    """What stands before the student in all names; "" where only the last part is a student."""
    matches = [match for match in (_BLACKBOARD.fullmatch(parts[0]) for parts in names) if match]
    befores = sorted({match["before"] for match in matches})
    if len(befores) < 2:
        return ""
    first, last = befores[0], befores[-1]  # what they share, all between them share
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    common = "".join(sign for sign, _ in same)
    return common[: common.rfind("_") + 1]


def _blackboard_user(match: re.Match[str], title: str) -> str:
    before = match["before"]
    if title and before.startswith(title) and before != title:
        return before[len(title) :]
    return before.rsplit("_", 1)[-1] or before


def _blackboard_names(files: Sequence[File], title: str) -> dict[str, str]:
    """Names of students, from the texts that Blackboard writes about attempts."""
    names = {}
    for file in files:
        match = _BLACKBOARD.fullmatch(file.parts[0])
        if match is None or not match["about"] or file.path is None:
            continue
        try:
            with open(file.path, "rb") as text:
                about = text.read(MAX_ABOUT).decode("utf-8-sig", "replace").replace("\r\n", "\n")
        except OSError:
            continue
        told = _BLACKBOARD_STUDENT.match(about)
        if told and (match["before"] == told["id"] or match["before"].endswith(f"_{told['id']}")):
            names[_blackboard_user(match, title)] = shown(told["name"])
    return names


def _brightspace(first: str, rest: Parts) -> Owner | None:
    """The owner of '12345-678 - Ada Lovelace - Mar 29, 2018 1205 PM - vae.ipynb', or a folder."""
    number, *segments = first.split(" - ")
    at = next((at for at, text in enumerate(segments) if at and _YEAR.search(text)), None)
    if not _BRIGHTSPACE_ID.fullmatch(number) or at is None:
        return None
    name, own = " - ".join(segments[:at]), " - ".join(segments[at + 1 :])
    prefix = f"{first}/" if rest else first[: len(first) - len(own)]
    student = Identity(shown(name), number, platform="brightspace", prefix=prefix)
    return Owner(
        ("brightspace", number, _composed(name)),
        (student,),
        f"{student.name}_{number}",
        rest or (own or first,),
        attempt=_brightspace_time(segments[at]),
    )


def _brightspace_time(text: str) -> int:
    """A number that grows with the time; 0 for what isn't in English."""
    for form in _BRIGHTSPACE_TIMES:
        try:
            return int(datetime.strptime(text.strip(), form).strftime("%Y%m%d%H%M"))
        except ValueError:
            continue
    return 0


def _plain(first: str, rest: Parts) -> Owner:
    """A folder a student, or a file (a student's archive is a folder by now) a student."""
    is_folder = bool(rest) and not is_archive_name(first)
    stem = first if is_folder else _stem(first)
    student = Identity(shown(stem), prefix=f"{first}/" if rest else stem)
    return Owner(("folder", _composed(stem)), (student,), stem, rest or (first,))


def _stem(name: str) -> str:
    """A file's name without what says its kind, also where a browser or a mailer added to that."""
    low = name.lower()
    for end in CODE:
        at = low.rfind(f"{end}.")
        if at > 0 and low[at + len(end) :].endswith(_ADDED):
            return name[:at]
    end = next((end for end in (*CODE, *ARCHIVE_SUFFIXES, *_ADDED) if low.endswith(end)), "")
    return name[: len(name) - len(end)] or name


def _composed(name: str) -> str:
    """The name with letters and their accents in one: a Mac's file system takes them apart."""
    return unicodedata.normalize("NFC", name)


def _digits(text: str) -> str:
    found = re.findall(r"\d+", text)
    return found[-1] if found else text


def is_platforms(parts: Parts) -> bool:
    """Whether the first part of the name is of a pattern that only platforms write."""
    first = parts[0]
    if _MOODLE.fullmatch(first) or _BLACKBOARD.fullmatch(first):
        return True
    return _brightspace(first, ()) is not None


def inner(names: Sequence[Parts]) -> tuple[list[int], Platform | None]:
    """How many outer folders to take off each name, and the platform if the layout tells it.

    A folder around everything is taken off if the submissions are seen to lie further in: beside
    Gradescope's metadata, under names of Canvas's pattern, or in at least two folders. Whatever
    lies above names that only platforms write is taken off each for itself: a course may have
    been downloaded in parts.
    """
    own = [_above_platforms(parts) for parts in names]
    if any(own):
        most = max(own)
        found = zip(own, names, strict=True)
        return [
            at if at or is_platforms(parts) else min(most, len(parts) - 1) for at, parts in found
        ], None
    taken = 0
    while names and _is_wrapped([parts[taken:] for parts in names]):
        taken += 1
    kept = [parts[taken:] for parts in names]
    return [taken] * len(names), "gradescope" if (GRADESCOPE_FILE,) in kept else None


def _above_platforms(parts: Parts) -> int:
    for depth in range(min(3, len(parts))):
        if is_platforms(parts[depth:]):
            return depth
    return 0


def _is_wrapped(names: Sequence[Parts]) -> bool:
    names = [parts for parts in names if not (len(parts) == 1 and is_junk(parts[0]))]
    tops = {parts[0] for parts in names}
    if len(tops) != 1 or any(len(parts) < 2 for parts in names):
        return False
    top = next(iter(tops))
    if is_platforms((top,)):
        return False
    seconds = {parts[1] for parts in names} - {""}
    if GRADESCOPE_FILE in seconds:
        return True
    if is_archive_name(top):
        return False
    if any(_canvas_match(second) for second in seconds):
        return True
    below = [parts for parts in names if parts[1] and not is_junk(parts[1])]
    notebooks = [parts for parts in below if parts[-1].lower().endswith(CODE)]
    others = {parts[1] for parts in below}
    return len(others) > 1 and bool(notebooks) and all(len(parts) > 2 for parts in notebooks)
