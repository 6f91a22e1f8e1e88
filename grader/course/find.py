"""Find the submissions of a course in a folder or in the archive that a platform gave.

Every student whom the download names has a submission, also if nothing in it can be graded.
Platforms write into the name of a file who handed it in; without a platform each file and each
folder at the top is a student's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader.assignment import Assignment
from grader.course.archives import list_files
from grader.course.choose import choose
from grader.course.file_copies import content_of, copy_of
from grader.course.handed_in import HandedIn, contents_words, notices_on
from grader.course.left_out import (
    belongs_to_no_student,
    has_files_side_by_side,
    hidden,
    is_stray,
    may_hold_code,
)
from grader.course.sections import below_sections
from grader.course.unwrap import unwrap
from grader.platforms import PLATFORMS, owner_finder
from grader.platforms.download import File, Listing, Owner, Parts, SubmissionsError, is_junk
from grader.platforms.names import shown, unique_names
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
        notices: what a person should know about it.
        modules: scripts beside the notebook, which it may import.
        rivals: those of the others in which methods are written, but not as in the graded one.
    """

    name: str
    students: tuple[Identity, ...]
    notebook: File | None
    others: tuple[str, ...] = ()
    late: bool = False
    submitted: datetime | None = None
    notices: tuple[str, ...] = ()
    modules: tuple[File, ...] = ()
    rivals: tuple[File, ...] = ()

    @property
    def student(self) -> str:
        """The names of all who handed it in."""
        return ", ".join(student.name for student in self.students)


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
    listing = list_files(path, unpacked, assignment.given_files)
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
        seen, doubt = below_sections(seen, assignment)
    by_owner = _by_owner(seen, tree, metadata)
    notices += _leave_out(by_owner, seen, assignment)
    notices += filter(None, [hidden(seen.traces)])
    if not by_owner:
        raise SubmissionsError(f"There are no notebooks in {shown(str(path))}.")
    names = unique_names([handed_in.owners[0].text for handed_in in by_owner.values()])
    submissions = [
        _submission(name, handed_in, tree, assignment)
        for name, handed_in in zip(names, by_owner.values(), strict=True)
    ]
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
    is_flat = has_files_side_by_side(seen) and all(key[0] == "folder" for key in by_owner)
    for key, handed_in in [*by_owner.items()]:
        if len(handed_in.files) != 1 or handed_in.traces:
            continue
        ((owner, file),) = handed_in.files
        if is_stray(owner, file, is_flat):
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
        return Submission(name, owner.students, None, (), late, submitted, notices)
    return Submission(
        name,
        owner.students,
        chosen.graded,
        tuple(file.name for file in chosen.others),
        owner.late,
        submitted,
        tuple(notices_on(chosen, handed_in)),
        chosen.modules,
        chosen.rivals,
    )
