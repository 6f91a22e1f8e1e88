"""Right methods in any style get every point; wrong ones lose exactly what they got wrong."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import pytest
import torch

from grader.report.result import TaskResult
from tests.outcomes import Examine, lost_checks
from tests.variant_bank import Variant, all_variants, notebook_with
from tests.variant_measures import FULL, build

# Methods that others call: an error in one of them must not be charged again where it is called.
_HELPERS = frozenset(("encoder", "reparam", "decoder", "kl"))
_CALLERS = frozenset(("elbo", "sample"))


def _mark(variant: Variant) -> Any:
    """Mark two thirds of the wrong ones as slow: which, their names tell, so that it stays so."""
    is_slow = not variant.right and zlib.crc32(variant.label.encode()) % 3 > 0
    return pytest.param(variant, marks=pytest.mark.slow if is_slow else (), id=variant.label)


@pytest.mark.parametrize("variant", [_mark(variant) for variant in all_variants()])
def test_variant_loses_what_it_should(variant: Variant, examine_notebook: Examine) -> None:
    tasks = frozenset((variant.task,)) | (_CALLERS if variant.task in _HELPERS else frozenset())
    notebook = notebook_with(variant, device="cuda" if variant.cuda else "cpu")
    results = examine_notebook(notebook, tasks)
    lost = lost_checks(results)
    said = "\n".join(f"{id} {words}" for id, words in lost.items())
    assert set(lost) == variant.lost, said
    assert named_misconceptions(results) == variant.misconception, said


def named_misconceptions(tasks: tuple[TaskResult, ...]) -> frozenset[str]:
    """All misconceptions that a report names."""
    return frozenset(
        misconception
        for task in tasks
        for check in task.checks
        for misconception in check.misconceptions
    )


def _work_together(variants: Sequence[Variant]) -> bool:
    """Whether the methods that call others do so without an error, at the assignment's sizes."""
    try:
        rows, pixels, *_ = FULL
        model = build(*variants, sizes=FULL)
        model.elbo(torch.ones(rows, pixels))
        model.sample(8)
    except (RuntimeError, AssertionError):
        return False
    return True


_RIGHT = [variant for variant in all_variants() if variant.right]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 201))
def test_right_variants_keep_their_points_under_any_seed(
    seed: int, examine_notebook: Examine
) -> None:
    """One right variant of each task, another combination for every seed of the examiner."""
    by_task = {
        task: [v for v in _RIGHT if v.task == task and not v.prelude and not v.after]
        for task in _HELPERS | _CALLERS
    }
    chosen = [found[seed * 7 % len(found)] for found in by_task.values()]
    if not _work_together(chosen):
        pytest.skip("one of these methods can't call another: the class fails in any notebook")
    assert lost_checks(examine_notebook(notebook_with(*chosen), seed=seed)) == {}, chosen
