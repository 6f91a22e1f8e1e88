"""The description of a platform: what it writes into a download, and what it takes back.

A platform fills in what it has: each function is optional, and who asks goes through all platforms
of the registry in `grader.platforms`. Modules of platforms are imported for the command line's
options, so they import what is heavy only inside functions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.assignment import Assignment
from grader.platforms.download import File, FindOwner, Listing, Owner, Parts
from grader.report.course import Entry, Identity

if TYPE_CHECKING:
    from grader.examiner.grading import Graded
    from grader.examiner.rubric import Rubric

Values = Mapping[str, Any]
"""The values of all platforms' options, by the names of their parameters."""


class SheetError(Exception):
    """A file for the platform can't be made of what was given; says why and what to do."""


class NotWrittenError(Exception):
    """There is nothing to write for a result; says why, in a sentence."""


@dataclass(frozen=True)
class Option:
    """An option that a platform brings for whole courses.

    Attributes:
        flag: as on the command line.
        help: its line of help.
        is_file: whether its value is a file that must be there.
        metavar: what stands for the value; None takes the usual word.
        needs: the option without which it means nothing; "" for none.
    """

    flag: str
    help: str
    is_file: bool = False
    metavar: str | None = None
    needs: str = ""

    @property
    def parameter(self) -> str:
        """The name of its value."""
        return self.flag.removeprefix("--").replace("-", "_")


@dataclass(frozen=True)
class GradedCourse:
    """A graded course, as platforms' files are made of it.

    Attributes:
        entries: the graded submissions.
        values: the values of all platforms' options, by their parameters' names.
        page: makes or reads a student's page.
        path: the folder or archive that was graded.
        zeros: whether who could not be graded gets a 0.
        replace: whether points and comments that a sheet has already are replaced by others.
    """

    entries: Sequence[Entry]
    values: Values = field(default_factory=dict)
    page: Callable[[Entry], bytes] = lambda _: b""
    path: Path | None = None
    zeros: bool = False
    replace: bool = False


@dataclass(frozen=True)
class Sheet:
    """The files that go back to a platform for a whole course.

    Attributes:
        flag: the option that asks for them.
        files: their names in the folder of results.
        fill: makes their contents in this order, and notices for a person; it raises `SheetError`
            where what was given can't be used. Of a course without entries it only says that.
        times: finds when submissions came, by the students of each, where the platform's own sheet
            says so; it raises `SheetError`, too. None if it says no times.
    """

    flag: str
    files: tuple[str, ...]
    fill: Callable[[GradedCourse], tuple[Sequence[bytes], Sequence[str]]]
    times: Callable[[Mapping[str, Sequence[Identity]], Values], Mapping[str, datetime]] | None = (
        None
    )


@dataclass(frozen=True)
class ResultFile:
    """A form in which a single result is written.

    Attributes:
        flag: the option that asks for it.
        help: the option's line of help.
        content: makes the text from the graded notebook, the path it goes to, and the assignment;
            it raises `NotWrittenError` where there is nothing to write.
    """

    flag: str
    help: str
    content: Callable[[Graded, Path, Assignment], str]


@dataclass(frozen=True)
class Product:
    """The grader, as all bundles hold it.

    Attributes:
        files: its files by their names, with the rubric among them.
        requirements: the packages that it needs, a line each, of versions known to work.
        torch: those of them that have an index of their own for machines without a GPU.
        rubric: what is graded by.
        assignment: what is graded.
    """

    files: Mapping[str, bytes]
    requirements: bytes
    torch: str
    rubric: Rubric
    assignment: Assignment

    def script(self, platform: str, name: str) -> bytes:
        """Return a platform's file out of the grader's data, with what it leaves open filled in."""
        text = self.files[f"grader/data/{platform}/{name}"]
        notebook = self.assignment.notebook
        return text.replace(b"{torch}", self.torch.encode()).replace(
            b"{notebook}", notebook.encode()
        )


@dataclass(frozen=True)
class Metadata:
    """The content of a platform's own file beside the students' folders.

    Attributes:
        find_owner: finds owners by it.
        students: the folders of all students whom it names, whether or not they are there.
        notices: what is wrong with it.
    """

    find_owner: FindOwner
    students: Collection[str] = ()
    notices: Sequence[str] = ()


@dataclass(frozen=True)
class Tree:
    """A platform's tree of folders, cut to what was asked for.

    Attributes:
        listing: seen from the folder of students.
        assignment: what was asked for; None if there is nothing to choose from.
        as_student: makes the owner by a folder's name the platform's student.
        submitted: finds when something was handed in, by all files of its owner and the parts of
            the one that counts.
    """

    listing: Listing
    assignment: str | None
    as_student: Callable[[Owner], Owner]
    submitted: Callable[[Sequence[File], Parts], datetime | None]


@dataclass(frozen=True)
class Platform:
    """One platform; what it doesn't have is None, or does nothing.

    Attributes:
        name: as in `Identity.platform`.
        order: its place among all: in the help, in what is written, and where names are tried, for
            which a pattern that other names may have by chance comes last.
        is_own_name: tells whether a name is of a pattern that only this platform writes.
        students_in: finds the students whom names side by side tell of, of a pattern that other
            names may have by chance.
        metadata_file: the name of its own file beside the students' folders; "" if it has none.
        read_metadata: reads that file, out of all files.
        owners: makes a finder of owners for these files; None if they aren't this platform's.
        student_depths: finds how many folders lie above each student's own in a tree of this
            platform, None for what lies elsewhere; None in all if it isn't such a tree. It gets
            names of files, and that of the folder that they are in.
        narrow: takes of such a tree, seen from the folder of students, what options ask for; it
            raises `SubmissionsError` where that can't be told.
        not_its_tree: says what becomes of options that ask for a tree where there is none; "" where
            nothing is asked for.
        options: for whole courses, in the order of the help.
        sheet: what goes back for a whole course.
        result_files: what goes back for a single result.
        bundle: makes the file to upload, with which the platform grades by itself.
    """

    name: str
    order: int = 100
    is_own_name: Callable[[str], bool] = lambda name: False
    students_in: Callable[[Collection[str]], Collection[str]] = lambda names: ()
    metadata_file: str = ""
    read_metadata: Callable[[Sequence[File]], Metadata] | None = None
    owners: Callable[[Sequence[File]], FindOwner | None] = lambda files: None
    student_depths: Callable[[Sequence[Parts], str], list[int | None] | None] | None = None
    narrow: Callable[[Listing, Values], Tree] | None = None
    not_its_tree: Callable[[Values], str] = lambda values: ""
    options: tuple[Option, ...] = ()
    sheet: Sheet | None = None
    result_files: tuple[ResultFile, ...] = ()
    bundle: Callable[[Product], bytes] | None = None


def read_sheet(path: Path) -> bytes:
    """Return the content of a file that is to be filled.

    Raises:
        SheetError: it can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise SheetError(f"{path} can't be read: {error.strerror}.") from error
