"""Training sanity: does a fresh model of the class learn as a right one does? The examiner's side.

The losses come from the candidate and are data only; nothing here decides points by itself.
"""

from __future__ import annotations

import os
import time
from dataclasses import asdict, replace

import numpy as np

from grader.assignment import Assignment, TrainingSetting
from grader.examiner.endings import Ending, attribute_ending
from grader.examiner.forkserver_client import START_SECONDS
from grader.examiner.job import program
from grader.examiner.notebook_bindings import bindings_outside
from grader.examiner.pace import Pace
from grader.examiner.processes import ForkedProcess, Process, SpawnedProcess, until
from grader.examiner.run_causes import cause
from grader.examiner.run_explanations import CellFailure, hide_folders
from grader.examiner.sandbox import Sandbox
from grader.examiner.training_verdict import judge
from grader.protocol.devices import cuda_devices
from grader.protocol.jobs import TrainingJob
from grader.protocol.limits import Limits
from grader.protocol.replies import Described, Trained, Unconfined
from grader.protocol.wire import Message, WireError, pack, unpack
from grader.report.result import Training
from grader.submission.slices import Slice
from grader.untrusted_text import clean, quoted

TRAINER = "grader.candidate.trainer"
SECONDS = 60.0
SECONDS_TO_DIE = 2.0
_LOOK_SECONDS = 0.25
LIMITS = Limits(cpu_seconds=120)
CUDA_LIMITS = Limits(cpu_seconds=120, memory_bytes=None, descriptors=1024)


def train(code: Slice, sandbox: Sandbox, pace: Pace | None = None) -> Training:
    """Train a fresh model of the class for some steps, on CUDA if there is any.

    It is that of the assignment's first setting, or of another where the first can't be trained.
    The sandbox forks trainers; ``pace`` is that of the grading. What goes wrong becomes part of the
    result.

    Raises:
        InterruptionError: the trainer was ended, perhaps by somebody else.
        GraderError: the fork server is gone.
    """
    first, *others = sandbox.assignment.training().settings
    pace = pace or Pace()
    training = _train(code, first, sandbox, pace)
    for setting in others:
        if training.status != "failed":
            break
        other = _train(code, setting, sandbox, pace)
        training = other if other.status == "completed" else training
    return training


def _train(code: Slice, setting: TrainingSetting, sandbox: Sandbox, pace: Pace) -> Training:
    """Train in a process of its own."""
    job = _job(code, setting, sandbox.assignment)
    process = _start_trainer(sandbox)
    try:
        training = _ask(process, job, sandbox.assignment, pace)
    finally:
        process.close()
    return replace(training, error=training.error and hide_folders(training.error, sandbox.folder))


def _start_trainer(sandbox: Sandbox) -> Process:
    folder, trust = str(sandbox.folder), sandbox.options.trust
    if not _cuda_is_hidden() and cuda_devices():
        request = {"limits": asdict(CUDA_LIMITS), "trust": trust}
        return SpawnedProcess(TRAINER, request, folder, with_gpus=True)
    return ForkedProcess(
        sandbox.forkserver,
        {"service": TRAINER, "limits": asdict(LIMITS), "trust": trust, "scratch": folder},
    )


def _cuda_is_hidden() -> bool:
    """Return whether the user has hidden all GPUs."""
    return os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1", "NoDevFiles")


def _job(code: Slice, setting: TrainingSetting, assignment: Assignment) -> bytes:
    sanity, data = assignment.training(), assignment.data()
    items = data.read(data.folder(), True)[0]
    (objective,) = (task.method.name for task in assignment.tasks if task.id == sanity.task)
    job = TrainingJob(
        program=program(code),
        environment=assignment.kernel_module,
        constructor=assignment.constructor,
        sizes=setting.sizes,
        others={"batch_size": sanity.batch_size},
        instance=assignment.instance_name,
        beside=bindings_outside(code, assignment),
        objective=objective,
        steps=sanity.steps,
        batch_size=sanity.batch_size,
        learning_rate=setting.learning_rate,
        seed=0,
    )
    return pack(Message(job.to_json(), (items.reshape(len(items), -1),)))


def _ask(process: Process, job: bytes, assignment: Assignment, pace: Pace) -> Training:
    process.wait_for_start()
    started = time.monotonic()
    until_end = until(START_SECONDS + SECONDS)

    def left() -> float:
        if pace.is_over(started):
            raise TimeoutError
        return min(until_end(), _LOOK_SECONDS)

    try:
        process.send(job)
        reply = unpack(lambda count: process.receive(count, left))
        return read_reply(reply, assignment)
    except TimeoutError:
        if pace.is_over(started):
            return Training("timed_out", error="The training was ended, for a method hangs.")
        return Training("timed_out", error=f"The training took longer than {SECONDS:g} seconds.")
    except (EOFError, OSError):
        ending = process.ended(SECONDS_TO_DIE) or Ending("it does not answer", "itself")
        error = f"The training ended its process: {ending.words}."
        return attribute_ending(Training("killed", error=error), ending)
    except (WireError, KeyError, TypeError, ValueError):
        return Training("killed", error="The training's process answered with nonsense.")


def read_reply(reply: Message, assignment: Assignment) -> Training:
    """Return what a trainer's message says, read without believing its form.

    Raises:
        WireError, KeyError, TypeError or ValueError: it is no such message.
    """
    sanity = assignment.training()
    unconfined = Unconfined.read(reply.body)
    if unconfined is not None:
        missing = ", ".join(clean(layer, 50) for layer in unconfined.missing[:10])
        return Training(error=f"This machine can't confine the training (missing: {missing}).")
    trained = Trained.read(reply.body)
    if trained is None:
        raise ValueError("it is not about a training")
    losses = np.asarray(reply.arrays[0], np.float64).reshape(-1)[: sanity.steps]
    seconds = float(trained.seconds)
    error = None if trained.error is None else Described.read(trained.error)
    if error is None and trained.error is not None:
        raise ValueError("an exception is not described")
    notes = [clean(note, 400) for note in trained.notes[:5]]
    if error is not None and error.refused:
        refused = CellFailure(clean(error.type, 100), clean(error.text))
        notes += filter(None, [cause(refused, assignment)])
    training = Training(
        "completed" if error is None and len(losses) == sanity.steps else "failed",
        "cuda" if trained.device == "cuda" else "cpu",
        len(losses),
        steps_per_second=round(len(losses) / seconds, 1) if seconds > 0 else None,
        error=None if error is None else _error(error),
        notes=tuple(notes),
    )
    return judge(training, losses, sanity)


def _error(error: Described) -> str:
    """Say an exception in one line, with its place in the notebook."""
    text = quoted(f"{clean(error.type, 100)}: {clean(error.text)}".removesuffix(": "))
    if type(error.cell) is int and type(error.line) is int:
        text += f" (cell {error.cell}, line {error.line})"
    return text
