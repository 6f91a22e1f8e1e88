"""The pages of a large course: each is small, together they have everybody, and links lead on."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from itertools import pairwise

import pytest

from grader.report import index
from grader.report.course import Entry
from grader.report.index import INDEX_FILE, MOST_BYTES, to_index, to_index_pages
from grader.report.index_rows import MOST_ROWS
from tests.made_results import TITLE, graded
from tests.many_entries import Addresses, ManyEntries, hostile, usual

TITLES = {"kl.half": "the half is missing"}


def files_of(count: int, make: Callable[[int], Entry] = usual, passes: int = 2) -> dict[str, str]:
    """Return the files of a course by their names, in the order in which they were written."""
    entries = ManyEntries(count, make)
    files = dict(to_index_pages(entries, Addresses(), TITLE, TITLES))
    assert entries.read == passes * count
    return files


def rows_of(page: str) -> list[str]:
    return re.findall(r'<tr><th scope="row"><a href="students/(.*?)\.html">', page)


def test_thirty_thousand_are_on_small_pages_that_lead_to_each_other() -> None:
    files = files_of(30_000)
    *pages, last = files
    assert last == INDEX_FILE
    assert len(pages) == 30
    assert max(len(text.encode()) for text in files.values()) < MOST_BYTES
    names = [name for page in pages for name in rows_of(files[page])]
    assert names == [usual(place).name for place in range(30_000)]
    for name, text in files.items():
        links = re.findall(r'href="([^"/]+)"', text)
        assert set(links) <= files.keys(), name
    assert re.findall(r'<li><a href="([^"]+)">', files[INDEX_FILE]) == pages
    assert 'href="students-0001.html">Student 000000 to Student 000999</a>' in files[INDEX_FILE]
    for before, after in pairwise(pages):
        assert f'href="{after}" rel="next"' in files[before]
        assert f'href="{before}" rel="prev"' in files[after]
    assert 'rel="prev"' not in files[pages[0]]
    assert 'rel="next"' not in files[pages[-1]]
    assert all(files[page].count(f'<a href="{INDEX_FILE}">') == 2 for page in pages)


def test_the_courses_page_counts_everybody_and_names_few() -> None:
    text = html.unescape(files_of(11_000)[INDEX_FILE])
    assert "<h1>11,000 submissions</h1>" in text
    kinds = re.findall(r"<li>([\d,]+ (?:with|that) [^<]*)", text)
    assert [kind.split(":")[0] for kind in kinds] == [
        "1000 with points or a run that are still open",
        "11 with an open appeal",
        "999 that could not be graded",
        "2028 with another flag that most don't have",
    ]
    assert kinds[0].endswith("the first 50 are here, and 950 more on the pages of all students")
    assert len(rows_of(text)) == 50 + 11 + 50 + 50
    assert '1000 could not be graded:</strong> <a href="students/' in text
    assert re.search(r">Student \d+ \(\d+\)</a> and 980 more</p>", text)
    assert "12 appeals are open" in text
    assert text.count("(KL)") == 12 - 1
    who = text.split("the half is missing")[1].split("</details>")[0]
    assert who.count("<a ") == 20
    assert "and 980 more" in who


@pytest.mark.parametrize("count", [0, 1, MOST_ROWS])
def test_what_fits_one_file_is_one_as_ever(count: int) -> None:
    files = files_of(count)
    entries = [usual(place) for place in range(count)]
    assert files == {INDEX_FILE: to_index(entries, Addresses(), TITLE, TITLES)}


def test_one_more_has_pages() -> None:
    files = files_of(MOST_ROWS + 1)
    assert [*files] == ["students-0001.html", "students-0002.html", INDEX_FILE]
    assert len(rows_of(files["students-0002.html"])) == 1
    assert "<h1>Student 001000</h1>" in files["students-0002.html"]


@pytest.mark.parametrize(("count", "passes"), [(MOST_ROWS, 4), (3000, 2)])
def test_long_hostile_texts_make_no_large_page(count: int, passes: int) -> None:
    files = files_of(count, hostile, passes)
    assert max(len(text.encode()) for text in files.values()) < MOST_BYTES
    names = [name for page in files if page != INDEX_FILE for name in rows_of(files[page])]
    assert names == [hostile(place).name for place in range(count)]


def test_of_very_many_pages_not_each_has_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_LINKS", 2)
    text = files_of(4 * MOST_ROWS + 1)[INDEX_FILE]
    assert re.findall(r'<li><a href="([^"]+)">(.*?)</a>', text) == [
        ("students-0001.html", "Student 000000 to Student 002999"),
        ("students-0004.html", "Student 003000 to Student 004000"),
    ]
    assert "Each link leads to the first of several pages." in text


def test_where_all_is_well_nobody_is_to_be_looked_at() -> None:
    def well(place: int) -> Entry:
        made = usual(1)
        return Entry(f"s{place}", graded(), made.students)

    text = files_of(MOST_ROWS + 1, well)[INDEX_FILE]
    assert "No submission has anything that most don't have." in text
    assert "<script>" not in text
    assert "<table id=" not in text
