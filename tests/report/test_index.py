"""The instructor's page: complete without a script, sorted and searched with it, and harmless."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from grader.report.course import Appeal, Identity, Lateness, Override
from grader.report.gradebook import flags
from grader.report.index import to_index
from grader.report.result import RuleResult, Run
from tests.made_results import (
    HOSTILE,
    TITLE,
    broken_grader,
    course,
    entry,
    failed,
    graded,
    task,
    ungradable,
)

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


class Elements(HTMLParser):
    """The names of all elements of a page, and of all their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def text_of(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


def test_everybody_is_in_the_table_with_points_and_flags() -> None:
    page = to_index(course(), {"Ada_L_12": "students/Ada_L_12.html"}, TITLE, {})
    assert '<a href="students/Ada_L_12.html">Ada L</a>' in page
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", page.split('id="students"')[1], re.DOTALL)
    words = [text_of(row).split() for row in rows]
    assert words[0][:5] == ["Ada", "L", "12", "4.5", "2.5"]
    assert words[1][:4] == ["Bob", "13", "0", "0"]
    assert words[2][:3] == ["Cy", "14", "open"]
    assert "late" in text_of(rows[3])
    assert "set by hand: kl.total 2.5 (spoken about it)" in text_of(rows[3])


def test_the_points_of_a_row_and_of_the_figures_are_those_that_count() -> None:
    late = replace(entry(graded()), lateness=Lateness(1.5, "Handed in late."))
    undecided = replace(graded().tasks[0], undecided=True)
    waiting = replace(graded(), tasks=(undecided, *graded().tasks[1:]))
    page = to_index([late, entry(waiting, "Bo", "13")], {}, TITLE, {})
    row, open_ = page.split('id="students"')[1].split("<tr>")[2:]
    assert text_of(row).split()[:4] == ["Ada", "L", "12", "3"]
    assert "late: 1.5 points off" in text_of(row)
    assert text_of(open_).split()[:3] == ["Bo", "13", "open"]
    told = text_of(page)
    assert "The points of 1 are decided: 3 of 7.5 points on average, 3 in the middle." in told
    assert "1 waits for a task to be graded by hand: Bo " in " ".join(told.split())


def test_who_is_missing_is_told_from_who_could_not_be_graded_and_each_is_led_to() -> None:
    said = "Nothing that can be graded was handed in: the folder is empty."
    nothing = replace(ungradable(), reason=f"{said} Hand in the notebook file itself.")
    max_ = replace(entry(nothing, "Max", "9"), notes=(said,))
    flo = entry(ungradable(), "Flo", "8")
    page = to_index(
        [flo, max_, entry(broken_grader(), "Cy", "7")], {max_.name: "m.html"}, TITLE, {}
    )
    head = page.split("</header>")[0]
    told = " ".join(text_of(head).split())
    assert (
        "1 could not be graded: Flo (8) "
        "1 handed in nothing that can be graded: Max (9) 1 left open" in told
    )
    assert '<a href="m.html">Max (9)</a>' in head
    row = page.split('id="students"')[1].split("Max")[1].split("</tr>")[0]
    assert row.count(said) == 1
    assert "<h1>1 submission</h1>" in to_index([flo], {}, TITLE, {})


def test_a_row_says_what_a_rule_took_from_the_total() -> None:
    broken = RuleResult("imports", "broken", "It imports math.", "It costs 1 point.")
    one = entry(replace(graded(), points=3.5, rules=(broken,)))
    assert flags(one) == ("rule broken: imports, 1 point off",)
    by_hand = replace(one, overrides=(Override("total", 5.0, "oral", 3.5),))
    assert flags(by_hand)[-1] == "rule broken: imports"


def test_rare_misconceptions_are_folded_away() -> None:
    checks = [replace(failed(f"kl.c{n}", 1.0), misconception=f"x.m{n:02d}") for n in range(13)]
    page = to_index([entry(replace(graded(), tasks=(task("kl", *checks),)))], {}, TITLE, {})
    _, shown, folded = page.split("<details>")  # the first holds the distribution
    assert "<summary>3 more</summary>" in folded
    assert re.findall(r"x\.m(\d\d)", shown) == [f"{n:02d}" for n in range(10)]
    assert re.findall(r"x\.m(\d\d)", folded) == ["10", "11", "12"]
    assert "more</summary>" not in to_index(course(), {}, TITLE, {})


def test_a_misconception_names_its_task_and_leads_to_its_students() -> None:
    check = replace(failed("kl.total", 1.0), misconception="kl.half")
    ada, bo = (
        entry(replace(graded(), tasks=(task("kl", check),)), name, number)
        for name, number in (("Ada L", "12"), ("Bo", "13"))
    )
    address = "students/Ada_L_12.html"
    page = to_index([ada, bo], {ada.name: address}, TITLE, {"kl.half": "the half is missing"})
    row = page.split("the half is missing")[1].split("</tr>")[0]
    assert "<td>KL</td>" in page.split("the half is missing")[0].rsplit("<tr>")[-1]
    assert f'<a href="{address}">Ada L (12)</a>, Bo (13)' in row
    assert '<td class="number">2</td>' in row


def test_what_needs_a_person_stands_before_what_nearly_everybody_has() -> None:
    stopped = replace(graded(), run=Run("failed", 1.0, 3, "x"))
    entries = [entry(graded(), name, name) for name in "ABC"] + [entry(stopped, "D", "D")]
    entries.append(entry(ungradable(), "E", "E"))
    rows = to_index(entries, {}, TITLE, {}).split('id="students"')[1].split("<tr>")[2:]
    flags = [row.split('class="flags">')[1].split("</td>")[0] for row in rows]
    common = '<span class="soft">rule broken: no_additional_imports</span>'
    assert flags[:3] == [common] * 3
    assert flags[3] == f"run failed; {common}"
    assert flags[4] == "ungradable: There is no class VAE."


def test_checks_that_nobody_lost_are_left_out() -> None:
    page = to_index(course(), {}, TITLE, {})
    lost = page.split("Points lost")[1].split("</table>")[0]
    assert "Title of kl.per_sample" in lost
    assert "Title of kl.total" not in lost


def test_ids_have_a_column_only_where_there_are_some() -> None:
    assert '<th scope="col">Id</th>' in to_index(course(), {}, TITLE, {})
    nameless = replace(entry(graded()), students=(Identity("Ada L"),))
    assert '<th scope="col">Id</th>' not in to_index([nameless], {}, TITLE, {})


def test_nothing_of_a_submission_is_live_and_nothing_else_may_run() -> None:
    one = entry(graded(HOSTILE))
    identity = replace(one.students[0], name=HOSTILE, id="<img src=x onerror=alert(1)>")
    page = to_index([replace(one, students=(identity,), notes=(HOSTILE,))], {}, TITLE, {})
    found = Elements()
    found.feed(page)
    assert sorted(tag for tag in found.tags if tag in ("script", "img", "style", "iframe")) == [
        "script",
        "style",
    ]
    assert not [name for name in found.attributes if name.startswith("on") or name == "style"]
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        content = page.split(f"<{tag}>")[1].split(f"</{tag}>")[0]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in policy[1]


def test_an_empty_course_has_a_page() -> None:
    assert "0 submissions" in to_index((), {}, TITLE, {})


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_script_runs_under_the_policy_in_a_browser(tmp_path: Path) -> None:
    assert CHROMIUM is not None
    path = tmp_path / "index.html"
    path.write_text(to_index(course(), {}, TITLE, {}), encoding="utf-8")
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/p")
    done = subprocess.run(
        [CHROMIUM, *options, "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert re.search(r'id="count"[^>]*>4 of 4<', done.stdout), done.stderr[-2000:]
    assert '<button type="button">Student</button>' in done.stdout


def test_open_appeals_are_named() -> None:
    ada, bo = entry(graded(), "Ada"), entry(graded(), "Bo")
    assert "open:</strong>" not in to_index([ada, bo], {}, TITLE, {})
    declined = Appeal("kl", "declined", "x", "y")
    ada = replace(ada, appeals=(declined, Appeal("total", "open", "Look again.")))
    page = to_index([ada, bo], {ada.name: "students/Ada.html"}, TITLE, {})
    assert (
        '<strong>1 appeal is open:</strong> <a href="students/Ada.html">Ada (12)</a> '
        "(All tasks together)</p>" in page
    )
    bo = replace(bo, appeals=(Appeal("kl", "open", "<b>"),))
    words = to_index([ada, bo], {}, TITLE, {})
    assert (
        "<strong>2 appeals are open:</strong> Ada (12) (All tasks together), Bo (12) (KL)</p>"
        in words
    )
