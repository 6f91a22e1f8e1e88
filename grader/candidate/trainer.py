"""Trains the class of a submission for a few steps. The untrusted side; it decides nothing.

As a service of the fork server of kernels, which prepares it, it trains on the CPU. CUDA must
not be initialised before a fork, so for a GPU it is started as a Python of its own,
``python -m grader.candidate.trainer REQUEST``, whose job comes on stdin. The data set is brought by
the assignment's module, which is imported by its name (`Assignment.kernel_module`).
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from contextlib import suppress
from typing import Any

import numpy as np
import torch

from grader.candidate import confinement, loader, scratch
from grader.candidate.patches import (
    cpu_only,
    eager,
    file_marks,
    idle_modules,
    late_imports,
    loaders,
    places,
    programs,
    questions,
    torchvision_fix,
)
from grader.candidate.reply import Outbox
from grader.candidate.run_once import run_once
from grader.candidate.standard_streams import silence
from grader.protocol.devices import cuda_devices
from grader.protocol.forking import READY, ForkRequest
from grader.protocol.jobs import TrainingJob
from grader.protocol.limits import Limits
from grader.protocol.replies import Trained, Unconfined
from grader.protocol.wire import read_exactly, unpack


def become(wire: int, request: ForkRequest) -> None:
    """Serve in a fork: train the one model that the wire describes, on the CPU."""
    os.chdir(request["folder"])
    profile = confinement.Profile(Limits(**request["limits"]), writable=(request["folder"],))
    _serve(wire, wire, profile, request["trust"], cuda=False)


def main() -> None:
    """Serve in a Python of its own, on CUDA if that can be had."""
    replies = os.dup(1)
    silence(1, 2)
    request: ForkRequest = json.loads(sys.argv[1])
    torch.set_num_threads(1)
    torchvision_fix.install()
    loaders.load_in_process()
    eager.install()
    late_imports.install()
    confinement.prepare()
    profile = confinement.Profile(Limits(**request["limits"]), devices=cuda_devices())
    os.write(replies, READY)
    _serve(0, replies, profile, request["trust"], cuda=True)
    os._exit(0)


def _serve(
    read_fd: int, write_fd: int, profile: confinement.Profile, trust: bool, cuda: bool
) -> None:
    """Read a job, confine this process, train, and send what came of it."""
    message = unpack(lambda count: read_exactly(read_fd, count))
    job = TrainingJob.from_json(message.body)
    outbox = Outbox(write_fd)
    environment = importlib.import_module(job.environment)
    if cuda:
        confinement.prepare()
    try:
        confinement.confine(profile, trust)
    except confinement.UnconfinedError as error:
        outbox.attach(np.empty(0))
        outbox.send(Unconfined(error.missing))
        return
    idle_modules.install(job.program.plotting)
    questions.install()
    programs.pass_over(".")
    file_marks.pass_over()
    for folder in profile.writable:
        places.bring_named_here(job.program, scratch.settle(folder))
    note = _why_no_cuda() if cuda else None
    notes = [note] if note else []
    device = "cpu" if note or not cuda else "cuda"
    if note:  # a fork has it from its fork server
        cpu_only.install()
    training = _Training(job, message.arrays[0], environment, device)
    training.run()
    if device == "cuda" and training.lacks_memory:
        notes.append("CUDA ran out of memory, so the class was trained on the CPU instead.")
        cpu_only.install()
        training = _Training(job, message.arrays[0], environment, "cpu")
        training.run()
    outbox.attach(np.asarray(training.losses, np.float64))
    outbox.send(Trained(training.device, training.seconds, notes, training.error))


def _why_no_cuda() -> str | None:
    """Return a note on why the GPU can't be used; None if it can."""
    if torch.version.cuda is None:
        return "The installed PyTorch is built without CUDA, so the CPU was used."
    try:
        # The exception of an old driver says what to install.
        torch.zeros(1, device="cuda")
    except Exception as error:
        return f"CUDA can't be used ({str(error)[:300]}), so the CPU was used."
    return None


class _Training:
    """The notebook's own training loop, and what ended it if an exception did."""

    def __init__(self, job: TrainingJob, rows: np.ndarray, environment: Any, device: str) -> None:
        self._job, self._rows, self._environment = job, rows, environment
        self.device = device
        self._names = {**dict(zip(job.constructor, job.sizes, strict=True)), **job.others}
        self._started = 0.0
        self.losses: list[float] = []
        self.seconds = 0.0
        self.error: dict[str, Any] | None = None
        self.lacks_memory = False

    def run(self) -> None:
        """Train on the device."""
        loader.seed_all(self._job.seed)
        self._started = time.perf_counter()
        try:
            self._train(self._load())
        except BaseException as error:
            self.error = loader.describe(error).to_json()
            self.lacks_memory = isinstance(error, torch.cuda.OutOfMemoryError)
        self.seconds = time.perf_counter() - self._started

    def _load(self) -> dict[str, Any]:
        """Return the program's names, the model among them."""
        job = self._job
        namespace = loader.load(job.program, self._names, self.device)
        if job.beside:
            self._bind_beside(namespace)
        namespace[job.instance] = self._model(namespace)
        return namespace

    def _model(self, namespace: dict[str, Any]) -> Any:
        return namespace[self._job.program.class_name](*self._job.sizes).to(self.device)

    def _bind_beside(self, namespace: dict[str, Any]) -> None:
        """Bind what the notebook binds beside the class: by its loaders, or while it trains."""
        job, named = self._job, namespace["device"]
        self._environment.provide_rows(self._rows)
        with suppress(Exception):  # for statements that train: the model proper is made afterwards
            namespace[job.instance] = self._model(namespace)
        run_once(job.beside, namespace, job.program.flags)
        loader.rebind(namespace, {**self._names, "device": named})
        loader.seed_all(job.seed)

    def _train(self, namespace: dict[str, Any]) -> None:
        job, model = self._job, namespace[self._job.instance]
        rows = torch.from_numpy(self._rows.astype(np.float32) / 255)
        rows = rows.to(self.device, next(model.parameters(), rows).dtype)
        optimiser = torch.optim.Adam(model.parameters(), lr=job.learning_rate)
        self._started = time.perf_counter()
        for indices in _batches(len(rows), job.batch_size, job.steps):
            loader.rebind(namespace, {"batch_size": len(indices)})
            optimiser.zero_grad()
            loss = -getattr(model, job.objective)(rows[indices.to(self.device)]).mean(-1)
            loss.backward()
            optimiser.step()
            self.losses.append(float(loss.item()))


def _batches(count: int, size: int, steps: int) -> list[torch.Tensor]:
    """Return the rows of each step: the data reshuffled as often as it is used up."""
    batches: list[torch.Tensor] = []
    while len(batches) < steps:
        batches.extend(torch.randperm(count).split(size))
    return batches[:steps]


if __name__ == "__main__":
    main()
