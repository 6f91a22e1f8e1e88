"""The student's page: complete, self-contained, and safe whatever a submission holds."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from grader.report.course import Override
from grader.report.page import in_course, out_of_course, to_page, to_table
from grader.report.plain import to_plain
from grader.report.result import (
    CheckResult,
    OtherGrading,
    Result,
    RuleResult,
    Run,
    Submission,
    TaskResult,
    Training,
)
from tests.made_plots import executed, png
from tests.made_results import TITLE, TRY_IT, entry, graded, with_example

EVIL = "</pre></style><script>alert('1')</script><img src=x onerror=alert(2)>&\"'`<b>`"

PASSED = CheckResult("kl.total", "The total", 2.0, 2.0, "passed")
FAILED = CheckResult("kl.per_sample", "Each row", 0.0, 3.0, "failed", "came 1", "which axis?")
PLACE = {"cell": 3, "line": 2}
TASK = TaskResult("kl", "KL divergence", 2.0, 5.0, (PASSED, FAILED), PLACE, "kl_divergence")
RESULT = Result(
    Submission("folder/vae.ipynb", "0", "vae"),
    "graded",
    2.0,
    5.0,
    (TASK,),
    (RuleResult("no_distributions", "broken", "Used.", "Costs.", ({"cell": 3, "line": 4},)),),
    Run("failed", 1.0, 7, "ValueError: no"),
    Training("completed", "cpu", 3, 550.0, 205.0, (550.0, None, 205.0)),
    ("Some advice.",),
)
SOURCES = {"kl_divergence": "    def kl_divergence(self, mu, logsigma):\n        return 1"}


class Page(HTMLParser):
    """The elements of a page with their attributes, and that every one is closed."""

    VOID = frozenset(("meta", "img", "br"))

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_page_says_everything_in_words() -> None:
    words = " ".join(Page(to_page(RESULT, TITLE, SOURCES, executed(png()))).words.split())
    for part in (
        "2 of 5 points",
        "KL divergence",
        "To correct",
        "1 check passed The total (2 points)",
        "Failed: 0 of 3 points",
        "came 1",
        "Hint: which axis?",
        "def kl_divergence(self, mu, logsigma):",
        "Broken: Used. Costs. At cell 3, line 4.",
        "Some advice.",
        "It stopped at cell 7.",
        "ValueError: no",
        "Output of cell 2",
        "Next: Correct kl_divergence (cell 3, line 2).",
    ):
        assert part in words
    assert "folder" not in words
    assert words.count("which axis?") == 1


def test_what_was_passed_and_the_code_are_folded_and_one_thing_is_said_once() -> None:
    alike = tuple(replace(FAILED, id=f"kl.c{n}", title=f"Check {n}") for n in range(3))
    task = replace(TASK, checks=(PASSED, *alike), max_points=11.0)
    html = to_page(replace(RESULT, tasks=(task,), max_points=11.0), TITLE, SOURCES)
    assert html.count("<details>") == 3  # its passed checks, its code, and the losses
    assert "<details open" not in html
    assert html.count("came 1") == html.count("which axis?") == 1
    assert html.count('<li class="failed">') == 1
    words = " ".join(Page(html).words.split())
    assert "Check 0 Check 1 Check 2 Failed: 0 of 9 points came 1" in words


def test_a_page_of_a_course_leads_back_to_it_but_not_for_its_student() -> None:
    html = to_page(RESULT, TITLE, SOURCES)
    linked = in_course(html)
    assert ({"href": "../index.html"}) in Page(linked).all("a")
    assert out_of_course(linked.encode()) == html.encode()


def test_cells_have_the_names_that_a_student_sees() -> None:
    names = {"3": "cell [2]", "7": "the cell that starts with `vae = VAE(`"}
    words = " ".join(Page(to_page(replace(RESULT, cells=names), TITLE, SOURCES)).words.split())
    for part in (
        "Next: Correct kl_divergence (cell [2], line 2).",
        "Your code, cell [2], from line 2",
        "Costs. At cell [2], line 4.",
        "It stopped at the cell that starts with vae = VAE(.",
    ):
        assert part in words


def test_page_loads_nothing_and_runs_nothing() -> None:
    html = to_page(RESULT, TITLE, SOURCES, executed(png()))
    page = Page(html)
    assert {"script", "link", "iframe", "object", "form", "base"}.isdisjoint(
        tag for tag, _ in page.found
    )
    for _, attributes in page.found:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/png;base64,"))
    (policy,) = [
        meta["content"] or ""
        for meta in page.all("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; ")
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy


def test_page_can_be_read_without_eyes() -> None:
    page = Page(to_page(RESULT, TITLE, SOURCES, executed(png())))
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1
    assert all(header.get("scope") in ("col", "row") for header in page.all("th"))
    assert all(image.get("alt") for image in page.all("img"))
    assert page.all("svg")[0]["role"] == "img"
    assert len(page.all("title")) == 2
    names = {attributes["id"] for _, attributes in page.found if "id" in attributes}
    for section in page.all("section"):
        assert section["aria-labelledby"] in names


@given(st.text(max_size=80).map(lambda text: text + EVIL))
def test_whatever_a_submission_says_is_shown_as_text(text: str) -> None:
    check = replace(FAILED, title=text, message=text, hint=text)
    result = replace(
        RESULT,
        submission=Submission(text, text, text),
        tasks=(replace(TASK, checks=(PASSED, check)),),
        rules=(replace(RESULT.rules[0], message=text, consequence=text),),
        run=replace(RESULT.run, error=text, notes=(text,)),
        training=replace(RESULT.training, error=text),
        advice=(text,),
        environment={"grader": text},
    )
    code = {"kl_divergence": f"    def kl_divergence(self):\n        '''{text}'''"}
    expected = [tag for tag, _ in Page(to_page(RESULT, TITLE, SOURCES)).found]
    for html in (to_page(result, TITLE, code), to_table(result)):
        tags = {tag for tag, _ in Page(html).found}
        assert tags <= {*expected, "code", "em", "div"}
    assert "alert('1')" not in to_page(result, TITLE, code)


def test_the_page_of_who_handed_nothing_in_says_that_once() -> None:
    reason = "Nothing that can be graded was handed in: only a.pdf. Hand in the notebook file."
    nothing = Result(Submission("Ada_L", "", "Ada L"), "ungradable", 0.0, 5.0, reason=reason)
    html = to_page(nothing, TITLE, student="Ada L")
    words = " ".join(Page(html).words.split())
    for part in ("Next:", "Correct this first", "save the notebook", "Grader", "Ada_L", "points"):
        assert part not in words
    assert "<title>Not graded: Ada L</title>" in html
    marked = to_page(replace(nothing, environment={"grader": "1.2.3"}), TITLE, student="Ada L")
    assert "Grader 1.2.3." in marked
    broken = replace(nothing, submission=Submission("a.ipynb", "0", "a"))
    assert "Correct this first" in to_page(broken, TITLE)


def test_points_by_hand_of_who_handed_nothing_in_stand_without_words_on_a_notebook() -> None:
    essay = TaskResult("essay", "Essay", 3.0, 5.0, ())
    nothing = Result(
        Submission("Ada_L", "", "Ada L"), "ungradable", 3.0, 65.0, (essay,), reason="No."
    )
    words = " ".join(Page(to_page(nothing, TITLE, student="Ada L")).words.split())
    assert "Not graded No. 3 of 65 points, for what is graded by hand." in words
    by_hand = replace(nothing, status="graded", points=1.0, max_points=1.0, reason=None)
    html = to_page(by_hand, TITLE, student="Ada L")
    assert "<title>1 of 1 point: Ada L</title>" in html
    for part in ("executed", "was expected", "checked alone"):
        assert part not in words
        assert part not in html


def test_the_tasks_and_what_rules_took_add_up_to_the_total() -> None:
    rule = RuleResult("imports", "broken", "It imports math.", "It costs 1 point.")
    result = replace(RESULT, points=1.0, rules=(rule,))
    assert 'Broken rules</a></th><td class="number">-1</td>' in to_page(result, TITLE)
    assert "Broken rules" not in to_page(RESULT, TITLE)
    total = replace(entry(result), overrides=(Override("total", 1.0, "oral", 1.0),))
    assert "Broken rules" not in to_page(result, TITLE, entry=total)


def test_whose_work_is_done_is_told_nothing_to_do() -> None:
    lost = replace(RESULT, run=Run("completed", 1.0))
    assert "Next:" in to_page(lost, TITLE, entry=entry(lost))
    by_hand = replace(entry(lost), overrides=(Override("kl.per_sample", 1.0, "half", 0.0),))
    assert "Next:" not in to_page(lost, TITLE, entry=by_hand)
    full = replace(lost, points=5.0, tasks=(replace(TASK, points=5.0, checks=(PASSED,)),))
    assert "hand it in" in to_page(full, TITLE)
    assert "Next:" not in to_page(full, TITLE, student="Ada")
    essay = TaskResult("essay", "Essay", 0.0, 5.0, (), undecided=True)
    waits = replace(full, tasks=(*full.tasks, essay), max_points=10.0, rules=())
    assert "Next:" not in to_page(waits, TITLE, entry=entry(waits))
    stops = replace(full, run=RESULT.run)
    assert "Mend cell 7 first." in to_page(stops, TITLE, student="Ada")


def test_an_earlier_total_does_not_count_where_a_person_has_set_another() -> None:
    kept = replace(RESULT, other_grading=OtherGrading(False, 1.0, 5.0))
    one = entry(kept)
    by_hand = replace(one, overrides=(Override("total", 2.0, "oral", 2.0),))
    assert "an earlier one gave more" in to_page(kept, TITLE, entry=one)
    assert "an earlier one gave more" in to_plain(kept, one)
    assert "an earlier one" not in to_page(kept, TITLE, entry=by_hand)
    assert "an earlier one" not in to_plain(kept, by_hand)


def test_a_page_of_a_course_names_the_student() -> None:
    html = to_page(RESULT, TITLE, student="Ada <L>, Bo")
    assert "<title>2 of 5 points: Ada &lt;L&gt;, Bo, vae.ipynb</title>" in html
    assert "Variational autoencoder, Ada &lt;L&gt;, Bo, vae.ipynb" in html
    assert "<title>2 of 5 points: vae.ipynb</title>" in to_page(RESULT, TITLE)


def test_ungradable_and_unwritten() -> None:
    ungradable = Result(Submission("a.py", "", "a"), "ungradable", 0.0, 5.0, reason="No `VAE`.")
    words = Page(to_page(ungradable, TITLE)).words
    assert "Not graded" in words
    assert "No VAE." in words
    unwritten = tuple(
        replace(
            check,
            status="failed",
            points=0.0,
            message="`kl_divergence` is not implemented.",
            evidence={"unwritten": True},
        )
        for check in TASK.checks
    )
    page = Page(to_page(replace(RESULT, tasks=(replace(TASK, checks=unwritten),)), TITLE))
    assert "Not yet written" in page.words
    assert page.words.count("is not implemented") == 1
    assert "Failed" not in page.words


def test_table_is_compact_and_complete() -> None:
    page = Page(to_table(RESULT))
    words = " ".join(page.words.split())
    assert "Failed: Each row. came 1 Hint: which axis?" in words
    assert len(page.all("tr")) == 2


def test_examples_stand_on_page_and_table_as_text() -> None:
    result = with_example(graded())
    for text in (to_page(result, TITLE), to_table(result)):
        assert escape(TRY_IT.code) in text
        assert "It prints 2 &lt; 1; right is 1 &lt; 2." in text
