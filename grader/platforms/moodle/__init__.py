"""Moodle: names of its download, the instructor's grading worksheet, the zip of feedback files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from grader.platforms.download import Owner, Parts
from grader.platforms.names import shown
from grader.platforms.platform import GradedCourse, Option, Platform, Sheet, Values, read_sheet
from grader.report.course import Entry, Identity
from grader.report.page import out_of_course

_NAME = re.compile(
    r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?P<end>_?)(?P<rest>.*)",
    re.DOTALL,
)


def _owner(parts: Parts) -> Owner | None:
    """Return the owner by ``Name_123_assignsubmission_file_/hw.ipynb``, or flat with ``_hw``."""
    first, rest = parts[0], parts[1:]
    match = _NAME.fullmatch(first)
    if match is None or not (rest or match["rest"]):
        return None
    prefix = f"{first}/" if rest else first[: match.start("rest")]
    student = Identity(shown(match["name"]), match["id"], platform="moodle", prefix=prefix)
    key, text = ("moodle", match["id"]), f"{student.name}_{match['id']}"
    return Owner(key, (student,), text, rest or (match["rest"],))


def _fill(course: GradedCourse) -> tuple[Sequence[bytes], Sequence[str]]:
    from grader.platforms.moodle.worksheet import fill_worksheet

    headers = course.values.get("grade_header"), course.values.get("feedback_header")
    worksheet = read_sheet(course.values["moodle"])
    how = course.zeros, course.replace
    filled, notices = fill_worksheet(worksheet, course.entries, *headers, *how)
    return (filled, feedback_zip(course.entries, course.page)), notices


def _times(course: Mapping[str, Sequence[Identity]], values: Values) -> Mapping[str, datetime]:
    from grader.platforms.moodle.rows import read_worksheet
    from grader.platforms.moodle.times import times_in

    headers = values.get("grade_header"), values.get("feedback_header")
    return times_in(read_worksheet(read_sheet(values["moodle"]), *headers), course)


def feedback_zip(entries: Sequence[Entry], page: Callable[[Entry], bytes]) -> bytes:
    """Return the students' pages in a zip with the names of its download.

    Whoever is not from Moodle is left out.
    """
    from grader.zip_write import to_zip

    return to_zip(
        {
            f"{student.prefix}feedback.html": out_of_course(page(entry))
            for entry in entries
            for student in entry.students
            if student.platform == "moodle"
        }
    )


PLATFORM = Platform(
    "moodle",
    order=10,
    is_own_name=lambda name: bool(_NAME.fullmatch(name)),
    owners=lambda _: _owner,
    options=(
        Option("--moodle", "Moodle's grading worksheet, to be filled.", is_file=True),
        Option("--grade-header", "Header of the worksheet's column for points.", needs="--moodle"),
        Option(
            "--feedback-header", "Header of the worksheet's column for comments.", needs="--moodle"
        ),
    ),
    sheet=Sheet("--moodle", ("moodle_worksheet.csv", "moodle_feedback.zip"), _fill, _times),
)
