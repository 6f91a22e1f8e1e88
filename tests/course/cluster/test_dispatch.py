"""A window of submissions is under way, and each comes back once, whatever nodes do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster, WorkerPlugin, get_worker

from grader.course.cluster.dispatch import dispatch
from grader.course.cluster.node import NODE, NOT_SET_UP, REFUSAL
from grader.course.cluster.nodes import Nodes
from grader.course.cluster.wire import Message, outcome_to_wire, work_from_wire
from grader.course.fingerprint import FINGERPRINT
from grader.course.work import HandedFile, Outcome, Work
from grader.examiner.client import GraderError
from grader.report.from_json import from_json
from grader.report.to_json import to_json
from tests.made_results import graded


class Plugin(WorkerPlugin):
    """A setup that brings nothing up."""

    name = "nothing"


def work(number: int) -> Work:
    name = f"s{number}"
    return Work(name, f"{name}.ipynb", name, name * 20, HandedFile(name, name, b"{}"))


def answered(message: Message) -> Message:
    done = work_from_wire(message)
    result = graded()
    submission = replace(result.submission, path=done.path)
    marked = replace(result, submission=submission, environment={FINGERPRINT: done.fingerprint})
    return outcome_to_wire(Outcome(to_json(marked).encode()))


def at_once(setup: str, message: Message) -> Message:
    return answered(message)


def raises(setup: str, message: Message) -> Message:
    if message["name"] == "s1":
        raise ZeroDivisionError("oops")
    return answered(message)


def sends_rubbish(setup: str, message: Message) -> Any:
    return {"result": b"{}"} if message["name"] == "s1" else answered(message)


def kills(setup: str, message: Message) -> Message:
    if message["name"] == "s1":
        os._exit(1)
    return answered(message)


def first_node_refuses(setup: str, message: Message) -> Message:
    worker = get_worker()
    if worker.name == 0:
        return {REFUSAL: "it lacks Landlock", NODE: worker.address}
    return answered(message)


def all_refuse(setup: str, message: Message) -> Message:
    return {REFUSAL: "it lacks Landlock", NODE: get_worker().address}


def forgets_once(setup: str, message: Message) -> Message:
    worker = get_worker()
    if not hasattr(worker, "has_forgotten"):
        worker.has_forgotten = True
        return {NOT_SET_UP: True}
    return answered(message)


@contextmanager
def nodes(
    folder: Path, told: list[str], count: int = 2, processes: bool = False
) -> Iterator[Nodes]:
    with (
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=processes,
            protocol="tcp",
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=str(folder),
            memory_limit=0,
            silence_logs=60,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        them = Nodes(client, Plugin(), told.append)  # type: ignore[arg-type]
        them.set_up()
        yield them


def sent(
    them: Nodes, task: Callable[[str, Message], Any], count: int
) -> dict[str, tuple[str, str]]:
    """Dispatch so many; returns the status and the reason of each."""
    done = [
        (work, from_json(outcome.result))
        for work, outcome in dispatch(them, task, map(work, range(count)), 7.5)  # type: ignore[arg-type]
    ]
    assert len(done) == count
    return {it.name: (result.status, result.reason or "") for it, result in done}


GOOD = ("graded", "")


def test_all_come_back_once(tmp_path: Path) -> None:
    with nodes(tmp_path, []) as them:
        assert (them.count, them.slots) == (2, 2)
        assert sent(them, at_once, 50) == {f"s{number}": GOOD for number in range(50)}
        assert sent(them, at_once, 0) == {}
        assert sent(them, at_once, 3) == {f"s{number}": GOOD for number in range(3)}


def test_no_more_are_read_than_are_under_way(tmp_path: Path) -> None:
    read: list[int] = []

    def works() -> Iterator[Work]:
        for number in range(40):
            read.append(number)
            yield work(number)

    with nodes(tmp_path, []) as them:
        for back, _ in enumerate(dispatch(them, at_once, works(), 7.5)):
            assert len(read) <= back + 1 + 4


@pytest.mark.parametrize(
    ("task", "reason"),
    [(raises, "ZeroDivisionError: oops"), (sends_rubbish, "what a node sent can't be used")],
)
def test_what_goes_wrong_with_one_is_said_of_that_one(
    task: Callable[[str, Message], Any], reason: str, tmp_path: Path
) -> None:
    with nodes(tmp_path, []) as them:
        done = sent(them, task, 6)
    status, why = done.pop("s1")
    assert (status, reason in why) == ("grader_error", True), why
    assert set(done.values()) == {GOOD}


def test_a_node_that_refuses_leaves_and_costs_nobody_anything(tmp_path: Path) -> None:
    told: list[str] = []
    with nodes(tmp_path, told) as them:
        assert set(sent(them, first_node_refuses, 12).values()) == {GOOD}
        assert them.count == 1
    (sentence,) = told
    assert sentence.startswith("Note: The node tcp://127.0.0.1:")
    assert sentence.endswith("can't grade: it lacks Landlock.")


def test_where_all_refuse_it_ends_with_the_reason(tmp_path: Path) -> None:
    with (
        nodes(tmp_path, []) as them,
        pytest.raises(GraderError, match=r"no node can grade; .* it lacks Landlock\."),
    ):
        sent(them, all_refuse, 5)


def test_a_node_that_forgot_its_setup_is_set_up_again(tmp_path: Path) -> None:
    told: list[str] = []
    with nodes(tmp_path, told) as them:
        assert set(sent(them, forgets_once, 12).values()) == {GOOD}
        assert them.count == 2
    assert told == []


@pytest.mark.slow
def test_one_that_kills_every_node_is_open_and_the_others_are_graded(tmp_path: Path) -> None:
    with nodes(tmp_path, [], processes=True) as them:
        done = sent(them, kills, 4)
    status, why = done.pop("s1")
    assert (status, "the nodes that graded it died" in why) == ("grader_error", True), why
    # Who was on a node with it may share its fate, but is open then, and graded the next time.
    assert {status for status, _ in done.values()} <= {"graded", "grader_error"}


def test_without_a_scheduler_it_ends(tmp_path: Path) -> None:
    with nodes(tmp_path, []) as them:
        running = dispatch(them, at_once, map(work, range(1000)), 7.5)
        next(running)
        them.client.close()
        with pytest.raises(GraderError, match="is gone; what came back is kept"):
            list(running)
