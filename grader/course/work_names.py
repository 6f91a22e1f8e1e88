"""Names of folders and files that are nobody's own: of work, and of sections by their number."""

from __future__ import annotations

import re

from grader.assignment import Assignment
from grader.course.pile_names import pile_of
from grader.platforms.names import composed

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

_SECTION = re.compile(
    r"(tut|tutorial|tutorium|section|sec|class|klasse|group|gruppe|grp|lab|kurs|course|seminar"
    r"|übung|uebung|ue|campus|cohort)s?[-_ .]*(\d{1,3}|[a-z]|[ivx]+)",
    re.IGNORECASE,
)


def is_section(name: str) -> bool:
    """Return whether it is a section's also where one student alone is in it.

    A team is none, for it may be the student.
    """
    return _SECTION.fullmatch(composed(name)) is not None


def is_work_name(assignment: Assignment, name: str, around: str = "") -> bool:
    """Return whether it is what a student calls work, and nobody's name or number.

    Words of the folder ``around`` it say nothing either.
    """
    pile = pile_of(name)
    if pile is not None and pile.is_sure:
        return True
    words = _WORD.findall(name)
    usual = {*assignment.topic_words, *map(str.lower, _WORD.findall(around))}
    is_usual = all(_WORK.fullmatch(word) or word.lower() in usual for word in words)
    return is_usual and (bool(words) or len(name) < 3)


def has_work_word(assignment: Assignment, name: str) -> bool:
    """Return whether any word of a name is one of work."""
    return any(is_work_name(assignment, word) for word in _WORD.findall(name))
