"""Choose the notebook that is graded among all that one student handed in.

1. One in which at least one method is written; a template that was left as it is never wins.
2. Of the last attempt, where the platform tells attempts.
3. One from which the class can be taken; then the most methods written.
4. A notebook rather than a script; then one that was run before it was saved.
5. One that isn't named as a copy (``hw-Copy1``, ``hw (1)``, a checkpoint, backup, old).
6. The latest upload by the platform's own number for it; then one in a folder called ``late``;
   then the latest date, of the file before that of a folder, such as ``attempt 2``.
7. The highest number at the end of the name, ``hw_v4`` before ``hw_v3``; the one that lies least
   deep; then the last by name, numbers in it read as numbers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from grader.assignment import Assignment
from grader.course.completeness import Completeness, read_completeness
from grader.course.file_copies import content_of, copy_of, modules_beside
from grader.course.pile_names import is_by_time, is_late
from grader.course.version_names import COPY_SIGNS, COPY_WORDS
from grader.platforms.download import CODE, File, Owner, Parts
from grader.platforms.names import composed
from grader.submission.kinds import Kind

_NUMBER_AT_END = re.compile(
    r"(?:[-_ ](?:v|ver|version|attempt|try|versuch)?|\()(\d{1,6})\)?"
    r"(?:[-_ ]+(?:final|fixed|corrected|updated))?$",
    re.IGNORECASE,
)
_COPY = re.compile(
    rf"\(\d+\)$|{COPY_SIGNS}|~$|(?<![^\W_])({COPY_WORDS}|checkpoint|bak|backup|old|orig"
    r"|original|previous|draft|tmp|temp)[-_ ]?\d*(?![^\W_])",
    re.IGNORECASE,
)
_MOST_RIVALS = 5
_SAME_TIME_S = 60.0
"""Files that were written at once, as by a program that unpacks or copies, have no order."""


@dataclass(frozen=True)
class Choice:
    """The notebook to grade, its owner, and the other candidates.

    Attributes:
        modules: scripts that lie beside it.
        rivals: those of the others in which methods are written, but otherwise; the best of them.
    """

    graded: File
    owner: Owner
    others: tuple[File, ...] = ()
    modules: tuple[File, ...] = ()
    rivals: tuple[File, ...] = ()


def choose(handed_in: Sequence[tuple[Owner, File]], assignment: Assignment) -> Choice | None:
    """Return the notebook to grade of all files of one student; None if there is none."""
    files = [file for _, file in handed_in]
    candidates = [(owner, file) for owner, file in handed_in if _may_be_graded(file, assignment)]
    if not candidates:
        return None
    if len(candidates) == 1:
        owner, graded = candidates[0]
        return Choice(graded, owner, modules=modules_beside(graded, files))
    read = {file.parts: _completeness(file, files, assignment) for _, file in candidates}
    # A script without the class is a module of the notebook, and none to choose.
    named = [it for it in candidates if _is_notebook(it[1]) or read[it[1].parts].has_class]
    candidates = named or candidates
    times = [file.modified for _, file in candidates]
    has_dates = max(times) - min(times) > _SAME_TIME_S
    candidates.sort(key=lambda it: _rank(it[0], it[1], read[it[1].parts], has_dates))
    owner, graded = candidates.pop()
    modules = modules_beside(graded, files)
    best = read[graded.parts]
    alone = read_completeness(graded.path, assignment) if graded.path and modules else best
    parts = () if alone.methods == best.methods else modules  # of which its class is made
    others = tuple(file for _, file in reversed(candidates) if file not in parts)
    differing = (file for file in others if read[file.parts].text != best.text)
    rivals = [it for it in differing if read[it.parts].is_readable and read[it.parts].methods]
    return Choice(graded, owner, others, modules, tuple(rivals[:_MOST_RIVALS]))


def _may_be_graded(file: File, assignment: Assignment) -> bool:
    """Return whether it is a notebook or a script, or is meant to be one by its name."""
    if file.path is None or file.is_given:
        return False
    if file.suffix in CODE:
        return True
    # Of text that only may be a script, what holds the class is one.
    is_script = file.kind is Kind.SCRIPT and _read_copy(file, (), assignment).has_class
    return file.has_cells or is_script


def _completeness(file: File, handed_in: Sequence[File], assignment: Assignment) -> Completeness:
    """Return what a notebook holds of the class, or else what it holds with modules beside it."""
    if file.path is None:
        return Completeness()
    if file.kind is Kind.SCRIPT:
        alone = _read_copy(file, (), assignment)
    else:
        alone = read_completeness(file.path, assignment)
    modules = modules_beside(file, handed_in)
    if alone.methods or not modules or not _is_notebook(file):
        return alone
    return max(alone, _read_copy(file, modules, assignment), key=lambda it: it.methods)


def _read_copy(file: File, modules: Sequence[File], assignment: Assignment) -> Completeness:
    """Return what a copy holds, which is named as what it is and has the modules beside it."""
    content = content_of(file)
    if content is None:
        return Completeness()
    with TemporaryDirectory() as folder:
        copy = copy_of(file, content, modules, Path(folder, "notebook"))
        return read_completeness(copy, assignment)


def _rank(owner: Owner, file: File, holds: Completeness, has_dates: bool) -> tuple[object, ...]:
    """Return what sorts the file to be graded last."""
    stem = _stem(owner.rest[-1])
    match = _NUMBER_AT_END.search(stem)
    dates = [_with_numbers(part) for part in file.parts[:-1] if is_by_time(part)]
    return (
        holds.methods > 0,
        owner.attempt,
        holds.has_class,
        holds.is_readable,
        holds.methods,
        _is_notebook(file),
        holds.was_run,
        not _is_copy(owner.rest),
        owner.upload,
        any(map(is_late, file.parts[:-1])),
        file.modified if has_dates else 0.0,
        not dates,
        dates,
        int(match[1]) if match else 0,
        -len(file.parts),
        _with_numbers(stem),
        [*map(_with_numbers, file.parts)],
    )


def _with_numbers(name: str) -> list[tuple[str, int]]:
    """Return a name as text and numbers, so that 10 comes behind 9."""
    return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", name)]


def _is_copy(parts: Parts) -> bool:
    """Return whether the name, or that of a folder, says that it isn't the one that counts."""
    return any(map(_COPY.search, map(composed, (*parts, _stem(parts[-1])))))


def topic(name: str) -> str:
    """Return a file's name without what tells versions and copies of one notebook apart."""
    stem = re.sub(
        r"v?(?<!\d)\d{1,2}$", "", _COPY.sub("", composed(_stem(name))), flags=re.IGNORECASE
    )
    return re.sub(r"[\W_]+", "", stem).casefold()


def is_written(file: File, assignment: Assignment) -> bool:
    """Return whether it is a notebook in which at least one method is written."""
    return _may_be_graded(file, assignment) and _completeness(file, (), assignment).methods > 0


def _is_notebook(file: File) -> bool:
    return file.has_cells or file.suffix == ".ipynb"


def _stem(name: str) -> str:
    stem, end = os.path.splitext(name)
    return _stem(stem) if os.path.splitext(stem)[1].lower() in CODE else stem if end else name
