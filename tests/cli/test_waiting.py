"""The line that says what is being waited for: on a terminal alone, and not before it is time."""

from __future__ import annotations

import io
import threading
import time

from grader.cli.waiting import Waiting

ERASED = "\r\033[K"


class Terminal(io.StringIO):
    """A stream that takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


def wait_for(stream: io.StringIO, text: str) -> None:
    end = time.monotonic() + 10
    while text not in stream.getvalue() and time.monotonic() < end:
        time.sleep(0.01)
    assert text in stream.getvalue()


def test_a_long_wait_names_what_is_being_checked_and_leaves_nothing() -> None:
    stream = Terminal()
    waiting = Waiting(stream, seconds=0.02)
    with waiting.doing("reading the notebook"):
        wait_for(stream, "Reading the notebook … 0 s")
        with waiting.doing("checking `elbo`"), waiting.doing("checking `encoder`"):
            wait_for(stream, "Checking `elbo`, `encoder` … ")
        with waiting.doing("running the whole notebook"):
            wait_for(stream, "Running the whole notebook … ")
    assert stream.getvalue().endswith(ERASED)
    size = len(stream.getvalue())
    time.sleep(0.1)
    assert len(stream.getvalue()) == size


def test_what_is_done_soon_says_nothing() -> None:
    stream = Terminal()
    with Waiting(stream, seconds=30).doing("checking `elbo`"):
        pass
    assert stream.getvalue() == ""


def test_nothing_is_written_where_there_is_no_terminal() -> None:
    stream, threads = io.StringIO(), threading.active_count()
    with Waiting(stream, seconds=0.0).doing("checking `elbo`"):
        time.sleep(0.05)
        assert threading.active_count() == threads
    assert stream.getvalue() == ""


def test_the_line_makes_way_for_other_words() -> None:
    stream = Terminal()
    waiting = Waiting(stream, seconds=0.02)
    with waiting.doing("checking `elbo`"):
        wait_for(stream, "elbo")
        waiting.clear()
        with waiting._lock:
            assert stream.getvalue().endswith((ERASED, " s"))
