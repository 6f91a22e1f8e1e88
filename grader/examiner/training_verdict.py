"""Whether a loss fell in training as a right solution's does, and what that says of the checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from grader.assignment import Assignment, TrainingSanity
from grader.report.result import TaskResult, Training


def judge(training: Training, losses: np.ndarray, sanity: TrainingSanity) -> Training:
    """Add the loss curve ``losses``, shape [steps], and whether it fell as a right one does."""
    values = tuple(round(x, 2) if np.isfinite(x) else None for x in losses.tolist())
    finite = bool(np.isfinite(losses).all()) if len(losses) else None
    fell = None
    if training.status == "completed":
        end = _last_mean(values, sanity.averaged)
        fell = finite and _lies_in(values[0], sanity.first_loss) and _lies_in(end, sanity.last_loss)
    return replace(
        training,
        first_loss=values[0] if values else None,
        last_loss=values[-1] if values else None,
        losses=values,
        finite=finite,
        fell=fell,
    )


def fall_words(training: Training, sanity: TrainingSanity) -> str:
    """Say what was judged of a completed training's losses, and what a right solution's are."""
    (first_low, first_high), (last_low, last_high) = sanity.first_loss, sanity.last_loss
    right = (
        f"a right solution's starts between {first_low:g} and {first_high:g} and ends between "
        f"{last_low:g} and {last_high:g}"
    )
    steps, end = training.steps, _last_mean(training.losses, sanity.averaged)
    if not training.finite or end is None:
        return f"In {steps} steps of training the loss did not stay a finite number; {right}."
    return (
        f"In {steps} steps of training the loss starts at {training.first_loss:.2f} and ends at "
        f"{end:.2f}, the mean of the last {sanity.averaged} steps; {right}."
    )


def contradiction(
    training: Training, tasks: Iterable[TaskResult], assignment: Assignment
) -> str | None:
    """Return advice where training and the checks of its objective disagree, else None."""
    sanity = assignment.training()
    is_right = _objective_is_right(tasks, assignment)
    words = f"The checks found {sanity.objective} right, yet"
    if is_right and training.status == "failed":
        return f"{words} training failed: {training.error}"
    if is_right and training.fell is False:
        return (
            f"{words} the loss did not fall in training as a right solution's does: look at it. "
            f"{fall_words(training, sanity)}"
        )
    if is_right is False and training.fell:
        return (
            "The loss falls in training as a right solution's does, though a check of "
            f"{sanity.objective} failed: a loss curve alone doesn't tell the two apart."
        )
    return None


def hanging_method(tasks: Iterable[TaskResult], assignment: Assignment) -> str | None:
    """Return a method that training calls, and that was found never to come to an end."""
    objective = assignment.task_by_id[assignment.training().task]
    called = {objective.id, *objective.calls}
    hanging = (
        task.method
        for task in tasks
        if task.id in called
        and not any(check.status == "passed" for check in task.checks)
        and any(check.evidence.get("failure") == "timed_out" for check in task.checks)
    )
    return next(hanging, None)


def not_trained(hanging: str | None) -> Training:
    """Return the entry on a training that was not begun: a method hangs, or nobody wants it."""
    if hanging is None:
        return Training()
    words = f"The class was not trained, for `{hanging}` does not come to an end."
    return Training("timed_out", error=words)


def _objective_is_right(tasks: Iterable[TaskResult], assignment: Assignment) -> bool | None:
    """Return what the checks say; None unless one failed, or all there are ran and passed.

    It is open, too, where another method that training calls has an error of its own.
    """
    objective = assignment.task_by_id[assignment.training().task]
    status_by_id = {check.id: check.status for task in tasks for check in task.checks}
    checks = [(check.task, status_by_id.get(check.id)) for check in assignment.checks()]
    statuses = {status for task, status in checks if task == objective.id}
    if "failed" in statuses:
        return False
    called = {status for task, status in checks if task in objective.calls}
    return True if statuses == {"passed"} and "failed" not in called else None


def _last_mean(losses: tuple[float | None, ...], count: int) -> float | None:
    """Return the mean of the last losses, to two decimals; None if one of them is not finite."""
    last = [loss for loss in losses[-count:] if loss is not None]
    return round(sum(last) / count, 2) if len(last) == count else None


def _lies_in(loss: float | None, band: tuple[float, float]) -> bool:
    return loss is not None and band[0] <= loss <= band[1]
