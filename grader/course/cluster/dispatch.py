"""Send submissions to nodes, a window at a time, and yield what comes back."""

from __future__ import annotations

import queue
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

from distributed import Future
from distributed.scheduler import KilledWorker

from grader.course.cluster.node import NOT_SET_UP, REFUSAL
from grader.course.cluster.nodes import Nodes
from grader.course.cluster.wire import Message, WireError, outcome_from_wire, work_to_wire
from grader.course.grade_submission import failed_outcome
from grader.course.work import Outcome, Work

_AHEAD = 2
"""Submissions a slot that are under way: while one is graded, the next is there already."""
_LOOK_S = 0.5
"""How often the nodes are counted, and Ctrl-C is heard on every platform."""
_DIED = "the nodes that graded it died: {}"


def dispatch(
    nodes: Nodes,
    task: Callable[[str, Message], Any],
    works: Iterable[Work],
    most: float,
) -> Generator[tuple[Work, Outcome], None, None]:
    """Have submissions graded, and yield each with what came of it, in no order.

    What a node can't do is done by another; who says that it can't grade leaves the cluster. A
    submission on which one node after another died is an open result that says so.

    Args:
        nodes: of one grading.
        task: what a node executes: `grade_on_node`.
        works: read as they are sent; never many at once.
        most: the most points, for what could not be graded.

    Raises:
        GraderError: there is no scheduler any more, or no node that can grade.
    """
    waiting, under_way = iter(works), dict[Future, Work]()
    done: queue.SimpleQueue[Future] = queue.SimpleQueue()
    again: list[Work] = []

    def send(work: Work) -> None:
        # Its key says nothing of a student: Dask's own pages show it.
        future = nodes.client.submit(task, nodes.setup, work_to_wire(work), pure=False)
        under_way[future] = work
        future.add_done_callback(done.put)

    try:
        while True:
            nodes.look()
            room = _AHEAD * max(1, nodes.slots) - len(under_way)
            for work in _next(again, waiting, room):
                send(work)
            if not under_way:
                return
            try:
                future = done.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            work = under_way.pop(future)
            outcome = _outcome(nodes, future, work, most)
            if outcome is None:
                again.append(work)
            else:
                yield work, outcome
    finally:
        nodes.forget([*under_way])


def _next(again: list[Work], waiting: Iterator[Work], room: int) -> Iterator[Work]:
    """Yield at most so many submissions to be sent, first those that are sent again."""
    for _ in range(room):
        if again:
            yield again.pop()
        elif (work := next(waiting, None)) is not None:
            yield work
        else:
            return


def _outcome(nodes: Nodes, future: Future, work: Work, most: float) -> Outcome | None:
    """Return what came of a submission; None if it has to be sent again.

    Raises:
        GraderError: there is no scheduler any more, or no node that can grade.
    """
    nodes.require_scheduler()
    if future.status == "cancelled":  # its node or its scheduler forgot it
        return None
    if future.status == "error":
        error = future.exception()
        if isinstance(error, KilledWorker):
            return failed_outcome(work, most, _DIED.format(error.last_worker.address))
        return failed_outcome(work, most, f"{type(error).__name__}: {error}")
    message = nodes.fetched(future)
    future.release()  # so that a node has nothing to give back if it has to leave
    if message is None:
        return None
    if isinstance(message, dict) and NOT_SET_UP in message:
        nodes.set_up()
        return None
    if isinstance(message, dict) and REFUSAL in message:
        nodes.retire(message)
        return None
    try:
        return outcome_from_wire(message, work)
    except WireError as error:
        return failed_outcome(work, most, f"what a node sent can't be used: {error}")
