"""Each decision has a line in the log, whoever was killed over the one before."""

from __future__ import annotations

from pathlib import Path

from grader.decisions.log import LOG, Logged, logged, write_log

ADA, BO = {"student": "ada", "comment": "naïve, see §2"}, {"student": "bo", "points": 1.5}


def test_lines_come_back_in_their_order(tmp_path: Path) -> None:
    assert list(logged(tmp_path)) == []
    write_log(tmp_path, "decide", [ADA, BO])
    write_log(tmp_path, "take back", [ADA])
    assert list(logged(tmp_path)) == [
        Logged("decide", ADA),
        Logged("decide", BO),
        Logged("take back", ADA),
    ]


def test_half_a_line_swallows_nothing(tmp_path: Path) -> None:
    write_log(tmp_path, "decide", [ADA])
    with open(tmp_path / LOG, "ab") as file:
        file.write(b'{"did": "decide", "entry": {"stu')
    write_log(tmp_path, "decide", [BO])
    assert list(logged(tmp_path)) == [Logged("decide", ADA), Logged("decide", BO)]


def test_lines_of_something_else_are_passed_over(tmp_path: Path) -> None:
    write_log(tmp_path, "decide", [BO])
    with open(tmp_path / LOG, "ab") as file:
        file.write(b"\xff\n[]\n{}\nnull\n")
    assert list(logged(tmp_path)) == [Logged("decide", BO)]
