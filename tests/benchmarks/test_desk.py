"""How soon the desk answers in a course of 500, and how much memory it takes.

pytest -m benchmark tests/benchmarks/test_desk.py -s
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.benchmarks.process_memory import proportional
from tests.desk.desk_process import running
from tests.made_course import DOZEN, Made, make_course

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

STUDENTS, DECIDED, TIMES = 500, 200, 15
SECONDS, BYTES = 0.3, 200e6

PAGES = {
    "To do": "/",
    "a student": "/student/s002",
    "a group": "/group?misconception=kl.log_variance",
    "groups": "/groups",
    "the course": "/course",
    "decisions": "/decisions",
}


def test_pages_of_a_large_course_open_at_once(tmp_path: Path) -> None:
    students = [Made(f"Student {n}", *_rest(DOZEN[n % len(DOZEN)])) for n in range(STUDENTS)]
    folder = make_course(tmp_path, students)
    (folder / "overrides.yaml").write_text(
        "".join(
            f"- {{student: s{n:03d}, target: kl, points: 1, reason: x, comment: 'Number {n}.'}}\n"
            for n in range(1, DECIDED + 1)
        )
    )
    started = time.perf_counter()
    with running(folder) as desk:
        print(f"\n{'open, with Python':24}{time.perf_counter() - started:.2f} s")
        client = desk.client()
        took = {name: _median(lambda path=path: client.get(path)) for name, path in PAGES.items()}
        took["a decision"] = _median(lambda: _decide(client))
        took["To do after a decision"] = _median(lambda: client.get("/"), lambda: _decide(client))
        memory = proportional(desk.process.pid)
    for name, seconds in took.items():
        print(f"{name:24}{seconds:.3f} s")
    print(f"{'memory':24}{memory / 1e6:.0f} MB")
    assert max(took.values()) <= SECONDS
    assert memory <= BYTES


def _rest(made: Made) -> tuple[object, ...]:
    return made.lost, made.misconception, made.broken, made.run, made.reason


def _median(act, before=None) -> float:
    """Return the median of the seconds that something takes."""
    times = []
    for _ in range(TIMES):
        if before is not None:
            before()
        started = time.perf_counter()
        answer: httpx.Response = act()
        times.append(time.perf_counter() - started)
        assert answer.status_code in (200, 303)
    return statistics.median(times)


def _decide(client: httpx.Client) -> httpx.Response:
    return client.post("/decide", data={"student": "s300", "target": "kl", "comment": "Well."})
