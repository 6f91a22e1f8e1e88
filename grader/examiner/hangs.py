"""What ran out of time in one grading, so that code which hangs is not waited for in every check.

Nor is a class tried again and again of which no model can be built.

What one task's probes do has no say in whether another's are put: they may be asked side by side,
and points must not depend on which was first. But once something has hung twice in a row, what runs
out of time after that is believed at once: waiting is for what can still earn points.

What hangs at small sizes may be right at the assignment's own, and what hangs with some rows may be
right with others: so neither is given up for the other's sake before it has been tried.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import NamedTuple

from grader.examiner.pace import Pace
from grader.kit.observation import Failure, Observation, Outcome
from grader.kit.probe import Probe
from grader.protocol.replies import Stage

STRIKES = 2
"""How often code is seen to hang that has never come to an end before it is asked no more."""
MOST_STRIKES = 4
"""The same of code that comes to an end with other arguments."""
_SEVERAL = 2
_SIZES = 3
"""In so many sizes building a model has to fail alike before it is tried no more."""

_LOADING = ""

Asked = tuple[str, str, tuple[str, ...]]
"""A task, a method or loading the class, and the stubs that were in place."""


class _Hang(NamedTuple):
    """What was asked, and how much of it: the sizes, and the work of a call."""

    asked: Asked
    sizes: tuple[int, ...]
    work: int


def work(probe: Probe) -> int:
    """Return roughly how much a probe has a candidate do: rows times weights."""
    rows = 0
    for call in probe.calls:
        for value in list(call.arguments.values())[:1]:
            rows += call.repeat * (value if isinstance(value, int) else len(value))
    return max(rows, 1) * _units(probe)


class _Model(NamedTuple):
    """What a model is built of: whether at the assignment's sizes, stubs and named weights."""

    full: bool
    stubs: tuple[str, ...]
    weights: frozenset[str]


class Hangs:
    """The hangs of one slice.

    Attributes:
        pace: of the whole grading.
        unexplained: by method, what was too slow to find out what explains its losses.
    """

    def __init__(
        self,
        pace: Pace | None = None,
        helpers: Mapping[str, Collection[str]] | None = None,
        full_sizes: tuple[int, ...] = (),
        narrower: Hangs | None = None,
    ) -> None:
        """Know of no hangs yet.

        Args:
            pace: of the grading, which may look at several slices of a submission.
            helpers: the methods that a method calls.
            full_sizes: the assignment's own sizes.
            narrower: those of a slice with less of the same notebook.
        """
        self.pace = pace or Pace()
        self._helpers = helpers or {}
        self._full_sizes = full_sizes
        self._narrower = narrower
        self._ended: set[tuple[Asked, bool]] = set()
        self._built: set[_Model] = set()
        self._not_built: dict[_Model, dict[tuple[int, ...], Failure]] = {}
        self._hung: list[_Hang] = []
        self.unexplained: dict[str, Outcome] = {}

    def note(self, task: str, probe: Probe, observation: Observation) -> None:
        """Remember what came to an end, and what ran out of time, if something did."""
        full = self._is_full(probe)
        self._note_building(probe, observation.outcomes[0])
        stages: tuple[Stage, ...] = ("load", "call")
        for call, outcome in enumerate(observation.outcomes):
            if isinstance(outcome, Failure) and outcome.kind == "timed_out":
                self._note_hang(_asked(task, probe, call, outcome.stage), probe)
                return
            for stage in stages:
                self._ended.add((_asked(task, probe, call, stage), full))

    def _note_building(self, probe: Probe, outcome: Outcome) -> None:
        """Remember whether there was a model that could be asked."""
        model = self._model(probe)
        if isinstance(outcome, Failure) and outcome.stage in ("load", "construct"):
            if outcome.kind == "raised":
                self._not_built.setdefault(model, {})[tuple(probe.sizes)] = outcome
        else:
            self._built.add(model)

    def _note_hang(self, key: Asked, probe: Probe) -> None:
        if key[1] != _LOADING:
            self._ended.add((_asked("", probe, 0, "load"), self._is_full(probe)))
        self._hung.append(_hang(key, probe))
        self.pace.hurry()

    def given_up(self, task: str, probe: Probe) -> Observation | None:
        """Return what is said of a probe that is not put.

        It is one like those that have hung, or one that calls a method which hangs by itself: it is
        put with a stub in that one's place, later. Or no model can be had to ask.
        """
        if failure := self._why_never_built(probe):
            return alike(failure, probe)
        stages: tuple[Stage, ...] = ("load", "call")
        for stage in stages:
            key = _asked(task, probe, 0, stage)
            if _hang(key, probe) in self._hung or self._hangs(key, self._is_full(probe)):
                again = "its time in earlier checks"
                return alike(Failure("timed_out", stage, text=again), probe)
        _, method, stubs = _asked(task, probe, 0, "call")
        for helper in self._helpers.get(method, ()):
            if helper not in stubs and self._never_ends(helper, self._is_full(probe)):
                words = f"its time, for `{helper}` does not come to an end"
                return alike(Failure("timed_out", "call", text=words), probe)
        return None

    def is_doubtful(self, task: str, probe: Probe) -> bool:
        """Return whether what hung had no more to do, so that little time will do.

        It may have been with other stubs, if with several: then it is not the helpers' doing.
        """
        if self._narrower and self._narrower.is_doubtful(task, probe):
            return True
        key, most = _asked(task, probe, 0, "call"), work(probe)
        hung = {it.asked for it in self._hung if it.work <= most}
        if _asked(task, probe, 0, "load") in hung or key in hung:
            return True
        return sum(asked[:2] == key[:2] for asked in hung) >= _SEVERAL

    def _why_never_built(self, probe: Probe) -> Failure | None:
        """Return why no model can be built, if that has failed alike whatever its sizes were."""
        model = self._model(probe)
        here = list(self._not_built.get(model, {}).values())
        small = self._not_built.get(model._replace(full=False), {}) if model.full else {}
        failures = [*here, *small.values()]
        alike = {(it.stage, it.type, it.text, it.cell, it.line) for it in failures}
        if model in self._built or not here or len(alike) > 1 or len(failures) < _SIZES:
            return None
        return here[0]

    def _model(self, probe: Probe) -> _Model:
        stubs = probe.stubs.methods if probe.stubs else ()
        return _Model(self._is_full(probe), stubs, frozenset((*probe.weights, *probe.spare)))

    def _is_full(self, probe: Probe) -> bool:
        return tuple(probe.sizes) == self._full_sizes

    def _strikes(self, key: Asked, full: bool) -> int:
        return sum(it.asked == key and (it.sizes == self._full_sizes) == full for it in self._hung)

    def _hangs(self, key: Asked, full: bool) -> bool:
        """Return whether something is known to hang, at the assignment's sizes or at small ones."""
        strikes = self._strikes(key, full)
        if (key, full) in self._ended:
            return strikes >= MOST_STRIKES
        # Where it has never ended at small sizes either, one more time will do.
        hung_before = full and self._strikes(key, False) and (key, False) not in self._ended
        return strikes >= (1 if hung_before else STRIKES)

    def _never_ends(self, helper: str, full: bool) -> bool:
        """Return whether a method that another calls has hung, and never come to an end."""
        key = helper, helper, ()
        hung = self._strikes(key, full) or (full and self._strikes(key, False))
        return bool(hung) and (key, full) not in self._ended


def alike(outcome: Outcome, probe: Probe) -> Observation:
    """Return what is observed of a probe all of whose calls come to the same."""
    return Observation((outcome,) * len(probe.calls))


def _units(probe: Probe) -> int:
    """Return roughly how many weights a model of the probe's sizes has."""
    return sum(a * b for a, b in combinations(probe.sizes, 2))


def _hang(key: Asked, probe: Probe) -> _Hang:
    """Return what a probe asks of something; to load the class is the same for all calls."""
    return _Hang(key, tuple(probe.sizes), 0 if key[1] == _LOADING else work(probe))


def _asked(task: str, probe: Probe, call: int, stage: Stage) -> Asked:
    if stage == "load":  # which is the same for all tasks
        return "", _LOADING, ()
    return task, probe.calls[call].method, probe.stubs.methods if probe.stubs else ()
