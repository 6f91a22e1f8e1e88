"""Folders of sections, such as ``Tutorial 1``, in each of which students have a folder.

A student may as well have several folders, so names decide: ``draft`` and ``final`` are nobody's.
Where that can't be told, it is said, and the folders at the top stay the students.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from grader.course.beside import BESIDE
from grader.course.choose import topic
from grader.course.inside import names_of
from grader.course.listing import CODE, GIVEN, File, Listing, Parts, is_archive_name, is_junk
from grader.course.names import shown
from grader.platforms.names_of_files import Layout, canvas_match, is_platforms
from grader.submission.kinds import Kind

MAX_LEVELS = 2
"""How many levels of sections there may be, as of a campus and its tutorials."""
_MOST_NAMED = 5
_SECTION = re.compile(
    r"((tut|tutorial|tutorium|section|sec|class|group|gruppe|grp|lab|kurs|course|room|seminar"
    r"|team|übung|uebung|ue|campus|cohort|monday|tuesday|wednesday|thursday|friday|saturday)s?"
    r"(?![^\W\d_]).*|[a-z]?[-_ ]?\d{1,2}|[a-z])",
    re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+")
_OWN = re.compile(
    r"abgabe|alt|archive|assignment|attempt|aufgabe|autoencoder|backup|bak|blatt|"
    r"bonus|build|checkpoints?|code|colab|copies|copy|current|data|datasets?|demo|"
    r"dist|docs?|drafts?|env|ex|exercise|experiments?|extra|figs?|figures?|final|"
    r"first|folder|hand|handed|handin|helpers?|homework|hw|images?|img|in|"
    r"jupyter|kaggle|last|latest|lib|local|loesung|logs?|lösung|main|misc|mnist|"
    r"models?|modules|my|nbs?|neu|new|node|notes?|notebooks?|of|old|orig|"
    r"original|others?|outputs?|part|playground|plots?|previous|project|ps|python|"
    r"q|question|report|results?|runs?|scripts?|second|sheet|solutions?|source|"
    r"src|stuff|submissions?|submit|submitted|task|temp|tests?|the|tmp|train|try|"
    r"untitled|utils?|v|vae|variational|venv|ver|version|week|wip|work",
    re.IGNORECASE,
)
"""Words of which names are made that are no student's."""


@dataclass(frozen=True)
class _Top:
    """A folder at the top.

    Attributes:
        inner: folders in it, the empty ones too.
        filled: those of them in which a notebook lies.
        own: notebooks that lie in it itself.
    """

    inner: frozenset[str]
    filled: frozenset[str]
    own: frozenset[str]


def below_sections(seen: Listing) -> tuple[Listing, str]:
    """The same as seen from within the sections, if there are any, and what can't be told of it.

    Args:
        seen: from the folder that holds everything; of no platform's layout.
    """
    for _ in range(MAX_LEVELS):
        tops = {name: top for name, top in _tops(seen).items() if top.inner or top.own}
        often = Counter(one for top in tops.values() for one in top.filled)
        wide = {name: top for name, top in tops.items() if len(top.filled) > 1}
        named = {name for name in tops if _SECTION.fullmatch(name)}
        # What all have may be everybody's folders for parts of the work.
        shared = {name for name, top in wide.items() if all(often[one] > 1 for one in top.filled)}
        own = {name for name, top in wide.items() if all(map(_is_own, top.filled))}
        open_ = wide.keys() - own - (shared - named)
        if not open_:
            return seen, _doubt_of_files(tops, named)
        students = (
            own
            | shared
            | {
                name
                for name, top in tops.items()
                if top.own or (top.filled and all(map(_is_own, top.filled)))
            }
        )
        if len(students) >= len(open_) and not open_ & named:
            return seen, ""
        # An archive is what a student packs, whatever folders are in it.
        are_all = len(open_) == len(tops) and not any(map(is_archive_name, tops))
        are_told = named == tops.keys() or are_all
        filled = {one for top in tops.values() for one in top.filled}
        if len(tops) < 2 or students or not are_told or any(map(_is_own, filled)):
            return seen, _doubt({name: wide[name].filled for name in open_})
        seen = _cut(seen, tops)
    return seen, ""


def _is_own(name: str) -> bool:
    """Whether it is what a student calls work, and nobody's name or number."""
    words = _WORD.findall(name)
    return all(map(_OWN.fullmatch, words)) and (bool(words) or len(name) < 3)


def _doubt_of_files(tops: Mapping[str, _Top], named: set[str]) -> str:
    """Whether sections may hold a file a student; "" if not."""
    found = {
        name: frozenset(one for one in top.own if not _is_own(one.rpartition(".")[0]))
        for name, top in tops.items()
    }
    several = {name: own for name, own in found.items() if len(own) > 1}
    # One letter is no word: 's1' may be a student.
    are_sections = named == tops.keys() and all(re.match(r"[^\W\d_]{2}", one) for one in named)
    is_many = any(len(set(map(topic, own))) > 1 for own in several.values())
    return _doubt(several) if are_sections and is_many else ""


def _doubt(wide: Mapping[str, frozenset[str]]) -> str:
    told = [
        f"{shown(name)} ({', '.join(map(shown, sorted(within)[:_MOST_NAMED]))})"
        for name, within in sorted(wide.items())[:_MOST_NAMED]
    ]
    more = len(wide) - len(told)
    return (
        "Whether these folders are students or sections with several students can't be told, so "
        f"each was taken for one student: {', '.join(told)}"
        + f" and {more} more" * (more > 0)
        + ". If they are sections, give the folder of each on its own."
    )


def _tops(seen: Listing) -> dict[str, _Top]:
    """What is at the top, a file as a folder of itself; nothing where a platform named it."""
    notebooks = {file.parts for file in seen.files if _is_notebook(file)}
    names = [parts for parts in names_of(seen) if not any(map(is_junk, parts))]
    tops = {}
    for name, group in groupby(sorted(names), key=lambda parts: parts[0]):
        if is_platforms(name) or canvas_match(name):
            return {}
        own = [*group]
        found = [parts for parts in own if parts in notebooks]
        inner = frozenset(parts[1] for parts in own if len(parts) > 2)
        if name.lower() in BESIDE and not found:
            continue
        if any(map(is_platforms, inner)):
            return {}
        filled = frozenset(parts[1] for parts in found if len(parts) > 2)
        tops[name] = _Top(inner, filled, frozenset(parts[-1] for parts in found if len(parts) < 3))
    return tops


def _is_notebook(file: File) -> bool:
    is_code = file.suffix in CODE and file.parts[-1] not in GIVEN
    return is_code or file.kind is Kind.NOTEBOOK


def _cut(seen: Listing, tops: Mapping[str, _Top]) -> Listing:
    """Without the sections, which stay in the names of students whom others share theirs with."""
    layout = Layout()

    def key(top: str, inner: str) -> tuple[str, ...]:
        return (top, *layout.owner((inner, "")).key)

    keys = {key(top, inner) for top, it in tops.items() for inner in it.inner}
    often = Counter(own[1:] for own in keys)

    def cut(parts: Parts) -> Parts:
        top, *rest = parts
        if not rest or top not in tops or not tops[top].inner:
            return parts
        is_beside = rest[0].lower() in BESIDE and rest[0] not in tops[top].filled
        if rest[0] in tops[top].inner and not is_beside and often[key(top, rest[0])[1:]] > 1:
            return (f"{top} {rest[0]}", *rest[1:])
        return tuple(rest)

    files = tuple(replace(file, parts=cut(file.parts)) for file in seen.files)
    return Listing(files, tuple(map(cut, seen.traces)), seen.notices)
