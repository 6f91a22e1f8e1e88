"""What confinement adds to the start of a candidate."""

from __future__ import annotations

import statistics
import sys
import time

import pytest

from grader.candidate import confinement
from grader.candidate.confinement import Profile

MOST_MILLISECONDS = 15.0
FORKS = 40

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.skipif(sys.platform != "linux", reason="student code is confined on Linux only"),
]


def test_confinement_costs_little(capsys: pytest.CaptureFixture[str]) -> None:
    import torch  # noqa: F401 - as large a process as candidates are forked from

    confinement.prepare()

    def confine() -> str:
        started = time.perf_counter()
        confinement.confine(Profile())
        return str(1000 * (time.perf_counter() - started))

    costs = sorted(float(confinement.in_fork(confine)) for _ in range(FORKS))
    median = statistics.median(costs)
    with capsys.disabled():
        print(
            f"\nconfinement of a candidate: {median:.1f} ms "
            f"(of {FORKS}: {costs[0]:.1f} to {costs[-1]:.1f} ms; allowed {MOST_MILLISECONDS:g} ms)"
        )
    assert median <= MOST_MILLISECONDS
