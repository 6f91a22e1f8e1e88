"""What keeping and publishing a large course costs, in one SQLite file.

    python -m pytest -m benchmark -s tests/benchmarks/test_store.py

`STORE_SUBMISSIONS=100000` makes it as long as a national exam.
"""

from __future__ import annotations

import base64
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.folder import store_of
from grader.course.keeping import Keeper
from grader.course.roster import Listed, Roster, write_roster
from grader.course.store_kind import KINDS, settled_contents
from grader.report.course import Identity
from tests.benchmarks.process_memory import sampled
from tests.benchmarks.simulated_nodes import answer, works

ROOT = Path(__file__).resolve().parents[2]
COUNT = int(os.environ.get("STORE_SUBMISSIONS", "5000"))

VARIANTS = 200
_TEXT = b'<p class="told">The divergences add up to 34.47, not to 45.67.</p>\n'

pytestmark = pytest.mark.benchmark


def alike(content: bytes | None, seed: int) -> bytes | None:
    """Something as long that takes as long to compress: two thirds are a picture in base64."""
    if content is None:
        return None
    picture = base64.b64encode(random.Random(seed).randbytes(len(content) // 2))
    return (picture + _TEXT * (len(content) // len(_TEXT)))[: len(content)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_course_is_kept_and_published(kind: str, tmp_path: Path) -> None:
    contents = settled_contents(tmp_path, kind, COUNT)
    keeper = Keeper(store_of(tmp_path, contents))
    made = []
    for work in works(VARIANTS):
        outcome, seed = answer(work), int(work.fingerprint)
        page, executed = alike(outcome.page, seed), alike(outcome.executed, seed)
        made.append((work, replace(outcome, page=page, executed=executed)))
    started, cpu = time.monotonic(), time.process_time()
    listed = []
    for number in range(COUNT):
        work, outcome = made[number % len(made)]
        work = replace(work, name=f"student_{number:07d}")
        keeper.keep_beside(work, outcome)
        keeper.keep(work, outcome)
        identity = Identity(work.name, str(number), f"{work.name}@example.org", "moodle")
        listed.append(Listed(work.name, (identity,)))
    contents.close()
    kept, kept_cpu = time.monotonic() - started, time.process_time() - cpu
    write_roster(tmp_path, Roster("in", None, tuple(listed)))
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "publish", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    with sampled(process.pid, 0.2) as samples:
        _, errors = process.communicate()
    assert process.returncode == 0, errors.decode()[-2000:]
    took = time.monotonic() - started
    size = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    peak = max(held for _, held in samples.points)
    print(
        f"\n{kind}: {COUNT} submissions; keeping {1000 * kept_cpu / COUNT:.2f} ms of CPU and "
        f"{1000 * kept / COUNT:.2f} ms each; publishing {took:.0f} s, {peak / 1e6:.0f} MB at the "
        f"peak; {size / COUNT / 1000:.1f} KB each on the disk"
    )
