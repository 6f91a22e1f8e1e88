"""The walk of a TA through the desk, in Chromium: every step by mouse or keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.desk.browser import chromium, skip_or_fail
from tests.desk.desk_process import Running, running
from tests.made_course import DOZEN, VARIANCE, Made, make_course

PAGES = (
    *("/", "/course", "/course?q=nobody", "/groups", "/appeals", "/decisions"),
    *("/student/s002", "/student/s006", "/student/s001", "/group?misconception=kl.log_variance"),
)
APPEAL = "My sum is over the right dimension."


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    skip_or_fail()
    with chromium() as started:
        yield started


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Running]:
    with running(make_course(tmp_path / "results"), "--by", "Ada", "--boundaries", "58") as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path, desk: Running) -> Path:
    return tmp_path / "results"


def opened(browser: Any, desk: Running, **options: Any) -> Any:
    """Open the desk by its address in a browser of its own, which keeps what goes wrong there."""
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(20_000)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda it: it.type in ("error", "warning") and page.problems.append(it.text))
    page.on(
        "request",
        lambda it: it.url.startswith((desk.origin, "data:")) or page.problems.append(it.url),
    )
    page.goto(desk.address)
    return page


def press(page: Any, key: str) -> None:
    """Press a key once the page has its script, which hears it."""
    page.wait_for_load_state("load")
    page.keyboard.press(key)


def follow(link: Any) -> None:
    """Click on a link or a form's button, and wait for the page that it leads to."""
    with link.page.expect_navigation():
        link.click()


def entries(folder: Path) -> list[dict[str, Any]]:
    path = folder / "overrides.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) or [] if path.exists() else []


def said(page: Any) -> str:
    return page.locator("[role=status].notice, [role=alert]").first.inner_text()


def fill(form: Any, **fields: str) -> None:
    for label, text in fields.items():
        form.get_by_label(label).fill(text)


def test_the_list_is_emptied_by_keys_alone(browser: Any, desk: Running, folder: Path) -> None:
    page = opened(browser, desk)
    count = page.locator("table.todo tbody tr").count()
    assert count == 9
    press(page, "n")
    page.wait_for_url("**/student/**")
    first = page.url
    press(page, "n")
    page.wait_for_url(lambda url: url != first)
    press(page, "p")
    page.wait_for_url(first)
    for left in range(count, 0, -1):
        page.wait_for_selector(f"nav >> text=To do ({left})")
        press(page, "s")
        page.wait_for_selector(f"nav >> text=To do ({left - 1})")
    assert "Nobody waits for a person." in page.inner_text("main")
    assert len(entries(folder)) == count
    places = {"g": "Groups", "c": "Course", "a": "Appeals", "d": "Decisions", "t": "To do"}
    for key, heading in places.items():
        press(page, key)
        page.wait_for_selector(f"h1 >> text={heading}")
    press(page, "?")
    assert page.locator("#keys").is_visible()
    press(page, "?")
    assert not page.locator("#keys").is_visible()
    press(page, "d")
    page.wait_for_selector("h1 >> text=Decisions")
    for left in range(count - 1, -1, -1):
        follow(page.get_by_role("button", name="Undo").first)
        page.wait_for_function(f"document.querySelectorAll('main form').length === {left}")
    assert entries(folder) == []
    assert page.problems == []


def test_a_group_is_decided_and_who_comes_into_it_later_has_it(
    browser: Any, desk: Running, folder: Path
) -> None:
    page = opened(browser, desk)
    follow(page.get_by_role("link", name="Groups"))
    follow(page.get_by_role("link", name="What kl.total looks at"))
    form = page.get_by_role("form", name="Decide for all of them")
    fill(form, Points="1", Reason="the slides were wrong", Comment="Look at the slides again.")
    follow(form.get_by_role("button", name="Decide for all 4"))
    assert said(page) == "Decided, and written to overrides.yaml."
    assert page.locator("td.number >> text=1 of 3").count() == 4
    make_course(folder, [*DOZEN[:10], Made("Kim", {"kl.total": VARIANCE}), DOZEN[11]])
    page.goto(f"{desk.origin}/student/s011")
    assert "58 of 60 points" in page.inner_text("h1")
    assert "Look at the slides again." in page.inner_text("main")
    follow(page.get_by_role("button", name="Undo"))
    assert "57 of 60 points" in page.inner_text("h1")
    assert entries(folder) == []
    assert page.problems == []


def test_appeals_are_noted_accepted_and_declined(browser: Any, desk: Running, folder: Path) -> None:
    page = opened(browser, desk)
    for name in ("s002", "s003"):
        page.goto(f"{desk.origin}/student/{name}")
        page.get_by_label("Appeal about").select_option("kl.total")
        page.get_by_label("What the student says").fill(APPEAL)
        follow(page.get_by_role("button", name="Note the appeal"))
        assert said(page) == "Decided, and written to overrides.yaml."
    press(page, "t")
    page.wait_for_selector("text=Appeal about kl.total >> nth=1")
    press(page, "a")
    page.wait_for_selector("h1 >> text=Appeals")
    accept = page.locator("article", has_text="Bo").locator("form").first
    fill(accept, Points="3", Reason="It is indeed.")
    follow(accept.get_by_role("button", name="Accept"))
    page.wait_for_selector("text=kl.total is accepted")
    decline = page.locator("article", has_text="Cy").locator("form").nth(1)
    fill(decline, Reason="The factor is missing.")
    follow(decline.get_by_role("button", name="Decline"))
    page.wait_for_selector("text=kl.total is declined")
    ended = [(entry["student"], entry["status"], entry.get("points")) for entry in entries(folder)]
    assert ended[2:] == [("s002", "accepted", 3.0), ("s003", "declined", None)]
    page.goto(f"{desk.origin}/student/s002")
    assert "60 of 60 points" in page.inner_text("h1")
    page.goto(f"{desk.origin}/decisions")
    follow(page.get_by_role("button", name="Undo").first)
    page.goto(f"{desk.origin}/appeals")
    page.wait_for_selector("text=kl.total is open")
    assert page.problems == []


def test_a_note_a_deadline_and_points_are_set_and_taken_back(
    browser: Any, desk: Running, folder: Path
) -> None:
    page = opened(browser, desk)
    page.goto(f"{desk.origin}/course")
    fill(page, **{"Deadline for everyone": "2026-12-01 12:00"})
    page.get_by_label("Reason").fill("The lab was closed.")
    follow(page.get_by_role("button", name="Move the deadline"))
    assert said(page) == "Decided, and written to overrides.yaml."
    page.goto(f"{desk.origin}/student/s002")
    assert "Due 2026-12-01 12:00" in page.inner_text("main")
    page.locator("summary >> text=Decide about the task").nth(3).click()
    form = page.get_by_role("form", name="Decide about KL divergence")
    fill(form, Comment="Well explained.\nIn two lines.")
    follow(form.get_by_role("button"))
    assert "Well explained." in page.inner_text("main")
    page.get_by_text("Decide about this check").click()
    form = page.get_by_role("form", name="Decide about What kl.total looks at")
    fill(form, Points="2,5", Reason="half")
    follow(form.get_by_role("button"))
    assert "59.5 of 60 points" in page.inner_text("h1")
    assert [sorted(entry.keys() & {"due", "comment", "points"}) for entry in entries(folder)] == [
        *(["due"], ["comment"], ["points"]),
    ]
    for _ in range(3):
        follow(page.get_by_role("button", name="Undo").first)
        assert said(page) == "Taken back: what was decided before holds again."
    assert entries(folder) == []
    assert "57 of 60 points" in page.inner_text("h1")
    assert page.problems == []


def test_a_page_is_told_of_a_change_under_it_and_of_who_was_first(
    browser: Any, desk: Running, folder: Path
) -> None:
    first, second = opened(browser, desk), opened(browser, desk)
    for page in (first, second):
        page.goto(f"{desk.origin}/student/s006")
    form = first.get_by_role("form", name="Decide about all of it together")
    fill(form, Points="30", Reason="by eye")
    follow(form.get_by_role("button"))
    assert said(first) == "Decided, and written to overrides.yaml."
    second.wait_for_selector("text=overrides.yaml has changed since this page was loaded")
    form = second.get_by_role("form", name="Decide about all of it together")
    fill(form, Points="20", Reason="by another eye")
    follow(form.get_by_role("button"))
    assert said(second).startswith("Ada has decided about this since you opened the page: 30.0")
    assert form.get_by_label("Points").input_value() == "20"  # what was typed isn't lost
    assert form.get_by_label("Reason").input_value() == "by another eye"
    assert [entry["points"] for entry in entries(folder)] == [30.0]
    (folder / "overrides.yaml").write_text("- {student: s006, seen: true}\n")
    first.wait_for_selector("text=overrides.yaml has changed since this page was loaded")
    follow(first.get_by_role("link", name="Load it again"))
    first.wait_for_selector("text=1 of the desk's decisions is in overrides.yaml no more")
    follow(first.get_by_role("button", name="Put back"))
    assert [entry.get("points") for entry in entries(folder)] == [None, 30.0]
    assert first.problems == second.problems == []


def test_the_course_is_filtered_while_one_types(browser: Any, desk: Running) -> None:
    page = opened(browser, desk)
    press(page, "c")
    page.wait_for_selector("h1 >> text=Course")
    page.get_by_label("Only rows with").press_sequentially("logarithm")
    page.wait_for_selector("text=4 of 12 submissions")
    assert page.locator("#students tbody tr").count() == 4
    assert page.url.endswith("/course?q=logarithm")
    page.get_by_label("Only rows with").fill("")
    page.wait_for_selector("text=12 of 12 submissions")
    assert page.problems == []


def test_what_students_wrote_does_nothing(browser: Any, desk: Running) -> None:
    page = opened(browser, desk)
    for path in ("/", "/course", "/student/s001", "/student/s009", "/student/s010"):
        page.goto(desk.origin + path)
        page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
        assert page.title() != "harm"
        assert page.locator("img[src=x], main script").count() == 0
    assert page.problems == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(
    browser: Any, desk: Running, folder: Path, scheme: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    (folder / "overrides.yaml").write_text(
        "- {student: s002, target: kl, points: 2, reason: x, comment: Look again.}\n"
        "- {student: s003, target: kl, status: open, appeal: Why?}\n"
        "- {where: everyone, due: 2026-12-01 12:00}\n"
        "- {student: nobody, seen: true}\n"
    )
    page = opened(browser, desk, color_scheme=scheme, viewport={"width": width, "height": 900})
    for path in (*PAGES, "/?no=It+is+not+written.&said=decided"):
        page.goto(desk.origin + path)
        page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
        press(page, "?")
        violations = Axe().run(page).response["violations"]
        told = [(it["id"], [node["html"][:120] for node in it["nodes"]]) for it in violations]
        assert told == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, path
    (folder / "overrides.yaml").write_text("- {student: s002, target: lk}\n")
    page.goto(desk.origin)
    assert re.search("No decision holds until this is corrected", page.inner_text("body"))
    assert Axe().run(page).response["violations"] == []
