"""Put a class to the checks: at small sizes, and again where something was lost.

What is lost at small sizes is asked again at the assignment's own, since a method that is right
there has earned its points. What a method that calls others has lost is asked again with stubs
for those helpers that have lost something themselves: each of them may be the student's own or a
stub, so that their errors are charged once. A helper without an error is used as it is. In the end
it is found out what explains the losses.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from grader.assignment import Assignment, Task
from grader.examiner.examples import device_name, finder, found
from grader.examiner.forkserver_client import GraderError
from grader.examiner.machine import cores
from grader.examiner.rounds import Put, Verdict, examine_in_rounds
from grader.examiner.rubric import Rubric
from grader.examiner.verdicts import check_result, place_of, said_once
from grader.kit.check import Check, Exam, Lost, Setting
from grader.kit.misconception import Diagnosis, explained
from grader.report.result import CheckResult, TaskResult
from grader.submission.slices import Slice

_log = logging.getLogger(__name__)

Tried = dict[Setting, CheckResult]


def examine(
    code: Slice,
    rubric: Rubric,
    assignment: Assignment,
    put: Put,
    seed: int = 0,
    at_once: int | None = None,
    explain: Put | None = None,
) -> tuple[TaskResult, ...]:
    """Put a class to every check that the rubric counts, and return the results of its tasks.

    Args:
        code: the class.
        rubric: says what is counted.
        assignment: holds the checks.
        put: asks a fresh candidate that holds the class.
        seed: of all that is drawn.
        at_once: how many candidates are asked at the same time; by default one a core.
        explain: asks what explains losses and earns no points; by default as ``put`` does.
    """
    exam = Exam(seed, unlisted=unlisted(code))
    at_once = at_once or max(2, cores())
    examination = _Examination(exam, rubric, assignment, put, explain or put, at_once)
    examination.examine_class()
    examination.examine_callers()
    examination.explain_losses()
    examination.show_losses(code)
    return tuple(_task_result(task, code, rubric, examination.tried) for task in assignment.tasks)


@dataclass(frozen=True)
class _Examination:
    """One class under examination.

    Attributes:
        tried: the checks that were begun, each with its results by their settings.
        lost: what was raised by the checks that failed.
    """

    exam: Exam
    rubric: Rubric
    assignment: Assignment
    put: Put
    explain: Put
    at_once: int
    tried: dict[Check, Tried] = field(default_factory=dict)
    lost: dict[tuple[Check, Setting], Lost] = field(default_factory=dict)

    def examine_class(self) -> None:
        """Run every check that is counted, and at the assignment's sizes those that are lost."""
        counted = [c for c in self.assignment.checks() if c.id in self.rubric.checks]
        self._run(dict.fromkeys(counted, Setting()))
        self._retry({task.id: Setting(full=True) for task in self.assignment.tasks})

    def examine_callers(self) -> None:
        """Run what methods that call others have lost, with stubs for helpers that are broken."""
        tasks = self.assignment.task_by_id
        lost = {check.task for check, tried in self.tried.items() if not _passed(tried)}
        callers = [task for task in sorted(lost) if tasks[task].calls]
        if not callers:
            return
        called = frozenset[str]().union(*(tasks[task].calls for task in callers))
        # What the rubric doesn't count tells all the same whether a helper is right.
        checks = self.assignment.checks()
        more = [c for c in checks if c.task in called and c not in self.tried]
        self._run(dict.fromkeys(more, Setting()))
        self._retry(dict.fromkeys(called, Setting(full=True)))
        broken = {check.task for check, tried in self.tried.items() if not _passed(tried)}
        # Side by side, for what one of them waits for is no reason for the others to wait.
        plans = {task: self._plan(tasks[task], broken) for task in callers}
        while settings := {task: it for task, plan in plans.items() if (it := next(plan, None))}:
            self._retry(settings)

    def explain_losses(self) -> None:
        """Put what explains the losses of a task, where that can be found out, into its results."""
        by_setting: defaultdict[Setting, dict[str, dict[Check, Lost]]] = defaultdict(dict)
        for task in self.assignment.diagnoses():
            counted = (c for c in self.tried if c.task == task and c.id in self.rubric.checks)
            tried = {check: self.tried[check] for check in counted}
            for check, results in tried.items():
                setting = _counted(results, [*tried.values()])
                lost = self.lost.get((check, setting))
                if not _passed(results) and lost is not None and "failure" not in lost.evidence:
                    by_setting[setting].setdefault(task, {})[check] = lost
        for setting, losses in by_setting.items():
            diagnoses = {task: self.assignment.diagnoses()[task] for task in losses}
            asking = {task: _asking(task, diagnoses[task], losses[task]) for task in losses}
            verdicts = self._verdicts(dict.fromkeys(asking.values(), setting), self.explain)
            for task, diagnosis in diagnoses.items():
                self._explain(diagnosis, verdicts[asking[task]], setting, losses[task])

    def _explain(
        self, diagnosis: Diagnosis, names: Any, setting: Setting, losses: Mapping[Check, Lost]
    ) -> None:
        """Put what explains the losses of a task in a setting into their results.

        ``names`` are what the diagnosis returned, by the checks' ids, or what it raised.
        """
        for check, lost in losses.items():
            if isinstance(names, Mapping) and (causes := names.get(check.id)):
                verdict: Verdict = explained(lost.unexplained or lost, diagnosis.catalogue, causes)
            elif isinstance(names, Exception) and not isinstance(names, (Lost, GraderError)):
                _log.debug("The diagnosis of %s failed.", check.id, exc_info=names)
                lost.evidence["diagnosis_failed"] = place_of(names) + f" {names!r}"
                verdict = lost
            else:
                continue
            worth = self.rubric.checks.get(check.id, 0.0)
            self.tried[check][setting] = check_result(check, worth, verdict, self.assignment)

    def show_losses(self, code: Slice) -> None:
        """Put the smallest case that shows it into the result of each lost check that has one."""
        tasks = self.assignment.task_by_id
        broken = {check.task for check, tried in self.tried.items() if not _passed(tried)}
        asked: dict[Check, str] = {}
        for id, cases in self.assignment.examples().items():
            of_task = {c: self.tried[c] for c in self.tried if c.task == id}
            lost = [c.id for c in of_task if (c, self._shown_in(c, of_task)) in self.lost]
            device = device_name(tasks[id], [tasks[helper] for helper in tasks[id].calls], code)
            ended = any(_ended(results.values()) for results in of_task.values())
            # Examples have no stubs, so a method whose helpers are broken has none.
            if lost and device is not None and not ended and broken.isdisjoint(tasks[id].calls):
                asked[finder(id, cases, lost)] = device
        verdicts = self._verdicts(dict.fromkeys(asked, Setting()), self.explain) if asked else {}
        kind = self.assignment.class_name
        examples = {
            id: it for c, answer in verdicts.items() for id, it in found(answer, kind, asked[c])
        }
        for check, results in self.tried.items():
            if check.id in examples:
                results[Setting()] = replace(results[Setting()], try_it=examples[check.id])

    def _shown_in(self, check: Check, task: Mapping[Check, Tried]) -> Setting | None:
        """Return the setting of examples if it is the one that a lost check counts in."""
        results, small = task[check], Setting()
        if check.id not in self.rubric.checks or _passed(results) or small not in results:
            return None
        is_empty = {"failure", "unwritten"} & results[small].evidence.keys()
        return small if not is_empty and _counted(results, [*task.values()]) == small else None

    def _plan(self, task: Task, broken: Collection[str]) -> Iterator[Setting]:
        """Yield one setting after the other in which a caller is to be examined."""
        results = [tried for check, tried in self.tried.items() if check.task == task.id]
        # Where a process came to its end, it may be a helper that takes too much.
        ended = any(_ended(tried.values()) for tried in results)
        suspects = task.calls if ended else task.calls.intersection(broken)
        helpers = {self.assignment.task_by_id[helper].method.name for helper in suspects}
        for setting in _mixtures(helpers, self._customs()):
            yield setting
            whole = ended and setting.full and not setting.unstubbed
            if whole and all(setting in t and _ended([t[setting]]) for t in results):
                break  # with all stubs, too: it is none of the helpers

    def _customs(self) -> frozenset[str]:
        """Return the customs of broken helpers that those who call them may keep."""
        lost = (r for tried in self.tried.values() if not _passed(tried) for r in tried.values())
        return frozenset(r.evidence["custom"] for r in lost if "custom" in r.evidence)

    def _run(self, settings: Mapping[Check, Setting]) -> None:
        verdicts = self._verdicts(settings, self.put)
        for check, setting in settings.items():
            worth, verdict = self.rubric.checks.get(check.id, 0.0), verdicts[check]
            result = check_result(check, worth, verdict, self.assignment)
            self.tried.setdefault(check, {})[setting] = result
            if isinstance(verdict, Lost):
                self.lost[check, setting] = verdict

    def _verdicts(self, settings: Mapping[Check, Setting], put: Put) -> dict[Check, Verdict]:
        shared = {setting: self.exam.at(setting) for setting in settings.values()}
        exams = {check: shared[setting] for check, setting in settings.items()}
        return examine_in_rounds(exams, put, self.assignment.task_by_method, self.at_once)

    def _retry(self, settings: Mapping[str, Setting]) -> None:
        """Run the checks of some tasks that are lost, but may pass in another setting."""
        lost = {c: settings[c.task] for c in self.tried if c.task in settings}
        self._run({c: setting for c, setting in lost.items() if _may_pass(self.tried[c], setting)})


def _asking(task: str, diagnosis: Diagnosis, losses: Mapping[Check, Lost]) -> Check:
    """Return a diagnosis of losses as a check that returns what it finds."""
    by_id = {check.id: lost for check, lost in losses.items()}
    return Check(f"{task}.diagnosis", "", "", lambda exam: diagnosis.diagnose(exam, by_id))


def unlisted(code: Slice) -> int:
    """Return a number that depends on what is graded alone, for choices that nobody can list."""
    cells = [(cell.source, cell.keep) for cell in code.cells]
    return int.from_bytes(hashlib.sha256(json.dumps(cells).encode()).digest()[:8], "big")


def _mixtures(helpers: Collection[str], customs: Collection[str]) -> Iterator[Setting]:
    """Yield the settings in which some of the broken helpers have stubs, all of them first.

    The others are the student's own, in whatever way they are broken. Stubs keep no custom first.
    """
    for count in range(len(helpers), -1, -1):
        for chosen in map(frozenset, combinations(sorted(helpers), count)):
            kept = frozenset(custom for custom in customs if custom.split(".")[0] in chosen)
            for stubbed in dict.fromkeys((chosen, chosen | kept)):
                for full in (False, True):
                    yield Setting(full, stubbed, frozenset(helpers) - chosen)


def _passed(tried: Tried) -> bool:
    return any(result.status == "passed" for result in tried.values())


def _ended(results: Iterable[CheckResult]) -> bool:
    return any(r.evidence.get("failure") in ("died", "timed_out") for r in results)


def _may_pass(tried: Tried, setting: Setting) -> bool:
    """Tell whether to ask again: not for what no sizes change, or what is not the student's."""
    if _passed(tried) or setting in tried:
        return False
    asked = [r for s, r in tried.items() if s.stubbed >= setting.stubbed]
    shown = [r for s, r in tried.items() if replace(s, full=setting.full) == setting]
    return not (
        any(r.evidence.get("fixed") or r.status == "grader_error" for r in asked)
        or any(r.evidence.get("shown") for r in shown)
    )


def _task_result(
    task: Task, code: Slice, rubric: Rubric, tried: Mapping[Check, Tried]
) -> TaskResult:
    counted = [c for c in tried if c.task == task.id and c.id in rubric.checks]
    results = tuple(_verdict(tried[check], [tried[c] for c in counted]) for check in counted)
    place = code.methods.get(task.method.name)
    return TaskResult(
        task.id,
        task.title,
        sum(result.points for result in results),
        rubric.tasks[task.id],
        said_once(results),
        {"cell": place.cell, "line": place.line} if place else None,
        task.method.name,
    )


def _verdict(tried: Tried, task: Sequence[Tried]) -> CheckResult:
    """Return the result that counts: the first that was passed, or what is told about the loss.

    It is told that a check was passed at the assignment's own sizes.
    """
    setting = _counted(tried, task)
    result = tried[setting]
    sizes = {"sizes": "the assignment's"} if setting.full and result.status == "passed" else {}
    return replace(result, evidence={**result.evidence, **sizes})


def _counted(tried: Tried, task: Sequence[Tried]) -> Setting:
    """Return the setting whose result counts.

    Of a check that is lost in all it is that in which most of the ``task`` was passed; of several
    the one with all stubs, for it is about the method alone.
    """
    for setting, result in tried.items():
        if result.status == "passed":
            return setting

    def rank(setting: Setting) -> tuple[bool, int, int, bool]:
        passed = sum(t[setting].status == "passed" for t in task if setting in t)
        error = tried[setting].status == "grader_error"
        return error, passed, len(setting.stubbed), not setting.full

    return max(tried, key=rank)
