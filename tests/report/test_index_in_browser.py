"""The pages of a large course in Chromium: searched, sorted, walked through, and accessible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.report import index, index_rows
from grader.report.index import to_index_pages
from tests.desk.browser import chromium, skip_or_fail
from tests.made_results import TITLE
from tests.many_entries import Addresses, ManyEntries, usual


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    skip_or_fail()
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of a bit more than two pages, which are small, since axe takes its time."""
    made = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        for module in (index, index_rows):
            patch.setattr(module, "MOST_ROWS", 50)
        for name, text in to_index_pages(ManyEntries(110, usual), Addresses(), TITLE, {}):
            (made / name).write_text(text, encoding="utf-8")
    return made


def test_one_goes_through_the_pages_and_searches_each(browser: Any, folder: Path) -> None:
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda it: it.type in ("error", "warning") and problems.append(it.text))
    page.goto((folder / "index.html").as_uri())
    page.get_by_role("link", name="Student 000050 to Student 000099").click()
    page.wait_for_selector("h1 >> text=Student 000050 to Student 000099")
    page.get_by_label("Search this page").fill("student 000067")
    assert page.locator("#students tbody tr:visible").count() == 1
    assert page.locator("#count").inner_text() == "1 of 50"
    page.get_by_role("link", name="Next page").first.click()
    page.wait_for_selector("h1 >> text=Student 000100 to Student 000109")
    for _ in range(2):
        page.get_by_role("button", name="Student").click()
    assert page.locator("#students tbody th").first.inner_text() == "Student 000109"
    page.get_by_role("link", name="Previous page").last.click()
    page.wait_for_selector("h1 >> text=Student 000050 to Student 000099")
    page.get_by_role("link", name="The course").first.click()
    page.wait_for_selector("h1 >> text=110 submissions")
    assert problems == []
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible(browser: Any, folder: Path, scheme: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    viewport = {"width": width, "height": 900}
    page = browser.new_context(color_scheme=scheme, viewport=viewport).new_page()
    for name in ("index.html", "students-0002.html", "students-0003.html"):
        page.goto((folder / name).as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
        violations = Axe().run(page).response["violations"]
        told = [(it["id"], [node["html"][:120] for node in it["nodes"]]) for it in violations]
        assert told == [], name
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, name
    page.context.close()
