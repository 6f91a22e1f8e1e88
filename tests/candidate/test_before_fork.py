"""A service makes ready for its forks, of which fork servers are none."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.examiner.forkserver_client import ForkServer, NestedForkServer, RootForkServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fork server of Linux")
SERVICE = "tests.candidate.counted_service"


def told(server: ForkServer) -> Any:
    wire, control = server.fork({})
    with wire, control:
        return json.loads(wire.recv(1000))


def test_a_service_is_told_the_number_of_a_fork_and_its_own_arguments(tmp_path: Path) -> None:
    root = RootForkServer(str(tmp_path), SERVICE)
    nested = NestedForkServer(root, SERVICE, "digits")
    try:
        assert told(nested) == [[1, "digits"]]
        assert told(nested) == [[1, "digits"], [2, "digits"]]
        assert told(root) == [[1]]
    finally:
        nested.close()
        root.close()
