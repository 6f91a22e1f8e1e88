"""Runs student code in a candidate process: reads one job, calls methods, returns data.

It decides nothing: it holds no expected value, and whatever it sends is only data to the examiner.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

import torch

from grader.candidate import confinement, huge_pages, scratch
from grader.candidate.calls import answer_call
from grader.candidate.loader import begin, describe, load, rebind, seed_all
from grader.candidate.models import Array, Heard, construct
from grader.candidate.patches import (
    cpu_only,
    eager,
    file_marks,
    idle_modules,
    late_imports,
    places,
    programs,
    questions,
    torchvision_fix,
)
from grader.candidate.reply import Outbox
from grader.candidate.standard_streams import silence
from grader.candidate.tripwire import Tripwire
from grader.protocol import folders
from grader.protocol.forking import LATE, READY, ForkRequest
from grader.protocol.jobs import Job, Question
from grader.protocol.limits import Limits
from grader.protocol.replies import Confined, Raised, Ready, Returned, Stage, Unconfined
from grader.protocol.wire import read_exactly, unpack


def serve(read_fd: int, write_fd: int, folder: str, confine: Callable[[], tuple[str, ...]]) -> None:
    """Carry out the one job that comes in on ``read_fd``; replies go to ``write_fd``.

    Each of its questions meets the student's program afresh, and ``folder`` empty.

    ``confine`` is called when the job is read and before any line of the student's runs; it says
    which layers are on, or raises `confinement.UnconfinedError`, and then nothing runs.
    """
    message = unpack(lambda count: read_exactly(read_fd, count))
    job = Job.from_json(message.body)
    outbox = Outbox(write_fd)
    try:
        outbox.send(Confined(confine()))
    except confinement.UnconfinedError as error:
        outbox.send(Unconfined(error.missing))
        return
    idle_modules.install(job.program.plotting)
    questions.install()
    programs.pass_over(".")
    file_marks.pass_over()
    tripwire = Tripwire(job.methods)
    eager.install_for_checks()
    places.bring_named_here(job.program, scratch.settle(folder))
    for body, first_array in job.questions:
        scratch.settle(folder)
        folders.clear(folder)
        array = message.arrays[first_array:].__getitem__
        _answer(job, Question.from_json(body), array, outbox, tripwire)


def _late() -> list[str]:
    return [name for name in LATE if late_imports.is_imported(name)]


def _answer(job: Job, question: Question, array: Array, outbox: Outbox, tripwire: Tripwire) -> None:
    """Send what comes of building a question's model, and then of each of its calls."""
    names = dict(zip(job.constructor, question.sizes, strict=True))
    begin(job.seed)
    stage: Stage = "load"
    try:
        namespace = load(job.program, names)
        stage = "construct"
        kind = namespace[job.program.class_name]
        tripwire.watch(kind)
        heard: Heard = {}
        build = partial(construct, kind, question, names, array, heard)
        model = namespace[job.instance] = idle_modules.tolerating_missing(build)
        tripwire.watch(model)
    except BaseException as error:
        outbox.send(Raised(stage, describe(error).to_json(), late=_late()))
        return
    outbox.send(Ready(_late()))
    for call in question.calls:
        tripwire.asked = call.method
        rebind(namespace, {"batch_size": call.batch_size})
        reply: Returned | Raised
        try:
            heard.clear()
            work = partial(answer_call, model, call, array, job.computed, outbox, heard)
            reply = idle_modules.tolerating_missing(work)
        except BaseException as error:
            reply = Raised("call", describe(error).to_json())
        tripwire.asked = None
        outbox.send(replace(reply, touched=sorted(tripwire.touched), late=_late()))


def prepare(forks: str = "few") -> None:
    """Make this process ready to be forked from; ``forks`` is "many" or "few", as are expected."""
    _set_up()
    _rehearse()
    if forks == "many":  # a dozen forks are slower without huge pages by what it takes to make them
        huge_pages.collapse()


def _set_up() -> None:
    """Do what every candidate has in common."""
    torch.set_num_threads(1)
    cpu_only.install()
    eager.install()
    late_imports.install()
    torchvision_fix.install()
    confinement.prepare()


def _rehearse() -> None:
    """Compute once what candidates compute: torch sets much up when it is first asked."""
    seed_all(0)
    layer = torch.nn.Linear(2, 2)
    hidden = torch.relu(layer(torch.rand(3, 2)))
    theta = torch.sigmoid(hidden + torch.randn_like(hidden) * torch.exp(hidden))
    loss = torch.nn.functional.binary_cross_entropy(theta, torch.bernoulli(theta.detach()))
    torch.autograd.grad(loss, list(layer.parameters()))


def import_late(names: Collection[str]) -> None:
    """Import what candidates have been seen to import, once for all that are forked from now on."""
    for name in (name for name in LATE if name in names):
        with contextlib.suppress(Exception):  # then each candidate is told for itself
            late_imports.import_real(name)


def become(wire: int, request: ForkRequest) -> None:
    """Serve in a fork, confined as the request says, in the folder that it names."""
    os.chdir(request["folder"])
    serve(wire, wire, request["folder"], lambda: _confine(request))


def _confine(request: ForkRequest) -> tuple[str, ...]:
    profile = confinement.Profile(Limits(**request["limits"]), writable=(request["folder"],))
    return confinement.confine(profile, request["trust"])


def main() -> None:
    """Serve as a Python of its own, where no fork is safe: the job comes on stdin."""
    replies = os.dup(1)
    silence(1, 2)
    _set_up()
    request: ForkRequest = json.loads(sys.argv[1])

    def confine() -> tuple[str, ...]:
        silence(0)
        os.closerange(replies + 1, 4096)
        return _confine(request)

    os.write(replies, READY)
    serve(0, replies, request["folder"], confine)
    os._exit(0)


if __name__ == "__main__":
    main()
