"""What --dask takes, and what it refuses because strangers could use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course.cluster.address import (
    AddressError,
    LocalNodes,
    Scheduler,
    parse_address,
    require_private,
)


def test_local_nodes_are_counted() -> None:
    assert parse_address("local:2") == LocalNodes(2)
    for text in ("local:0", "local:999", "local:9999", "local:", "local:x", "local:-1"):
        with pytest.raises(AddressError, match="1 to 256"):
            parse_address(text)


@pytest.mark.parametrize(
    "address",
    [
        "tls://node1.cluster:8786",
        "tls://10.0.0.5:8786",
        "tcp://127.0.0.1:8786",
        "tcp://localhost:1",
        "tcp://[::1]:8786",
        "tcp://127.8.9.1:99",
    ],
)
def test_what_strangers_can_not_use_is_taken(address: str, tmp_path: Path) -> None:
    assert parse_address(address) == Scheduler(address)
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"type": "Scheduler", "address": address}))
    assert parse_address(str(file)) == Scheduler(address)


@pytest.mark.parametrize(
    "address",
    ["tcp://10.0.0.5:8786", "tcp://node1:8786", "tcp://0.0.0.0:8786", "tcp://127.0.0.1.evil:1"],
)
def test_what_strangers_can_use_is_refused_with_what_to_do(address: str, tmp_path: Path) -> None:
    with pytest.raises(AddressError, match=r"open to everyone .* give tls://"):
        parse_address(address)
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"address": address}))
    with pytest.raises(AddressError, match="open to everyone"):
        parse_address(str(file))


@pytest.mark.parametrize(
    "text",
    [
        *("ws://127.0.0.1:1", "wss://node:1", "inproc://10.0.0.5/1/1", "ucx://127.0.0.1:1"),
        *("tls://node", "tcp://127.0.0.1", "tcp://127.0.0.1:99999", "tcp://127.0.0.1:1/x"),
        *("tcp://me@127.0.0.1:1", "tcp://[::1", "http://127.0.0.1:8787", "://"),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(AddressError, match="local:N"):
        parse_address(text)


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AddressError, match="There is no file"):
        parse_address(str(tmp_path / "none.json"))
    for content in ("", "[]", "{}", '{"address": 3}', "\x00"):
        (tmp_path / "odd.json").write_text(content)
        with pytest.raises(AddressError, match="no scheduler file"):
            parse_address(str(tmp_path / "odd.json"))
    with pytest.raises(AddressError, match="no scheduler file"):
        parse_address(str(tmp_path))


@given(st.text(), st.sampled_from(["tcp://", "tls://", "ucx://", ""]))
def test_no_text_is_taken_that_is_neither_tls_nor_loopback(text: str, scheme: str) -> None:
    try:
        address = require_private(scheme + text)
    except AddressError:
        return
    assert address.lower().startswith("tls://") or address.lower().startswith(
        ("tcp://127.", "tcp://localhost:", "tcp://[::1]:", "tcp://[0")
    )
