"""Time of `grade FOLDER` for a submission, beside other autograders on the same notebooks.

PEERS_PYTHON=... pytest -m benchmark tests/benchmarks/test_course_throughput.py -s

SUBMISSIONS and PEER_SUBMISSIONS in the environment set how many each gets; the bars are for 40 and
10 or more, on an idle machine. `tests/benchmarks/peers.py` says how to make the environment that
PEERS_PYTHON names. The bars are held against each peer's usual command; what two of its processes
reach side by side, with one thread each, is printed below it.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.benchmarks.course import ROOT, grade_command, hand_in, timed
from tests.benchmarks.peers import HOW_TO, PEERS, Peer, is_there, two_at_once

pytestmark = pytest.mark.benchmark

SUBMISSIONS, PEER_SUBMISSIONS = 40, 10
BARS = {"jupyter execute": 8.0, "nbgrader autograde": 10.0, "otter run": 10.0}
CHECKS_BARS = {"nbgrader autograde": 30.0, "otter run": 30.0}
"""How many times as fast `grade FOLDER --no-run` is to be."""


@dataclass(frozen=True)
class Times:
    """Seconds a submission; a peer has two: its usual command, and two processes at once."""

    grading: float
    checks: float
    peers: dict[str, tuple[float, float]]
    is_full: bool


@pytest.fixture(scope="module")
def times(tmp_path_factory: pytest.TempPathFactory) -> Times:
    """Ours between the peers' two ways, so that a machine that slows down slows down all."""
    ours = int(os.environ.get("SUBMISSIONS", SUBMISSIONS))
    theirs = int(os.environ.get("PEER_SUBMISSIONS", PEER_SUBMISSIONS))
    top = tmp_path_factory.mktemp("throughput")
    notebooks = hand_in(top, ours)
    spread = [notebooks[at % ours] for at in range(theirs)]
    there = [peer for peer in PEERS if is_there(peer.package)]
    usual = {peer: peer.run(top / peer.package, spread, 0) / theirs for peer in there}
    grading = _grade(top, ours, "out")
    checks = _grade(top, ours, "checks", "--no-run")
    peers = {
        peer.name: (usual[peer], two_at_once(peer, top / f"{peer.package}_two", spread) / theirs)
        for peer in there
    }
    full = ours >= SUBMISSIONS and theirs >= PEER_SUBMISSIONS
    found = Times(grading, checks, peers, full)
    print("\n" + table(found, ours, theirs))
    return found


def _grade(top: Path, count: int, name: str, *options: str) -> float:
    seconds = timed(grade_command(top, name, *options), ROOT, ROOT)
    with open(top / name / "gradebook.csv", encoding="utf-8-sig", newline="") as file:
        assert [row["points"] for row in csv.DictReader(file)] == ["60"] * count
    return seconds / count


def table(times: Times, ours: int, theirs: int) -> str:
    """Everything that was measured, in 80 columns."""
    lines = [
        f"{ours} submissions for grade, {theirs} for the others",
        "",
        f"{'':40}{'seconds a':>12}{'times as long as':>28}",
        f"{'':40}{'submission':>12}{'grade':>14}{'--no-run':>14}",
    ]

    def row(name: str, seconds: float) -> str:
        ratios = (seconds / times.grading, seconds / times.checks)
        return f"{name:40}{seconds:12.2f}" + "".join(f"{ratio:14.1f}" for ratio in ratios)

    lines += [row("grade FOLDER", times.grading), row("grade FOLDER --no-run", times.checks)]
    for peer in PEERS:
        if peer.name in times.peers:
            usual, two = times.peers[peer.name]
            lines += [row(peer.name, usual), row("  two at once, one thread each", two)]
        else:
            lines.append(f"{peer.name:40}{'not there':>12}")
    return "\n".join(lines)


def _held_to(times: Times, peer: Peer, bars: Sequence[str]) -> float:
    """Seconds of the peer's usual command; skips where there is nothing to hold to a bar."""
    if peer.name not in times.peers:
        pytest.skip(HOW_TO)
    if not times.is_full:
        pytest.skip(f"the bars are for {SUBMISSIONS} submissions and {PEER_SUBMISSIONS} of peers")
    assert peer.name in bars
    return times.peers[peer.name][0]


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_course_beside_a_peer(times: Times, peer: Peer) -> None:
    assert _held_to(times, peer, list(BARS)) / times.grading >= BARS[peer.name]


@pytest.mark.parametrize(
    "peer", [peer for peer in PEERS if peer.name in CHECKS_BARS], ids=lambda peer: peer.name
)
def test_checks_of_a_course_beside_a_peer(times: Times, peer: Peer) -> None:
    assert _held_to(times, peer, list(CHECKS_BARS)) / times.checks >= CHECKS_BARS[peer.name]
