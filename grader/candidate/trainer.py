"""Trains the class of a submission for a few steps. The untrusted side; it decides nothing.

As a service of a fork server (see `grader.candidate.forkserver`) it trains on the CPU. CUDA must
not be initialised before a fork, so for a GPU it is started as a Python of its own:
``python -m grader.candidate.trainer REQUEST FD``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from typing import Any

import numpy as np
import torch

from grader.candidate import confinement, loader, scratch
from grader.candidate.confinement import allowed_paths
from grader.candidate.patches import (
    cpu_only,
    eager,
    idle_modules,
    notebook_data,
    places,
    programs,
    torchvision_fix,
)
from grader.candidate.run_once import run_once
from grader.protocol.limits import Limits
from grader.protocol.wire import Message, pack, read_exactly, unpack
from grader.vae.digits import IMAGE_SHAPE, Digits


def prepare() -> None:
    """Import what the first step of an optimiser would: it wants a folder for temporary files."""
    import torch._dynamo  # noqa: F401


def become(wire: int, request: dict[str, Any]) -> None:
    """Serve in a fork: train the one model that the wire describes, on the CPU."""
    os.chdir(request["folder"])
    profile = confinement.Profile(Limits(**request["limits"]), writable=(request["folder"],))
    _serve(wire, profile, request["trust"], cuda=False)


def main() -> None:
    """Serve in a Python of its own, on CUDA if that can be had."""
    request, wire = json.loads(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(1)
    torchvision_fix.install()
    notebook_data.load_in_process()
    eager.install()
    prepare()
    confinement.prepare()
    profile = confinement.Profile(Limits(**request["limits"]), devices=allowed_paths.cuda_devices())
    _serve(wire, profile, request["trust"], cuda=True)
    os._exit(0)


def _serve(wire: int, profile: confinement.Profile, trust: bool, cuda: bool) -> None:
    """Read a job, confine this process, train, and send what came of it."""
    job = unpack(lambda count: read_exactly(wire, count))
    try:
        confinement.confine(profile, trust)
    except confinement.UnconfinedError as error:
        _send(wire, {"kind": "unconfined", "missing": list(error.missing)}, [])
        return
    idle_modules.install()
    programs.pass_over(".")
    for folder in profile.writable:
        places.bring_named_here(job.body["program"], scratch.settle(folder))
    notes: list[str] = []
    device = _usable_cuda(notes) if cuda else "cpu"
    if cuda and device == "cpu":  # a fork has it from its warm process
        cpu_only.install()
    body, losses = _train(job, device)
    if device == "cuda" and body.get("memory"):
        notes.append("CUDA ran out of memory, so the class was trained on the CPU instead.")
        cpu_only.install()
        body, losses = _train(job, "cpu")
    _send(wire, {**body, "kind": "trained", "notes": notes}, losses)


def _usable_cuda(notes: list[str]) -> str:
    """ "cuda", or "cpu" with a note on why it is not to be had."""
    if torch.version.cuda is None:
        notes.append("The installed PyTorch is built without CUDA, so the CPU was used.")
        return "cpu"
    try:
        # The exception of an old driver says what to install.
        torch.zeros(1, device="cuda")
    except Exception as error:
        notes.append(f"CUDA can't be used ({str(error)[:300]}), so the CPU was used.")
        return "cpu"
    return "cuda"


def _train(job: Message, device: str) -> tuple[dict[str, Any], list[float]]:
    """The notebook's own training loop, and what ended it if an exception did."""
    losses: list[float] = []
    body: dict[str, Any] = {"device": device}
    loader.seed_all(job.body["seed"])
    started = time.perf_counter()
    try:
        namespace = loader.load(job.body["program"], job.body["bind"], device)
        if job.body["beside"]:
            _bind_beside(job, namespace, device)
        vae = namespace[job.body["program"]["class_name"]](*job.body["sizes"]).to(device)
        namespace["vae"] = vae
        images = torch.from_numpy(job.arrays[0].astype(np.float32) / 255)
        images = images.to(device, next(vae.parameters(), images).dtype)
        optimiser = torch.optim.Adam(vae.parameters(), lr=job.body["learning_rate"])
        started = time.perf_counter()
        for rows in _batches(len(images), job.body["batch_size"], job.body["steps"]):
            namespace["batch_size"] = len(rows)
            optimiser.zero_grad()
            loss = -vae.elbo(images[rows.to(device)]).mean(-1)
            loss.backward()
            optimiser.step()
            losses.append(float(loss.item()))
    except BaseException as error:
        body["error"] = loader.describe(error)
        body["memory"] = isinstance(error, torch.cuda.OutOfMemoryError)
    return {**body, "seconds": time.perf_counter() - started}, losses


def _bind_beside(job: Message, namespace: dict[str, Any], device: str) -> None:
    """Bind what the notebook binds beside the class: by its loaders, or while it trains."""
    digits = Digits(job.arrays[0].reshape(-1, *IMAGE_SHAPE), np.zeros(len(job.arrays[0]), np.uint8))
    with suppress(ImportError):
        notebook_data.provide_mnist(digits, digits)
    kind, named = namespace[job.body["program"]["class_name"]], namespace["device"]
    with suppress(Exception):  # for statements that train: the model proper is made afterwards
        namespace["vae"] = kind(*job.body["sizes"]).to(device)
    run_once(job.body["beside"], namespace, job.body["program"]["flags"])
    namespace.update(job.body["bind"], device=named)
    loader.seed_all(job.body["seed"])


def _batches(count: int, size: int, steps: int) -> list[torch.Tensor]:
    """The rows of each step: the data reshuffled as often as it is used up."""
    batches: list[torch.Tensor] = []
    while len(batches) < steps:
        batches.extend(torch.randperm(count).split(size))
    return batches[:steps]


def _send(wire: int, body: dict[str, Any], losses: list[float]) -> None:
    data = memoryview(pack(Message(body, (np.asarray(losses, np.float64),))))
    while data:
        data = data[os.write(wire, data) :]


if __name__ == "__main__":
    main()
