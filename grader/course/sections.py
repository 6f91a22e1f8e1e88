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
from grader.course.choose import topic
from grader.course.left_out import names_of_no_student
from grader.platforms import is_platform_name, students_in
from grader.platforms.download import Listing, Parts, is_archive_name, is_junk
from grader.platforms.names import composed, listed, shown
from grader.platforms.plain import plain_owner

MAX_LEVELS = 2
"""How many levels of sections there may be, as of a campus and its tutorials."""
_MOST_NAMED = 5
_SECTION = re.compile(
    r"((tut|tutorial|tutorium|section|sec|class|group|gruppe|grp|lab|kurs|course|room|seminar"
    r"|team|übung|uebung|ue|campus|cohort|monday|tuesday|wednesday|thursday|friday|saturday"
    r"|mon|tue|tues|wed|thu|thurs|fri|sat)s?"
    r"(?![^\W\d_]).*|[a-z]?[-_ ]?\d{1,2}|[a-z])",
    re.IGNORECASE | re.DOTALL,
)
_NUMBERED = re.compile(
    r"(tut|tutorial|tutorium|section|sec|class|klasse|group|gruppe|grp|lab|kurs|course|seminar"
    r"|übung|uebung|ue|campus|cohort)s?[-_ .]*(\d{1,3}|[a-z]|[ivx]+)",
    re.IGNORECASE,
)
"""What is a section also where one student alone is in it: a team may be the student."""
_NAMED = re.compile(r"\d[-_ ]+[^\W\d_]{2}")
"""In `lab-1-ada`, a student's copy of a repository: what stands behind the number is a name."""
_WORD = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+")
_WORK = re.compile(
    r"abgabe|alt|archive|assignment|attempt|aufgabe|backup|bak|blatt|"
    r"bonus|build|checkpoints?|code|colab|copies|copy|current|data|datasets?|demo|"
    r"dist|docs?|drafts?|env|ex|exercise|experiments?|extra|figs?|figures?|final|"
    r"first|folder|hand|handed|handin|helpers?|homework|hw|images?|img|in|"
    r"jupyter|kaggle|last|latest|lib|local|loesung|logs?|lösung|main|misc|"
    r"models?|modules|my|nbs?|neu|new|node|notes?|notebooks?|of|old|orig|"
    r"original|others?|outputs?|part|playground|plots?|previous|project|ps|python|"
    r"q|question|report|results?|runs?|scripts?|second|sheet|solutions?|source|"
    r"src|stuff|submissions?|submit|submitted|task|temp|tests?|the|tmp|train|try|"
    r"untitled|utils?|v|venv|ver|version|week|wip|work",
    re.IGNORECASE,
)
"""Words of which names are made that are no student's."""


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
    is_work = partial(_is_work, assignment)
    for _ in range(MAX_LEVELS):
        tops = _tops(seen, beside)
        named = {name for name in tops if _SECTION.fullmatch(name)}
        if named == tops.keys():
            tops = {name: _with_empty(top, beside, is_work) for name, top in tops.items()}
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
                doubt = _doubt(alone) if is_doubtful else ""
                return seen, doubt or _doubt_of_files(tops, named, is_work)
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
            return seen, _doubt({name: wide[name].filled for name in open_})
        seen = _cut(seen, tops, beside)
    return seen, ""


def _with_empty(top: _Top, beside: Collection[str], is_work: Callable[[str], bool]) -> _Top:
    """Return a section in which students without a notebook count as the others do."""
    students = {name for name in top.inner if name.lower() not in beside and not is_work(name)}
    return replace(top, filled=top.filled | students) if len(students) > 1 else top


def _is_work(assignment: Assignment, name: str, around: str = "") -> bool:
    """Return whether it is what a student calls work, and nobody's name or number.

    Words of the folder ``around`` it say nothing either.
    """
    words = _WORD.findall(name)
    usual = {*assignment.topic_words, *map(str.lower, _WORD.findall(around))}
    is_usual = all(_WORK.fullmatch(word) or word.lower() in usual for word in words)
    return is_usual and (bool(words) or len(name) < 3)


def _alone(
    tops: Mapping[str, _Top], beside: Collection[str], assignment: Assignment
) -> dict[str, Collection[str]]:
    """Return the folders in which one folder lies that may be a student's, with its name.

    What is called like work, or like the folder around it, is no student's.
    """
    alone: dict[str, Collection[str]] = {}
    for name, top in tops.items():
        empty = {it for it in top.inner - top.filled if it.lower() not in beside}
        students = top.filled | {it for it in empty if not _is_work(assignment, it)}
        if len(students) != 1 or top.notebooks:
            continue
        (student,) = students
        if not _is_work(assignment, plain_owner((student, "")).text, name):
            alone[name] = students
    return alone


def _are_sections_of_one(tops: Mapping[str, _Top], alone: Mapping[str, Collection[str]]) -> bool:
    """Return whether all are sections, and in each of them is one student."""
    are_numbered = all(_NUMBERED.fullmatch(composed(name)) for name in tops)
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
    return _doubt(several) if has_topics else ""


def _doubt(wide: Mapping[str, Collection[str]]) -> str:
    """Return a sentence on folders that may be sections, by what lies in them; "" for none."""
    if not wide:
        return ""
    folders = [
        f"{shown(name)} ({', '.join(map(shown, sorted(within)[:_MOST_NAMED]))})"
        for name, within in sorted(wide.items())
    ]
    return (
        "Whether these folders are students or sections with students in them can't be told, so "
        f"each was taken for one student: {listed(folders, _MOST_NAMED)}. If they are sections, "
        "give the folder of each on its own."
    )


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
    folders = ((section, inner) for section, top in tops.items() for inner in top.inner)
    students = {(section, plain_owner((inner, "")).key) for section, inner in folders}
    often = Counter(key for _, key in students)

    def cut(parts: Parts) -> Parts:
        section, *rest = parts
        if not rest or section not in tops or not tops[section].inner:
            return parts
        is_beside = rest[0].lower() in beside and rest[0] not in tops[section].filled
        is_folder = rest[0] in tops[section].inner and not is_beside
        if is_folder and often[plain_owner((rest[0], "")).key] > 1:
            return (f"{section} {rest[0]}", *rest[1:])
        return tuple(rest)

    return seen.renamed(cut)
