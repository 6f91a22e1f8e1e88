"""Who decides on a page that is older than another decision about the same is told so."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.desk.client import desk_client, loaded, send
from tests.made_course import make_course


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_course(tmp_path / "results")


def entries(folder: Path) -> list[dict[str, object]]:
    return yaml.safe_load((folder / "overrides.yaml").read_text(encoding="utf-8"))


def test_of_two_who_decide_the_same_the_second_is_told(folder: Path) -> None:
    first, second = desk_client(folder, "Ada"), desk_client(folder, "Bo")
    old = loaded(second, "/student/s002")
    fields = {"student": "s002", "target": "kl", "reason": "x"}
    assert send(first, **fields, points="3") == ""
    said = send(second, **fields, points="1", loaded=old)
    assert said.startswith("Ada has decided about this since you opened the page: 3.0 points.")
    assert [entry["points"] for entry in entries(folder)] == [3.0]
    other = {**fields, "target": "elbo"}
    assert send(second, **other, points="1", loaded=old) == ""
    assert send(second, **fields, points="1") == ""


@pytest.mark.parametrize(
    ("typed", "fields", "what"),
    [
        ("student: s002, target: kl, points: 4", {"points": "1"}, "4 points"),
        ("student: Bo, target: kl, points: 4, by: Emmy", {"points": "1"}, "4 points"),
        (
            "student: s002@example.org, target: kl, points: 4, at: 2020-01-01 12:00",
            {"status": "open", "appeal": "y"},
            "4 points",
        ),
        (
            "student: s002, target: total, points: 40",
            {"target": "total", "points": "1"},
            "40 points",
        ),
        (
            "student: s002, target: kl, status: open, appeal: y",
            {"status": "declined"},
            "appeal open",
        ),
        ("student: s002, due: 2026-12-01 12:00", {"due": "2026-12-02"}, "due 2026-12-01 12:00"),
        (
            "student: s002, submitted: 2026-11-20 12:00",
            {"submitted": "2026-11-20 13:00"},
            "submitted 2026-11-20 12:00",
        ),
        ("where: everyone, due: 2026-12-01", {"everyone": "1", "due": "2026-12-02"}, "due 2026"),
        (
            "where: {misconception: kl.log_variance}, target: kl, points: 4",
            {"where.misconception": "kl.log_variance", "points": "1"},
            "4 points",
        ),
    ],
)
def test_what_an_editor_has_written_since_is_told_whatever_its_time(
    folder: Path, typed: str, fields: dict[str, str], what: str
) -> None:
    client = desk_client(folder)
    fields = {"student": "s002", "target": "kl", "reason": "x", **fields}
    old = loaded(client, "/student/s002")
    (folder / "overrides.yaml").write_text(f"- {{{typed}, reason: oral}}\n")
    said = send(client, **fields, loaded=old)
    who = "Emmy" if "Emmy" in typed else "Somebody"
    assert said.startswith(f"{who} has decided about this since you opened the page: {what}")
    assert len(entries(folder)) == 1
    assert send(client, **fields) == ""


def test_what_a_page_shows_has_not_overtaken_it(folder: Path) -> None:
    table = "student;target;points;reason\ns002;kl;2,5;on paper\n"
    (folder / "overrides.csv").write_text(table)
    client = desk_client(folder)
    old = loaded(client, "/student/s002")
    fields = {"student": "s002", "target": "kl", "reason": "x"}
    assert send(client, **fields, points="1", loaded=old) == ""
    (folder / "overrides.yaml").write_text("- {student: s003, target: kl, comment: Look.}\n")
    fields["student"] = "s003"
    assert send(client, **fields, comment="Again.", points="1", loaded=old) == ""
