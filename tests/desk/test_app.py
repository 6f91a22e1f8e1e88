"""What forms of the desk do: to the file, to the pages, and for who comes second."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from html import unescape
from pathlib import Path

import pytest
import yaml

from tests.desk.client import ORIGIN, desk_client, send, text_of, waiting
from tests.made_course import DOZEN, VARIANCE, Made, make_course


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_course(tmp_path / "results")


def entries(folder: Path) -> list[dict[str, object]]:
    return yaml.safe_load((folder / "overrides.yaml").read_text(encoding="utf-8")) or []


def undo(client, path: str, which: int = 0) -> str:
    """Send the form that stands beside a decision on a page."""
    forms = re.findall(r'name="entry" value="([^"]*)"', client.get(path).text)
    return send(client, "/take-back", entry=unescape(forms[which]))


def test_a_decision_about_a_check_is_written_shown_and_undone(folder: Path) -> None:
    client = desk_client(folder)
    fields = {"student": "s002", "target": "kl.total", "points": "2,5", "was": "0"}
    assert send(client, **fields, reason="half right", comment="Look again.\r\nAt page 3.") == ""
    (entry,) = entries(folder)
    at = entry.pop("at")
    assert datetime.now(timezone.utc) - datetime.fromisoformat(str(at)) < timedelta(minutes=1)
    assert entry == {
        **{"student": "s002", "target": "kl.total", "points": 2.5, "was": 0.0},
        **{"comment": "Look again.\nAt page 3.", "reason": "half right", "by": "Ada TA"},
    }
    page = text_of(client.get("/student/s002").text)
    assert "59.5 of 60 points" in page
    assert "Bo (1002), kl.total: 2.5 points. half right “Look again. At page 3.” Ada TA" in page
    assert "The grader found: The divergences add up to 34.47" in page
    assert undo(client, "/student/s002") == ""
    assert entries(folder) == []
    assert "57 of 60 points" in text_of(client.get("/student/s002").text)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "Nothing is decided: give points, a comment, or both."),
        ({"points": "two", "reason": "x"}, "'two' is no number of points: write 0 or more"),
        ({"points": "-1", "reason": "x"}, "'-1' is no number of points"),
        ({"points": "nan", "reason": "x"}, "'nan' is no number of points"),
        ({"points": "99", "reason": "x"}, "'kl' can't have 99 points, for 5 are the most."),
        ({"points": "2"}, "Nothing is decided: it has no reason."),
        ({"due": "tomorrow"}, "'due' must be a time such as 2026-12-31 23:59"),
        ({"submitted": "2026-11-03"}, "'submitted' must be a day with a time, such as 2026-12-31"),
        ({"submitted": "03/11/2026 10:15"}, "'submitted' must be a day with a time, such as 2026"),
        ({"target": "lk", "points": "1", "reason": "x"}, "the target 'lk' is not known"),
        ({"status": "declined"}, "it has no reason."),
        ({"status": "open", "points": "1", "reason": "x"}, "an appeal that is open sets no points"),
        ({"student": "", "points": "1"}, "The form names no student: load the page again."),
        ({"student": "", "where.rule": "no_rule", "comment": "x"}, "there is no rule 'no_rule'"),
    ],
)
def test_what_can_not_be_decided_is_said_and_not_written(
    folder: Path, fields: dict[str, str], why: str
) -> None:
    client = desk_client(folder)
    said = send(client, **{"student": "s002", "target": "kl", **fields})
    assert why in said
    assert "line" not in said
    assert not (folder / "overrides.yaml").exists()
    assert not (folder / "history" / "decisions.jsonl").exists()


def test_a_group_is_decided_also_for_who_comes_into_it_later(folder: Path) -> None:
    client = desk_client(folder)
    where = {"where.check": "kl.total", "where.status": "failed", "where.says": VARIANCE}
    page = client.get("/group", params={k.removeprefix("where."): v for k, v in where.items()})
    assert "Decide for all 4" in page.text
    reason = {"reason": "told wrongly", "comment": "Our slides said so."}
    assert send(client, **where, target="kl.total", points="1", **reason) == ""
    (entry,) = entries(folder)
    assert entry["where"] == {"check": "kl.total", "status": "failed", "says": VARIANCE}
    for name in ("s002", "s003", "s004", "s012"):
        assert "What kl.total looks at: 1 of 3" in text_of(client.get(f"/student/{name}").text)
    assert "60 of 60 points" in text_of(client.get("/student/s011").text)

    later = [*DOZEN[:10], Made("Kim", {"kl.total": VARIANCE}), DOZEN[11]]
    make_course(folder, later)
    page = text_of(client.get("/student/s011").text)
    assert "58 of 60 points" in page
    assert "Our slides said so." in page


def test_the_student_goes_before_the_group_and_the_page_says_so(folder: Path) -> None:
    client = desk_client(folder)
    send(client, student="s002", target="kl.total", points="3", reason="oral")
    group = {"where.misconception": "kl.log_variance", "target": "kl.total"}
    assert send(client, **group, points="1", reason="all of them") == ""
    page = text_of(client.get("/student/s002").text)
    assert "60 of 60 points" in page
    assert "a student before a group, a group before everyone" in page


def test_an_appeal_is_noted_and_ended(folder: Path) -> None:
    client = desk_client(folder)
    appeal = {"student": "s002", "target": "kl.total", "appeal": "My sum is right."}
    assert send(client, **appeal, status="open") == ""
    assert waiting(client)[0] == "s002"
    page = client.get("/appeals").text
    assert "My sum is right." in page
    accepted = {**appeal, "status": "accepted", "points": "3", "was": "0", "reason": "It is."}
    assert send(client, **accepted) == ""
    assert "60 of 60 points" in text_of(client.get("/student/s002").text)
    assert "s002" not in waiting(client)
    declined = {"student": "s003", "target": "elbo", "appeal": "Why?", "status": "declined"}
    assert send(client, **declined, reason="It is off by 1.") == ""
    assert "elbo is declined" in text_of(client.get("/appeals").text)
    assert undo(client, "/decisions", 1) == ""
    assert waiting(client)[0] == "s002"


def test_looked_at_leaves_the_list_and_comes_back_by_undo(folder: Path) -> None:
    client = desk_client(folder)
    before = waiting(client)
    assert len(before) >= 5
    for name in before:
        assert send(client, student=name, seen="true") == ""
    assert waiting(client) == []
    assert "Nobody waits for a person." in client.get("/").text
    for _ in before:
        assert undo(client, "/decisions") == ""
    assert waiting(client) == before


def test_a_deadline_for_one_and_for_all(folder: Path) -> None:
    client = desk_client(folder)
    assert send(client, everyone="true", due="2026-12-01 12:00", reason="the lab was closed") == ""
    assert send(client, student="s002", due="2026-12-08") == ""
    assert [entry.get("where") or entry["student"] for entry in entries(folder)] == [
        "everyone",
        "s002",
    ]
    assert "everyone: Due 2026-12-01 12:00" in text_of(client.get("/student/s001").text)


def test_a_page_hears_that_the_file_has_changed(folder: Path) -> None:
    client = desk_client(folder)
    (address,) = re.findall(r'hx-get="(/changed[^"]*)"', client.get("/").text)
    assert client.get(address).status_code == 204
    (folder / "overrides.yaml").write_text("- {student: s001, seen: true}\n")
    told = client.get(address)
    assert "overrides.yaml has changed" in told.text
    assert client.get(re.findall(r'hx-get="(/changed[^"]*)"', client.get("/").text)[0]).text == ""


def test_a_broken_file_is_shown_and_nothing_is_written_over_it(folder: Path) -> None:
    client = desk_client(folder)
    broken = "- student: s001\n  target: kl\n  points: 99\n  reason: x\n- student: [\n"
    (folder / "overrides.yaml").write_text(broken)
    for path in ("/", "/course", "/groups", "/appeals", "/decisions", "/student/s002"):
        page = text_of(client.get(path).text)
        assert "No decision holds until this is corrected: overrides.yaml, line 6:" in page
    said = send(client, student="s002", seen="true")
    assert said.startswith("Nothing is decided, for the file has mistakes: overrides.yaml, line 6")
    assert (folder / "overrides.yaml").read_text() == broken
    assert not (folder / "history" / "decisions.jsonl").exists()


def test_two_files_or_a_misnamed_one_are_said(folder: Path) -> None:
    client = desk_client(folder)
    (folder / "overides.yaml").write_text("")
    assert "call it overrides.yaml" in client.get("/").text
    assert "call it overrides.yaml" in send(client, student="s002", seen="true")


def test_a_table_becomes_yaml_with_the_first_decision(folder: Path) -> None:
    (folder / "overrides.csv").write_text("student;target;points;reason\ns002;kl;2,5;on paper\n")
    client = desk_client(folder)
    assert "57.5 of 60 points" in text_of(client.get("/student/s002").text)
    assert send(client, student="s003", seen="true") == ""
    first, second = entries(folder)
    assert first == {"student": "s002", "target": "kl", "points": 2.5, "reason": "on paper"}
    assert second["student"] == "s003"
    assert "57.5 of 60 points" in text_of(client.get("/student/s002").text)
    assert not (folder / "overrides.csv").exists()
    assert (folder / "overrides.csv.converted").exists()


def test_whatever_was_removed_is_offered(folder: Path) -> None:
    """Of no student, without a target, of a group: every kind of decision has its line."""
    client = desk_client(folder)
    assert send(client, everyone="1", due="2026-12-01 23:59") == ""
    assert send(client, student="s002", seen="true") == ""
    assert send(client, student="s003", target="kl", comment="Look again.") == ""
    written = (folder / "overrides.yaml").read_text()
    (folder / "overrides.yaml").unlink()
    for path in ("/", "/course", "/student/s002", "/decisions"):
        page = client.get(path)
        assert page.status_code == 200
        assert "3 of the desk's decisions are in overrides.yaml no more" in text_of(page.text)
    assert "s002, total:" in text_of(page.text)
    assert "everyone" in text_of(page.text)
    assert send(client, "/put-back") == ""
    assert len(entries(folder)) == len(yaml.safe_load(written))


def test_what_another_program_has_removed_is_offered_and_put_back(folder: Path) -> None:
    client = desk_client(folder)
    assert send(client, student="s002", target="kl", points="1", reason="x") == ""
    assert send(client, student="s003", target="kl", points="2", reason="y") == ""
    (folder / "overrides.yaml").write_text("# emptied by an editor\n")
    page = text_of(client.get("/").text)
    assert "2 of the desk's decisions are in overrides.yaml no more" in page
    assert send(client, "/put-back") == ""
    assert [entry["points"] for entry in entries(folder)] == [1.0, 2.0]
    assert "no more" not in client.get("/").text
    (folder / "overrides.yaml").write_text("")
    assert send(client, "/let-go") == ""
    assert "no more" not in client.get("/").text
    assert send(client, "/put-back") == ""
    assert (folder / "overrides.yaml").read_text() == ""


def test_an_undo_of_what_is_gone_is_said(folder: Path) -> None:
    client = desk_client(folder)
    entry = json.dumps({"student": "s001", "seen": True})
    assert "taken back or changed already" in send(client, "/take-back", entry=entry)
    assert "The form is broken" in send(client, "/take-back", entry="[")
    assert "The form is broken" in send(client, "/take-back", entry="[]")


def test_a_folder_that_can_not_be_written_is_said(folder: Path, monkeypatch) -> None:
    client = desk_client(folder)

    def full(*_: object) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("grader.decisions.write.replace_if_same", full)
    said = send(client, student="s002", seen="true")
    assert said.startswith("Nothing is decided:")
    assert "No space left on device" in said


def test_many_fields_are_refused(folder: Path) -> None:
    client = desk_client(folder)
    body = {f"f{number}": "x" for number in range(5000)}
    answer = client.post("/decide", data=body, headers={"origin": ORIGIN}, follow_redirects=False)
    assert answer.status_code in (303, 400)
    assert not (folder / "overrides.yaml").exists()
