"""Nodes that grade nothing: they wait, and answer what a grading gives. Run as a program.

    python -m tests.benchmarks.simulated_nodes COUNT THREADS

prints the address of a scheduler with so many workers, all in one process, and stays until its
input ends.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from distributed import LocalCluster

from grader.course.cluster.wire import Message, outcome_to_wire, work_from_wire
from grader.course.fingerprint import FINGERPRINT
from grader.course.work import HandedFile, Outcome, Work
from grader.report.to_json import to_json
from tests.made_course import DOZEN, made_result

NOTEBOOK = b"x" * 20_000
"""As large as a notebook without plots."""
_PAGE = b"<p>" + b"y" * 86_000
_EXECUTED = b"{" + b"z" * 118_000
_LOSING = 4
"""One in so many loses points, and brings a page and an executed notebook."""


def works(count: int) -> Iterator[Work]:
    """Make submissions."""
    for number in range(count):
        name = f"student_{number:07d}"
        yield Work(name, "vae.ipynb", name, f"{number:064d}", HandedFile(name, name, NOTEBOOK))


def wait_and_answer(seconds: float, message: Message) -> Message:
    """Wait so long, and answer as a node does."""
    time.sleep(seconds)
    return outcome_to_wire(answer(work_from_wire(message)))


def answer(work: Work) -> Outcome:
    """Return what grading gives, without grading."""
    loses = int(work.fingerprint) % _LOSING == 0
    before, behind = _result(loses).split(b"@FINGERPRINT@")
    result = before + work.fingerprint.encode() + behind
    return Outcome(result, _PAGE if loses else None, b"{}", _EXECUTED if loses else None)


@cache
def _result(loses: bool) -> bytes:
    made = next(one for one in DOZEN if bool(one.lost) == loses and not one.reason)
    result = made_result(0, made)
    return to_json(
        replace(
            result,
            submission=replace(result.submission, path="vae.ipynb"),
            environment={FINGERPRINT: "@FINGERPRINT@"},
        )
    ).encode()


def main(count: int, threads: int) -> None:
    """Start the nodes, say where they are, and wait for the end of the input."""
    with (
        TemporaryDirectory() as folder,
        LocalCluster(
            n_workers=count,
            threads_per_worker=threads,
            processes=False,
            protocol="tcp",
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=str(Path(folder)),
            memory_limit=0,
        ) as cluster,
    ):
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
