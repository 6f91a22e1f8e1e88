"""Who can't grade is sent away with a reason, as is a node that strangers could use."""

from __future__ import annotations

import pkgutil
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import pytest

from grader.course.cluster.node import NODE, REFUSAL
from grader.course.cluster.nodes import Nodes
from grader.examiner.client import GraderError

HERE = metadata.version("vae-grader")
PRIVATE = "tls://10.0.0.5:4000"


class FakeClient:
    """A client of nodes that have certain versions of the grader, or none."""

    status = "running"
    scheduler = SimpleNamespace(address="tls://10.0.0.1:8786")

    def __init__(self, **versions: Any) -> None:
        self.versions = {address.replace("_", "/"): it for address, it in versions.items()}
        self.broken: dict[str, Exception] = {}
        self.retired: list[str] = []
        self.plugins = 0
        self.fails: Exception | None = None

    def scheduler_info(self, n_workers: int) -> dict[str, Any]:
        return {"workers": {it: {"nthreads": 4} for it in self.versions if it not in self.retired}}

    def run(self, function: Any, name: str, workers: list[str], on_error: str) -> dict[str, Any]:
        assert on_error == "return"
        if function is pkgutil.resolve_name:
            return {it: self.broken.get(it) or function(name) for it in workers}
        assert (function, name) == (metadata.version, "vae-grader")
        return {address: self.versions[address] for address in workers}

    def register_plugin(self, plugin: Any) -> None:
        self.plugins += 1
        if self.fails is not None:
            raise self.fails

    def retire_workers(self, addresses: list[str], close_workers: bool) -> None:
        self.retired += addresses


def nodes(versions: dict[str, Any], others_s: float = 0.0) -> tuple[Nodes, FakeClient, list[str]]:
    told: list[str] = []
    client = FakeClient()
    client.versions = versions
    plugin: Any = SimpleNamespace(name="grader-x")
    fake: Any = client
    return Nodes(fake, plugin, told.append, others_s), client, told


def test_nodes_that_fit_are_counted() -> None:
    them, client, told = nodes({PRIVATE: HERE, "tcp://127.0.0.1:5": HERE})
    them.set_up()
    assert (them.count, them.slots, client.plugins, told) == (2, 8, 1, [])


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("0.0.1", f"it has the grader 0.0.1, and {HERE} is what the grading was started with"),
        (metadata.PackageNotFoundError("vae-grader"), f"install vae-grader {HERE} there"),
    ],
)
def test_another_grader_or_none_is_named_with_what_to_do(version: Any, words: str) -> None:
    odd = "tls://10.0.0.6:4000"
    them, client, told = nodes({PRIVATE: HERE, odd: version})
    them.set_up()
    assert (them.count, client.retired) == (1, [odd])
    (sentence,) = told
    assert f"The node {odd} can't grade: " in sentence
    assert words in sentence


def test_a_node_that_can_not_import_its_grader_leaves() -> None:
    odd = "tls://10.0.0.6:4000"
    them, client, told = nodes({PRIVATE: HERE, odd: HERE})
    client.broken[odd] = ModuleNotFoundError("No module named 'grader'")
    client.fails = ModuleNotFoundError("No module named 'grader'")  # it hasn't left yet
    them.set_up()
    assert (them.count, client.retired) == (1, [odd])
    assert "its grader can't be imported (ModuleNotFoundError: No module named" in told[0]
    assert f"install vae-grader {HERE} there" in told[0]


def test_a_node_that_strangers_could_use_leaves() -> None:
    open_ = "tcp://10.0.0.7:4000"
    them, client, told = nodes({PRIVATE: HERE, open_: HERE})
    them.set_up()
    assert client.retired == [open_]
    assert "open to everyone" in told[0]


def test_the_last_that_can_not_grade_ends_it_with_its_reason() -> None:
    them, client, _ = nodes({PRIVATE: HERE})
    them.set_up()
    with pytest.raises(GraderError, match=r"no node can grade; .* it lacks Landlock\."):
        them.retire({REFUSAL: "it lacks Landlock.", NODE: PRIVATE})
    assert client.retired == [PRIVATE]


def test_where_all_have_refused_others_may_still_join() -> None:
    them, client, told = nodes({PRIVATE: HERE}, others_s=60)
    them.set_up()
    them.retire({REFUSAL: "it lacks Landlock.", NODE: PRIVATE})
    assert told[-1].startswith("Note: No other node has joined")
    client.versions = {"tls://10.0.0.8:1": HERE}
    them.set_up()
    assert them.count == 1


def test_one_that_refused_is_not_asked_again_though_it_is_still_there() -> None:
    them, client, told = nodes({PRIVATE: HERE, "tls://10.0.0.8:1": HERE})
    them.set_up()
    client.retired = []
    client.retire_workers = lambda *_, **__: None  # type: ignore[method-assign]
    for _ in range(3):
        them.retire({REFUSAL: "it lacks Landlock", NODE: PRIVATE})
    assert (them.count, len(told)) == (1, 1)


def test_where_nobody_has_joined_it_says_so_once() -> None:
    them, client, told = nodes({})
    them.set_up()
    them.set_up()
    assert told == ["Note: No node has joined tls://10.0.0.1:8786 yet; waiting for one."]
    client.versions = {PRIVATE: HERE}
    them.set_up()
    assert them.count == 1


def test_a_scheduler_that_is_gone_is_said() -> None:
    them, client, _ = nodes({PRIVATE: HERE})
    client.status = "closed"
    with pytest.raises(GraderError, match=r"tls://10.0.0.1:8786 is gone; .* the same command"):
        them.look()
