"""What checks want to know goes to as few candidates as can be, in whatever order they ask."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from grader.examiner.hangs import work
from grader.examiner.rounds import Put, Verdict, examine_in_rounds
from grader.kit.check import Check, Exam, Lost, NotReached, Request, Steps
from grader.kit.observation import Failure, Observation, Returned
from grader.kit.probe import Call, Probe
from grader.vae.sizes import Sizes

TASK_OF = {"encoder": "encoder", "decoder": "decoder", "elbo": "elbo", "sample": "sample"}


def question(method: str, number: float = 0.0) -> Probe:
    """A question about a method; another one for each number."""
    return Probe(Sizes(1, 1, 1), {}, (Call(method, {"x": np.full((1, 1), number)}),))


class Candidate:
    """Answers every call with the number that is in it, and remembers what was put together."""

    def __init__(self) -> None:
        self.put_together: list[list[tuple[str, float]]] = []

    def put(self, probes: tuple[Probe, ...]) -> tuple[Observation, ...]:
        calls = [probe.calls[0] for probe in probes]
        numbers = [float(np.ravel(call.arguments["x"])[0]) for call in calls]
        self.put_together.append([(c.method, n) for c, n in zip(calls, numbers, strict=True)])
        return tuple(Observation((Returned((), {"x": np.array(n)}),)) for n in numbers)


def number_in(observation: Observation) -> float:
    (outcome,) = observation.outcomes
    assert isinstance(outcome, Returned)
    number = outcome.gradients["x"]
    assert number is not None
    return float(number)


def check_of(examine: Callable[[Exam], Steps[Any]]) -> Check:
    return Check("a.b", "", "", examine)


def asking(*requests: Request) -> Check:
    """A check that asks one request after the other, and returns the numbers that it was sent."""

    def examine(_: Exam) -> Steps[Any]:
        numbers = []
        for request in requests:
            reply = yield request
            observations = [reply] if isinstance(request, Probe) else reply
            numbers += [number_in(observation) for observation in observations]
        return {"numbers": numbers}

    return check_of(examine)


def verdicts(put: Put, *checks: Check, at_once: int = 1) -> list[Verdict]:
    found = examine_in_rounds(dict.fromkeys(checks, Exam()), put, TASK_OF, at_once)
    return [found[check] for check in checks]


def numbers(put: Put, *checks: Check, at_once: int = 1) -> list[list[float]]:
    return [v["numbers"] for v in verdicts(put, *checks, at_once=at_once) if isinstance(v, dict)]


def test_equal_probes_are_put_once_and_all_hear_the_answer() -> None:
    candidate = Candidate()
    checks = [asking(question("encoder", 3)) for _ in range(4)]
    several = asking([question("encoder", 4), question("encoder", 3)])
    assert numbers(candidate.put, *checks, several) == [[3.0]] * 4 + [[4.0, 3.0]]
    assert sorted(candidate.put_together[0]) == [("encoder", 3.0), ("encoder", 4.0)]
    assert len(candidate.put_together) == 1


def test_a_probe_that_a_request_has_twice_is_put_twice() -> None:
    candidate = Candidate()
    twice = [question("elbo", 1), question("elbo", 1)]
    assert numbers(candidate.put, asking(twice), asking(twice)) == [[1.0, 1.0]] * 2
    assert candidate.put_together == [[("elbo", 1.0)] * 2]


@pytest.mark.parametrize("at_once", [1, 3])
def test_a_task_has_a_candidate_of_its_own_whatever_comes_first(at_once: int) -> None:
    checks = [asking(question(method, n)) for method in ("encoder", "decoder") for n in (1, 2)]
    put_together = []
    for ordered in (checks, checks[::-1]):
        candidate = Candidate()
        numbers(candidate.put, *ordered, at_once=at_once)
        put_together.append(sorted(candidate.put_together))
    assert put_together[0] == put_together[1]
    methods = [{method for method, _ in part} for part in put_together[0]]
    assert methods == [{"decoder"}, {"encoder"}]


def test_one_task_alone_is_asked_of_several_candidates() -> None:
    candidate = Candidate()
    numbers(candidate.put, asking([question("elbo", n) for n in range(5)]), at_once=2)
    assert sorted(map(len, candidate.put_together)) == [2, 3]


def test_a_check_that_asks_again_or_not_at_all_holds_nobody_up() -> None:
    candidate = Candidate()
    checks = (
        asking(question("elbo", 1), question("elbo", 2), question("elbo", 3)),
        asking(question("elbo", 1)),
        asking(),
        asking(question("elbo", 1), question("elbo", 4)),
    )
    expected = [[1.0, 2.0, 3.0], [1.0], [], [1.0, 4.0]]
    assert numbers(candidate.put, *checks) == expected
    rounds = [sorted(n for _, n in part) for part in candidate.put_together]
    assert rounds == [[1.0], [2.0, 4.0], [3.0]]


def test_what_was_asked_ahead_is_answered_without_another_round() -> None:
    candidate = Candidate()
    ahead = [question("elbo", 1), question("elbo", 2)]
    check = asking(ahead, question("elbo", 2), question("elbo", 1))
    assert numbers(candidate.put, check) == [[1.0, 2.0, 2.0, 1.0]]
    assert len(candidate.put_together) == 1


def test_what_has_least_to_do_is_put_first() -> None:
    """A method that is too slow for the rest has then answered what it could."""
    put: list[int] = []

    def note(probes: tuple[Probe, ...]) -> tuple[Observation, ...]:
        put.extend(work(probe) for probe in probes)
        return tuple(Observation((Failure("timed_out", "call"),)) for _ in probes)

    calls = [Call("decoder", {"z": np.zeros((count, 2))}) for count in (7, 1, 400, 3)]
    checks = [asking(Probe(Sizes(9, 2, 5), {}, (call,))) for call in calls]
    verdicts(note, *checks)
    assert put == sorted(put)
    assert len(set(put)) == 4


def test_a_check_is_told_by_what_it_returns_or_raises() -> None:
    def raising(error: Exception) -> Check:
        def examine(_: Exam) -> Steps[None]:
            yield question("elbo")
            raise error

        return check_of(examine)

    errors = [Lost("wrong"), NotReached("not seen"), ZeroDivisionError("ours")]
    found = verdicts(Candidate().put, *map(raising, errors), asking(question("elbo")))
    assert found == [*errors, {"numbers": [0.0]}]


def test_a_verdict_keeps_no_answers() -> None:
    """A course has thousands of verdicts; what candidates answered may be hundreds of MB."""
    answers: list[weakref.ref[Observation]] = []

    def examine(_: Exam) -> Steps[None]:
        answer = yield question("elbo")
        answers.append(weakref.ref(answer))
        raise Lost("wrong")

    gc.disable()  # which finds the answers in the end, after many submissions
    try:
        (verdict,) = verdicts(Candidate().put, check_of(examine))
        assert isinstance(verdict, Lost)
        assert answers[0]() is None
    finally:
        gc.enable()


def test_an_error_reaches_every_check_that_asked() -> None:
    def put(probes: tuple[Probe, ...]) -> tuple[Observation, ...]:
        raise RuntimeError("no candidate")

    def examine(_: Exam) -> Steps[Any]:
        with pytest.raises(RuntimeError, match="no candidate"):
            yield question("encoder")
        return {"heard": True}

    checks = [check_of(examine) for _ in range(3)]
    assert verdicts(put, *checks) == [{"heard": True}] * 3


def test_probes_are_answered_while_the_interpreter_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(ThreadPoolExecutor):
        def submit(self, function, /, *args, **kwargs):  # type: ignore[no-untyped-def]
            raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    monkeypatch.setattr("grader.examiner.rounds.ThreadPoolExecutor", Refusing)
    checks = [asking(question(method, 1)) for method in ("encoder", "decoder", "sample")]
    assert numbers(Candidate().put, *checks, at_once=2) == [[1.0]] * 3
