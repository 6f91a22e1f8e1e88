"""Overrides: read from either kind of file, laid over results, and pointed out when stale."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from grader.cli.main import main
from grader.course.grade_submission import failed_result
from grader.decisions.apply import apply_decisions
from grader.decisions.decision import Decision
from grader.decisions.read import OverridesError, read_decisions
from grader.examiner.rubric import Rubric
from grader.report.cohort import summary_of
from grader.report.course import Entry
from grader.report.gradebook import to_gradebook
from grader.report.index import to_index
from grader.report.page import to_page
from grader.report.plain import to_plain
from grader.report.result import Result
from grader.report.words import number
from tests.made_results import TITLE, broken_grader, entry, graded, ungradable

RUBRIC = Rubric(
    {"kl": 3.5, "elbo": 4.0},
    {"kl.total": 2.5, "kl.per_sample": 1.0, "elbo.average": 2.0, "elbo.gradient": 2.0},
    {},
)

YAML = """
- {student: Ada_L_12, target: kl.per_sample, points: 0.5, reason: "oral, exam"}
- student: 12@example.org
  target: elbo
  points: 4
  was: 2
  reason: right on paper
"""
HEADER = "student,target,points,reason"
CSV = (
    "\ufeffstudent,target,points,was,reason\r\n"
    'Ada_L_12,kl.per_sample,0.5,,"oral, exam"\r\n'
    "12@example.org,elbo,4,2,right on paper\r\n"
)


def mistakes(path: Path, text: str) -> list[str]:
    """What is said of a file of overrides, line by line."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OverridesError) as caught:
        read_decisions(path.parent, RUBRIC)
    return str(caught.value).splitlines()


def decided(
    number: int,
    line: int,
    student: str,
    target: str,
    points: float,
    reason: str,
    was: float | None = None,
    by: str = "",
) -> Decision:
    return Decision(number, line, student, None, target, points, reason=reason, was=was, by=by)


WISHES = (
    decided(1, 1, "Ada_L_12", "kl.per_sample", 0.5, "oral, exam"),
    decided(2, 1, "12@example.org", "elbo", 4.0, "right on paper", 2.0),
)


def laid_over(
    entries: Sequence[Entry], decisions: Sequence[Decision]
) -> tuple[tuple[Entry, ...], list[str]]:
    decided = apply_decisions(entries, decisions, RUBRIC)
    return decided.entries, [*decided.unapplied, *decided.notices]


def read_without_lines(folder: Path) -> tuple[Decision, ...]:
    return tuple(replace(request, line=1) for request in read_decisions(folder, RUBRIC))


@pytest.mark.parametrize(("name", "text"), [("overrides.yaml", YAML), ("overrides.csv", CSV)])
def test_both_kinds_of_file(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    assert read_without_lines(tmp_path) == WISHES


@pytest.mark.parametrize("name", ["0012", "1_0", "0x1F", "No", "12:30", "1e3", "2026-11-02", "~1"])
def test_a_name_or_id_is_what_stands_there(name: str, tmp_path: Path) -> None:
    text = f"- student: {name}\n  target: kl\n  points: 2\n  reason: {name}\n  by: {name}\n"
    (tmp_path / "overrides.yaml").write_text(text, "utf-8")
    (decision,) = read_decisions(tmp_path, RUBRIC)
    assert (decision.student, decision.reason, decision.by) == (name, name, name)


EMPTY = st.lists(st.sampled_from([b"", b",,,", b",,,,,,", b' , ,"",']), max_size=3)


@given(EMPTY, EMPTY, EMPTY, st.sampled_from([b"", b",", b",,,"]))
def test_rows_and_cells_that_a_spreadsheet_leaves_empty_are_passed_over(
    before: list[bytes], between: list[bytes], after: list[bytes], behind: bytes
) -> None:
    header, *rows = CSV.encode().splitlines()
    lines = [header, *before, rows[0], *between, rows[1], *after]
    text = b"\r\n".join([line + behind for line in lines])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "overrides.csv").write_bytes(text)
        assert read_without_lines(Path(folder)) == WISHES


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators(separator: str, tmp_path: Path) -> None:
    text = f"{HEADER}\n\n12@example.org,kl,2.5,on paper\n,,,\n".replace(",", separator)
    (tmp_path / "overrides.csv").write_text(text.replace("2.5", "2,5"))
    assert read_without_lines(tmp_path) == (decided(1, 1, "12@example.org", "kl", 2.5, "on paper"),)


@pytest.mark.parametrize(
    "content",
    [
        CSV.removeprefix("\ufeff").encode("utf-16"),
        CSV.replace(",", "\t").replace('"oral\t exam"', '"oral, exam"').encode("utf-16"),
        f"sep=,\r\n{CSV[1:]}".encode(),
        f'"sep=;"\r\n{CSV[1:]}'.replace(",", ";").replace("oral;", "oral,").encode("utf-8-sig"),
        CSV.replace(",", ";").replace("oral;", "oral,").replace("0.5", "0,5").encode(),
        CSV.replace("\r\n", ",,,\r\n").encode(),
    ],
    ids=["UTF-16", "Unicode text", "sep", "sep in quotes", "decimal comma", "empty columns"],
)
def test_what_excel_saves(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "overrides.csv").write_bytes(content)
    assert read_without_lines(tmp_path) == WISHES


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        (
            "overrides.csv",
            "Zo\u00eb".encode("cp1252"),
            "overrides.csv is not UTF-8: save it as 'CSV",
        ),
        (
            "overrides.csv",
            "\u5f20\u4f1f".encode("gbk"),
            "save it as 'CSV UTF-8', as Excel calls it",
        ),
        ("overrides.csv", b"PK\x03\x04\x14\x00\xff", "save it as 'CSV UTF-8'"),
        ("overrides.yaml", "- student: Zo\u00eb".encode("cp1252"), "save it as UTF-8."),
        ("overrides.xlsx", b"PK\x03\x04", "overrides.xlsx isn't read: save it as 'CSV UTF-8'"),
        ("overrides.txt", b"student", "overrides.txt isn't read"),
    ],
)
def test_what_excel_saves_and_nobody_can_read(
    name: str, content: bytes, why: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(OverridesError) as caught:
        read_decisions(tmp_path, RUBRIC)
    assert why in str(caught.value)


def test_lines_are_counted_behind_a_line_for_excel(tmp_path: Path) -> None:
    (tmp_path / "overrides.csv").write_text("sep=,\n" + HEADER + "\na,kl,99,x\n")
    with pytest.raises(OverridesError, match=r"\(line 3\)"):
        read_decisions(tmp_path, RUBRIC)


def test_a_name_fits_however_its_accents_are_stored(tmp_path: Path) -> None:
    row = "Jose\u0301,kl,1,x"
    (tmp_path / "overrides.csv").write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    requests = read_decisions(tmp_path, RUBRIC)
    (changed,), notices = laid_over([entry(graded(), "Jos\u00e9")], requests)
    assert [one.points for one in changed.overrides] == [1.0]
    assert notices == []


@pytest.mark.parametrize(
    ("target", "points", "most"),
    [("kl", 3.6, "3.5"), ("kl.total", 99, "2.5"), ("total", 7.6, "7.5"), ("elbo", 1e300, "4")],
)
def test_more_points_than_there_are_can_not_be_given(
    target: str, points: float, most: str, tmp_path: Path
) -> None:
    fine = "- {student: a, target: kl, points: 3.5, reason: x}"
    wrong = f"- {{student: a, target: {target}, points: {points}, reason: x}}"
    (tmp_path / "overrides.yaml").write_text(f"{fine}\n\n{wrong}\n")
    with pytest.raises(OverridesError) as caught:
        read_decisions(tmp_path, RUBRIC)
    assert str(caught.value) == (
        f"overrides.yaml, entry 2 (line 3): '{target}' can't have {points:g} points, "
        f"for {most} are the most."
    )


def test_all_mistakes_are_said_at_once_with_their_lines(tmp_path: Path) -> None:
    text = (
        "- student: Ada\n  target: kl\n  points: 99\n"
        "- student: Bob\n  target: elbo\n  points: 4\n  reason: fine\n"
        "- student: Cy\n  target: elbo\n  ponts: 1\n  reason: a\n  reason: b\n"
        "- Di\n"
    )
    head, *told = mistakes(tmp_path / "overrides.yaml", text)
    assert head == "overrides.yaml has 5 mistakes:"
    assert told == [
        "  entry 1 (line 1): it has no reason.",
        "  entry 1 (line 3): 'kl' can't have 99 points, for 3.5 are the most.",
        "  entry 3 (line 10): the key 'ponts' is not known; is 'points' meant?",
        "  line 12: the key 'reason' is there twice, first in line 11.",
        "  entry 4 (line 13): it must have the key student or where, and say what is decided.",
    ]


def test_a_time_that_no_calendar_has_hides_no_other_mistake(tmp_path: Path) -> None:
    text = (
        "- {student: Ada, submitted: 2026-13-01}\n"
        "- {student: Bob, due: 2026-12-01 23:59 Europe/Berln}\n"
        "- {student: Cy, submitted: 2026-12-01 25:00:00}\n"
    )
    head, *told = mistakes(tmp_path / "overrides.yaml", text)
    assert head == "overrides.yaml has 3 mistakes:"
    assert [line.split(":")[0] for line in told] == [f"  entry {n} (line {n})" for n in (1, 2, 3)]
    assert all("2026-12-31 23:59, with a zone behind it" in line for line in told)


def test_all_mistakes_of_a_table_are_said_at_once(tmp_path: Path) -> None:
    text = f"{HEADER}\n,kl,1,x\na,kl,9,x\na,kl,1,\n"
    told = mistakes(tmp_path / "overrides.csv", text)
    assert [line.split(":")[0] for line in told] == [
        "overrides.csv has 3 mistakes",
        "  entry 1 (line 2)",
        "  entry 2 (line 3)",
        "  entry 3 (line 4)",
    ]


@pytest.mark.parametrize(
    ("broken", "taken_in"),
    [
        ('a;kl;3,5;ä "ok;"x', 0),
        ('a;kl;1;"ok;"x', 0),
        ('a;kl;1;"ok"x', 0),
        ('a;kl;1;"ok', 0),
        ('"a;kl;1;ok', 0),
        ('a;kl;1;"one\n\ntwo; three "four"', 2),
    ],
)
def test_a_quote_too_many_is_told_with_its_line_and_all_else(
    broken: str, taken_in: int, tmp_path: Path
) -> None:
    head = HEADER.replace(",", ";")
    rows = ['b;kl;1;"good, ""as\nsaid"""', broken, "c;kl;9;x", 'd;kl;1;"fine"', "e;kl;1;"]
    text = "\n".join([head, *rows]) + "\n"
    first, *told = mistakes(tmp_path / "overrides.csv", text)
    assert first == "overrides.csv has 3 mistakes:"
    assert [line.split(":")[0] for line in told] == [
        "  entry 2 (line 4)",
        f"  entry 3 (line {5 + taken_in})",
        f"  entry 5 (line {7 + taken_in})",
    ]
    assert "has each of its own twice." in told[0]


def test_a_header_that_can_not_be_read_is_told_with_its_line(tmp_path: Path) -> None:
    text = f"\n{HEADER.replace('points', chr(34) + 'po' + chr(34) + 'ints')}\na,kl,1,x\n"
    (tmp_path / "overrides.csv").write_text(text, encoding="utf-8")
    with pytest.raises(OverridesError, match=r"^overrides.csv, line 2: it can't be read \("):
        read_decisions(tmp_path, RUBRIC)


def test_mistakes_stop_the_command_before_it_grades(tmp_path: Path) -> None:
    (tmp_path / "in" / "ada").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "vae.ipynb").write_text("{}")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "overrides.yaml").write_text("- a\n- b\n")
    done = CliRunner().invoke(main, [str(tmp_path / "in"), "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert done.output.startswith("Error: overrides.yaml has 2 mistakes:\n  entry 1 (line 1)")
    assert not (tmp_path / "out" / "results").exists()


def apply(result: Result, *requests: tuple[str, float], was: float | None = None):
    made = [
        decided(number, 1, "Ada_L_12", target, points, "because", was)
        for number, (target, points) in enumerate(requests, 1)
    ]
    (one,), notices = laid_over([entry(result)], made)
    return one, notices


@pytest.mark.parametrize(
    ("requests", "points", "kl"),
    [
        ([("kl.per_sample", 1)], 5.5, 3.5),
        ([("kl.per_sample", 0.5)], 5.0, 3.0),
        ([("kl", 0)], 2.0, 0.0),
        ([("kl", 3), ("kl.per_sample", 1)], 5.0, 3.0),
        ([("total", 7), ("kl", 3)], 7.0, 3.0),
    ],
)
def test_sums_fit(requests: list[tuple[str, float]], points: float, kl: float) -> None:
    one, notices = apply(graded(), *requests)
    assert notices == []
    assert (one.result.points, one.result.tasks[0].points) == (points, kl)
    assert len(one.overrides) == len(requests)


def test_every_output_is_marked() -> None:
    one, _ = apply(graded(), ("kl.per_sample", 1.0))
    mark = "KL, Title of kl.per_sample: 1 point instead of 0. Reason: because"
    assert mark in to_plain(one.result, one)
    assert b"set by hand: kl.per_sample 1 (because)" in to_gradebook([one])
    assert "Set by hand: because" in one.result.tasks[0].checks[1].message


@pytest.mark.parametrize("target", ["kl.per_sample", "kl", "total"])
def test_a_grader_error_can_be_settled(target: str) -> None:
    one, notices = apply(broken_grader(), (target, 1.0))
    assert (one.result.status, notices) == ("graded", [])
    checks = one.result.tasks[0].checks
    assert all(check.status != "grader_error" for check in checks)


FAILED = failed_result("vae.ipynb", "ada", 7.5, "boom")


@pytest.mark.parametrize("result", [ungradable(), broken_grader(), FAILED])
def test_what_has_no_points_counts_as_graded_once_all_are_set_by_hand(result: Result) -> None:
    one, notices = apply(result, ("total", 5.0))
    assert (one.result.points, one.result.status, one.result.reason) == (5.0, "graded", None)
    assert notices == []
    assert "5 of 7.5 points" in to_plain(one.result, one)
    assert "Set by hand: All tasks together: 5 points" in to_plain(one.result, one)
    figures = summary_of([one], {})
    assert (figures.mean, figures.not_graded) == (5.0, ())
    (row,) = csv.DictReader(io.StringIO(to_gradebook([one]).decode("utf-8-sig")))
    assert (row["status"], row["points"], row["reason"]) == ("graded", "5", "")
    assert row.get("elbo", "") in ("", "2")
    index = to_index([one], {}, TITLE, {}).partition("<body>")[2].partition("<script>")[0]
    for word in ("open", "ungradable", "grader error", "failed on", "could not be"):
        assert word not in index
    page = to_page(one.result, TITLE, entry=one)
    assert "<h1>5 of 7.5 points</h1>" in page
    before = number(result.points)
    assert f"All tasks together: 5 points instead of {before}. Reason: because" in page
    for word in ("Not graded", "Next:", "not decided", "its class was checked alone", "failed on"):
        assert word not in page


@pytest.mark.parametrize(
    ("target", "points", "was", "told"),
    [
        ("kl.gone", 1.0, None, "the result has no 'kl.gone'"),
        ("kl", 2.5, None, "changes nothing"),
        ("kl", 3.0, 2.0, "made for 2 points, now it is 2.5. It is applied all the same."),
    ],
)
def test_stale_overrides_are_pointed_out(
    target: str, points: float, was: float | None, told: str
) -> None:
    _, notices = apply(graded(), (target, points), was=was)
    assert len(notices) == 1
    assert told in notices[0]


def test_the_second_of_two_for_the_same_is_pointed_out() -> None:
    one, notices = apply(graded(), ("kl", 3.0), ("kl", 1.0))
    assert one.result.tasks[0].points == 1.0
    assert notices == ["Override 2 (line 1: Ada_L_12, kl) replaces an earlier one (3 points)."]


def test_who_decided_is_said() -> None:
    request = decided(1, 1, "Ada_L_12", "kl", 3.0, "because", by="Dr. <Noether>")
    (one,), _ = laid_over([entry(graded())], [request])
    page = to_page(one.result, TITLE, entry=one).partition("<main>")[0]
    assert "KL: 3 points instead of 2.5, by Dr. &lt;Noether&gt;. Reason: because" in page
    assert "instead of 2.5, by Dr. <Noether>. Reason" in to_plain(one.result, one)
    assert b"set by hand: kl 3 (because), by Dr. <Noether>" in to_gradebook([one])


def test_students_that_are_not_there_or_not_told_apart() -> None:
    entries = [entry(graded(), "Ada", "1"), entry(graded(), "Ada", "2")]
    requests = [
        decided(1, 1, "Ada", "kl", 1, "x"),
        decided(2, 1, "Eve", "kl", 1, "x"),
        decided(3, 1, "2", "kl", 1, "x"),
    ]
    changed, notices = laid_over(entries, requests)
    assert [len(one.overrides) for one in changed] == [0, 1]
    assert "several are called so: Ada_1 is of Ada (1), Ada_2 is of Ada (2)" in notices[0]
    assert "no such student" in notices[1]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("overrides.yaml", "student: x", "must be a list"),
        ("overrides.yaml", "- [", r"overrides.yaml, line 1: "),
        ("overrides.yaml", "- x", r"entry 1 \(line 1\): it must have the key student or where"),
        (
            "overrides.yaml",
            "# why\n- {student: a, target: kl, points: 1}",
            r"\(line 2\).*no reason",
        ),
        ("overrides.yaml", "- {student: a, target: kl, points: .nan, reason: x}", "a number"),
        ("overrides.yaml", "- {student: a, target: kl, points: true, reason: x}", "a number"),
        ("overrides.yaml", "- {studnet: a}", "'studnet' is not known"),
        ("overrides.yaml", "- {where: , comment: x}", "'where' is 'everyone', or has one of"),
        ("overrides.yaml", "- {where: {misconception: }, comment: x}", "that says nothing"),
        ("overrides.yaml", "- {where: {rule: ''}, comment: x}", "that says nothing"),
        ("overrides.yaml", "- {student: a, comment: [b, c]}", "'comment' must be a text"),
        ("overrides.yaml", "- {student: a, comment: x, by: {c: d}}", "'by' must be a text"),
        ("overrides.yaml", "- student: a\n  points: 1\n  points: 2", "'points' is there twice"),
        ("overrides.csv", f"{HEADER}\na,kl,-1,x\n", r"entry 1 \(line 2\).*0 or more"),
        ("overrides.csv", f"{HEADER}\n,,,\na,kl,1,x,y,z\n", r"\(line 3\): 'z' stands in a column"),
        ("overrides.csv", f"{HEADER},reason\na,kl,1,x,\n", "column 'reason' is there twice"),
        ("overrides.csv", f'{HEADER}\na,kl,1,"x\ny"\nb,kl,,x\n', r"entry 2 \(line 4\): it decides"),
        (
            "overrides.csv",
            b"student,target,points,reason\nZo\xeb,kl,1,x\n",
            "is not UTF-8: save it",
        ),
    ],
)
def test_what_can_not_be_used_is_said(
    tmp_path: Path, name: str, text: str | bytes, why: str
) -> None:
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(OverridesError, match=why):
        read_decisions(tmp_path, RUBRIC)


def test_no_file_and_two_files(tmp_path: Path) -> None:
    assert read_decisions(tmp_path, RUBRIC) == ()
    for name in ("overrides.yaml", "overrides.csv"):
        (tmp_path / name).touch()
    with pytest.raises(OverridesError, match="keep one"):
        read_decisions(tmp_path, RUBRIC)


@pytest.mark.parametrize("name", ["overrides.yaml", "overrides.yml", "overrides.csv"])
def test_a_folder_in_the_files_place_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(OverridesError, match=f"^{name} is a folder: put a file in its place"):
        read_decisions(tmp_path, RUBRIC)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("elboo", "the target 'elboo' is not known; is 'elbo' meant?"),
        ("KL", "the target 'KL' is not known; is 'kl' meant?"),
        ("kl.sum", "the target 'kl.sum' is not known; known are kl.total, kl.per_sample."),
        ("bonus", "the target 'bonus' is not known; known are total, kl, elbo, and the checks."),
    ],
)
def test_a_target_that_the_rubric_does_not_have_is_a_mistake(
    target: str, why: str, tmp_path: Path
) -> None:
    text = f"- student: a\n  target: {target}\n  points: 1\n- student: b\n"
    head, first, second, third = mistakes(tmp_path / "overrides.yaml", text)
    assert head == "overrides.yaml has 3 mistakes:"
    assert (
        third
        == "  entry 2 (line 4): it decides nothing: give points, a comment, due, submitted, a "
        "status, or seen."
    )
    assert first == "  entry 1 (line 1): it has no reason."
    assert second.startswith(f"  entry 1 (line 2): {why}")


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("Overrides.yaml", "call it overrides.yaml"),
        ("OVERRIDES.CSV", "call it overrides.csv"),
        ("overrides.yaml.txt", "call it overrides.yaml"),
        ("overrides.csv.txt", "call it overrides.csv"),
        ("override.csv", "call it overrides.csv"),
        ("override.yml", "call it overrides.yaml"),
        ("overides.yaml", "call it overrides.yaml"),
        ("over-rides.yaml", "call it overrides.yaml"),
        ("overrides (1).csv", "call it overrides.csv"),
        ("overrides_final.yaml", "call it overrides.yaml"),
        ("overrides", "call it overrides.yaml, or save a table as 'CSV UTF-8', as overrides.csv"),
        ("Overrides.txt", "call it overrides.yaml, or save"),
        ("Override.XLSX", "save it as 'CSV UTF-8', as overrides.csv"),
    ],
)
def test_a_name_that_is_nearly_right_is_refused(name: str, right: str, tmp_path: Path) -> None:
    for beside in (False, True):
        if beside:
            (tmp_path / "overrides.yml").write_text("[]")
        (tmp_path / name).write_text(YAML)
        with pytest.raises(OverridesError) as caught:
            read_decisions(tmp_path, RUBRIC)
        assert str(caught.value).startswith(f"{name} isn't read: {right}")


@pytest.mark.parametrize(
    "name", ["overrides.yaml~", "overrides.yaml.bak", ".overrides.yaml.swp", "overview.csv"]
)
def test_backups_and_other_files_are_let_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(YAML)
    (tmp_path / "overrides").mkdir()
    assert read_decisions(tmp_path, RUBRIC) == ()
    assert read_decisions(tmp_path / "missing", RUBRIC) == ()


def test_capitals_in_the_header_are_accepted(tmp_path: Path) -> None:
    text = CSV.replace("student,target,points,was,reason", "Student,TARGET,Points, Was,Reason")
    (tmp_path / "overrides.csv").write_text(text, encoding="utf-8", newline="")
    assert read_without_lines(tmp_path) == WISHES


def test_a_wrong_header_is_one_mistake(tmp_path: Path) -> None:
    text = "Student,Target,Ponts,Reason,Remark\nAda,kl,1,x,y\nBob,nope,1,x,y\nCy,kl,1,x,\n"
    assert mistakes(tmp_path / "overrides.csv", text)[:2] == [
        "overrides.csv has 2 mistakes:",
        "  line 1: the columns must be called student, target, points, reason, and may be at, by, "
        "comment, was: 'Ponts', 'Remark' are not known, and 'points' is missing.",
    ]
    (tmp_path / "overrides.csv").write_text("student,target,points\na,kl,1\nb,kl,1\n")
    with pytest.raises(OverridesError, match=r"^overrides.csv, line 1: .*: 'reason' is missing"):
        read_decisions(tmp_path, RUBRIC)


def test_who_has_no_result_can_only_have_a_total() -> None:
    one, notices = apply(ungradable(), ("kl", 1.0))
    assert one.overrides == ()
    assert notices == [
        "Override 1 (line 1: Ada_L_12, kl) is not applied: nothing of this student's could be "
        "graded, so only 'total' can be set there."
    ]


def test_an_override_for_nobody_is_told_by_line_and_exit_status(tmp_path: Path) -> None:
    (tmp_path / "in" / "ada").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "vae.ipynb").write_text("{}")
    (tmp_path / "out").mkdir()
    whose = "- {student: NAME, target: total, points: 3, reason: x}\n"
    command = [str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--no-run"]
    for names, status in ((("ada",), 0), (("ada", "eve"), 1)):
        text = "".join(whose.replace("NAME", name) for name in names)
        (tmp_path / "out" / "overrides.yaml").write_text(text)
        done = CliRunner().invoke(main, command)
        assert done.exit_code == status
        page = (tmp_path / "out" / "report" / "students" / "ada.html").read_text("utf-8")
        assert "<title>3 of 60 points: ada</title>" in page
        told = "Note: Override 2 (line 2: eve, total) is not applied: there is no such student."
        assert (told in done.output) == bool(status)
