"""Whose file it is, told from its name as Moodle, Canvas, Gradescope and nbgrader write it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml

from grader.batch.archives import File, Parts
from grader.batch.names import shown
from grader.batch.times import read_time
from grader.report.course import Identity, Platform

GRADESCOPE_FILE = "submission_metadata.yml"

_MOODLE = re.compile(
    r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?P<end>_?)(?P<rest>.*)",
    re.DOTALL,
)
_CANVAS = re.compile(r"(?P<name>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<file>\d+)_(?P<rest>.+)", re.S)
_CANVAS_ANONYMOUS = re.compile(
    r"(?P<name>anon)(?P<late>_LATE)?_(?P<id>[A-Za-z0-9]+)_(?:(?P<file>\d+)_)?(?P<rest>.+)", re.S
)


@dataclass(frozen=True)
class Group:
    """Who handed in a folder of a Gradescope export, and when if it says so."""

    students: tuple[Identity, ...]
    submitted: datetime | None = None


@dataclass(frozen=True)
class Owner:
    """Whose a file is.

    Attributes:
        key: the same for all files of one submission.
        students: one, or the members of a group.
        text: what the submission's safe name is made of.
        late: whether the platform says that it came late.
        upload: the platform's number of this upload; a later upload has a higher one.
        rest: the parts of the file's name that are the student's own.
        submitted: when the platform says that it came.
    """

    key: tuple[str, ...]
    students: tuple[Identity, ...]
    text: str
    rest: Parts
    late: bool = False
    upload: int = 0
    submitted: datetime | None = None


def owner(parts: Parts, groups: Mapping[str, Group], canvas: bool = False) -> Owner:
    """The owner of a file.

    Args:
        parts: the file's name in the download, outer folders taken off.
        groups: of a Gradescope export: name of the folder -> who handed it in.
        canvas: whether flat files are named as Canvas names them.
    """
    first, rest = parts[0], parts[1:]
    if first in groups:
        group = groups[first]
        text = "_".join(student.name for student in group.students[:3]) + "_" + _digits(first)
        key = ("gradescope", first)
        return Owner(key, group.students, text, rest or parts, submitted=group.submitted)
    found = _moodle(first, rest) or (_canvas(first, rest) if canvas else None)
    return found or _plain(first, rest)


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
    match = _canvas_match((first, *rest))
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
        int(match["file"] or 0),
    )


def _canvas_match(parts: Parts) -> re.Match[str] | None:
    """The match of a flat file, or of what was in a student's zip."""
    if len(parts) > 1 and not parts[0].lower().endswith(".zip"):
        return None
    return _CANVAS.fullmatch(parts[0]) or _CANVAS_ANONYMOUS.fullmatch(parts[0])


def is_canvas(files: Sequence[File]) -> bool:
    """Whether flat files carry Canvas's numbers.

    Canvas numbers every upload differently. Names that only look alike, such as
    ``hw_1_2_ada.ipynb`` and ``hw_1_2_bob.ipynb``, are not taken for two uploads of one student.
    """
    uploads: dict[str, str] = {}
    for file in files:
        match = _canvas_match(file.parts)
        number = match["file"] if match else None
        if number and uploads.setdefault(number, file.parts[0]) != file.parts[0]:
            return False
    return True


def _plain(first: str, rest: Parts) -> Owner:
    """A folder a student, or a file (a student's zip is a folder by now) a student."""
    stem = re.sub(r"\.(ipynb|py|zip)$", "", first, flags=re.IGNORECASE)
    student = Identity(shown(stem), prefix=f"{first}/" if rest else stem)
    return Owner(("folder", stem), (student,), stem, rest or (first,))


def _digits(text: str) -> str:
    found = re.findall(r"\d+", text)
    return found[-1] if found else text


def as_nbgrader(owner: Owner) -> Owner:
    """The same owner as nbgrader knows them: by the name of their folder under ``submitted``."""
    student = owner.students[0]
    known = Identity(student.name, student.name, platform="nbgrader", prefix=student.prefix)
    return Owner(("nbgrader", student.name), (known,), owner.text, owner.rest)


def inner(files: Sequence[File]) -> tuple[list[File], Platform | None]:
    """The files with outer folders taken off, and the platform if the layout itself tells it.

    A folder around everything is taken off if the submissions are seen to lie further in: below a
    ``submitted`` folder (nbgrader), beside Gradescope's metadata, under names of Moodle's or
    Canvas's pattern, or in at least two folders.
    """
    submitted = [_below_submitted(file) for file in files]
    if any(submitted):
        return [file for file in submitted if file], "nbgrader"
    kept = list(files)
    while kept and _is_wrapped([file.parts for file in kept]):
        kept = [File(file.parts[1:], file.path) for file in kept]
    if any(file.parts == (GRADESCOPE_FILE,) for file in kept):
        return kept, "gradescope"
    return kept, None


def _below_submitted(file: File) -> File | None:
    """The file as seen from nbgrader's folder of submissions, which lies at most one level in."""
    for depth in (0, 1):
        if len(file.parts) >= depth + 4 and file.parts[depth] == "submitted":
            return File(file.parts[depth + 1 :], file.path)
    return None


def _is_wrapped(names: Sequence[Parts]) -> bool:
    tops = {parts[0] for parts in names}
    if len(tops) != 1 or any(len(parts) < 2 for parts in names):
        return False
    top = next(iter(tops))
    if _MOODLE.fullmatch(top) or top.lower().endswith(".zip"):
        return False
    seconds = {parts[1] for parts in names}
    if GRADESCOPE_FILE in seconds or any(_is_platforms(parts[1:]) for parts in names):
        return True
    notebooks = [parts for parts in names if parts[-1].lower().endswith((".ipynb", ".py"))]
    return len(seconds) > 1 and bool(notebooks) and all(len(parts) > 2 for parts in notebooks)


def _is_platforms(parts: Parts) -> bool:
    return bool(_MOODLE.fullmatch(parts[0]) or _canvas_match(parts))


def read_gradescope(text: str) -> dict[str, Group]:
    """Who handed in each folder of a Gradescope export, and when.

    Keys are matched with and without the colon that Ruby writes before them.

    Raises:
        ValueError: the text isn't such a file.
    """
    try:
        data = yaml.load(text, Loader=_AnyTag)  # a SafeLoader: it makes no objects
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("it is not YAML") from error
    if not isinstance(data, dict):
        raise ValueError("it is no list of submissions")
    groups = {}
    for folder, entry in data.items():
        submitters = _get(entry, "submitters")
        if not isinstance(submitters, list):
            continue
        students = tuple(
            Identity(
                shown(str(_get(one, "name") or "")) or shown(str(folder)),
                shown(str(_get(one, "sid") or "")),
                shown(str(_get(one, "email") or "")),
                "gradescope",
                f"{folder}/",
            )
            for one in submitters
            if isinstance(one, dict)
        )
        if students:
            groups[str(folder)] = Group(students, _moment(_get(entry, "created_at")))
    return groups


def _moment(value: Any) -> datetime | None:
    """A time that YAML has read already, or has left as text."""
    return read_time(value.isoformat() if isinstance(value, datetime) else str(value))


def _get(entry: Any, key: str) -> Any:
    if not isinstance(entry, dict):
        return None
    return entry.get(f":{key}", entry.get(key))


class _AnyTag(yaml.SafeLoader):
    """Reads what Ruby's tags mark as the plain mapping, list or text that it is."""


def _untagged(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


_AnyTag.add_multi_constructor("!", _untagged)
