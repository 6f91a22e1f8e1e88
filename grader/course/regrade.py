"""Two gradings of one student: do they differ, and which counts where no total may fall?"""

from __future__ import annotations

from dataclasses import replace

from grader.report.result import OtherGrading, Result
from grader.report.to_json import to_json


def differs(one: Result, other: Result) -> bool:
    """Return whether two results say anything else than when, how fast and by what they came."""
    return _said(one) != _said(other)


def _said(result: Result) -> str:
    """Return what a result says, as it is written: evidence is of other types before that."""
    return to_json(
        replace(
            result,
            environment={},
            seconds=0.0,
            run=replace(result.run, seconds=None),
            training=replace(result.training, steps_per_second=None),
            other_grading=None,
        )
    )


def counted_and_lower(higher: Result, lower: Result) -> tuple[Result, Result]:
    """Return an earlier result that still counts, and the new one that doesn't; both say so."""
    return (
        replace(higher, other_grading=OtherGrading(False, lower.points, lower.max_points)),
        replace(lower, other_grading=OtherGrading(True, higher.points, higher.max_points)),
    )
