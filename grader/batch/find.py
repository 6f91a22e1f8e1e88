"""Find the submissions of a course in a folder or in the zip that a platform gave.

Of several notebooks that one student handed in, one is graded:

1. one that defines the class rather than one that doesn't, a notebook rather than a script;
2. the latest upload, by the platform's own number for it;
3. the highest number at the end of the name: ``vae-1.ipynb`` before ``vae.ipynb``, likewise
   ``vae (2)``, ``vae_3`` and ``vae_v4``;
4. the one that lies least deep; then the last by name, numbers in it read as numbers.

The others are mentioned.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader import spec
from grader.batch.archives import TIMESTAMP, File, SubmissionsError, list_files
from grader.batch.names import shown, unique_names
from grader.batch.platforms import (
    GRADESCOPE_FILE,
    Group,
    Owner,
    as_nbgrader,
    inner,
    is_canvas,
    owner,
    read_gradescope,
)
from grader.batch.times import MAX_TEXT, read_time
from grader.report.course import Identity
from grader.submission import Ungradable, load

_CLASS = re.compile(rf"^class\s+{spec.CLASS_NAME}\b", re.MULTILINE)
_NUMBER_AT_END = re.compile(r"(?:[-_ ]v?|\()(\d{1,6})\)?$", re.IGNORECASE)
_GIVEN = ("vae_utils.py",)
_CODE = (".ipynb", ".py")


@dataclass(frozen=True)
class Submission:
    """What one student, or a group, handed in.

    Attributes:
        name: safe and unique among the submissions.
        students: one, or the members of a group.
        notebook: the file to grade; None if there is none.
        others: names of further notebooks, which are not graded.
        late: whether the platform says that it came late.
        submitted: when the platform says that it came.
        notices: what a person should know about it.
    """

    name: str
    students: tuple[Identity, ...]
    notebook: File | None
    others: tuple[str, ...] = ()
    late: bool = False
    submitted: datetime | None = None
    notices: tuple[str, ...] = ()

    @property
    def student(self) -> str:
        """The names of all who handed it in."""
        return ", ".join(student.name for student in self.students)


@dataclass(frozen=True)
class Found:
    """The submissions, sorted by name, and what was left out on the way."""

    submissions: tuple[Submission, ...]
    notices: tuple[str, ...]


def find_submissions(path: Path, unpacked: Path) -> Found:
    """All submissions below ``path``.

    Args:
        path: a folder, or a platform's zip.
        unpacked: an empty folder for what is in zips; it must last as long as the submissions.

    Raises:
        SubmissionsError: there are none; says why.
    """
    listed, notices = list_files(path, unpacked)
    files, platform = inner(listed)
    groups: Mapping[str, Group] = {}
    if platform == "gradescope":
        groups, problems = _groups(files)
        notices += problems
        files = [file for file in files if file.parts != (GRADESCOPE_FILE,)]
    canvas = is_canvas(files)
    owned: dict[tuple[str, ...], list[tuple[Owner, File]]] = {}
    for file in files:
        mine = owner(file.parts, groups, canvas)
        if platform == "nbgrader":
            mine = as_nbgrader(mine)
        owned.setdefault(mine.key, []).append((mine, file))
    # A stray file at the top, such as a list of the course, is nobody's submission.
    for key in [key for key, own in owned.items() if _is_stray(own)]:
        names = ", ".join(file.name for _, file in owned.pop(key))
        notices.append(f"{names} is no notebook; it was left out.")
    if not owned:
        raise SubmissionsError(f"There are no notebooks in {shown(str(path))}.")
    submissions = [_submission(own) for own in owned.values()]
    texts = [own[0][0].text for own in owned.values()]
    named = [
        replace(submission, name=name)
        for submission, name in zip(submissions, unique_names(texts), strict=True)
    ]
    return Found(tuple(sorted(named, key=lambda one: one.name)), tuple(notices))


def best_notebook(folder: Path, unpacked: Path) -> File | None:
    """The notebook to grade in the folder of a single submission; None if there is none.

    Args:
        folder: what one student handed in.
        unpacked: an empty folder for what is in zips.

    Raises:
        SubmissionsError: the folder can't be read.
    """
    files, _ = list_files(folder, unpacked)
    own = [(Owner(("folder",), (Identity(""),), "", file.parts), file) for file in files]
    return _submission(own).notebook if own else None


def _groups(files: Sequence[File]) -> tuple[dict[str, Group], list[str]]:
    """Who handed in what, by the metadata of a Gradescope export, and what is wrong with them."""
    path = next(file.path for file in files if file.parts == (GRADESCOPE_FILE,))
    try:
        return read_gradescope(path.read_text(encoding="utf-8") if path else ""), []
    except (OSError, ValueError) as error:
        return {}, [f"{GRADESCOPE_FILE} can't be read, so folders name the students: {error}."]


def _is_stray(own: Sequence[tuple[Owner, File]]) -> bool:
    one, file = own[0]
    return (
        len(own) == 1
        and one.key[0] == "folder"
        and len(file.parts) == 1
        and (file.suffix not in (*_CODE, ".zip") or file.parts[0] in _GIVEN)
    )


def _submission(own: Sequence[tuple[Owner, File]]) -> Submission:
    """What one owner handed in; its name is made later, among all names."""
    notebooks = [
        (one, file)
        for one, file in own
        if file.suffix in _CODE and file.path is not None and file.parts[-1] not in _GIVEN
    ]
    if not notebooks:
        names = ", ".join(file.name for _, file in own[:5])
        late = any(one.late for one, _ in own)
        notice = f"There is no notebook, only: {names}."
        submitted = _submitted(own, own[0][1], own[0][0])
        return Submission("", own[0][0].students, None, (), late, submitted, (notice,))
    if len(notebooks) > 1:
        notebooks.sort(key=lambda pair: _rank(*pair))
    graded_owner, graded = notebooks[-1]
    others = tuple(file.name for _, file in reversed(notebooks[:-1]))
    notices = (f"Of {len(notebooks)} notebooks {graded.name} is graded.",) if others else ()
    submitted = _submitted(own, graded, graded_owner)
    late = graded_owner.late
    return Submission("", graded_owner.students, graded, others, late, submitted, notices)


def _submitted(own: Sequence[tuple[Owner, File]], chosen: File, one: Owner) -> datetime | None:
    """When it came: the platform's word, or with nbgrader the file beside the notebook."""
    if one.key[0] != "nbgrader":
        return one.submitted
    beside = (*chosen.parts[:-1], TIMESTAMP)
    path = next((file.path for _, file in own if file.parts == beside), None)
    if path is None:
        return None
    with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
        return read_time(file.read(MAX_TEXT))
    return None


def _rank(one: Owner, file: File) -> tuple[object, ...]:
    """Sorts the file to be graded last."""
    stem = one.rest[-1].rsplit(".", 1)[0]
    match = _NUMBER_AT_END.search(stem)
    return (
        _defines_class(file),
        file.suffix == ".ipynb",
        one.upload,
        int(match[1]) if match else 0,
        -len(file.parts),
        [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", stem)],
        file.parts,
    )


def _defines_class(file: File) -> bool:
    try:
        return file.path is not None and any(_CLASS.search(c.source) for c in load(file.path).code)
    except Ungradable:
        return False
