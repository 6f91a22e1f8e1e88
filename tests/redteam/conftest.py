"""One canary for the whole red team."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.redteam.guards import Canary, listening


@pytest.fixture(scope="session")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    """A folder that nobody may touch, and servers that nobody may reach."""
    with listening(tmp_path_factory.mktemp("canary")) as canary:
        yield canary
