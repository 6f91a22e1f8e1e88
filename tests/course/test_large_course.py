"""A large course: in one file, not held in memory, and the same to whoever looks at it."""

from __future__ import annotations

import sqlite3
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.cli.main import main
from grader.course.folder import graded_course
from grader.course.pages import page_path
from grader.course.store_kind import (
    FILES,
    KINDS,
    NAME,
    SQLITE,
    contents_of,
)
from grader.course.write_out import decided
from grader.lazily import Lazily
from tests.desk.client import desk_client, send, text_of
from tests.made_course import keep, make_course, name_of

OVERRIDES = """\
- {student: Bo, target: kl, points: 5, reason: right on paper}
- {student: s004, comment: Well done.}
- where: {misconception: kl.log_variance}
  comment: We talk about it.
"""
SHEET = "Identifier,Full name,Grade,Maximum grade,Feedback comments\n" + "".join(
    f"Participant {1000 + number},{name_of(number)},,60.00,\n" for number in range(1, 13)
)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same course in both kinds of stores, published for Moodle."""
    top = tmp_path_factory.mktemp("both")
    (top / "sheet.csv").write_text(SHEET, encoding="utf-8")
    folders = {kind: make_course(top / kind, kind=kind) for kind in KINDS}
    for folder in folders.values():
        (folder / "overrides.yaml").write_text(OVERRIDES, encoding="utf-8")
        done = run("publish", folder, "--moodle", top / "sheet.csv")
        assert done.exit_code == 1, done.output  # Flo could not be graded
    return folders


def run(*arguments: object) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_what_is_given_out_is_the_same(both: dict[str, Path]) -> None:
    files, sqlite = both[FILES], both[SQLITE]
    for name in ("gradebook.csv", "changed.csv", "moodle_worksheet.csv"):
        assert (files / name).read_bytes() == (sqlite / name).read_bytes(), name
    theirs = [zipfile.ZipFile(folder / "moodle_feedback.zip") for folder in (files, sqlite)]
    assert theirs[0].namelist() == theirs[1].namelist()
    for name in theirs[0].namelist():
        assert theirs[0].read(name) == theirs[1].read(name)
    assert len((sqlite / "gradebook.csv").read_bytes().splitlines()) == 13


def test_no_file_a_submission_is_left(both: dict[str, Path]) -> None:
    names = {path.relative_to(both[SQLITE]).as_posix() for path in both[SQLITE].rglob("*.*")}
    assert {NAME, "report/index.html"} <= names
    assert not any("s001" in name for name in names)


def test_pages_are_kept_of_who_lost_something(both: dict[str, Path]) -> None:
    contents = contents_of(both[SQLITE])
    kept = [number for number in range(1, 13) if contents.exists(page_path(name_of(number)))]
    # Kim has all points; Bo, too, by what was decided; Flo's notebook could not be graded.
    assert not {1, 11} & set(kept)
    assert {3, 4, 5, 6, 9, 12} == set(kept) - {2, 7, 8}
    contents.close()


def test_the_course_page_links_what_is_there(both: dict[str, Path]) -> None:
    files, sqlite = ((both[kind] / "report" / "index.html").read_text("utf-8") for kind in KINDS)
    assert 'href="students/s001.html"' in files
    assert "students/s001" not in sqlite
    assert "Ada" in sqlite
    assert "grade page" in sqlite
    assert "grade page" not in files


def test_the_desk_sees_what_another_grading_writes(tmp_path: Path) -> None:
    folder = make_course(tmp_path, kind=SQLITE)
    client = desk_client(folder)
    assert "60 of 60" in text_of(client.get("/student/s001").text)
    course = graded_course(folder)
    lower = replace(course.store.read("s002"), environment={"changed": "yes"})
    submission = replace(lower.submission, path="s001/vae.ipynb", student="s001")
    keep(course.store, "s001", replace(lower, submission=submission), "again")
    course.store.contents.close()
    assert "57 of 60" in text_of(client.get("/student/s001").text)
    assert "60" in text_of(client.get("/student/s001").text)  # what it was before
    assert send(client, student="s001", target="kl", points="5", reason="x") == ""


def test_a_check_is_explained(both: dict[str, Path]) -> None:
    files, sqlite = (run("explain", both[kind], "Bo", "kl.total") for kind in KINDS)
    assert files.exit_code == sqlite.exit_code == 0, files.output + sqlite.output
    assert files.output == sqlite.output
    assert "right on paper" in sqlite.output


def test_a_copy_without_names_is_made(tmp_path: Path) -> None:
    written = []
    for kind in KINDS:
        folder = make_course(tmp_path / kind, kind=kind)
        done = run("publish", folder, "--anonymous")
        assert done.exit_code == 1, done.output
        pages = (folder / "anonymous" / "report" / "students").iterdir()
        written.append(sorted(len(page.read_bytes()) for page in pages))
    assert written[0] == written[1]


def test_a_course_that_is_not_held_in_memory_is_the_same(
    both: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = decided(graded_course(both[SQLITE]))
    monkeypatch.setattr(graded_course, "__defaults__", (None, 5))
    course = graded_course(both[SQLITE])
    lazily = decided(course)
    assert isinstance(course.entries, Lazily)
    assert isinstance(lazily.entries, Lazily)
    assert tuple(lazily.entries) == at_once.entries
    assert (lazily.notices, lazily.unapplied) == (at_once.notices, at_once.unapplied)
    before = (both[SQLITE] / "gradebook.csv").read_bytes()
    assert run("publish", both[SQLITE]).exit_code == 1
    assert (both[SQLITE] / "gradebook.csv").read_bytes() == before


@pytest.mark.parametrize("arguments", [("publish",), ("page", "Bo"), ("compare",), ("desk",)])
def test_a_file_that_is_damaged_is_said_in_a_sentence(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    folder = make_course(tmp_path, kind=SQLITE)
    (folder / NAME).write_bytes(b"no database at all" * 1000)
    command_, *rest = arguments
    done = run(command_, folder, *rest)
    assert done.exit_code == 2, done.output
    assert "course.sqlite can't be read: file is not a database." in " ".join(done.output.split())
    assert not isinstance(done.exception, sqlite3.Error)
