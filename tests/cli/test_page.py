"""`grade page` writes anybody's page, from either kind of store, as it holds now."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.store import result_path
from grader.course.store_kind import FILES, KINDS, SQLITE, contents_of
from grader.examiner.rubric import default_path
from tests.made_course import DOZEN, make_course


def page(*arguments: object) -> tuple[int, str]:
    """Return the exit status and all that is printed."""
    done = CliRunner().invoke(main, ["page", *map(str, arguments)])
    return done.exit_code, " ".join(done.output.split())


@pytest.fixture(params=KINDS)
def course(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return make_course(tmp_path / "results", kind=request.param)


@pytest.mark.parametrize("student", ["s001", "Bo", "1002", "s001@example.org"])
def test_a_student_is_called_as_in_overrides(course: Path, student: str, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    status, told = page(course, student, "--out", out)
    if student == "1002":
        student = "Cy"
    assert (status, told) == (0, f"Written: {out}")
    text = out.read_text(encoding="utf-8")
    assert "of 60 points" in text
    assert "index.html" not in text  # it stands alone


def test_it_shows_what_people_decided(course: Path, tmp_path: Path) -> None:
    (course / "overrides.yaml").write_text(
        "- {student: Bo, target: kl.total, points: 3, reason: it is right on paper}\n"
    )
    assert page(course, "Bo", "--out", tmp_path / "bo.html")[0] == 0
    text = (tmp_path / "bo.html").read_text(encoding="utf-8")
    assert "it is right on paper" in text
    assert "60 of 60 points" in text


def test_another_ones_result_may_be_damaged(course: Path, tmp_path: Path) -> None:
    contents = contents_of(course)
    contents.write(result_path("s005"), b"{")
    contents.close()
    assert page(course, "Bo", "--out", tmp_path / "bo.html")[0] == 0
    assert "of 60 points" in (tmp_path / "bo.html").read_text(encoding="utf-8")
    status, told = page(course, "s005", "--out", tmp_path / "x.html")
    assert status == 2
    assert "s005.json" in told
    assert "can't be read" in told
    assert "Grade the course again." in told


def test_what_is_not_there_is_said(course: Path, tmp_path: Path) -> None:
    status, told = page(course, "Bob", "--out", tmp_path / "x.html")
    assert status == 2
    assert "There is no student 'Bob'" in told
    status, told = page(
        course, "Bo", "--out", tmp_path / "x.html", "--executed", tmp_path / "x.ipynb"
    )
    assert status == 2
    assert "The executed notebook of Bo" in told
    assert page(tmp_path, "Bo")[0] == 2


def test_pages_of_both_kinds_are_the_same(tmp_path: Path) -> None:
    texts = []
    for kind in (FILES, SQLITE):
        course = make_course(tmp_path / kind, kind=kind)
        assert page(course, "Di", "--out", tmp_path / f"{kind}.html")[0] == 0
        texts.append((tmp_path / f"{kind}.html").read_bytes())
    assert texts[0] == texts[1]


@pytest.mark.parametrize("command", ["page", "explain", "publish"])
def test_what_another_rubric_has_alone_asks_for_that_rubric(command: str, tmp_path: Path) -> None:
    course = make_course(tmp_path / "results", DOZEN[:2])
    essay = "- {student: Bo, target: essay, points: 4, reason: read}\n"
    (course / "overrides.yaml").write_text(essay)
    rubric = tmp_path / "rubric.yaml"
    manual = "manual:\n  essay: {title: Essay, points: 5}\n"
    rubric.write_text(default_path().read_text("utf-8") + manual, "utf-8")
    arguments = {
        "page": ["page", course, "Bo", "--out", tmp_path / "bo.html"],
        "explain": ["explain", course, "Bo", "kl.total"],
        "publish": ["publish", course],
    }[command]

    def told(*options: object) -> str:
        done = CliRunner().invoke(main, [*map(str, (*arguments, *options))])
        return " ".join(done.output.split())

    advice = "If another rubric was used when it was decided, give that with --rubric FILE."
    assert "the target 'essay' is not known" in told()
    assert told().endswith(f"and the checks. {advice}")
    assert "Error" not in told("--rubric", rubric)
    assert advice not in told("--rubric", default_path())
    (course / "overrides.yaml").write_text(f"{essay}- {{student: Bo}}\n")
    assert told().endswith(f"or seen. {advice}")
    (course / "overrides.yaml").write_text(essay.replace("essay", "elboo"))
    assert told().endswith("is 'elbo' meant?")
