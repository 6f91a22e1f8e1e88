"""Training sanity: does a fresh model of the class learn as a right one does? The examiner's side.

The losses come from the candidate and are data only; nothing here decides points by itself.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from grader.candidate.channels import receive_exactly
from grader.candidate.limits import Limits
from grader.candidate.observation import clean
from grader.candidate.probe import Sizes, model, program
from grader.candidate.processes import START_SECONDS, Nursery, environment
from grader.candidate.reach import cuda_devices
from grader.candidate.wire import Message, WireError, pack, unpack
from grader.report.result import Training
from grader.run.digits import Digits
from grader.run.process import Ending, ForkedProcess, Interrupted, Process, SpawnedProcess
from grader.submission.slices import Slice

SIZES = Sizes(784, 16, 64)
STEPS, BATCH_SIZE, LEARNING_RATE = 50, 32, 5e-3
SECONDS = 60.0
LIMITS = Limits(cpu_seconds=120)
CUDA_LIMITS = Limits(cpu_seconds=120, memory_bytes=None, descriptors=1024)

FIRST_LOSS = (500.0, 650.0)
"""784 ln 2 = 543.4 plus a small KL, with room for other initial weights."""
LAST_LOSS = (190.0, 230.0)
"""Average of the last ten steps on the shipped data; right solutions are at 208 to 212."""


def train(
    code: Slice, digits: Digits, trainers: Nursery, folder: Path, trust: bool = False
) -> Training:
    """Train a fresh model of ``code`` for some steps, on CUDA if there is any.

    ``trainers`` forks `grader.run.trainer`. What goes wrong becomes part of the result.

    Raises:
        Interrupted: its process was ended, perhaps by somebody else.
        GraderError: the warm process is gone.
    """
    if not cuda_hidden() and cuda_devices():
        request = json.dumps({"limits": asdict(CUDA_LIMITS), "trust": trust})
        process: Process = SpawnedProcess(
            "grader.run.trainer", [request], _cuda_environment(folder), str(folder)
        )
    else:
        process = ForkedProcess(trainers, {"limits": asdict(LIMITS), "trust": trust})
    try:
        return _ask(process, _job(code, digits))
    finally:
        process.close()


def cuda_hidden() -> bool:
    """Whether the user has hidden all GPUs."""
    return os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1", "NoDevFiles")


def _cuda_environment(folder: Path) -> dict[str, str]:
    """A candidate's environment, in which the GPUs are not hidden."""
    given = environment(str(folder))
    del given["CUDA_VISIBLE_DEVICES"]
    kept = {"CUDA_VISIBLE_DEVICES", "CUDA_HOME", "NVIDIA_VISIBLE_DEVICES"}
    return given | {name: os.environ[name] for name in kept if name in os.environ}


def _job(code: Slice, digits: Digits) -> bytes:
    settings = {"steps": STEPS, "batch_size": BATCH_SIZE, "learning_rate": LEARNING_RATE, "seed": 0}
    body = {"program": program(code), **model(SIZES), **settings}
    return pack(Message(body, (digits.images.reshape(len(digits.images), -1),)))


def _ask(process: Process, job: bytes) -> Training:
    wire = process.wire
    try:
        wire.settimeout(START_SECONDS)
        wire.sendall(job)
        deadline = time.monotonic() + START_SECONDS + SECONDS
        return read_reply(unpack(lambda count: receive_exactly(wire, count, deadline)))
    except TimeoutError:
        return Training("timed_out", error=f"The training took longer than {SECONDS:g} seconds.")
    except (EOFError, OSError):
        ending = _wait_for_ending(process)
        told = Training("killed", error=f"The training ended its process: {ending.words}.")
        if ending.by == "itself":
            return told
        raise Interrupted(
            ending.words, told if ending.by == "somebody" else None, ending.memory
        ) from None
    except (WireError, KeyError, TypeError, ValueError):
        return Training("killed", error="The training's process answered with nonsense.")


def _wait_for_ending(process: Process) -> Ending:
    for _ in range(100):
        if (ending := process.ended()) is not None:
            return ending
        time.sleep(0.02)
    return Ending("it does not answer", "itself")


def read_reply(reply: Message) -> Training:
    """What a trainer's message says, read without believing its form.

    Raises:
        WireError, KeyError, TypeError or ValueError: it is no such message.
    """
    body = reply.body
    if body["kind"] == "unconfined":
        missing = ", ".join(clean(layer, 50) for layer in body["missing"][:10])
        return Training(error=f"This machine can't confine the training (missing: {missing}).")
    losses = np.asarray(reply.arrays[0], np.float64).reshape(-1)[:STEPS]
    seconds = float(body["seconds"])
    failure = body.get("error")
    training = Training(
        "completed" if failure is None and len(losses) == STEPS else "failed",
        "cuda" if body["device"] == "cuda" else "cpu",
        len(losses),
        steps_per_second=round(len(losses) / seconds, 1) if seconds > 0 else None,
        error=None if failure is None else _error(failure),
        notes=tuple(clean(note, 400) for note in body["notes"][:5]),
    )
    return judge(training, losses)


def judge(training: Training, losses: np.ndarray) -> Training:
    """``training`` with its loss curve, shape [steps], and whether it fell as a right one does."""
    values = tuple(round(x, 2) if np.isfinite(x) else None for x in losses.tolist())
    finite = bool(np.isfinite(losses).all()) if len(losses) else None
    fell = None
    if training.status == "completed":
        first, last = losses[0], losses[-10:].mean()
        fell = bool(
            finite and FIRST_LOSS[0] < first < FIRST_LOSS[1] and LAST_LOSS[0] < last < LAST_LOSS[1]
        )
    return replace(
        training,
        first_loss=values[0] if values else None,
        last_loss=values[-1] if values else None,
        losses=values,
        finite=finite,
        fell=fell,
    )


def contradiction(training: Training, elbo_is_right: bool) -> str | None:
    """Advice where the training and the checks of the ELBO do not say the same; else None."""
    if elbo_is_right and training.status == "failed":
        return f"The checks found the ELBO right, yet training failed: {training.error}"
    if elbo_is_right and training.fell is False:
        return (
            "The checks found the ELBO right, yet the loss did not fall in training as a right "
            f"solution's does (from {training.first_loss} to {training.last_loss}): look at it."
        )
    if not elbo_is_right and training.fell:
        return (
            "The loss falls in training as a right solution's does, though a check of the ELBO "
            "failed: a loss curve alone doesn't tell the two apart."
        )
    return None


def _error(failure: Any) -> str:
    """An exception in one line, with its place in the notebook."""
    text = f"{clean(failure['type'], 100)}: {clean(failure['text'])}".removesuffix(": ")
    cell, line = failure.get("cell"), failure.get("line")
    if type(cell) is int and type(line) is int:
        text += f" (cell {cell}, line {line})"
    return text
