"""What came of a run, and which of two runs of one notebook counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from grader.examiner import run_explanations
from grader.report.result import Run


@dataclass(frozen=True)
class RunOutcome:
    """What came of a run, and the executed notebook as text where there is one.

    ``may_count_images`` says of a failure that there being few images may be why, and
    ``names_amounts`` whether what failed speaks of such things at all.
    """

    run: Run
    executed: str | None = None
    may_count_images: bool = False
    names_amounts: bool = True


def further(small: RunOutcome, large: RunOutcome, counts: Mapping[bool, int]) -> RunOutcome:
    """What counts of two runs, where the first one failed on few images.

    It is the second one, on many, if that got further: then their number is what made the first
    one fail. ``counts`` are the images of the first, for training and for tests.
    """
    failed = small.run.cell or 0
    if large.run.status == "completed" or (large.run.cell or 0) > failed:
        chosen, notes = large, [run_explanations.repeated(failed, counts[True])]
    else:
        chosen, notes = small, []
    is_own = run_explanations.is_same_misfit(small.run.error, large.run.error)
    if chosen.may_count_images and chosen.names_amounts and not is_own:
        notes.append(run_explanations.small_part(counts[True], counts[False]))
    return replace(chosen, run=replace(chosen.run, notes=(*chosen.run.notes, *notes)))
