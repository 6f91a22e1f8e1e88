"""What is put on the wire comes back as it was, and an answer that is none is seen to be none."""

from __future__ import annotations

import ast
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from grader.candidate.confinement import other_copies
from grader.protocol.jobs import Argument, Call, Cell, Job, Program, Question, Stubs, TrainingJob
from grader.protocol.replies import Confined, Described, Encoded, Raised, Ready, Returned

GRADER = Path(__file__).resolve().parents[2] / "grader"
PROGRAM = Program([Cell(3, "x = 1", [0])], 0, "Net", 1, ["helpers"], ["plots"])
CALL = Call(
    "forward",
    [("x", Argument(array=0, grad=True)), ("n", Argument(value=3))],
    batch_size=3,
    repeat=2,
    keep=True,
    generators=False,
    recorded=True,
    training=True,
    heard=False,
    parameters=["linear.weight"],
    cotangents=[1],
)
QUESTION = Question([6, 2], {"linear.weight": 2}, {}, Stubs("", ["draw"], 3), [CALL])


def sent(body: object) -> dict[str, object]:
    """What the other side reads."""
    read: dict[str, object] = json.loads(json.dumps(body))
    return read


def test_jobs_come_back_as_they_were() -> None:
    job = Job(PROGRAM, ["forward"], ["width", "depth"], "net", ["z"], 7, [])
    assert Job.from_json(sent(job.to_json())) == job
    training = TrainingJob(
        program=PROGRAM,
        environment="module",
        constructor=["width"],
        sizes=[6],
        others={"batch_size": 4},
        instance="net",
        beside=[],
        objective="score",
        steps=5,
        batch_size=4,
        learning_rate=0.1,
        seed=0,
    )
    assert TrainingJob.from_json(sent(training.to_json())) == training
    read = Question.from_json(sent(asdict(QUESTION)))
    assert sent(asdict(read)) == sent(asdict(QUESTION))
    assert read.calls[0].arguments[0][1] == Argument(array=0, grad=True)


@pytest.mark.parametrize(
    "reply",
    [Confined(["files"]), Ready(late=True), Raised("call", {}), Returned([{"form": "none"}])],
    ids=lambda reply: reply.kind,
)
def test_a_reply_is_read_as_its_own_kind_alone(reply: Ready) -> None:
    body = sent(reply.to_json())
    kinds = (Confined, Ready, Raised, Returned)
    assert [type(read) for kind in kinds if (read := kind.read(body))] == [type(reply)]


def test_what_lacks_a_field_or_is_no_object_is_none() -> None:
    assert Raised.read({"kind": "raised"}) is None
    assert Described.read({"type": "ValueError"}) is None
    assert Encoded.read([1]) is None
    assert Encoded.read({"form": "none", "more": 1}) == Encoded("none")


def imports_of(package: str) -> set[str]:
    """The modules of the project that a package of it imports, but for its own."""
    found = set()
    for path in (GRADER / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found |= {name for name in names if name.split(".")[0] == "grader"}
    return {name for name in found if name.split(".")[1:2] != [package]}


def test_the_untrusted_side_knows_the_protocol_alone() -> None:
    assert {name.split(".")[1] for name in imports_of("candidate")} == {"protocol"}
    assert imports_of("protocol") == set()
    for package in ("cli", "course", "examiner", "kit", "report", "student", "submission"):
        assert not {name for name in imports_of(package) if name.split(".")[1:2] == ["candidate"]}


def test_copies_are_told_by_what_the_assignment_is_called_here() -> None:
    named = {path.parent.name for path in GRADER.glob("*/expected.py")}
    assert named
    for name in named:
        assert ("reference", f"/{name}_solved.ipynb") in other_copies._beside()
        assert other_copies._distribution().fullmatch(f"{name}_grader-0.1.0.dist-info")
