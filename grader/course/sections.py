"""Folders of sections, such as ``Tutorial 1``, in each of which students have a folder.

A student may as well have several folders, so names decide: ``draft`` and ``final`` are nobody's.
One folder alone is a student's where all folders around are numbered sections: ``Tutorial 2/cem``.
Where that can't be told, it is said, and the folders at the top stay the students.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

from grader.assignment import Assignment
from grader.course.choose import is_written, topic
from grader.course.doubt import students_or_sections
from grader.course.left_out import names_of_no_student
from grader.course.work_names import has_work_word, is_section, is_work_name
from grader.platforms import is_platform_name, students_in
from grader.platforms.download import CODE, Listing, Parts, is_archive_name, is_junk
from grader.platforms.names import composed
from grader.platforms.plain import plain_owner

MAX_LEVELS = 2
"""How many levels of sections there may be, as of a campus and its tutorials."""
_SECTION = re.compile(
    r"((tut|tutorial|tutorium|section|sec|class|group|gruppe|grp|lab|kurs|course|room|seminar"
    r"|team|übung|uebung|ue|campus|cohort|monday|tuesday|wednesday|thursday|friday|saturday"
    r"|mon|tue|tues|wed|thu|thurs|fri|sat)s?"
    r"(?![^\W\d_]).*|[a-z]?[-_ ]?\d{1,2}|[a-z])",
    re.IGNORECASE | re.DOTALL,
)
_NAMED = re.compile(r"\d[-_ ]+[^\W\d_]{2}")
"""In `lab-1-ada`, a student's copy of a repository: what stands behind the number is a name."""


@dataclass(frozen=True)
class _Top:
    """A folder at the top.

    Attributes:
        inner: folders in it, the empty ones too.
        filled: those of them in which a notebook lies.
        notebooks: those that lie in it itself.
    """

    inner: frozenset[str]
    filled: frozenset[str]
    notebooks: frozenset[str]


def below_sections(seen: Listing, assignment: Assignment) -> tuple[Listing, str]:
    """Return the same as seen from within the sections, if any, and what can't be told of it.

    Args:
        seen: from the folder that holds everything; of no platform's layout.
        assignment: tells which names are those of work and data.
    """
    beside = names_of_no_student(assignment)
    is_work = partial(is_work_name, assignment)
    for _ in range(MAX_LEVELS):
        tops = _tops(seen, beside)
        named = {name for name in tops if _SECTION.fullmatch(name)}
        if named == tops.keys():
            tops = {name: _with_empty(top, beside, is_work) for name, top in tops.items()}
            tops = _with_files(tops, is_work)
        often = Counter(name for top in tops.values() for name in top.filled)
        wide = {name: top for name, top in tops.items() if len(top.filled) > 1}
        # What all have may be everybody's folders for parts of the work.
        shared = {name for name, top in wide.items() if all(often[it] > 1 for it in top.filled)}
        works = {name for name, top in wide.items() if all(map(is_work, top.filled))}
        open_ = wide.keys() - works - (shared - named)
        if not open_:
            alone = _alone(tops, beside, assignment)
            if not _are_sections_of_one(tops, alone):
                is_doubtful = _are_words(tops, named) and not any(map(_NAMED.search, tops))
                doubt = students_or_sections(alone) if is_doubtful else ""
                doubt = doubt or _doubt_of_files(tops, named, is_work)
                return seen, doubt or _doubt_of_names(tops, seen, assignment)
            seen = _cut(seen, tops, beside)
            continue
        students = shared | {
            name
            for name, top in tops.items()
            if top.notebooks or (top.filled and all(map(is_work, top.filled)))
        }
        if len(students) >= len(open_) and not open_ & named:
            return seen, ""
        # An archive is what a student packs, whatever folders are in it.
        are_all = len(open_) == len(tops) and not any(map(is_archive_name, tops))
        are_sections = named == tops.keys() or are_all
        filled = {name for top in tops.values() for name in top.filled}
        if len(tops) < 2 or students or not are_sections or any(map(is_work, filled)):
            return seen, students_or_sections({name: wide[name].filled for name in open_})
        seen = _cut(seen, tops, beside)
    return seen, ""


def _with_empty(top: _Top, beside: Collection[str], is_work: Callable[[str], bool]) -> _Top:
    """Return a section in which students without a notebook count as the others do."""
    students = {name for name in top.inner if name.lower() not in beside and not is_work(name)}
    return replace(top, filled=top.filled | students) if len(students) > 1 else top


def _with_files(tops: Mapping[str, _Top], is_work: Callable[[str], bool]) -> dict[str, _Top]:
    """Return sections in which a student's file counts as a folder, if several have one each."""
    named = {
        name: {it for it in top.notebooks if not is_work(plain_owner((it,)).text)}
        for name, top in tops.items()
    }
    have_names = all(named[name] == top.notebooks for name, top in tops.items())
    are_several = any(
        len({*map(topic, files)} | tops[it].filled) > 1 for it, files in named.items()
    )
    # What all have is rather a part of the work.
    often = Counter(it for top in tops.values() for it in {*map(topic, top.notebooks)})
    is_shared = len(tops) > 1 and len(tops) in often.values()
    if not (have_names and are_several and all(map(is_section, tops))) or is_shared:
        return dict(tops)
    return {
        name: _Top(top.inner | top.notebooks, top.filled | top.notebooks, frozenset())
        for name, top in tops.items()
    }


def _alone(
    tops: Mapping[str, _Top], beside: Collection[str], assignment: Assignment
) -> dict[str, Collection[str]]:
    """Return the folders in which one folder lies that may be a student's, with its name.

    What is called like work, or like the folder around it, is no student's.
    """
    alone: dict[str, Collection[str]] = {}
    for name, top in tops.items():
        empty = {it for it in top.inner - top.filled if it.lower() not in beside}
        students = top.filled | {it for it in empty if not is_work_name(assignment, it)}
        if len(students) != 1 or top.notebooks:
            continue
        (student,) = students
        if not is_work_name(assignment, plain_owner((student, "")).text, name):
            alone[name] = students
    return alone


def _are_sections_of_one(tops: Mapping[str, _Top], alone: Mapping[str, Collection[str]]) -> bool:
    """Return whether all are sections, and in each of them is one student."""
    are_numbered = all(map(is_section, tops))
    # What all have is rather a folder that everybody was to make.
    students = {student for within in alone.values() for student in within}
    return are_numbered and alone.keys() == tops.keys() and len(students) > 1


def _are_words(tops: Mapping[str, _Top], named: set[str]) -> bool:
    """Return whether all are called like sections, by a word: 's1' may be a student."""
    return named == tops.keys() and all(re.match(r"[^\W\d_]{2}", name) for name in named)


def _doubt_of_files(
    tops: Mapping[str, _Top], named: set[str], is_work: Callable[[str], bool]
) -> str:
    """Return whether sections may hold a file a student, as a sentence; "" if not."""
    if not _are_words(tops, named):
        return ""
    several = {}
    for name, top in tops.items():
        notebooks = {file for file in top.notebooks if not is_work(file.rpartition(".")[0])}
        if len(notebooks) > 1:
            several[name] = notebooks
    has_topics = any(len(set(map(topic, notebooks))) > 1 for notebooks in several.values())
    return students_or_sections(several) if has_topics else ""


def _doubt_of_names(tops: Mapping[str, _Top], seen: Listing, assignment: Assignment) -> str:
    """Return whether folders called anything may hold a file a student; "" if not.

    So it may be where all have several written notebooks, called like no work at all.
    """
    several = {
        name: {it for it in top.notebooks if not has_work_word(assignment, plain_owner((it,)).text)}
        for name, top in tops.items()
    }
    if not several or any(len({*map(topic, files)}) < 2 for files in several.values()):
        return ""
    files = (file for file in seen.files if file.parts[-1] in several.get(file.parts[0], ()))
    return students_or_sections(several) if all(is_written(it, assignment) for it in files) else ""


def _tops(seen: Listing, beside: Collection[str]) -> dict[str, _Top]:
    """Return what is at the top, a file as a folder of itself; {} where a platform named it."""
    notebooks = {file.parts for file in seen.files if file.is_code}
    names = [parts for parts in seen.names if not any(map(is_junk, parts))]
    tops = {}
    for name, group in groupby(sorted(names), key=lambda parts: parts[0]):
        if is_platform_name(name) or students_in([name]):
            return {}
        below = [*group]
        files = [parts for parts in below if parts in notebooks]
        inner = frozenset(parts[1] for parts in below if len(parts) > 2)
        if name.lower() in beside and not files:
            continue
        if any(map(is_platform_name, inner)):
            return {}
        filled = frozenset(parts[1] for parts in files if len(parts) > 2)
        loose = frozenset(parts[-1] for parts in files if len(parts) < 3)
        if inner or loose:
            tops[name] = _Top(inner, filled, loose)
    return tops


def _cut(seen: Listing, tops: Mapping[str, _Top], beside: Collection[str]) -> Listing:
    """Return the listing without sections, which stay before names that several students have."""
    within = ((section, inner) for section, top in tops.items() for inner in top.inner)
    students = {(section, _student(inner)) for section, inner in within}
    often = Counter(student for _, student in students)

    def cut(parts: Parts) -> Parts:
        section, *rest = parts
        if not rest or section not in tops or not tops[section].inner:
            return parts
        is_beside = rest[0].lower() in beside and rest[0] not in tops[section].filled
        is_folder = rest[0] in tops[section].inner and not is_beside
        if is_folder and often[_student(rest[0])] > 1:
            return (f"{section} {rest[0]}", *rest[1:])
        return tuple(rest)

    return seen.renamed(cut)


def _student(inner: str) -> str:
    """Return whom a folder or file in a section names."""
    is_file = inner.lower().endswith(CODE)
    return composed(plain_owner((inner,) if is_file else (inner, "")).text)
