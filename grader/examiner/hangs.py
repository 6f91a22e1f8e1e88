"""What ran out of time in one grading, so that code which hangs is not waited for in every check.

What one task's probes do has no say in whether another's are put: they may be asked side by side,
and points must not depend on which was first. But once something has hung twice in a row, what runs
out of time after that is believed at once: waiting is for what can still earn points.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Mapping
from itertools import combinations

from grader.examiner.pace import Pace
from grader.kit.observation import Failure, Observation
from grader.kit.probe import Probe
from grader.protocol.replies import Stage

STRIKES = 2
"""How often code that hangs is seen to, with less to do each time, before it is asked no more."""

_LOADING = ""
_MOST = sys.maxsize

Asked = tuple[str, str, tuple[str, ...]]
"""A task, a method or loading the class, and the stubs that were in place."""


def work(probe: Probe) -> int:
    """Return roughly how much a probe has a candidate do: rows times weights."""
    rows = 0
    for call in probe.calls:
        for value in list(call.arguments.values())[:1]:
            rows += call.repeat * (value if isinstance(value, int) else len(value))
    return max(rows, 1) * _units(probe)


class Hangs:
    """The hangs of one slice.

    Attributes:
        pace: of the whole grading.
    """

    def __init__(
        self, pace: Pace | None = None, helpers: Mapping[str, Collection[str]] | None = None
    ) -> None:
        """Know of no hangs yet.

        Args:
            pace: of the grading, which may look at several slices of a submission.
            helpers: the methods that a method calls.
        """
        self.pace = pace or Pace()
        self._helpers = helpers or {}
        self._strikes: Counter[Asked] = Counter()
        self._least: dict[Asked, int] = {}

    def note(self, task: str, probe: Probe, observation: Observation) -> None:
        """Remember what ran out of time, if something did."""
        key = _hung(task, probe, observation)
        if key is not None:
            self._strikes[key] += 1
            self._least[key] = min(_work_of(key, probe), self._least.get(key, _MOST))
            self.pace.hurry()

    def given_up(self, task: str, probe: Probe) -> Observation | None:
        """Return what is said of a probe that is not put.

        It is one of which one with no more to do has hung, or one that calls a method which hangs
        by itself: it is put with a stub in that one's place, later.
        """
        stages: tuple[Stage, ...] = ("load", "call")
        for stage in stages:
            key = _asked(task, probe, 0, stage)
            least = self._least.get(key, _MOST)
            if self._strikes[key] >= STRIKES or _work_of(key, probe) >= least:
                again = Failure("timed_out", stage, text="its time in earlier checks")
                return Observation((again,) * len(probe.calls))
        _, method, stubs = _asked(task, probe, 0, "call")
        for helper in self._helpers.get(method, ()):
            if helper not in stubs and self._strikes[helper, helper, ()]:
                words = f"its time, for `{helper}` does not come to an end"
                return Observation((Failure("timed_out", "call", text=words),) * len(probe.calls))
        return None

    def was_expected(self, probe: Probe, observation: Observation) -> bool:
        """Return whether it has hung, in a submission that surely hangs somewhere."""
        return self.pace.is_hurried and _hung("", probe, observation) is not None


def _units(probe: Probe) -> int:
    """Return roughly how many weights a model of the probe's sizes has."""
    return sum(a * b for a, b in combinations(probe.sizes, 2))


def _work_of(key: Asked, probe: Probe) -> int:
    """Return what a probe takes to do: to load the class is the same for all calls."""
    return _units(probe) if key[1] == _LOADING else work(probe)


def _asked(task: str, probe: Probe, call: int, stage: Stage) -> Asked:
    if stage == "load":  # which is the same for all tasks
        return "", _LOADING, ()
    return task, probe.calls[call].method, probe.stubs.methods if probe.stubs else ()


def _hung(task: str, probe: Probe, observation: Observation) -> Asked | None:
    for call, outcome in enumerate(observation.outcomes):
        if isinstance(outcome, Failure) and outcome.kind == "timed_out":
            return _asked(task, probe, call, outcome.stage)
    return None
