"""Training sanity: does a fresh model of the class learn as a right one does? The examiner's side.

The losses come from the candidate and are data only; nothing here decides points by itself.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from grader.candidate.confinement.allowed_paths import cuda_devices
from grader.examiner.channels import receive_exactly
from grader.examiner.forkserver_client import START_SECONDS, Nursery, environment
from grader.examiner.notebook_bindings import beside
from grader.examiner.processes import Ending, ForkedProcess, Interrupted, Process, SpawnedProcess
from grader.examiner.run_explanations import cause, without_places
from grader.kit.observation import clean
from grader.kit.probe import Sizes, model, program
from grader.protocol.limits import Limits
from grader.protocol.wire import Message, WireError, pack, unpack
from grader.report.result import Training
from grader.submission.slices import Slice
from grader.vae.digits import Digits


@dataclass(frozen=True)
class Setting:
    """A model and its learning rate; right solutions end alike in each."""

    sizes: Sizes
    learning_rate: float


SMALL = Setting(Sizes(784, 16, 64), 5e-3)
OWN = Setting(Sizes(784, 32, 400), 1e-3)
"""The notebook's sizes, for a class that knows no others."""
STEPS, BATCH_SIZE = 50, 32
SECONDS = 60.0
LIMITS = Limits(cpu_seconds=120)
CUDA_LIMITS = Limits(cpu_seconds=120, memory_bytes=None, descriptors=1024)

FIRST_LOSS = (500.0, 650.0)
"""784 ln 2 = 543.4 plus a small KL, with room for other initial weights."""
LAST_LOSS = (190.0, 230.0)
"""Average of the last `LAST` steps on the shipped data; right solutions are at 208 to 212."""
LAST = 10


def train(
    code: Slice, digits: Digits, trainers: Nursery, folder: Path, trust: bool = False
) -> Training:
    """Train a fresh model of ``code`` for some steps, on CUDA if there is any.

    It is a small one, or one of the notebook's sizes where the small one can't be trained.
    ``trainers`` forks `grader.candidate.trainer`. What goes wrong becomes part of the result.

    Raises:
        Interrupted: its process was ended, perhaps by somebody else.
        GraderError: the warm process is gone.
    """
    trained = _trained(_job(code, digits, SMALL), trainers, folder, trust)
    if trained.status == "failed":
        own = _trained(_job(code, digits, OWN), trainers, folder, trust)
        return own if own.status == "completed" else trained
    return trained


def _trained(job: bytes, trainers: Nursery, folder: Path, trust: bool) -> Training:
    """Train in a process of its own."""
    if not cuda_hidden() and cuda_devices():
        request = json.dumps({"limits": asdict(CUDA_LIMITS), "trust": trust})
        process: Process = SpawnedProcess(
            "grader.candidate.trainer", [request], _cuda_environment(folder), str(folder)
        )
    else:
        asked = {"limits": asdict(LIMITS), "trust": trust, "scratch": str(folder)}
        process = ForkedProcess(trainers, asked)
    try:
        came = _ask(process, job)
    finally:
        process.close()
    return replace(came, error=came.error and without_places(came.error, folder))


def cuda_hidden() -> bool:
    """Whether the user has hidden all GPUs."""
    return os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1", "NoDevFiles")


def _cuda_environment(folder: Path) -> dict[str, str]:
    """A candidate's environment, in which the GPUs are not hidden."""
    given = environment(str(folder))
    del given["CUDA_VISIBLE_DEVICES"]
    kept = {"CUDA_VISIBLE_DEVICES", "CUDA_HOME", "NVIDIA_VISIBLE_DEVICES"}
    return given | {name: os.environ[name] for name in kept if name in os.environ}


def _job(code: Slice, digits: Digits, setting: Setting) -> bytes:
    how = {"steps": STEPS, "batch_size": BATCH_SIZE, "learning_rate": setting.learning_rate}
    body = {"program": program(code), **model(setting.sizes), **how, "seed": 0}
    body["beside"] = beside(code)
    body["bind"]["batch_size"] = BATCH_SIZE
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
        notes=(*(clean(note, 400) for note in body["notes"][:5]), *_cause(failure)),
    )
    return judge(training, losses)


def judge(training: Training, losses: np.ndarray) -> Training:
    """``training`` with its loss curve, shape [steps], and whether it fell as a right one does."""
    values = tuple(round(x, 2) if np.isfinite(x) else None for x in losses.tolist())
    finite = bool(np.isfinite(losses).all()) if len(losses) else None
    fell = None
    if training.status == "completed":
        fell = finite and _lies_in(values[0], FIRST_LOSS) and _lies_in(_end(values), LAST_LOSS)
    return replace(
        training,
        first_loss=values[0] if values else None,
        last_loss=values[-1] if values else None,
        losses=values,
        finite=finite,
        fell=fell,
    )


def _end(losses: Sequence[float | None]) -> float | None:
    """The mean of the last losses, to two decimals; None if one of them is not finite."""
    last = [loss for loss in losses[-LAST:] if loss is not None]
    return round(sum(last) / LAST, 2) if len(last) == LAST else None


def _lies_in(loss: float | None, band: tuple[float, float]) -> bool:
    return loss is not None and band[0] <= loss <= band[1]


def fall_words(training: Training) -> str:
    """What was judged of the losses of a completed training, and what a right solution's are."""
    right = (
        f"a right solution's starts between {FIRST_LOSS[0]:g} and {FIRST_LOSS[1]:g} and ends "
        f"between {LAST_LOSS[0]:g} and {LAST_LOSS[1]:g}"
    )
    steps, end = training.steps, _end(training.losses)
    if not training.finite or end is None:
        return f"In {steps} steps of training the loss did not stay a finite number; {right}."
    return (
        f"In {steps} steps of training the loss starts at {training.first_loss:.2f} and ends at "
        f"{end:.2f}, the mean of the last {LAST} steps; {right}."
    )


def contradiction(training: Training, elbo_is_right: bool | None) -> str | None:
    """Advice where the training and the checks of the ELBO do not say the same; else None.

    ``elbo_is_right`` is None where the checks leave it open.
    """
    if elbo_is_right and training.status == "failed":
        return f"The checks found the ELBO right, yet training failed: {training.error}"
    if elbo_is_right and training.fell is False:
        return (
            "The checks found the ELBO right, yet the loss did not fall in training as a right "
            f"solution's does: look at it. {fall_words(training)}"
        )
    if elbo_is_right is False and training.fell:
        return (
            "The loss falls in training as a right solution's does, though a check of the ELBO "
            "failed: a loss curve alone doesn't tell the two apart."
        )
    return None


def _cause(failure: Any) -> tuple[str, ...]:
    """The note on an exception that comes of what the grader refuses."""
    if failure is None or not failure.get("refused"):
        return ()
    note = cause(clean(failure["type"], 100), clean(failure["text"]), "")
    return (note,) if note else ()


def _error(failure: Any) -> str:
    """An exception in one line, with its place in the notebook."""
    text = f"{clean(failure['type'], 100)}: {clean(failure['text'])}".removesuffix(": ")
    cell, line = failure.get("cell"), failure.get("line")
    if type(cell) is int and type(line) is int:
        text += f" (cell {cell}, line {line})"
    return text
