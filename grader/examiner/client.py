"""The examiner's end of the wire: starts candidates, keeps their time, and ends them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import takewhile

from grader.examiner.circumstances import with_circumstances
from grader.examiner.confinement import refusal
from grader.examiner.cpu_time import Allowance, Watch, is_measured
from grader.examiner.forkserver_client import START_SECONDS, GraderError
from grader.examiner.hangs import Hangs, alike
from grader.examiner.home import WORKER, Home, Isolation
from grader.examiner.job import message
from grader.examiner.pace import GivesWayError
from grader.examiner.patience import BRIEF, DOUBTFUL, EXPLAINING, Patience
from grader.examiner.processes import ForkedProcess, Left, Process, SpawnedProcess, until
from grader.examiner.turns import Turns
from grader.kit.observation import (
    Failure,
    Observation,
    Outcome,
    read_confinement,
    read_late,
    read_outcome,
    read_setup,
    read_touched,
)
from grader.kit.probe import Probe
from grader.protocol.forking import ForkRequest
from grader.protocol.jobs import Job, Program
from grader.protocol.limits import Limits
from grader.protocol.replies import Stage
from grader.protocol.wire import MAX_ANSWER_HEADER, MAX_PAYLOAD, Message, WireError, pack, unpack
from grader.submission.slices import Slice

LIMITS = Limits(folder_bytes=64 << 20, folder_files=2048)
"""What a candidate may use."""

_SECONDS_TO_DIE = 5.0
_NOTHING = Job(Program((), 0, "", 0, (), ()), (), (), "", (), 0, ())


def _needs_room(failed: Observation | None) -> bool:
    """Return whether a failure may be owed to what ran beside: to short memory, or to load."""
    return not (failed and failed.has_hung and is_measured())


def _one_job(probes: Sequence[Probe]) -> Iterator[Probe]:
    """Yield the first probes, as many as go into one message: one at least."""
    size = 0
    for probe in probes:
        size += sum(array.nbytes for array in probe.question.arrays)
        if size > MAX_PAYLOAD and probe is not probes[0]:
            return
        yield probe


class NotConfinedError(GraderError):
    """This machine can't confine student code; ``missing`` names the layers that it lacks."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(refusal(missing))
        self.missing = missing


class Candidates:
    """A source of fresh candidate processes; a context manager that leaves none behind.

    Attributes:
        home: their folder and fork server, which end when the candidates do.
        layers: how the last candidate was confined, in words; empty before the first.
    """

    def __init__(
        self,
        home: Home | Isolation | None = None,
        limits: Limits | None = None,
        patience: Patience | None = None,
        trust: bool = False,
    ) -> None:
        """``trust`` lets student code run where layers of confinement are missing."""
        self.home = home if isinstance(home, Home) else Home(home)
        self.layers: tuple[str, ...] = ()
        self._request: ForkRequest = {"limits": asdict(limits or LIMITS), "trust": trust}
        self._patience = patience or Patience()
        self._turns = Turns()
        self._late: frozenset[str] = frozenset()

    def __enter__(self) -> Candidates:
        return self

    def __exit__(self, *exception: object) -> None:
        self.home.close()

    def require_confinement(self) -> None:
        """Try whether candidates are confined here, without a line of a student's.

        Raises:
            GraderError: no candidate could be started.
            NotConfinedError: a layer is missing.
        """
        self._begin(pack(Message(_NOTHING.to_json()))).close()

    def ask(
        self,
        probes: Sequence[Probe],
        code: Slice,
        hangs: Hangs | None = None,
        seed: int = 0,
        explains: bool = False,
    ) -> tuple[Observation, ...]:
        """Put probes to a fresh candidate that holds ``code``, one after the other.

        A candidate that dies, takes too long or talks nonsense is of no more use. That may be owed
        to probes before, to the machine, or to someone who killed it: so the probe is put again, to
        a candidate of its own with none beside it, and what comes then counts.

        ``hangs`` are those of the grading so far; ``seed`` is that of the candidate's generators.
        What only ``explains`` losses has less time, and what it doesn't come to is left.

        Raises:
            GraderError: no candidate could be started, or two were lost to the machine.
            GivesWayError: something takes long, and others wait.
            NotConfinedError: it could not be confined, so no student code ran.
        """
        hangs = hangs or Hangs()
        hangs.pace.require_way()
        task = probes[0].calls[0].method if probes else ""
        if explains and (too_slow := hangs.unexplained.get(task)):
            return tuple(alike(too_slow, probe) for probe in probes)
        patience = self._patience.at_most(EXPLAINING) if explains else self._patience
        observations: list[Observation] = []
        while rest := probes[len(observations) :]:
            given_up = hangs.given_up(task, rest[0])
            if given_up is not None:
                observations.append(with_circumstances(given_up, rest[0], code))
                continue
            job = _one_job(rest)
            put = list(takewhile(lambda probe: hangs.given_up(task, probe) is None, job))
            try:
                with self._turns.beside():
                    answered, failed = self._put(put, code, seed, hangs, patience)
            except (NotConfinedError, GivesWayError):
                raise
            except GraderError:  # it was lost to the machine
                answered, failed = [], None
            for probe, answer in zip(put, answered, strict=False):
                hangs.note(task, probe, answer)
            observations += answered
            if len(answered) == len(put):
                continue
            probe = put[len(answered)]
            if explains and failed is not None and failed.has_hung:
                # Code that is slow over many questions hangs in none, so no check is to hear of it.
                too_slow = hangs.unexplained[task] = failed.outcomes[-1]
                left = rest[len(answered) + 1 :]
                return (*observations, failed, *(alike(too_slow, probe) for probe in left))
            if failed is None or _needs_room(failed):
                with self._turns.alone():
                    answered, failed = self._put([probe], code, seed, hangs, patience)
                hangs.note(task, probe, failed or answered[0])
            else:
                # One at a time, for what is found out of one hang settles the others.
                with hangs.pace.making_sure, self._turns.beside():
                    if answered or not (hangs.pace.is_hurried and failed.has_hung):
                        answered, failed = self._put([probe], code, seed, hangs, patience)
                    hangs.note(task, probe, failed or answered[0])
            observations.append(failed or answered[0])
        return tuple(observations)

    def _put(
        self,
        probes: Sequence[Probe],
        code: Slice,
        seed: int,
        hangs: Hangs,
        patience: Patience,
    ) -> tuple[list[Observation], Observation | None]:
        """Return what one candidate makes of probes until it fails, and of the one it fails at."""
        candidate = self._begin(pack(message(probes, code, seed)))
        methods = tuple(code.assignment.task_by_method)
        answered: list[Observation] = []
        try:
            watch = Watch(candidate.pid)
            for probe in probes:
                limits = patience
                if hangs.pace.gives_way or hangs.is_doubtful(probe.calls[0].method, probe):
                    limits = patience.at_most(BRIEF if hangs.pace.gives_way else DOUBTFUL)
                observation, is_alive = self._observe(candidate, probe, watch, methods, limits)
                if not is_alive and hangs.pace.gives_way and observation.has_hung:
                    raise hangs.pace.give_way()
                observation = with_circumstances(observation, probe, code)
                if not is_alive:
                    return answered, observation
                answered.append(observation)
            return answered, None
        finally:
            candidate.close()

    def _begin(self, job: bytes) -> Process:
        """Return a candidate that is confined and has its job, or leave none behind."""
        candidate = self._start()
        try:
            candidate.wait_for_start()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                candidate.send(job)
            self.layers = self._confined(candidate)
        except BaseException:
            candidate.close()
            raise
        return candidate

    def _start(self) -> Process:
        if self.home.fork_server is None:
            return SpawnedProcess(WORKER, self._request, str(self.home.folder))
        request: ForkRequest = {
            **self._request,
            "scratch": str(self.home.folder),
            "late": sorted(self._late),
        }
        return ForkedProcess(self.home.fork_server, request)

    def _observe(
        self,
        candidate: Process,
        probe: Probe,
        watch: Watch,
        methods: tuple[str, ...],
        patience: Patience,
    ) -> tuple[Observation, bool]:
        """Return what comes of a probe, and whether the candidate can be put another."""
        outcomes: list[Outcome] = []
        touched: frozenset[str] = frozenset()
        stage: Stage = "load"

        def allow(seconds: float) -> Allowance:
            return Allowance(watch, seconds, patience.life_seconds)

        allowance = allow(patience.setup_seconds)
        try:
            built = _next(candidate, allowance.left)
            self._late |= read_late(built)
            not_built = read_setup(built)
            if not_built is not None:
                return alike(not_built, probe), True
            stage = "call"
            for call in probe.calls:
                allowance = allow(patience.seconds(call.repeat))
                answer = _next(candidate, allowance.left)
                touched |= read_touched(answer, methods)
                self._late |= read_late(answer)
                outcomes.append(read_outcome(answer, call.repeat))
            return Observation(tuple(outcomes), touched), True
        except TimeoutError:
            seconds = allowance.seconds
            words = f"{seconds:g} second{'s' * (seconds != 1)}{patience.words}"
            failure = Failure("timed_out", stage, text=words)
        except (EOFError, ConnectionResetError):
            failure = Failure("died", stage, text=_ending_words(candidate))
        except WireError as error:
            failure = Failure("nonsense", stage, text=str(error))
        outcomes += [failure] * (len(probe.calls) - len(outcomes))
        return Observation(tuple(outcomes), touched), False

    def _confined(self, candidate: Process) -> tuple[str, ...]:
        """Return the layers that are on. Whatever goes wrong before is the grader's own fault."""
        try:
            layers, missing = read_confinement(_next(candidate, until(START_SECONDS)))
        except (TimeoutError, EOFError, ConnectionResetError, WireError) as error:
            raise GraderError("a candidate ended before it was confined") from error
        if missing:
            raise NotConfinedError(missing)
        return layers


def _next(candidate: Process, left: Left) -> Message:
    return unpack(lambda count: candidate.receive(count, left), MAX_ANSWER_HEADER)


def _ending_words(candidate: Process) -> str:
    """Return how a candidate ended whose last word was heard.

    Raises:
        GraderError: it was the machine's doing.
    """
    ending = candidate.ended(_SECONDS_TO_DIE)
    if ending is None:
        return "it closed its channel to the grader"
    if ending.excess == "folder":
        return "it wrote more into its folder than it may"
    if ending.excess == "disk":
        raise GraderError("the disk of the folder for temporary files is full")
    if ending.by == "machine":
        raise GraderError("a candidate ended together with the process that it was forked from")
    return ending.words
