"""What checks want to know goes to as few candidates as can be, whenever they happen to ask."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from grader.examiner.answers import Answers, Probes

from grader.examiner.examination import examine
from grader.examiner.hangs import work
from grader.examiner.rubric import Rubric
from grader.kit.check import Exam
from grader.kit.observation import Failure, Observation, Returned
from grader.kit.probe import Call, Probe, Sizes
from grader.submission import extract, load

ROOT = Path(__file__).resolve().parents[2]

Ask = Callable[[Probes], tuple[Observation, ...]]


def question(method: str, number: float = 0.0) -> Probes:
    """A question about a method; another one for each number."""
    call = Call(method, {"x": np.full((1, 1), number)})
    return (Probe(Sizes(1, 1, 1), {}, (call,)),)


class Candidate:
    """Answers every call with the number that is in it, and remembers what was put together."""

    def __init__(self, timed_out: int = 0) -> None:
        self.put_together: list[list[tuple[str, float]]] = []
        self._timed_out = timed_out

    def put(self, probes: Probes) -> tuple[Observation, ...]:
        calls = [probe.calls[0] for probe in probes]
        numbers = [float(np.ravel(call.arguments["x"])[0]) for call in calls]
        methods = [call.method for call in calls]
        self.put_together.append(list(zip(methods, numbers, strict=True)))
        if len(self.put_together) <= self._timed_out:
            return (Observation((Failure("timed_out", "call"),)),) * len(probes)
        return tuple(
            Observation((Returned((), {"x": np.array(number)}),), frozenset()) for number in numbers
        )


def number_in(observations: tuple[Observation, ...]) -> float:
    (observation,) = observations
    (outcome,) = observation.outcomes
    assert isinstance(outcome, Returned)
    found = outcome.gradients["x"]
    assert found is not None
    return float(found)


def side_by_side(
    put: Callable[[Probes], tuple[Observation, ...]],
    *checks: Callable[[Ask], object],
    at_once: int = 1,
    shuffle: int = 0,
) -> list[object]:
    """What checks find that run side by side and begin at different moments."""
    answers = Answers(put, len(checks), at_once)
    delays = random.Random(shuffle)

    def run(check: Callable[[Ask], object]) -> object:
        time.sleep(delays.random() / 100)
        try:
            return check(answers.ask)
        finally:
            answers.leave()

    with ThreadPoolExecutor(len(checks)) as pool:
        return [future.result(10) for future in [pool.submit(run, check) for check in checks]]


def asking(*questions: Probes) -> Callable[[Ask], list[float]]:
    """A check that asks one question after the other."""
    return lambda ask: [number_in(ask(probes)) for probes in questions]


def test_equal_questions_are_put_once_and_all_hear_the_answer() -> None:
    candidate = Candidate()
    checks = [asking(question("encoder", 3)) for _ in range(5)]
    assert side_by_side(candidate.put, *checks) == [[3.0]] * 5
    assert candidate.put_together == [[("encoder", 3.0)]]


@pytest.mark.parametrize("shuffle", range(5))
@pytest.mark.parametrize("at_once", [1, 3])
def test_a_task_has_a_candidate_of_its_own_whatever_comes_first(shuffle: int, at_once: int) -> None:
    candidate = Candidate()
    checks = [asking(question(method, n)) for method in ("encoder", "decoder") for n in (1, 2)]
    found = side_by_side(candidate.put, *checks, at_once=at_once, shuffle=shuffle)
    assert found == [[1.0], [2.0], [1.0], [2.0]]
    together = sorted(candidate.put_together)
    assert [{method for method, _ in part} for part in together] == [{"decoder"}, {"encoder"}]
    again = Candidate()
    side_by_side(again.put, *reversed(checks), shuffle=shuffle + 1)
    assert sorted(again.put_together) == together


def test_a_check_that_asks_again_or_not_at_all_holds_nobody_up() -> None:
    candidate = Candidate()
    checks = (
        asking(question("elbo", 1), question("elbo", 2), question("elbo", 3)),
        asking(question("elbo", 1)),
        asking(),
        asking(question("elbo", 1), question("elbo", 3)),
    )
    assert side_by_side(candidate.put, *checks) == [[1.0, 2.0, 3.0], [1.0], [], [1.0, 3.0]]
    rounds = [sorted(n for _, n in part) for part in candidate.put_together]
    assert rounds == [[1.0], [2.0, 3.0]]


def test_what_is_foreseen_goes_with_the_next_question() -> None:
    candidate = Candidate()
    answers = Answers(candidate.put, 1)
    answers.foresee([question("elbo", 1), question("elbo", 2)])
    assert candidate.put_together == []
    assert [number_in(answers.ask(question("elbo", n))) for n in (2, 1)] == [2.0, 1.0]
    assert [sorted(part) for part in candidate.put_together] == [[("elbo", 1.0), ("elbo", 2.0)]]


def test_an_answer_that_took_too_long_is_kept_too() -> None:
    """It was confirmed before it was given, so that no points depend on who asks again."""
    candidate = Candidate(timed_out=1)
    answers = Answers(candidate.put, 1)
    for _ in range(2):
        (observation,) = answers.ask(question("sample", 1))
        assert isinstance(observation.outcomes[0], Failure)
    assert len(candidate.put_together) == 1


def test_what_has_least_to_do_is_put_first() -> None:
    """A method that is too slow for the rest has then answered what it could."""
    put: list[int] = []

    def note(probes: Probes) -> tuple[Observation, ...]:
        put.extend(work(probe) for probe in probes)
        return tuple(Observation((Failure("timed_out", "call"),)) for _ in probes)

    rows = [7, 1, 400, 3]
    calls = [Call("decoder", {"z": np.zeros((count, 2))}) for count in rows]
    questions = [(Probe(Sizes(9, 2, 5), {}, (call,)),) for call in calls]
    side_by_side(note, *[lambda ask, own=own: ask(own) for own in questions])
    assert put == sorted(put)
    assert len(set(put)) == len(rows)


class Refusing(ThreadPoolExecutor):
    """A pool that takes no more than some tasks, as all do when the interpreter is about to end."""

    takes = 0

    def submit(self, function, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        if self.takes == 0:
            raise RuntimeError("cannot schedule new futures after interpreter shutdown")
        self.takes -= 1
        return super().submit(function, *args, **kwargs)


def test_questions_are_answered_while_the_interpreter_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.examiner.answers.ThreadPoolExecutor", Refusing)
    checks = [asking(question(method, 1)) for method in ("encoder", "decoder", "sample")]
    assert side_by_side(Candidate().put, *checks, at_once=2) == [[1.0]] * 3


def test_checks_do_not_wait_for_others_that_can_not_begin(
    monkeypatch: pytest.MonkeyPatch, rubric: Rubric
) -> None:
    asked = threading.Event()

    def put(probes: Probes) -> tuple[Observation, ...]:
        asked.set()
        raise RuntimeError("no candidate")

    code = extract(load(ROOT / "reference" / "vae_solved.ipynb"))
    monkeypatch.setattr(Refusing, "takes", 5)
    monkeypatch.setattr("grader.examiner.examination.ThreadPoolExecutor", Refusing)
    with ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="shutdown"):
        pool.submit(examine, code, rubric, Exam(put), 1).result(20)
    assert asked.is_set()


def test_an_error_reaches_every_check_that_asked() -> None:
    def put(probes: Probes) -> tuple[Observation, ...]:
        raise RuntimeError("no candidate")

    def check(ask: Ask) -> str:
        with pytest.raises(RuntimeError, match="no candidate"):
            ask(question("encoder"))
        return "heard"

    assert side_by_side(put, check, check, check) == ["heard"] * 3
