"""Puts a class to the checks: at small sizes, and again where something was lost.

What is lost at small sizes is asked again at the assignment's own, since a method that is right
there has earned its points. What a method that calls others has lost is asked again with stand-ins
for those helpers that have lost something themselves: each of them may be the student's own or a
stand-in, so that their errors are charged once. A helper without an error is used as it is.
"""

from __future__ import annotations

import hashlib
import json
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import combinations

from grader.examiner.answers import Answers
from grader.examiner.machine import cores
from grader.examiner.rubric import Rubric
from grader.kit.check import Check, Exam, Lost, NotReached, Setting
from grader.kit.observation import clean
from grader.report.result import CheckResult, TaskResult
from grader.submission.slices import Slice
from grader.vae import spec
from grader.vae.checks import CHECKS

_METHODS = {task.id: task.method.name for task in spec.TASKS}
_CALLED: Mapping[str, frozenset[str]] = {
    "elbo": frozenset(("encoder", "reparam", "decoder", "kl")),
    "sample": frozenset(("reparam", "decoder")),
}
"""The tasks whose methods a task's method may call."""

Tried = dict[Setting, CheckResult]


def examine(
    code: Slice, rubric: Rubric, exam: Exam, at_once: int | None = None
) -> tuple[TaskResult, ...]:
    """Every check that the rubric counts, with so many candidates at once, as task results."""
    candidates = at_once or max(2, cores())
    exam = replace(exam, unlisted=unlisted(code))
    tried: dict[Check, Tried] = {check: {} for check in CHECKS if check.id in rubric.checks}

    def put(checks: Sequence[Check], setting: Setting) -> None:
        for check, result in _results(checks, rubric, exam.at(setting), candidates):
            tried.setdefault(check, {})[setting] = result

    def open_again(tasks: Collection[str], setting: Setting) -> list[Check]:
        return [c for c in tried if c.task in tasks and _may_pass(tried[c], setting)]

    put(list(tried), Setting())
    put(open_again(spec.TASK_IDS, Setting(full=True)), Setting(full=True))
    if callers := {c.task for c in tried if c.task in _CALLED and not _passed(tried[c])}:
        called = frozenset().union(*(_CALLED[task] for task in callers))
        # What the rubric doesn't count tells all the same whether a helper is right.
        put([c for c in CHECKS if c.task in called and c not in tried], Setting())
        put(open_again(called, Setting(full=True)), Setting(full=True))
        broken = {check.task for check in tried if not _passed(tried[check])}
        for task in sorted(callers):
            # Where a process came to its end, it may be a helper that takes too much.
            ended = any(_ended(tried[check].values()) for check in tried if check.task == task)
            for setting in _mixtures(_CALLED[task] if ended else broken & _CALLED[task]):
                put(open_again((task,), setting), setting)
                own = [tried[check] for check in tried if check.task == task]
                whole = ended and setting.full and not setting.own
                if whole and all(setting in t and _ended([t[setting]]) for t in own):
                    break  # with all stand-ins, too: it is none of the helpers
    return tuple(_task_result(task, code, rubric, tried) for task in spec.TASKS)


def unlisted(code: Slice) -> int:
    """A number that depends on what is graded alone, for choices that nobody can list."""
    cells = [(cell.source, cell.keep) for cell in code.cells]
    return int.from_bytes(hashlib.sha256(json.dumps(cells).encode()).digest()[:8], "big")


def _mixtures(broken: Collection[str]) -> Iterator[Setting]:
    """The settings in which some of the broken helpers have stand-ins, all of them first.

    The others are the student's own, in whatever way they are broken.
    """
    methods = frozenset(_METHODS[task] for task in broken)
    for count in range(len(methods), -1, -1):
        for chosen in map(frozenset, combinations(sorted(methods), count)):
            for full in (False, True):
                yield Setting(full, chosen, methods - chosen)


def _passed(tried: Tried) -> bool:
    return any(result.status == "passed" for result in tried.values())


def _ended(results: Iterable[CheckResult]) -> bool:
    return any(r.evidence.get("failure") in ("died", "timed_out") for r in results)


def _may_pass(tried: Tried, setting: Setting) -> bool:
    """Whether it is worth while to ask again: not for what is unwritten, or not the student's."""
    if _passed(tried) or setting in tried:
        return False
    asked = [r for s, r in tried.items() if s.stood_in >= setting.stood_in]
    shown = [r for s, r in tried.items() if replace(s, full=setting.full) == setting]
    return not (
        any(r.evidence.get("unwritten") or r.status == "grader_error" for r in asked)
        or any(r.evidence.get("shown") for r in shown)
    )


def _results(
    checks: Sequence[Check], rubric: Rubric, exam: Exam, at_once: int
) -> list[tuple[Check, CheckResult]]:
    """Checks side by side in one setting; what they ask at the same time is put together."""
    answers = Answers(exam.put, len(checks), at_once)
    exam = replace(exam, put=answers.ask, foresee=answers.foresee)

    def run(check: Check) -> CheckResult:
        try:
            return _run(check, rubric.checks.get(check.id, 0.0), exam)
        finally:
            answers.leave()

    begun: list[Future[CheckResult]] = []
    with ThreadPoolExecutor(max_workers=max(1, len(checks))) as pool:
        try:
            for check in checks:
                begun.append(pool.submit(run, check))
        finally:  # whoever was begun must not wait for those that can't be any more
            for _ in checks[len(begun) :]:
                answers.leave()
    return [(check, future.result()) for check, future in zip(checks, begun, strict=True)]


def _run(check: Check, worth: float, exam: Exam) -> CheckResult:
    """One check's result; an error of the grader's own is said, and is never a silent zero."""
    result: Callable[..., CheckResult] = partial(CheckResult, check.id, check.title)
    try:
        evidence = check.run(exam)
        return result(worth, worth, "passed", evidence=evidence or {})
    except Lost as lost:
        return result(
            0.0,
            worth,
            "failed",
            clean(lost.message, 1000),
            lost.hint or check.hint,
            lost.misconception,
            {**lost.evidence, **({"shown": True} if lost.is_shown else {})},
        )
    except NotReached as error:
        return result(0.0, worth, "not_reached", str(error))
    except Exception as error:
        trace = traceback.format_exc(limit=-5)
        return result(
            0.0,
            worth,
            "grader_error",
            f"The grader failed in this check: {type(error).__name__}: {error}.",
            "This is not your fault: ask your instructor to have the notebook graded again.",
            evidence={"traceback": trace},
        )


def _task_result(
    task: spec.Task, code: Slice, rubric: Rubric, tried: Mapping[Check, Tried]
) -> TaskResult:
    counted = [c for c in tried if c.task == task.id and c.id in rubric.checks]
    own = tuple(_verdict(tried[check], [tried[c] for c in counted]) for check in counted)
    place = code.methods.get(task.method.name)
    return TaskResult(
        task.id,
        task.title,
        sum(result.points for result in own),
        rubric.tasks[task.id],
        own,
        {"cell": place.cell, "line": place.line} if place else None,
    )


def _verdict(tried: Tried, task: Sequence[Tried]) -> CheckResult:
    """The result that counts: the first that was passed, or what is told about the loss.

    That is what came in the setting in which most of the ``task`` was passed; of several with all
    stand-ins, for it is about the method alone.
    """
    for setting, result in tried.items():
        if result.status == "passed":
            own = {"sizes": "the assignment's"} if setting.full else {}
            return replace(result, evidence={**result.evidence, **own})

    def rank(setting: Setting) -> tuple[bool, int, int, bool]:
        passed = sum(t[setting].status == "passed" for t in task if setting in t)
        error = tried[setting].status == "grader_error"
        return error, passed, len(setting.stood_in), not setting.full

    return tried[max(tried, key=rank)]


def works_at_full_size_only(tasks: Sequence[TaskResult]) -> tuple[str, ...]:
    """The methods that earned points at the assignment's own sizes alone.

    Of one that calls a broken helper that can't be said: it may be the helper's error that is small
    there.
    """
    broken = {task.id for task in tasks if task.points < task.max_points}
    return tuple(
        _METHODS[task.id]
        for task in tasks
        if any("sizes" in check.evidence for check in task.checks)
        and broken.isdisjoint(_CALLED.get(task.id, ()))
    )
