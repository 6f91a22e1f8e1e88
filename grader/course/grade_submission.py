"""Grade one submission of a course, and keep its page and its executed notebook."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.course.file_copies import content_of, copy_of
from grader.course.find import Submission
from grader.course.fingerprint import digest, fingerprint
from grader.course.kept_code import KeptCode, code_path, keep_code
from grader.course.other_notebooks import compare_others
from grader.course.pages import executed_path, page_path
from grader.course.store import UNKNOWN, Store, StoreError, write_whole
from grader.examiner.grading import Grader
from grader.report import result as results
from grader.report.page import in_course, to_page
from grader.report.result import Result
from grader.version import __version__


@dataclass(frozen=True)
class SubmissionGrader:
    """Grades submissions one by one, in whatever thread.

    Attributes:
        grader: grades notebooks.
        store: where results go.
        copies: a folder for copies of what is graded.
        how: all that a result hangs on beside the submission and the grader.
        never_lower: whether an earlier total counts where it is higher.
    """

    grader: Grader
    store: Store
    copies: Path
    how: bytes
    never_lower: bool = False
    _fingerprints: dict[str, str] = field(default_factory=dict)

    def grade(self, submission: Submission) -> Result:
        """Grade one submission, and write its page and its executed notebook if it counts.

        Its fingerprint is of the very bytes that are graded: they are copied first, since the file
        may change or go away meanwhile.

        Raises:
            GraderError: no student code can be executed.
            StoreError: something can't be written.
        """
        content = _content(submission)
        if content is not None:
            self._fingerprints[submission.name] = _fingerprint(submission, content, self.how)
        if submission.notebook is None or submission.notebook.path is None:
            return self._nothing(submission)
        if content is None:
            graded = self.grader.grade(submission.notebook.path)  # says why it can't be read
        else:
            copy = self._copied(submission, content)
            graded = self.grader.grade(copy)
            shutil.rmtree(copy.parent, ignore_errors=True)
        student = submission.student
        named = replace(graded.result.submission, path=_path(submission), student=student)
        result = replace(graded.result, submission=named)
        if submission.rivals:
            with suppress(OSError):  # then nothing is known of them
                result = compare_others(result, submission, self.grader, self.copies)
        if self.never_lower and self.store.higher(submission.name, result):
            return result  # page and notebook stay those of the result that counts
        title = self.grader.assignment.title
        page = to_page(result, title, graded.sources, graded.executed, student=student)
        write_whole(self.store.folder / page_path(submission.name), in_course(page).encode())
        text = graded.code.text if graded.code else ""
        keep_code(self.store.folder, submission.name, KeptCode(text, graded.sources))
        if graded.executed is not None:
            path = self.store.folder / executed_path(submission.name)
            write_whole(path, graded.executed.encode())
        return result

    def keep(self, submission: Submission, result: Result) -> Result:
        """Keep a result with its fingerprint; returns what counts.

        Raises:
            StoreError: it can't be written.
        """
        print_ = self._fingerprints.get(submission.name, UNKNOWN)
        return self.store.keep(submission.name, result, print_, self.never_lower)

    def failed(self, submission: Submission, error: str) -> Result:
        """Return the result of a submission on which the grader itself failed."""
        most = self.grader.rubric.max_points
        return failed_result(_path(submission), submission.student, most, error)

    def _nothing(self, submission: Submission) -> Result:
        reason = " ".join(submission.notices) + " Hand in the notebook file itself."
        return Result(
            results.Submission(_path(submission), "", submission.student),
            "ungradable",
            0.0,
            self.grader.rubric.max_points,
            reason=reason,
            environment={"grader": __version__},
        )

    def _copied(self, submission: Submission, content: bytes) -> Path:
        """Copy the notebook; the folder of copies is gone if the grading was stopped.

        Raises:
            StoreError: it can't be written.
        """
        assert submission.notebook is not None
        folder = self.copies / submission.name
        try:
            return copy_of(submission.notebook, content, submission.modules, folder)
        except OSError as error:
            raise StoreError(f"{self.copies} can't be written: {error.strerror}.") from error


def kept_result(submission: Submission, how: bytes, store: Store) -> Result | None:
    """Return the result of an earlier grading if nothing changed, and all of it is there."""
    content = _content(submission)
    if content is None:
        return None
    result = store.kept(submission.name, _fingerprint(submission, content, how))
    if result is None or submission.notebook is None or submission.notebook.path is None:
        return result
    folder, name = store.folder, submission.name
    beside = [folder / page_path(name), code_path(folder, name)]
    if result.run.status != "not_run":
        beside.append(folder / executed_path(name))
    return result if all(path.is_file() for path in beside) else None


def _fingerprint(submission: Submission, content: bytes, how: bytes) -> str:
    notebook, notices = submission.notebook, submission.notices
    name = notebook.name if notebook else "\n".join(notices)
    beside = (
        part
        for file in (*submission.modules, *submission.rivals)
        for part in (_encoded(file.name), content_of(file) or b"")
    )
    return fingerprint(_encoded(name), content, digest(*beside), how)


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "replace")


def _content(submission: Submission) -> bytes | None:
    """Return the bytes to grade, cut where they are too many; None if they can't be read."""
    if submission.notebook is None or submission.notebook.path is None:
        return b""
    return content_of(submission.notebook)


def _path(submission: Submission) -> str:
    """Return what a submission's result has as its path."""
    return submission.notebook.name if submission.notebook else submission.name


def failed_result(path: str, student: str, most: float, error: str) -> Result:
    """Return the result of a submission that the grader failed on: open, and never a zero."""
    return Result(
        results.Submission(path, "", student),
        "grader_error",
        0.0,
        most,
        reason=f"The grader itself failed on this notebook: {error}. Its points are not decided.",
    )
