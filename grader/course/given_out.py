"""Notebooks beside submissions that instructors give out or keep: templates and solutions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from grader.assignment import Assignment
from grader.course.choose import is_written
from grader.course.handed_in import HandedIn
from grader.course.work_names import is_work_name
from grader.platforms.download import File, Parts
from grader.platforms.names import listed

_INSTRUCTORS = re.compile(
    r"solutions?|solved|answers?|template|starter|skeleton|handout|reference|rubric|muster"
    r"|l[oö]e?sung(?:en)?|musterl[oö]e?sung(?:en)?|vorlage|soluci[oó]n(?:es)?|resuelto|plantilla"
    r"|corrig[eé]|mod[eè]le|gabarito|soluzion[ei]|modello|uitwerking(?:en)?|sjabloon",
    re.IGNORECASE,
)
_LEAST_STUDENTS = 2
_MOST_NAMED = 5


def given_out(by_owner: Mapping[Parts, HandedIn], assignment: Assignment) -> dict[Parts, str]:
    """Return the owners who are no students, by the names of their files, each with a notice.

    There are none where few students have names of their own: then a file called ``solution`` may
    be what was handed in.
    """
    coded = {
        key: [file for _, file in it.files if file.is_code]
        for key, it in by_owner.items()
        if key[0] == "folder" and any(file.is_code for _, file in it.files)
    }
    texts = {key: by_owner[key].owners[0].text for key in coded}
    nobodys = {key: text for key, text in texts.items() if _is_nobodys(text, assignment)}
    if len(coded) - len(nobodys) < _LEAST_STUDENTS:
        return {}
    often = Counter(re.sub(r"\d+", "", text) for text in nobodys.values())
    notices = {}
    for key, text in nobodys.items():
        if often[re.sub(r"\d+", "", text)] > 1:  # numbers may be students
            continue
        names = listed([file.name for file in coded[key]], _MOST_NAMED)
        if any(map(_INSTRUCTORS.fullmatch, _words(text))):
            why = "is called like a template or a solution, and no student is"
        elif _is_blank(coded[key], text, assignment):
            why = "has no method written, and no student is called so"
        else:
            continue
        notices[key] = f"{names} {why}; it was left out."
    return notices


def _is_blank(files: Sequence[File], name: str, assignment: Assignment) -> bool:
    """Return whether it is one notebook beside the students, as they receive it.

    With a number in its name it may be a student's.
    """
    (file, *more) = files
    is_alone = not more and len(file.parts) == 1 and file.suffix == ".ipynb"
    is_numbered = re.search(r"\d", name) is not None
    return is_alone and not is_numbered and not is_written(file, assignment)


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", name)


def _is_nobodys(name: str, assignment: Assignment) -> bool:
    """Return whether all words of a name are of work, or of what instructors have."""
    words = _words(name)
    is_usual = all(_INSTRUCTORS.fullmatch(it) or is_work_name(assignment, it) for it in words)
    return is_usual and bool(words)
