"""Decisions are written whole, after a log, and what is lost is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.decisions import log, write
from grader.decisions.write import (
    DecisionError,
    decide,
    entries_in,
    let_go,
    lost,
    put_back,
    take_back,
)
from tests.made_course import assignment_rubric

RUBRIC = assignment_rubric()


def entry(student: str, points: float = 1.0, **more: object) -> dict[str, object]:
    at = f"2026-11-28T07:00:00.00{len(student)}+00:00"
    return {"student": student, "target": "kl", "points": points, "reason": "x", "at": at, **more}


def test_each_entry_is_added_and_can_be_taken_back(tmp_path: Path) -> None:
    decide(tmp_path, RUBRIC, [entry("a")])
    decide(tmp_path, RUBRIC, [entry("bb"), entry("ccc")])
    assert [one["student"] for one in entries_in(tmp_path)] == ["a", "bb", "ccc"]
    take_back(tmp_path, RUBRIC, entry("bb"))
    assert [one["student"] for one in entries_in(tmp_path)] == ["a", "ccc"]
    assert lost(tmp_path) == []
    with pytest.raises(DecisionError, match="taken back or changed already"):
        take_back(tmp_path, RUBRIC, entry("bb"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *([".overrides.lock"] if (tmp_path / ".overrides.lock").exists() else []),
        *("history", "overrides.yaml"),
    ]


def test_what_is_in_the_log_and_not_in_the_file_is_lost(tmp_path: Path) -> None:
    decide(tmp_path, RUBRIC, [entry("a"), entry("bb")])
    (tmp_path / "overrides.yaml").write_text("# emptied\n")
    assert lost(tmp_path) == [entry("a"), entry("bb")]
    put_back(tmp_path, RUBRIC)
    put_back(tmp_path, RUBRIC)
    assert entries_in(tmp_path) == [entry("a"), entry("bb")]
    assert (tmp_path / "overrides.yaml").read_text().startswith("# emptied\n")
    (tmp_path / "overrides.yaml").unlink()
    let_go(tmp_path)
    assert lost(tmp_path) == []


def test_what_was_decided_later_counts_over_what_is_put_back(tmp_path: Path) -> None:
    first, later, other = entry("a", 1.0), entry("a", 2.0), entry("bb")
    later["at"] = "2026-11-28T08:00:00+00:00"
    decide(tmp_path, RUBRIC, [first, other])
    (tmp_path / "overrides.yaml").write_text("# emptied\n")
    decide(tmp_path, RUBRIC, [later])
    put_back(tmp_path, RUBRIC)
    assert entries_in(tmp_path) == [first, other, later]
    assert lost(tmp_path) == []


def test_what_a_person_has_changed_in_the_file_is_not_lost(tmp_path: Path) -> None:
    decide(tmp_path, RUBRIC, [entry("a")])
    path = tmp_path / "overrides.yaml"
    path.write_text(
        path.read_text()
        .replace("points: 1.0", "points: 2")
        .replace("'2026", "2026")
        .replace("00'", "00")
    )
    assert entries_in(tmp_path)[0]["points"] == 2
    assert lost(tmp_path) == []


def test_what_was_logged_and_never_written_is_lost_and_half_a_line_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(write, "_change", killed)
        with pytest.raises(KeyboardInterrupt):
            decide(tmp_path, RUBRIC, [entry("a")])
    with open(tmp_path / log.LOG, "ab") as file:
        file.write(json.dumps({"did": "decide", "entry": entry("bb")}).encode()[:-9])
    assert lost(tmp_path) == [entry("a")]
    decide(tmp_path, RUBRIC, [entry("ccc")])
    assert entries_in(tmp_path) == [entry("ccc")]
    assert lost(tmp_path) == [entry("a")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- student: [", "overrides.yaml, line 1: it can't be read as YAML"),
        ("student: a", "it must be a list of entries"),
        ("- {student: a, target: kl, points: 99, reason: x}", "can't have 99 points"),
        ("- {student: Zo\u00eb, seen: true}".encode("cp1252"), "is not UTF-8: save it as UTF-8."),
    ],
)
def test_a_file_with_mistakes_is_left_alone(tmp_path: Path, text: str | bytes, why: str) -> None:
    content = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "overrides.yaml").write_bytes(content)
    with pytest.raises(DecisionError, match="Nothing is decided") as caught:
        decide(tmp_path, RUBRIC, [entry("a")])
    assert why in str(caught.value)
    assert (tmp_path / "overrides.yaml").read_bytes() == content
    assert not (tmp_path / "history").exists()


def test_a_file_in_utf_16_with_a_mark_stays_readable(tmp_path: Path) -> None:
    (tmp_path / "overrides.yaml").write_bytes(
        "- {student: Zo\u00eb, seen: true}\n".encode("utf-16")
    )
    decide(tmp_path, RUBRIC, [entry("a")])
    assert [one["student"] for one in entries_in(tmp_path)] == ["Zo\u00eb", "a"]


@pytest.mark.parametrize("name", ["overrides.yml", "overrides.yaml"])
def test_the_file_that_is_there_is_written_to(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("# mine\n")
    decide(tmp_path, RUBRIC, [entry("a")])
    assert (tmp_path / name).read_text().startswith("# mine\n- student: a\n")


def test_who_looks_sees_what_is_there_and_can_refuse(tmp_path: Path) -> None:
    decide(tmp_path, RUBRIC, [entry("a")])
    seen = []
    decide(tmp_path, RUBRIC, [entry("bb")], seen.extend)
    assert seen == [entry("a")]

    def refuse(_: object) -> None:
        raise ValueError("overtaken")

    with pytest.raises(ValueError, match="overtaken"):
        decide(tmp_path, RUBRIC, [entry("ccc")], refuse)
    assert lost(tmp_path) == []


@pytest.mark.parametrize(
    "table", ["student,points\na,1\n", 'student,target,points,reason\na,kl,1,"ok" x\n']
)
def test_a_table_with_mistakes_is_not_converted(table: str, tmp_path: Path) -> None:
    (tmp_path / "overrides.csv").write_text(table)
    with pytest.raises(DecisionError, match=r"overrides\.csv has mistakes"):
        decide(tmp_path, RUBRIC, [entry("a")])
    assert sorted(path.suffix for path in tmp_path.glob("overrides*")) == [".csv"]


def test_a_link_is_followed_or_replaced_by_what_holds(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "real.yaml").write_text("# real\n")
    (tmp_path / "folder" / "overrides.yaml").symlink_to(tmp_path / "real.yaml")
    decide(tmp_path / "folder", RUBRIC, [entry("a")])
    assert entries_in(tmp_path / "folder") == [entry("a")]


def test_what_is_refused_is_not_logged(tmp_path: Path) -> None:
    (tmp_path / "overrides.yaml").write_text("- {student: a, comment: hi}\n%\n")
    with pytest.raises(DecisionError):
        decide(tmp_path, RUBRIC, [entry("bb")])
    assert lost(tmp_path) == []
