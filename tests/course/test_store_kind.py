"""A course is the same in files and in one file, and a folder keeps the kind it has."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course import store_kind
from grader.course.folder import graded_course
from grader.course.sqlite_contents import NAME
from grader.course.store_kind import (
    FILES,
    KINDS,
    SQLITE,
    OtherKindError,
    contents_of,
    kind_of,
    settled_contents,
)
from tests.course.courses import grade, handed_in
from tests.desk.client import desk_client, send, text_of
from tests.made_course import DOZEN, make_course

PAGES = ("/", "/student/s002", "/groups", "/course")
WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\n"
    "Participant 1001,Ada,s001@example.org,Submitted,,60,\n"
    "Participant 1002,Bo,s002@example.org,Submitted,,60,\n"
)


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    """The same course in files and in one file."""
    made = [make_course(tmp_path / f"as_{kind}", kind=kind) for kind in KINDS]
    return made[0], made[1]


def run(*arguments: object) -> str:
    """Run the command; returns what it printed, without the folders' names."""
    words = [str(it) for it in arguments]
    done = CliRunner().invoke(main, words)
    assert done.exit_code in (0, 1), done.output
    return done.output


def test_the_kind_follows_from_the_size_or_from_what_is_asked(tmp_path: Path) -> None:
    for count, asked, kind in (
        (3, None, FILES),
        (4, None, SQLITE),
        (4, FILES, FILES),
        (3, SQLITE, SQLITE),
    ):
        folder = tmp_path / f"{count}-{asked}"
        folder.mkdir()
        assert kind_of(folder) is None
        contents = settled_contents(folder, asked, count, most=3)
        contents.write(Path("results", "ada.json"), b"{}")
        contents.close()
        assert kind_of(folder) == kind
        assert (folder / NAME).exists() == (kind == SQLITE)
        assert contents_of(folder).read(Path("results", "ada.json")) == b"{}"
        other = SQLITE if kind == FILES else FILES
        with pytest.raises(OtherKindError, match=f"as {kind}, not as {other}: leave out --store"):
            settled_contents(folder, other, count)


def test_another_kind_is_refused_before_anything_is_graded(both: tuple[Path, Path]) -> None:
    done = CliRunner().invoke(
        main, ["reference", "--out", str(both[1]), "--store", "files", "--no-run"]
    )
    assert done.exit_code == 2
    assert "keeps its results as sqlite, not as files" in " ".join(done.output.split())


def test_what_is_published_is_the_same(both: tuple[Path, Path], tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(WORKSHEET)
    for folder in both:
        (folder / "overrides.yaml").write_text(
            "- {student: s002, target: kl.total, points: 3, reason: right on paper}\n"
            "- {where: everyone, comment: Well done.}\n"
        )
        run("publish", folder, "--moodle", sheet)
    for name in ("gradebook.csv", "moodle_worksheet.csv", "changed.csv"):
        files = [folder / name for folder in both]
        assert files[0].exists() == files[1].exists()
        if files[0].exists():
            assert files[0].read_bytes() == files[1].read_bytes()
    assert not (both[1] / "report" / "students").exists()
    assert "grade page" in run("publish", both[1])


def test_the_desk_shows_and_decides_the_same(both: tuple[Path, Path]) -> None:
    pages = []
    for folder in both:
        client = desk_client(folder)
        fields = {"student": "s002", "target": "kl.total", "points": "2", "was": "0"}
        assert send(client, **fields, reason="half right") == ""
        shown = (text_of(client.get(path).text) for path in PAGES)
        pages.append([re.sub(rf"\b{folder.name}\b", "", text) for text in shown])
    assert pages[0] == pages[1]


def test_two_kinds_are_compared(both: tuple[Path, Path], tmp_path: Path) -> None:
    assert "No points changed" in " ".join(run("compare", *both).split())
    few = make_course(tmp_path / "few", DOZEN[:2], kind=SQLITE)
    assert run("compare", few, both[0]) == run("compare", few, both[1])


def test_the_entries_are_the_same(both: tuple[Path, Path]) -> None:
    one, other = (tuple(graded_course(folder).entries) for folder in both)
    assert one == other


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="shared locks of POSIX")
def test_parts_of_a_course_in_one_file_are_merged(tmp_path: Path) -> None:
    handed, out, plain = (
        handed_in(tmp_path / "in", ["right", "wrong_elbo"] * 2),
        *(tmp_path / name for name in ("out", "plain")),
    )
    for part in ("1/2", "2/2"):
        assert grade(handed, out, "--no-run", "--store", "sqlite", "--shard", part).returncode == 0
    assert not (out / "gradebook.csv").exists()
    last = grade(handed, out, "--no-run")
    assert "4 of 4 are graded already" in last.stderr
    assert grade(handed, plain, "--no-run").returncode == 0
    assert (out / "gradebook.csv").read_bytes() == (plain / "gradebook.csv").read_bytes()
    assert sorted(path.name for path in out.glob("*.sqlite")) == [NAME]
    assert store_kind.kind_of(out) == SQLITE
    again = grade(handed, out, "--no-run", "--regrade")
    assert again.returncode == 0
    assert "No points changed" in " ".join(run("compare", out).split())
