"""The doctor's report, and the options that hang on what it finds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.doctor import Observation, to_text
from grader.cli.main import main
from grader.examiner import confinement
from grader.examiner.client import Candidates, NotConfinedError

SHIPPED = Path(__file__).resolve().parents[2] / "reference" / "vae_solved.ipynb"
REFUSED = Observation("start a program", False, "Operation not permitted")
WORKS = Observation("start a thread", True, None)
ESCAPED = Observation("read the rubric", False, None)
BROKEN = Observation("read the clock", True, "Operation not permitted")


def test_a_healthy_machine_is_told_so() -> None:
    report = to_text(("files: Landlock 7",), (), (REFUSED, WORKS))
    assert "  files: Landlock 7\n" in report
    assert "  ok   start a program: refused: Operation not permitted\n" in report
    assert "  ok   start a thread: works\n" in report
    assert report.endswith("enforces everything that grading needs.\n")


@pytest.mark.parametrize("wrong", [ESCAPED, BROKEN])
def test_what_goes_wrong_is_marked_and_decides(wrong: Observation) -> None:
    report = to_text(("files: Landlock 7",), (), (REFUSED, wrong))
    assert f"  BAD  {wrong.words}" in report
    assert report.endswith("don't grade strangers' notebooks.\n")


def test_a_missing_layer_is_named_with_what_to_do() -> None:
    report = to_text((), ("files",), ())
    assert "  none\n" in report
    assert report.endswith(confinement.refusal(("files",)) + "\n")


@pytest.mark.skipif(sys.platform != "linux", reason="student code is confined on Linux only")
def test_the_command_prints_the_report() -> None:
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0
    assert result.output.count("\n") > 30
    assert "BAD" not in result.output


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A notebook that did not come with the project, on a machine that lacks a layer."""

    def lack_a_layer(_: Candidates) -> None:
        raise NotConfinedError(("files",))

    monkeypatch.setattr(Candidates, "require_confinement", lack_a_layer)
    path = tmp_path / "stranger.ipynb"
    path.write_text(SHIPPED.read_text() + "\n")
    return path


def test_strangers_are_refused_where_a_layer_is_missing(stranger: Path) -> None:
    result = CliRunner().invoke(main, [str(stranger), "--no-run"])
    assert result.exit_code == 1
    assert "missing: files" in result.output
    assert "--trust" in result.output


@pytest.mark.slow
def test_the_trusted_and_what_is_shipped_are_graded_everywhere(stranger: Path) -> None:
    for arguments in ([str(stranger), "--trust"], [str(SHIPPED)]):
        result = CliRunner().invoke(main, [*arguments, "--no-run"])
        assert result.exit_code == 0, result.output
        assert "60 of 60" in result.output
