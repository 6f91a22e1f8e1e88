"""Find the submissions of a course in a folder or in the archive that a platform gave.

Every student whom the download names has a submission, also if nothing in it can be graded.
Platforms write into the name of a file who handed it in; without a platform each file and each
folder at the top is a student's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from grader.assignment import Assignment
from grader.course.archives import list_files
from grader.course.choose import choose
from grader.course.earlier_results import without_results
from grader.course.file_copies import content_of, copy_of
from grader.course.given_out import given_out
from grader.course.handed_in import HandedIn, contents_words, notices_on
from grader.course.left_out import (
    belongs_to_no_student,
    has_files_side_by_side,
    hidden,
    is_stray,
    may_hold_code,
)
from grader.course.piles import below_piles
from grader.course.sections import below_sections
from grader.course.unwrap import unwrap
from grader.course.versions import versions_together
from grader.course.work_names import is_work_name
from grader.platforms import PLATFORMS, owner_finder
from grader.platforms.download import File, Listing, Owner, Parts, SubmissionsError, is_junk
from grader.platforms.names import folded, shown, unique_names
from grader.platforms.plain import plain_owner
from grader.platforms.platform import Metadata, Tree, Values
from grader.report.course import NOTHING, Identity


@dataclass(frozen=True)
class Submission:
    """The work of one student, or of a group.

    Attributes:
        name: safe and unique among the submissions.
        students: one, or the members of a group.
        notebook: the file to grade; None if there is none.
        others: names of further notebooks, which are not graded.
        late: whether the platform says that it came late.
        submitted: when the platform says that it came.
        undated: what the platform says of that, where it can't be read for certain.
        notices: what a person should know about it.
        modules: scripts beside the notebook, which it may import.
        rivals: those of the others in which methods are written, but not as in the graded one.
        has_namesakes: whether somebody else of the course has the name of one of the students.
    """

    name: str
    students: tuple[Identity, ...]
    notebook: File | None
    others: tuple[str, ...] = ()
    late: bool = False
    submitted: datetime | None = None
    undated: str = ""
    notices: tuple[str, ...] = ()
    modules: tuple[File, ...] = ()
    rivals: tuple[File, ...] = ()
    has_namesakes: bool = False

    @property
    def student(self) -> str:
        """The names of all who handed it in, with ids or addresses where others are called so."""
        is_shared = self.has_namesakes
        return ", ".join(it.called if is_shared else it.name for it in self.students)


@dataclass(frozen=True)
class Gathered:
    """All submissions, sorted by name, and what was left out on the way.

    ``doubt`` says what a person has to decide: who handed in some of the files.
    """

    submissions: tuple[Submission, ...]
    notices: tuple[str, ...]
    doubt: str = ""


def find_submissions(
    path: Path, unpacked: Path, assignment: Assignment, values: Values | None = None
) -> Gathered:
    """Find all submissions below ``path``.

    Args:
        path: a folder, or a platform's archive.
        unpacked: an empty folder for what is in archives; it must last as long as the submissions.
        assignment: what was to be handed in.
        values: of platforms' options, some of which tell what of a download counts.

    Raises:
        SubmissionsError: there are none; says why.
    """
    values = values or {}
    listing = without_results(list_files(path, unpacked, assignment.given_files))
    seen, tree, has_metadata = unwrap(listing, path.absolute(), assignment, values)
    doubt, metadata = "", None
    notices = list(seen.notices)
    if tree is None:
        notices += filter(None, (platform.not_its_tree(values) for platform in PLATFORMS))
    if has_metadata:
        seen, metadata = _without_metadata(seen)
        notices += metadata.notices
    seen = replace(seen, files=tuple(_apart(seen.files, unpacked)))
    if tree is None and metadata is None:
        seen, of_piles = below_piles(seen, assignment)
        seen, of_sections = below_sections(seen, assignment)
        doubt = " ".join(filter(None, (of_piles, of_sections)))
    by_owner = _by_owner(seen, tree, metadata)
    notices += _leave_out(by_owner, seen, assignment)
    notices += filter(None, [hidden(seen.traces)])
    by_owner = versions_together(by_owner, partial(is_work_name, assignment))
    if not by_owner:
        raise SubmissionsError(f"There are no notebooks in {shown(str(path))}.")
    names = unique_names([handed_in.owners[0].text for handed_in in by_owner.values()])
    submissions = [
        _submission(name, handed_in, tree, assignment)
        for name, handed_in in zip(names, by_owner.values(), strict=True)
    ]
    submissions = list(_with_namesakes(submissions))
    notices += filter(None, [_on_dates(submissions)])
    notices += _in_several(submissions)
    return Gathered(tuple(sorted(submissions, key=lambda it: it.name)), tuple(notices), doubt)


def best_notebook(folder: Path, unpacked: Path, assignment: Assignment) -> File | None:
    """Return the notebook to grade in the folder of one submission; None if there is none.

    Args:
        folder: what one student handed in.
        unpacked: an empty folder for what is in archives.
        assignment: what was to be handed in.

    Raises:
        SubmissionsError: the folder can't be read.
    """
    files = list_files(folder, unpacked, assignment.given_files).files
    student = (Identity(""),)
    handed_in = [(Owner(("folder",), student, "", file.parts), file) for file in files]
    chosen = choose(handed_in, assignment)
    return chosen.graded if chosen else None


def _without_metadata(seen: Listing) -> tuple[Listing, Metadata]:
    """Return what a platform's own file tells, and the listing without it.

    A student whom it names, and whose folder isn't there, leaves a trace.
    """
    top = {parts[0] for parts in seen.names if len(parts) == 1}
    platform = next(it for it in PLATFORMS if it.metadata_file in top)
    assert platform.read_metadata is not None
    metadata = platform.read_metadata(seen.files)
    files = tuple(file for file in seen.files if file.parts != (platform.metadata_file,))
    named = ((folder, "") for folder in metadata.students)
    return replace(seen, files=files, traces=(*seen.traces, *named)), metadata


def _apart(files: Sequence[File], folder: Path) -> Iterator[File]:
    """Yield the files, copied where scripts of others lie beside them, which they could name."""
    scripts = [file for file in files if file.suffix == ".py" and len(file.parts) == 1]
    crowded = {file.path.parent for file in scripts if file.path is not None}
    for number, file in enumerate(files):
        content = content_of(file) if may_hold_code(file) and len(file.parts) == 1 else None
        if file.path is None or content is None or file.path.parent not in crowded:
            yield file
        else:
            yield replace(file, path=copy_of(file, content, (), folder / f"apart-{number}"))


def _by_owner(
    seen: Listing, tree: Tree | None, metadata: Metadata | None
) -> dict[tuple[str, ...], HandedIn]:
    """Return files and traces by their owners; traces only where they tell of a student."""
    find_owner = owner_finder(seen.files, metadata)
    by_owner: dict[tuple[str, ...], HandedIn] = {}

    def of(parts: Parts) -> tuple[Owner, HandedIn]:
        owner = find_owner(parts) or plain_owner(parts)
        if tree is not None:
            owner = tree.as_student(owner)
        return owner, by_owner.setdefault(owner.key, HandedIn([], []))

    for file in seen.files:
        owner, handed_in = of(file.parts)
        handed_in.files.append((owner, file))
    for parts in seen.traces:
        is_plain = find_owner(parts) is None
        if is_plain and (len(parts) == 1 or is_junk(parts[0])):
            continue
        owner, handed_in = of(parts)
        handed_in.traces.append((owner, parts))
    return by_owner


def _leave_out(
    by_owner: dict[tuple[str, ...], HandedIn], seen: Listing, assignment: Assignment
) -> Iterator[str]:
    """Take out what no student handed in, such as a list of the course; yield notices."""
    is_work = partial(is_work_name, assignment)
    for key, why in given_out(by_owner, assignment).items():
        del by_owner[key]
        yield why
    left = {file.parts for it in by_owner.values() for _, file in it.files}
    seen = replace(seen, files=tuple(file for file in seen.files if file.parts in left))
    is_flat = has_files_side_by_side(seen) and all(key[0] == "folder" for key in by_owner)
    for key, handed_in in [*by_owner.items()]:
        if len(handed_in.files) != 1 or handed_in.traces:
            continue
        ((owner, file),) = handed_in.files
        if is_stray(owner, file, is_flat, is_work):
            del by_owner[key]
            yield f"{file.name} is no notebook; it was left out."
    beside = [
        key
        for key, handed_in in by_owner.items()
        if key[0] == "folder" and belongs_to_no_student(handed_in, assignment)
    ]
    if len(beside) < len(by_owner):
        for key in beside:
            top = shown(by_owner.pop(key).owners[0].text)
            yield f"{top}/ holds no notebook, and no student is called so; it was left out."


def _submission(
    name: str, handed_in: HandedIn, tree: Tree | None, assignment: Assignment
) -> Submission:
    """Return what one owner handed in."""
    chosen = choose(handed_in.files, assignment)
    last = max(handed_in.owners, key=lambda owner: owner.attempt)
    owner = last if chosen is None else chosen.owner
    submitted = owner.submitted
    if tree is not None:
        files = [file for _, file in handed_in.files]
        first = chosen.graded.parts if chosen else files[0].parts if files else ()
        submitted = tree.submitted(files, first)
    if chosen is None:
        named = tree.assignment if tree else None
        nothing = NOTHING + (f" for the assignment {shown(named)}" if named else "")
        late = any(owner.late for owner in handed_in.owners)
        notices = (f"{nothing}: {contents_words(handed_in)}.",)
        return Submission(name, owner.students, None, (), late, submitted, owner.undated, notices)
    return Submission(
        name,
        owner.students,
        chosen.graded,
        tuple(file.name for file in chosen.others),
        owner.late,
        submitted,
        owner.undated,
        tuple(notices_on(chosen, handed_in)),
        chosen.modules,
        chosen.rivals,
    )


def _with_namesakes(submissions: Sequence[Submission]) -> Iterator[Submission]:
    """Yield the submissions, and whether others have the name of one of their students."""
    known: dict[str, set[str]] = {}
    for student in (student for it in submissions for student in it.students):
        known.setdefault(folded(student.name), set()).add(student.id or student.email)
    for it in submissions:
        is_shared = any(len(known[folded(student.name)]) > 1 for student in it.students)
        yield replace(it, has_namesakes=True) if is_shared else it


def _in_several(submissions: Sequence[Submission]) -> Iterator[str]:
    """Say who has part in several submissions, as in an own one and a team's."""
    whose: dict[tuple[str, str], list[str]] = {}
    for it in submissions:
        for student in it.students:
            if student.id or student.email:
                whose.setdefault((student.platform, student.called), []).append(it.name)
    for (_, called), names in whose.items():
        if len(set(names)) > 1:
            yield (
                f"{called} is in {len(names)} submissions, {' and '.join(names)}: which "
                "counts for them isn't guessed, so a platform's row that both fit stays open."
            )


def _on_dates(submissions: Sequence[Submission]) -> str:
    """Say that it can't be told when some came; "" if that isn't so."""
    undated = [it for it in submissions if it.undated]
    if not undated:
        return ""
    first, count = undated[0], len(undated)
    of_all = "that of 1 submission" if count == 1 else f"those of {count} submissions"
    return (
        f"Dates that can't be read, or can be read as two days, aren't guessed: {of_all}, such as "
        f"'{first.undated}' of {first.student}."
    )
