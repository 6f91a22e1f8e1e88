"""Advance checks in rounds: what all of them ask at one time goes to candidates together.

Every probe goes to a candidate once, however many checks judge what comes of it; and what the
checks of one task ask in a round goes to one fresh candidate, which starts anew for each probe. No
answer depends on the order of the checks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from grader.examiner.hangs import work
from grader.kit.check import Check, Exam, Lost, NotReached, Request, Steps
from grader.kit.observation import Observation
from grader.kit.probe import Probe

Put = Callable[[tuple[Probe, ...]], tuple[Observation, ...]]
"""Puts probes to a fresh candidate, one after the other."""

Verdict = Exception | None
"""What a check raised, if it did."""

Key = tuple[bytes, int]
"""A probe's digest, and how often the same request has asked it before."""

Question = tuple[Key, Probe]
Batch = list[Question]


def examine_in_rounds(
    exams: Mapping[Check, Exam], put: Put, task_of: Mapping[str, str], at_once: int = 1
) -> dict[Check, Verdict]:
    """Run checks side by side, and return what each of them raised, if it did.

    Args:
        exams: the checks, each of which starts anew, and what it is run with.
        put: asks a candidate.
        task_of: the tasks by their methods; a candidate is asked about one task alone.
        at_once: how many candidates are asked at the same time.
    """
    verdicts: dict[Check, Verdict] = {}
    answers: dict[Key, Observation | Exception] = {}
    pending: dict[Check, tuple[Steps[Any], Request | None]] = {
        check: (check.examine(exam), None) for check, exam in exams.items()
    }
    while pending:
        for check, (steps, request) in list(pending.items()):
            try:
                pending[check] = steps, _advance(steps, request, answers)
            except StopIteration as stop:
                verdicts[check] = stop.value
            except (Lost, NotReached) as verdict:
                # Its frames hold all answers, and would be kept as long as the verdict is.
                verdicts[check] = verdict.with_traceback(None)
            except Exception as error:
                verdicts[check] = error
            if check in verdicts:
                del pending[check]
        keyed = (_keyed(request) for _, request in pending.values() if request is not None)
        due = {key: probe for probes in keyed for key, probe in probes.items()}
        new = [(key, probe) for key, probe in due.items() if key not in answers]
        answers |= _put_all(_batches(new, task_of, at_once), put, at_once)
    return verdicts


def _advance(
    steps: Steps[Any], request: Request | None, answers: Mapping[Key, Observation | Exception]
) -> Request:
    """Let a check go on as far as the answers carry it, and return what it asks next.

    Raises:
        StopIteration: it has returned.
        Exception: whatever it raises.
    """
    asked = next(steps) if request is None else request
    while (keys := _keyed(asked)).keys() <= answers.keys():
        replies = [answers[key] for key in keys]
        failure = next((reply for reply in replies if isinstance(reply, Exception)), None)
        if failure is not None:
            asked = steps.throw(failure)
        else:
            asked = steps.send(replies[0] if isinstance(asked, Probe) else replies)
    return asked


def _keyed(request: Request) -> dict[Key, Probe]:
    """Return the probes of a request in order; one that is asked twice has two answers."""
    seen: Counter[bytes] = Counter()
    keyed = {}
    for probe in (request,) if isinstance(request, Probe) else request:
        keyed[probe.digest, seen[probe.digest]] = probe
        seen[probe.digest] += 1
    return keyed


def _batches(due: Collection[Question], task_of: Mapping[str, str], at_once: int) -> list[Batch]:
    """Return the questions of a round, a list for each candidate, in an order of their own.

    What has least to do comes first: if a method is too slow for the rest, that is answered.
    """
    by_task: defaultdict[str, Batch] = defaultdict(list)
    for key, probe in sorted(due, key=lambda question: (work(question[1]), question[0])):
        by_task[task_of[probe.calls[0].method]].append((key, probe))
    if len(by_task) != 1:
        tasks = dict.fromkeys(task_of.values())  # methods that are called before those that call
        return [by_task[task] for task in tasks if task in by_task]
    (alone,) = by_task.values()  # then no candidate need be idle
    return [part for n in range(at_once) if (part := alone[n::at_once])]


def _put_all(
    batches: Sequence[Batch], put: Put, at_once: int
) -> dict[Key, Observation | Exception]:
    """Return the answers to all batches, or what kept them from being had."""

    def answer(batch: Batch) -> dict[Key, Observation | Exception]:
        keys, probes = zip(*batch, strict=True)
        try:
            return dict(zip(keys, put(probes), strict=True))
        except Exception as error:
            return dict.fromkeys(keys, error)

    if at_once == 1 or len(batches) < 2:
        parts = list(map(answer, batches))
    else:
        with ThreadPoolExecutor(at_once) as pool:
            try:
                parts = list(pool.map(answer, batches))
            except RuntimeError:  # no new threads: the interpreter is about to end
                parts = list(map(answer, batches))
    return {key: reply for part in parts for key, reply in part.items()}
