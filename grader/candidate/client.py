"""The examiner's end of the wire: starts candidates, keeps their time, and ends them."""

from __future__ import annotations

import contextlib
import math
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path
from typing import Literal

from grader.candidate.channels import Channel, Forked, Spawned
from grader.candidate.confinement import refusal
from grader.candidate.limits import Limits
from grader.candidate.observation import (
    Failure,
    Observation,
    Outcome,
    read_confinement,
    read_outcome,
    read_setup,
    read_touched,
)
from grader.candidate.probe import Call, Probe, message
from grader.candidate.processes import START_SECONDS, GraderError, Warm
from grader.candidate.wire import MAX_ANSWER_HEADER, MAX_PAYLOAD, Message, WireError, pack, unpack
from grader.submission.slices import Slice

Isolation = Literal["fork", "spawn"]

STRIKES = 2
"""How often a class, or a method of it, may run out of time before it is asked no more."""

Asked = tuple[str, tuple[str, ...]]
"""A method and the stand-ins that were in place; the method is empty for the class as a whole."""

_LOADING: Asked = ("", ())


def _asked(call: Call, probe: Probe) -> Asked:
    return call.method, probe.stand_ins.methods if probe.stand_ins else ()


def _hung(probe: Probe, observation: Observation) -> Asked | None:
    """What ran out of time, if something did."""
    for call, outcome in zip(probe.calls, observation.outcomes, strict=True):
        if isinstance(outcome, Failure) and outcome.kind == "timed_out":
            return _LOADING if outcome.stage == "load" else _asked(call, probe)
    return None


def _given_up(probe: Probe, stuck: Counter[Asked]) -> Observation | None:
    """What is said of a probe that is not put, for it has hung too often."""
    for stage, key in (("load", _LOADING), ("call", _asked(probe.calls[0], probe))):
        if stuck[key] >= STRIKES:
            again = Failure("timed_out", stage, text="its time in earlier checks")
            return Observation((again,) * len(probe.calls))
    return None


def _one_job(probes: Sequence[Probe]) -> Iterator[Probe]:
    """The first probes, as many as go into one message: one at least."""
    size = 0
    for probe in probes:
        size += sum(array.nbytes for array in probe.question.arrays)
        if size > MAX_PAYLOAD and probe is not probes[0]:
            return
        yield probe


@dataclass(frozen=True)
class Patience:
    """Wall-clock limits: for building the model, for each call, and for all of them.

    Calls that are repeated have the time of three: drawing pixel by pixel in Python takes seconds,
    and many times that on a machine that has much else to do.
    """

    setup_seconds: float = 20.0
    call_seconds: float = 10.0
    life_seconds: float = 60.0

    def seconds(self, repeat: int) -> float:
        """The limit of a call that is made so many times."""
        return self.call_seconds * (3 if repeat > 1 else 1)


class NotConfinedError(GraderError):
    """This machine can't confine student code; ``missing`` names the layers that it lacks."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(refusal(missing))
        self.missing = missing


def default_isolation() -> Isolation:
    """Fork where it is safe after importing torch and numpy: on Linux."""
    return "fork" if sys.platform == "linux" else "spawn"


class Candidates:
    """A source of fresh candidate processes; a context manager that leaves none behind.

    Attributes:
        isolation: how candidates are started.
        layers: how the last candidate was confined, in words; empty before the first.
    """

    def __init__(
        self,
        isolation: Isolation | None = None,
        limits: Limits | None = None,
        patience: Patience | None = None,
        trust: bool = False,
    ) -> None:
        """``trust`` lets student code run where layers of confinement are missing."""
        self.layers: tuple[str, ...] = ()
        self.isolation = isolation or default_isolation()
        given = {"limits": asdict(limits or Limits()), "trust": trust}
        self._patience = patience or Patience()
        self._folder = tempfile.TemporaryDirectory(prefix="grade-", ignore_cleanup_errors=True)
        self._open: Callable[[], Channel]
        self._warm: Warm | None = None
        if self.isolation == "fork":
            self._warm = Warm(self._folder.name, "grader.candidate.worker")
            self._open = lambda: Forked(self._started(), given)
        else:
            self._open = lambda: Spawned(self._folder.name, given)

    @property
    def warm(self) -> Warm | None:
        """The warm process that candidates are forked from, where they are."""
        return self._warm

    @property
    def folder(self) -> Path:
        """A temporary folder, gone when the candidates are."""
        return Path(self._folder.name)

    def _started(self) -> Warm:
        assert self._warm is not None
        return self._warm

    def __enter__(self) -> Candidates:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._warm is not None:
            self._warm.close()
        self._folder.cleanup()

    def ask(
        self,
        probes: Sequence[Probe],
        code: Slice,
        stuck: Counter[Asked] | None = None,
        seed: int = 0,
    ) -> tuple[Observation, ...]:
        """Put probes to a fresh candidate that holds ``code``, one after the other.

        A candidate that fails is of no more use, so what it has not answered goes to another. What
        ended it may be owed to probes before, so that one is put again too, first this time; but
        not if it alone took too long.

        ``stuck`` counts what ran out of time in one grading, so that a class which hangs is not
        waited for in every check. ``seed`` is that of the candidate's generators.

        Raises:
            GraderError: no candidate could be started.
            NotConfinedError: it could not be confined, so no student code ran.
        """
        stuck = Counter() if stuck is None else stuck
        observations: list[Observation] = []
        while rest := probes[len(observations) :]:
            put = tuple(takewhile(lambda probe: _given_up(probe, stuck) is None, _one_job(rest)))
            again = _given_up(rest[0], stuck)
            observations += [again] if again else self._put(message(put, code, seed), put, stuck)
        return tuple(observations)

    def _put(
        self, job: Message, probes: Sequence[Probe], stuck: Counter[Asked]
    ) -> list[Observation]:
        """What one candidate makes of probes: of the first at least, and on until it fails."""
        channel = self._open()
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                channel.send(pack(job))
            self.layers = self._confined(channel)
            end = time.monotonic() + self._patience.life_seconds
            observations: list[Observation] = []
            for probe in probes:
                observation, alive = self._observe(channel, probe, end)
                hung = _hung(probe, observation)
                if alive or not observations or (hung and time.monotonic() < end):
                    observations.append(observation)
                    stuck.update([hung] if hung else [])
                if not alive:
                    break
            return observations
        finally:
            channel.close()

    def _observe(self, channel: Channel, probe: Probe, end: float) -> tuple[Observation, bool]:
        """What comes of a probe, and whether the candidate can be put another."""
        outcomes: list[Outcome] = []
        touched: frozenset[str] = frozenset()
        stage, seconds = "load", self._patience.setup_seconds
        try:
            not_built = read_setup(self._next(channel, seconds, end))
            if not_built is not None:
                return Observation((not_built,) * len(probe.calls)), True
            stage = "call"
            for call in probe.calls:
                seconds = self._patience.seconds(call.repeat)
                answer = self._next(channel, seconds, end)
                touched |= read_touched(answer)
                outcomes.append(read_outcome(answer, call.repeat))
            return Observation(tuple(outcomes), touched), True
        except TimeoutError:
            failure = Failure("timed_out", stage, text=f"{seconds:g} seconds")
        except (EOFError, ConnectionResetError):
            failure = Failure("died", stage, text=channel.ending())
        except WireError as error:
            failure = Failure("nonsense", stage, text=str(error))
        outcomes += [failure] * (len(probe.calls) - len(outcomes))
        return Observation(tuple(outcomes), touched), False

    def _confined(self, channel: Channel) -> tuple[str, ...]:
        """The layers that are on. Until they are, whatever goes wrong is the grader's own fault."""
        try:
            layers, missing = read_confinement(self._next(channel, START_SECONDS))
        except (TimeoutError, EOFError, ConnectionResetError, WireError) as error:
            raise GraderError("a candidate ended before it was confined") from error
        if missing:
            raise NotConfinedError(missing)
        return layers

    @staticmethod
    def _next(channel: Channel, seconds: float, end: float = math.inf) -> Message:
        deadline = min(time.monotonic() + seconds, end)
        return unpack(lambda count: channel.receive(count, deadline), MAX_ANSWER_HEADER)
