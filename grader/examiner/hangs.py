"""What ran out of time in one grading, so that code which hangs is not waited for in every check.

What one task's probes do has no say in another's: they may be asked side by side, and points must
not depend on which was first.
"""

from __future__ import annotations

import sys
from collections import Counter
from itertools import combinations

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
    """The hangs of one grading."""

    def __init__(self) -> None:
        self._strikes: Counter[Asked] = Counter()
        self._least: dict[Asked, int] = {}
        self._confirmed: set[str] = set()

    def note(self, task: str, probe: Probe, observation: Observation) -> None:
        """Remember what ran out of time, if something did."""
        key = _hung(task, probe, observation)
        if key is not None:
            self._strikes[key] += 1
            self._least[key] = min(_work_of(key, probe), self._least.get(key, _MOST))
            self._confirmed.add(key[1])

    def given_up(self, task: str, probe: Probe) -> Observation | None:
        """Return what is said of a probe that is not put: one that has no more to do has hung."""
        stages: tuple[Stage, ...] = ("load", "call")
        for stage in stages:
            key = _asked(task, probe, 0, stage)
            least = self._least.get(key, _MOST)
            if self._strikes[key] >= STRIKES or _work_of(key, probe) >= least:
                again = Failure("timed_out", stage, text="its time in earlier checks")
                return Observation((again,) * len(probe.calls))
        return None

    def was_expected(self, probe: Probe, observation: Observation) -> bool:
        """Return whether it has hung before, with other stubs or while another task asked."""
        key = _hung("", probe, observation)
        return key is not None and key[1] in self._confirmed


def _units(probe: Probe) -> int:
    """Return roughly how many weights a model of the probe's sizes has."""
    return sum(a * b for a, b in combinations(probe.sizes, 2))


def _work_of(key: Asked, probe: Probe) -> int:
    """Return what a probe takes to do: to load the class is the same for all calls."""
    return _units(probe) if key[1] == _LOADING else work(probe)


def _asked(task: str, probe: Probe, call: int, stage: Stage) -> Asked:
    if stage == "load":
        return task, _LOADING, ()
    return task, probe.calls[call].method, probe.stubs.methods if probe.stubs else ()


def _hung(task: str, probe: Probe, observation: Observation) -> Asked | None:
    for call, outcome in enumerate(observation.outcomes):
        if isinstance(outcome, Failure) and outcome.kind == "timed_out":
            return _asked(task, probe, call, outcome.stage)
    return None
