"""Equal questions of one grading are put to a candidate once, and all who ask get its answer."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock

from grader.candidate.observation import Failure, Observation
from grader.candidate.probe import Probe

Put = Callable[[tuple[Probe, ...]], tuple[Observation, ...]]


def once(put: Put) -> Put:
    """The same as ``put``, for any number of threads, but asks no question twice.

    Several checks judge the same draws, and drawing takes the longest. Every question still goes to
    a fresh candidate. An answer that took too long is not kept: another may be in time.
    """
    lock = Lock()
    answers: dict[bytes, Future[tuple[Observation, ...]]] = {}

    def ask(probes: tuple[Probe, ...]) -> tuple[Observation, ...]:
        key = _digest(probes)
        with lock:
            known = answers.get(key)
            answer = answers.setdefault(key, Future())
        if known is not None:
            return known.result()
        try:
            observations = put(probes)
        except BaseException as error:
            answer.set_exception(error)
            raise
        if any(map(_timed_out, observations)):
            with lock:
                del answers[key]
        answer.set_result(observations)
        return observations

    return ask


def _digest(probes: tuple[Probe, ...]) -> bytes:
    """The same for equal questions; arrays are read where they lie, and other threads go on."""
    digest = hashlib.sha256()
    rest = pickle.dumps(probes, 5, buffer_callback=lambda buffer: digest.update(buffer.raw()))
    digest.update(rest)
    return digest.digest()


def _timed_out(observation: Observation) -> bool:
    return any(
        isinstance(outcome, Failure) and outcome.kind == "timed_out"
        for outcome in observation.outcomes
    )
