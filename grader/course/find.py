"""Find the submissions of a course in a folder or in the archive that a platform gave.

Every student whom the download names has a submission, also if nothing in it can be graded. Whose
a file is, platforms write into its name; without a platform each file and each folder at the top is
a student's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader.course.archives import list_files
from grader.course.beside import hidden, is_beside
from grader.course.choose import choose
from grader.course.copies import content_of, copy_of
from grader.course.inside import from_inside, names_of
from grader.course.listing import (
    CODE,
    GIVEN,
    GRADESCOPE_FILE,
    File,
    Listing,
    Parts,
    SubmissionsError,
    is_archive_name,
    is_junk,
)
from grader.course.names import shown, unique_names
from grader.course.owners import Owner
from grader.course.sections import below_sections
from grader.platforms import nbgrader_tree
from grader.platforms.gradescope_metadata import Group, groups_of
from grader.platforms.names_of_files import Layout
from grader.report.course import Identity, Platform
from grader.submission.kinds import Kind

NOTHING = "Nothing that can be graded was handed in"
_MOST_NAMED = 5
_MOST_OTHERS = 30
_SAYS_NO_MORE = (Kind.TEXT, Kind.UNKNOWN)
"""Kinds that say no more than the file's name does."""
_LISTS = (
    *(".csv", ".tsv", ".xls", ".xlsx", ".ods", ".yml", ".yaml", ".toml", ".ini", ".cfg"),
    *(".log", ".db", ".sh", ".bat"),
)
"""Endings of what instructors and programs put beside submissions."""
_PAGES = (
    *("index.html", "readme.txt", "license.txt", "requirements.txt", "readme", "license"),
    *("readme.md", "license.md", "assignment.md", "instructions.md", "changelog.md"),
)


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
class Found:
    """The submissions, sorted by name, and what was left out on the way.

    ``doubt`` says what a person has to decide: whose some of the files are.
    """

    submissions: tuple[Submission, ...]
    notices: tuple[str, ...]
    doubt: str = ""


@dataclass
class _Own:
    """What is found of one owner."""

    files: list[tuple[Owner, File]]
    traces: list[tuple[Owner, Parts]]


def find_submissions(path: Path, unpacked: Path, assignment: str | None = None) -> Found:
    """All submissions below ``path``.

    Args:
        path: a folder, or a platform's archive.
        unpacked: an empty folder for what is in archives; it must last as long as the submissions.
        assignment: of nbgrader's folders the one that counts.

    Raises:
        SubmissionsError: there are none; says why.
    """
    listed = list_files(path, unpacked)
    seen, platform, chosen = from_inside(listed, path.absolute(), assignment)
    groups: Mapping[str, Group] = {}
    notices = list(seen.notices)
    if assignment is not None and platform != "nbgrader":
        notices.append(
            f"These are not nbgrader's folders, so all of it is taken for '{shown(assignment)}'."
        )
    if platform == "gradescope":
        groups, problems = groups_of(seen.files)
        notices += problems
        files = tuple(file for file in seen.files if file.parts != (GRADESCOPE_FILE,))
        named = ((folder, "") for folder in groups)  # also whose folder isn't there
        seen = replace(seen, files=files, traces=(*seen.traces, *named))
    seen = replace(seen, files=tuple(_apart(seen.files, unpacked)))
    doubt = ""
    if platform is None:
        seen, doubt = below_sections(seen)
    layout = Layout.of(seen.files, groups)
    owned = _by_owner(seen, layout, platform)
    # A stray file at the top, such as a list of the course, is nobody's submission.
    is_flat = _is_flat(seen) and all(key[0] == "folder" for key in owned)
    for key in [key for key, own in owned.items() if _is_stray(own, is_flat)]:
        own = owned.pop(key)
        names = ", ".join(file.name for _, file in own.files)
        notices.append(f"{names} is no notebook; it was left out.")
    beside = [key for key, own in owned.items() if key[0] == "folder" and _is_beside(own)]
    if len(beside) < len(owned):
        for own in map(owned.pop, beside):
            top = shown((own.files or own.traces)[0][0].text)
            notices.append(
                f"{top}/ holds no notebook, and no student is called so; it was left out."
            )
    notices += filter(None, [hidden(seen.traces)])
    if not owned:
        raise SubmissionsError(f"There are no notebooks in {shown(str(path))}.")
    nothing = NOTHING + (f" for the assignment {shown(chosen)}" if chosen else "")
    submissions = [_submission(own, nothing) for own in owned.values()]
    texts = [(own.files or own.traces)[0][0].text for own in owned.values()]
    finished = [
        replace(submission, name=name)
        for submission, name in zip(submissions, unique_names(texts), strict=True)
    ]
    return Found(tuple(sorted(finished, key=lambda one: one.name)), tuple(notices), doubt)


def _apart(files: Sequence[File], folder: Path) -> Iterator[File]:
    """The files, copied where scripts of other students lie beside them, which they could name."""
    scripts = [file for file in files if file.suffix == ".py" and len(file.parts) == 1]
    crowded = {file.path.parent for file in scripts if file.path is not None}
    for number, file in enumerate(files):
        content = content_of(file) if _is_code(file) and len(file.parts) == 1 else None
        if file.path is None or content is None or file.path.parent not in crowded:
            yield file
        else:
            yield replace(file, path=copy_of(file, content, (), folder / f"apart-{number}"))


def best_notebook(folder: Path, unpacked: Path) -> File | None:
    """The notebook to grade in the folder of a single submission; None if there is none.

    Args:
        folder: what one student handed in.
        unpacked: an empty folder for what is in archives.

    Raises:
        SubmissionsError: the folder can't be read.
    """
    files = list_files(folder, unpacked).files
    chosen = choose([(Owner(("folder",), (Identity(""),), "", file.parts), file) for file in files])
    return chosen.graded if chosen else None


def _by_owner(
    seen: Listing, layout: Layout, platform: Platform | None
) -> dict[tuple[str, ...], _Own]:
    """Files and traces by whose they are; traces only where they tell of a student."""
    owned: dict[tuple[str, ...], _Own] = {}

    def of(parts: Parts) -> tuple[Owner, _Own]:
        one = layout.owner(parts)
        if platform == "nbgrader":
            one = nbgrader_tree.as_nbgrader(one)
        return one, owned.setdefault(one.key, _Own([], []))

    for file in seen.files:
        one, own = of(file.parts)
        own.files.append((one, file))
    for parts in seen.traces:
        is_plain = layout.owner(parts).key[0] == "folder"
        if is_plain and (len(parts) == 1 or is_junk(parts[0])):
            continue
        one, own = of(parts)
        own.traces.append((one, parts))
    return owned


def _is_flat(seen: Listing) -> bool:
    """Whether students handed in files that lie side by side, and not a folder each."""
    top = [file for file in seen.files if len(file.parts) == 1]
    has_folders = any(
        len(parts) > 1 and not is_archive_name(parts[0]) and not is_junk(parts[0])
        for parts in names_of(seen)
    )
    return not has_folders or any(_is_code(file) for file in top)


def _is_code(file: File) -> bool:
    is_named = file.suffix in CODE and file.parts[-1] not in GIVEN
    return is_named or file.kind is Kind.NOTEBOOK or is_archive_name(file.parts[-1])


def _is_beside(own: _Own) -> bool:
    return is_beside([file for _, file in own.files], [parts for _, parts in own.traces])


def _is_stray(own: _Own, is_flat: bool) -> bool:
    """Whether it is a file at the top that no student handed in."""
    if len(own.files) != 1 or own.traces:
        return False
    one, file = own.files[0]
    if one.key[0] != "folder" or len(file.parts) > 1 or _is_code(file):
        return False
    name = file.parts[0].lower()
    return not is_flat or name in (*GIVEN, *_PAGES) or file.suffix in _LISTS


def _submission(own: _Own, nothing: str) -> Submission:
    """What one owner handed in; its name is made later, among all names.

    ``nothing`` is what is said where none of it can be graded.
    """
    chosen = choose(own.files)
    if chosen is None:
        owners = [one for one, _ in (*own.files, *own.traces)]
        last = max(owners, key=lambda one: one.attempt)
        late = any(one.late for one in owners)
        notices = (f"{nothing}: {_what_there_is(own)}.",)
        return Submission("", last.students, None, (), late, _submitted(own, (), last), notices)
    one, graded = chosen.owner, chosen.graded
    return Submission(
        "",
        one.students,
        graded,
        tuple(file.name for file in chosen.others),
        one.late,
        _submitted(own, graded.parts, one),
        tuple(_notices(own, graded, one, chosen.others)),
        chosen.modules,
        chosen.rivals,
    )


def _notices(own: _Own, graded: File, one: Owner, others: Sequence[File]) -> list[str]:
    notices = []
    if others:
        names = [file.name for file in others[:_MOST_OTHERS]]
        more = len(others) - len(names)
        names += [f"{more} more"] * (more > 0)
        notices.append(
            f"Of {len(others) + 1} notebooks {graded.name} is graded, not {' or '.join(names)}."
        )
    attempts = {owner.attempt for owner, _ in (*own.files, *own.traces)}
    if one.attempt < max(attempts):
        notices.append(
            f"The last of {len(attempts)} attempts holds nothing that can be graded, so an "
            "earlier one is."
        )
    prefixes = {owner.students[0].prefix for owner, _ in (*own.files, *own.traces)}
    if one.key[0] == "brightspace" and len(prefixes) > 1 and 0 in attempts:
        notices.append(
            f"The date of an attempt can't be read, so it isn't certain that {graded.name} is of "
            f"the last of {len(prefixes)} attempts."
        )
    return notices


def _what_there_is(own: _Own) -> str:
    """What was handed in in place of a notebook."""
    files = [_told(file) for _, file in own.files]
    if not files:
        rests = (tuple(filter(None, one.rest)) for one, parts in own.traces if _is_left(parts))
        files = [shown("/".join(rest)) for rest in rests if rest]
    if not files:
        return "the folder is empty"
    more = len(files) - _MOST_NAMED
    return f"there is only {', '.join(files[:_MOST_NAMED])}" + f" and {more} more" * (more > 0)


def _is_left(parts: Parts) -> bool:
    """Whether it is more than an empty folder."""
    return parts[-1] != "" or any(map(is_junk, parts))


def _told(file: File) -> str:
    """A file's name, and what it is where that says more."""
    if file.problem:
        return f"{file.name}, which {file.problem}"
    if file.kind is None or file.kind in _SAYS_NO_MORE:
        return file.name
    return f"{file.name} ({file.kind.value})"


def _submitted(own: _Own, chosen: Parts, one: Owner) -> datetime | None:
    """When it came: the platform's word, or with nbgrader the file beside the notebook."""
    if one.key[0] != "nbgrader":
        return one.submitted
    files = [file for _, file in own.files]
    return nbgrader_tree.submitted(files, chosen or (files[0].parts if files else ()))
