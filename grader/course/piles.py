"""Look into folders into which whoever collects sorts what came, such as ``late`` and ``A-K``.

They lie between the course and the students, or beside students' own folders. One is looked into
only where names in it may be students': ``late/ada.ipynb``, and not ``late/vae.ipynb``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial

from grader.assignment import Assignment
from grader.course.doubt import one_or_several, students_or_sections
from grader.course.left_out import is_list, names_of_no_student
from grader.course.pile_names import Pile, pile_of
from grader.course.work_names import is_section, is_work_name
from grader.platforms.download import Listing, Parts, filled_folders, is_archive_name, is_junk
from grader.platforms.names import composed
from grader.platforms.plain import plain_owner

_MAX_LEVELS = 3


@dataclass(frozen=True)
class _Course:
    """The names in a course, by the folder that they lie in.

    Attributes:
        within: folder -> names in it.
        filled: folders in which something lies.
        with_code: folders and files that are, or hold, somebody's notebook or script.
        beside: names, in small letters, of folders that are no student's without a notebook.
        is_work: whether a name is what students call their work.
    """

    within: Mapping[Parts, Collection[str]]
    filled: Collection[Parts]
    with_code: Collection[Parts]
    beside: Collection[str]
    is_work: Callable[[str], bool]

    def students(self, folder: Parts) -> set[str]:
        """Return the names in a folder, or in piles in it, that may be students'."""
        found: set[str] = set()
        for name in self.within.get(folder, ()):
            path = (*folder, name)
            if self.pile(path) is not None:
                found |= self.students(path)
            elif self.is_somebodys(path):
                found.add(_student(path, self))
        return {name for name in found if len(name) > 1 and not self.is_work(name)}

    def is_somebodys(self, path: Parts) -> bool:
        """Return whether it is no list of the course, and no data."""
        is_folder = path in self.filled
        if path in self.with_code:
            return True
        return path[-1].lower() not in self.beside if is_folder else not is_list(path[-1])

    def has_work(self, folder: Parts) -> bool:
        """Return whether a notebook in a folder, or a folder with one, is called like work."""
        paths = [(*folder, name) for name in self.within.get(folder, ())]
        held = [path for path in paths if path in self.with_code and self.pile(path) is None]
        return any(self.is_work(_student(path, self)) for path in held)

    def pile(self, path: Parts) -> Pile | None:
        """Return what a folder sorts by, as its name tells, or the piles in it."""
        if path not in self.filled or len(path) > _MAX_LEVELS:
            return None
        pile = pile_of(plain_owner((path[-1],)).text if is_archive_name(path[-1]) else path[-1])
        if pile is not None or len(path) > 1:
            return pile
        (top,) = path
        is_alone = len(self.within[()]) == 1 and (self.is_work(top) or is_section(top))
        inner = [pile_of(name) for name in self.within.get(path, ()) if (top, name) in self.filled]
        has_piles = is_section(top) and any(it and it.is_sure for it in inner)
        return Pile(by_time=False, is_sure=False) if is_alone or has_piles else None

    def is_open(self, path: Parts) -> bool:
        """Return whether a folder is a pile with students in it."""
        pile = self.pile(path)
        students = self.students(path) if pile else set()
        if pile is not None and pile.is_sure:
            return bool(students)
        return len(students) > 1 and not self.has_work(path)


def below_piles(seen: Listing, assignment: Assignment) -> tuple[Listing, str]:
    """Return the same as seen from within the piles, and what can't be told of them.

    Who lies in several piles of time, and in one of any others, has all of it in one folder.
    """
    course = _course(seen, assignment)
    is_open = cache(course.is_open)
    depths = {parts: _depth(parts, is_open) for parts in seen.names}
    closed = {
        "/".join(path): course.within.get(path, ())
        for path in {parts[: at + 1] for parts, at in depths.items() if len(parts) > at + 1}
        if path in course.with_code and (pile := pile_of(path[-1])) and pile.is_sure
    }
    if not any(depths.values()):
        return seen, students_or_sections(closed)
    places: dict[str, set[Parts]] = defaultdict(set)
    for parts, at in depths.items():
        if parts[at] and course.is_somebodys(parts[: at + 1]):
            places[_student(parts[: at + 1], course)].add(parts[:at])
    shares = {name: {_shares(piles) for piles in within} for name, within in places.items()}
    apart = {name for name, within in shares.items() if len(within - {()}) > 1}

    def rename(parts: Parts) -> Parts:
        at = depths[parts]
        piles, rest = parts[:at], parts[at:]
        if not piles or not rest[0] or is_junk(rest[0]):
            return rest if any(rest) else ()
        student = _student(parts[: at + 1], course)
        if student not in places:  # data, and lists of the course
            return rest if len(rest) > 1 else (" ".join(parts),)
        if student in apart or (course.is_work(student) and len(places[student]) > 1):
            return (" ".join((*piles, rest[0])), *rest[1:])
        return (student, *piles, *(rest[1:] or rest)) if len(places[student]) > 1 else rest

    names = {name: ["/".join(piles) for piles in places[name]] for name in apart}
    doubts = (students_or_sections(closed), one_or_several(names))
    return seen.renamed(rename), " ".join(filter(None, doubts))


def _course(seen: Listing, assignment: Assignment) -> _Course:
    names = [parts for parts in seen.names if not any(map(is_junk, parts))]
    within: dict[Parts, set[str]] = defaultdict(set)
    for parts in names:
        for at in range(min(len(parts), _MAX_LEVELS + 1)):
            if parts[at]:
                within[parts[:at]].add(parts[at])
    code = [file.parts for file in seen.files if file.is_code]
    with_code = {parts[:at] for parts in code for at in range(1, len(parts) + 1)}
    # An empty folder is one, too.
    empty = {parts[:-1] for parts in names if not parts[-1]}
    filled = filled_folders(names) | empty
    beside, is_work = names_of_no_student(assignment), partial(is_work_name, assignment)
    return _Course(dict(within), filled, with_code, beside, is_work)


def _depth(parts: Parts, is_open: Callable[[Parts], bool]) -> int:
    """Return how many piles lie around what has this name."""
    at = 0
    while at + 1 < len(parts) and is_open(parts[: at + 1]):
        at += 1
    return at


def _student(path: Parts, course: _Course) -> str:
    """Return whom the last part of a path names."""
    inner = ("",) if path in course.filled else ()
    return composed(plain_owner((path[-1], *inner)).text)


def _shares(piles: Parts) -> Parts:
    """Return those of the piles that don't sort by time: what lies in several is of several."""
    kinds = {name: pile_of(name) for name in piles}
    return tuple(name for name, pile in kinds.items() if pile is None or not pile.by_time)
