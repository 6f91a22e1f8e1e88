"""What a course says at its end, on a terminal and in a file."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from grader.cli.main import main
from grader.course.write_out import say
from grader.examiner import machine


def test_fewer_jobs_than_asked_for_are_not_kept_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ada", "bob"):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "vae.ipynb").write_text("{")
    monkeypatch.setattr(machine, "fitting", lambda jobs, run: 1)
    course = [str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--no-run"]
    assert "at once" not in CliRunner().invoke(main, course).stderr
    asked = CliRunner().invoke(main, [*course, "--jobs", "2", "--regrade"])
    assert "Note: 1 at once and not 2: " in asked.stderr


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=30), min_size=1, max_size=60))
def test_lines_are_folded_between_words_on_a_terminal_alone(words: list[str]) -> None:
    text = "Note: " + " ".join(words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "60")
        terminal, file = Terminal(), io.StringIO()
        say(text, terminal)
        say(text, file)
    assert file.getvalue() == text + "\n"
    assert terminal.getvalue().split() == text.split()
    assert all(len(line) <= 60 for line in terminal.getvalue().splitlines())
