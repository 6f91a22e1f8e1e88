"""What came of a run, and which of two runs of one notebook counts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from grader.assignment import DataSet
from grader.examiner import run_explanations
from grader.report.result import Run


@dataclass(frozen=True)
class RunOutcome:
    """What came of a run.

    Attributes:
        run: its entry in the result.
        executed: the executed notebook as text, where there is one.
        may_need_more_data: whether it failed, and there being little data may be why.
        names_amounts: whether what failed speaks of amounts at all.
    """

    run: Run
    executed: str | None = None
    may_need_more_data: bool = False
    names_amounts: bool = True


def choose_outcome(
    small: RunOutcome, full: RunOutcome, data: DataSet, counts: tuple[int, int]
) -> RunOutcome:
    """Return what counts of two runs, where the first one failed on little data.

    It is the second one, on the full amount, if that got further: then the amount is what made the
    first one fail. ``counts`` are the items of the first, for training and for tests.
    """
    failed_cell = small.run.cell or 0
    if full.run.status == "completed" or (full.run.cell or 0) > failed_cell:
        chosen, notes = full, [run_explanations.repeated_data_note(failed_cell, data, counts[0])]
    else:
        chosen, notes = small, []
    is_own = run_explanations.fails_alike_on_shapes(small.run.error, full.run.error)
    if chosen.may_need_more_data and chosen.names_amounts and not is_own:
        notes.append(run_explanations.small_data_note(data, *counts))
    return replace(chosen, run=replace(chosen.run, notes=(*chosen.run.notes, *notes)))
