"""The answers of one grading, for checks that run side by side.

Every question goes to a candidate once, however many checks judge what comes; and what the checks
of one task ask at the same time goes to one fresh candidate, which starts anew for each probe. No
answer depends on when a check happens to ask: they all wait until each of them waits or is done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock

from grader.examiner.hangs import work
from grader.kit.observation import Observation
from grader.kit.probe import Probe
from grader.vae import spec

Probes = tuple[Probe, ...]
Put = Callable[[Probes], tuple[Observation, ...]]
Key = tuple[bytes, ...]


@dataclass(eq=False)
class _Question:
    key: Key
    probes: Probes
    waiting: int = 0
    answer: Future[tuple[Observation, ...]] = field(default_factory=Future)

    @property
    def task(self) -> str:
        return spec.TASK_BY_METHOD[self.probes[0].calls[0].method]

    @property
    def work(self) -> int:
        return sum(map(work, self.probes))


class Answers:
    """Asks with ``put`` what so many ``checks`` want to know, ``at_once`` candidates at a time."""

    def __init__(self, put: Put, checks: int, at_once: int = 1) -> None:
        self._put = put
        self._at_once = at_once
        self._lock = Lock()
        self._busy = checks
        self._questions: dict[Key, _Question] = {}
        self._next: list[_Question] = []
        self._being_put = 0

    def ask(self, probes: Probes) -> tuple[Observation, ...]:
        """What a fresh candidate makes of probes; a check waits here until all others wait too."""
        with self._lock:
            question = self._question(probes)
            if not question.answer.done():
                question.waiting += 1
                self._busy -= 1
            due = self._due()
        self._put_all(due)
        return question.answer.result()

    def foresee(self, questions: Sequence[Probes]) -> None:
        """Put these too, with what is asked next."""
        with self._lock:
            for probes in questions:
                self._question(probes)

    def _question(self, probes: Probes) -> _Question:
        key = tuple(probe.digest for probe in probes)
        if key not in self._questions:
            self._questions[key] = _Question(key, probes)
            self._next.append(self._questions[key])
        return self._questions[key]

    def leave(self) -> None:
        """A check is done, or was never begun."""
        with self._lock:
            self._busy -= 1
            due = self._due()
        self._put_all(due)

    def _due(self) -> list[list[_Question]]:
        """The questions to be put now, a list for each candidate, in an order of their own.

        What has least to do comes first: if a method is too slow for the rest, that is answered.
        """
        if self._busy > 0 or self._being_put:
            return []
        by_task: dict[str, list[_Question]] = defaultdict(list)
        for question in sorted(self._next, key=lambda question: (question.work, question.key)):
            by_task[question.task].append(question)
        self._next = []
        due = [by_task[task] for task in sorted(by_task)]
        if len(due) == 1:  # where one task alone is asked, no candidate need be idle
            due = [part for n in range(self._at_once) if (part := due[0][n :: self._at_once])]
        self._being_put = len(due)
        return due

    def _put_all(self, due: Sequence[list[_Question]]) -> None:
        if self._at_once == 1 or len(due) < 2:
            for questions in due:
                self._put_together(questions)
            return
        with ThreadPoolExecutor(self._at_once) as pool:
            for questions in due:
                try:
                    pool.submit(self._put_together, questions)
                except RuntimeError:  # no new threads: the interpreter is about to end
                    self._put_together(questions)

    def _put_together(self, questions: list[_Question]) -> None:
        observations: tuple[Observation, ...] = ()
        failure: BaseException | None = None
        try:
            observations = self._put(tuple(p for question in questions for p in question.probes))
        except BaseException as error:
            failure = error
        came = iter(observations)
        with self._lock:
            self._being_put -= 1
            for question in questions:
                self._busy += question.waiting
                own = tuple(islice(came, len(question.probes)))
                if failure is not None:
                    question.answer.set_exception(failure)
                else:
                    question.answer.set_result(own)
