"""One submission as bytes: all that its grading takes, and all that comes of it.

So it is graded in the same way by a thread of this process and by another machine, which sees
nothing of the course's folder and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from grader.course.file_copies import content_of, name_beside, name_of_copy
from grader.course.find import Submission
from grader.course.fingerprint import FINGERPRINT, digest, fingerprint
from grader.platforms.download import File
from grader.report.result import Result
from grader.submission import Ungradable, load

UNKNOWN = ""
"""The fingerprint of what could not be read: the result of it is never kept."""
_AGAIN = "The file can't be read. Hand it in again."


@dataclass(frozen=True)
class HandedFile:
    """A file that a student handed in.

    Attributes:
        name: in the download, for people.
        copy: what its copy is called.
        content: its bytes, cut where they are too many.
    """

    name: str
    copy: str
    content: bytes


@dataclass(frozen=True)
class Work:
    """A submission to be graded.

    Attributes:
        name: safe and unique among the submissions.
        path: what its result has as its path.
        student: the names of all who handed it in.
        fingerprint: of all that its result hangs on.
        notebook: what is graded; None if nothing can be.
        problem: why nothing can be graded; "" otherwise.
        modules: scripts beside the notebook, which it may import.
        rivals: other notebooks, whose points are compared.
    """

    name: str
    path: str
    student: str
    fingerprint: str
    notebook: HandedFile | None
    problem: str = ""
    modules: tuple[HandedFile, ...] = ()
    rivals: tuple[HandedFile, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What comes of a submission, as it is written into files.

    Attributes:
        result: the result as JSON, with the fingerprint of the work.
        page: the student's page.
        code: the graded source, as `kept_code` writes it.
        executed: the executed notebook; None if it wasn't executed.
    """

    result: bytes
    page: bytes | None = None
    code: bytes | None = None
    executed: bytes | None = None


def marked(result: Result, fingerprint: str) -> Result:
    """Return a result with the fingerprint by which it is known to be of the same work."""
    return replace(result, environment={**result.environment, FINGERPRINT: fingerprint})


def work_of(submission: Submission, how: bytes) -> Work:
    """Read a submission; its fingerprint is of the very bytes that are graded then.

    Args:
        submission: whose files are read.
        how: all that a result hangs on beside the submission and the grader.
    """
    file = submission.notebook
    name, path = submission.name, file.name if file else submission.name
    nothing = Work(name, path, submission.student, UNKNOWN, None)
    if file is None or file.path is None:
        said = "\n".join(submission.notices) if file is None else file.name
        problem = " ".join(submission.notices) + " Hand in the notebook file itself."
        return replace(nothing, fingerprint=_fingerprint(said, how), problem=problem)
    notebook = _read(file, name)
    if notebook is None:
        return replace(nothing, problem=_why_unreadable(file))
    modules = (_read(it, beside=file) for it in submission.modules)
    rivals = (_read(it, f"{name}~{index}") for index, it in enumerate(submission.rivals))
    beside = tuple(it for it in modules if it is not None)
    others = tuple(it for it in rivals if it is not None)
    print_ = _fingerprint(notebook.name, how, notebook.content, (*beside, *others))
    return replace(nothing, fingerprint=print_, notebook=notebook, modules=beside, rivals=others)


def _read(file: File, name: str = "", beside: File | None = None) -> HandedFile | None:
    """Read a file, whose copy is called by a name with its ending, or lies beside another."""
    content = content_of(file)
    copy = name_beside(file, beside) if beside else name_of_copy(file, name)
    return None if content is None else HandedFile(file.name, copy, content)


def _why_unreadable(file: File) -> str:
    assert file.path is not None
    try:
        load(file.path)
    except Ungradable as error:
        return error.reason
    return _AGAIN


def _fingerprint(
    name: str, how: bytes, content: bytes = b"", beside: tuple[HandedFile, ...] = ()
) -> str:
    parts = (part for file in beside for part in (_encoded(file.name), file.content))
    return fingerprint(_encoded(name), content, digest(*parts), how)


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "replace")
