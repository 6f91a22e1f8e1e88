"""The process that forks: what it is asked for wrongly harms nobody but who asked."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.examiner.forkserver_client import MAX_REQUEST, GraderError, RootForkServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are used on Linux only")


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[RootForkServer]:
    (tmp_path / "own").mkdir()
    warm = RootForkServer(str(tmp_path / "own"), "tests.candidate.echo")
    yield warm
    warm.close()


def news(control: socket.socket) -> dict[str, object]:
    """What is told of a fork first."""
    control.settimeout(20)
    return json.loads(control.recv(4096).splitlines()[0])


def raw(warm: RootForkServer, data: bytes) -> socket.socket:
    """The control socket of a request that the examiner's end would not make."""
    wire, their_wire = socket.socketpair()
    control, their_control = socket.socketpair()
    with wire, their_wire, their_control:
        fds = [their_wire.fileno(), their_control.fileno()]
        socket.send_fds(warm._requests, [data], fds)
    return control


@pytest.mark.parametrize(
    "data",
    [
        b'{"text": "' + b"x" * MAX_REQUEST + b'"}',
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"folder": "/", "limits": 3}',
        b'{"folder": "/", "limits": {}}',
    ],
    ids=["too large", "cut off", "no text", "a list", "no limits", "no limit of a folder"],
)
def test_a_request_that_can_not_be_read_is_refused_and_no_other(
    warm: RootForkServer, data: bytes
) -> None:
    wire, control = warm.fork({"say": "before"})
    with wire, control, raw(warm, data) as refused:
        assert wire.recv(100) == b"before"
        assert "pid" in news(control)
        told = news(refused)
        assert told.keys() == {"refused", "exit"}
        assert refused.recv(100) == b""
        other_wire, other_control = warm.fork({"say": "after"})
        with other_wire, other_control:
            assert other_wire.recv(100) == b"after"
        wire.sendall(b"!")
        assert wire.recv(100) == b"!"


def test_a_request_of_many_kilobytes_is_served(warm: RootForkServer) -> None:
    text = "long names " * 2000
    wire, control = warm.fork({"say": text[:4000], "more": text})
    with wire, control:
        assert wire.recv(5000).decode() == text[:4000]


def test_what_is_too_large_is_not_even_sent(warm: RootForkServer) -> None:
    with pytest.raises(GraderError, match="names too long"):
        warm.fork({"say": "x" * MAX_REQUEST})


def test_a_request_without_descriptors_is_passed_over(warm: RootForkServer) -> None:
    warm._requests.send(b'{"say": "nothing"}')
    wire, control = warm.fork({"say": "after"})
    with wire, control:
        assert wire.recv(100) == b"after"
