"""Make the job of a candidate: the class, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from grader.kit.probe import Probe
from grader.protocol import jobs
from grader.protocol.wire import Message
from grader.submission.slices import Slice


def message(probes: Iterable[Probe], code: Slice, seed: int = 0) -> Message:
    """Return the job of a candidate that holds ``code``, for one probe after the other.

    The candidate's generators are seeded before each, so that two gradings agree.
    """
    arrays: list[np.ndarray] = []
    questions = []
    for probe in probes:
        questions.append((dict(probe.question.body), len(arrays)))
        arrays += probe.question.arrays
    assignment = code.assignment
    job = jobs.Job(
        program=program(code),
        methods=tuple(assignment.task_by_method),
        constructor=assignment.constructor,
        instance=assignment.instance_name,
        computed=assignment.computed_arguments,
        seed=seed,
        questions=questions,
    )
    return Message(job.to_json(), tuple(arrays))


def program(code: Slice) -> jobs.Program:
    """Return what a candidate executes to have the class."""
    return jobs.Program(
        cells=code.cells,
        flags=code.flags,
        class_name=code.assignment.class_name,
        width=code.width,
        modules=sorted(code.program.modules.bound),
        plotting=code.assignment.given_modules,
    )
