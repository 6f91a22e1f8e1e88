"""How long the pages of a very large course take to write and to open, and how large they are.

pytest -m benchmark tests/benchmarks/test_course_page.py -s
"""

from __future__ import annotations

import resource
import statistics
import time
from pathlib import Path
from typing import Any

import pytest

from grader.report.index import INDEX_FILE, MOST_BYTES, to_index_pages
from tests.desk.browser import chromium, missing
from tests.made_results import TITLE
from tests.many_entries import Addresses, ManyEntries, usual

pytestmark = pytest.mark.benchmark

STUDENTS, TIMES = 100_000, 5
SECONDS_TO_OPEN, GROWTH = 1.0, 60e6
LOADED = """() => {
  const [page] = performance.getEntriesByType("navigation");
  return [page.domContentLoadedEventEnd / 1000, page.loadEventEnd / 1000];
}"""


def test_pages_of_a_very_large_course_are_small_and_open_at_once(tmp_path: Path) -> None:
    before, started = _peak(), time.perf_counter()
    sizes = {}
    entries = ManyEntries(STUDENTS, usual)
    for name, text in to_index_pages(entries, Addresses(), TITLE, {}):
        (tmp_path / name).write_text(text, encoding="utf-8")
        sizes[name] = (tmp_path / name).stat().st_size
    took, growth = time.perf_counter() - started, _peak() - before
    print(f"\n{STUDENTS} submissions on {len(sizes)} pages in {took:.1f} s")
    print(f"peak of memory grows by {growth / 1e6:.0f} MB")
    print(f"{INDEX_FILE} {sizes[INDEX_FILE] / 1e6:.2f} MB, largest {max(sizes.values()) / 1e6:.2f}")
    assert max(sizes.values()) < MOST_BYTES
    assert growth < GROWTH
    if missing():
        return
    with chromium() as browser:
        for name in (INDEX_FILE, "students-0002.html"):
            read, loaded = _opened(browser, tmp_path / name)
            print(f"{name}: DOMContentLoaded after {read:.2f} s, loaded after {loaded:.2f} s")
            assert loaded < SECONDS_TO_OPEN


def _opened(browser: Any, path: Path) -> tuple[float, float]:
    """Return the medians of the seconds until a page is read, and until it is loaded."""
    times = []
    for _ in range(TIMES):
        page = browser.new_page()
        page.goto(path.as_uri(), wait_until="load")
        page.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
        times.append(page.evaluate(LOADED))
        page.close()
    read, loaded = zip(*times, strict=True)
    return statistics.median(read), statistics.median(loaded)


def _peak() -> int:
    """Return the most memory that this process has had, in bytes, as Linux counts."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
