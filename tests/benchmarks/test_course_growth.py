"""What a large course costs beside a small one: time for a submission, and memory.

pytest -m benchmark tests/benchmarks/test_course_growth.py -s

One grading of 500 submissions with two jobs shows both: the small course is its first 40.
LARGE and SMALL in the environment set other sizes; the bars are for 500 and 40 or more. OPTIONS are
of grade's: `LARGE=5000 SMALL=100 OPTIONS=--no-run` shows the growth of a very large course.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import pairwise

import pytest

from tests.benchmarks.course import ROOT, grade_command, hand_in
from tests.benchmarks.process_memory import Samples, sampled

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

LARGE, SMALL, JOBS = 500, 40, 2
GROWTH, MEMORY, FLAT = 1.10, 1.5e9, 1.10
SAMPLE_SECONDS = 0.5
PARTS = 5
"""Memory is compared between parts of the grading, of equally many submissions each."""


@dataclass(frozen=True)
class Growth:
    """One grading.

    Attributes:
        small, large: how many submissions.
        started, ended: when.
        done: when each result was written, in order.
    """

    small: int
    large: int
    started: float
    ended: float
    done: tuple[float, ...]
    memory: Samples

    @property
    def small_cost(self) -> float:
        """Seconds a submission until the small course was done, the start included."""
        return (self.done[self.small - 1] - self.started) / self.small

    @property
    def large_cost(self) -> float:
        """Seconds a submission of all, the start and the report included."""
        return (self.ended - self.started) / self.large

    @property
    def first_cost(self) -> float:
        """Seconds a submission in the small course, counted from its first result."""
        return (self.done[self.small - 1] - self.done[0]) / (self.small - 1)

    @property
    def last_cost(self) -> float:
        """Seconds for each submission of the last so many."""
        return (self.done[-1] - self.done[-self.small]) / (self.small - 1)

    def parts(self) -> list[float]:
        """The middle of the memory that was sampled in each part."""
        edges = [self.done[at * (self.large - 1) // PARTS] for at in range(PARTS + 1)]
        samples = [self.memory.between(*edge) for edge in pairwise(edges)]
        return [statistics.median(sizes) if sizes else 0.0 for sizes in samples]

    @property
    def peak(self) -> int:
        """The largest sample."""
        return max(size for _, size in self.memory.points)


@pytest.fixture(scope="module")
def growth(tmp_path_factory: pytest.TempPathFactory) -> Growth:
    large = int(os.environ.get("LARGE", LARGE))
    small = int(os.environ.get("SMALL", SMALL))
    assert 2 <= small <= large
    top = tmp_path_factory.mktemp("growth")
    hand_in(top, large)
    errors = top / "errors"
    started = time.time()
    with open(errors, "wb") as file:
        process = subprocess.Popen(
            grade_command(top, "out", "--jobs", str(JOBS), *os.environ.get("OPTIONS", "").split()),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=file,
        )
        with sampled(process.pid, SAMPLE_SECONDS) as memory:
            assert process.wait() == 0, errors.read_text()[-2000:]
    ended = time.time()
    done = sorted(path.stat().st_mtime for path in (top / "out" / "results").glob("*.json"))
    assert len(done) == large
    found = Growth(small, large, started, ended, tuple(done), memory)
    print("\n" + table(found))
    return found


def table(growth: Growth) -> str:
    """Everything that was measured, in 80 columns."""
    parts = " ".join(f"{size / 1e9:.2f}" for size in growth.parts())
    sampling = growth.memory.seconds / (growth.ended - growth.started)
    rows = (
        (f"the first {growth.small}, with the start", f"{growth.small_cost:.3f} s a submission"),
        (f"all {growth.large}, with start and report", f"{growth.large_cost:.3f} s a submission"),
        (f"the first {growth.small}, from the first", f"{growth.first_cost:.3f} s a submission"),
        (f"the last {growth.small}", f"{growth.last_cost:.3f} s a submission"),
        (f"memory in each of {PARTS} parts, in the middle", f"{parts} GB"),
        ("memory at its peak", f"{growth.peak / 1e9:.2f} GB"),
        ("processes at most", f"{growth.memory.processes}"),
        ("samples", f"{len(growth.memory.points)}, {100 * sampling:.1f} % of a core"),
    )
    return "\n".join(f"{name:42}{value}" for name, value in rows)


def _full(growth: Growth) -> None:
    if growth.large < LARGE or growth.small < SMALL:
        pytest.skip(f"the bars are for {LARGE} submissions, and {SMALL} of them")


def test_a_submission_costs_the_same_in_a_large_course(growth: Growth) -> None:
    _full(growth)
    assert growth.large_cost <= GROWTH * growth.small_cost
    assert growth.last_cost <= GROWTH * growth.first_cost


def test_memory_is_bounded_and_flat(growth: Growth) -> None:
    assert growth.peak <= MEMORY
    _full(growth)
    first, *_, last = growth.parts()
    assert last <= FLAT * first
