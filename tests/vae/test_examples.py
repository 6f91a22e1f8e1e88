"""Each example prints what the report says: with the class that it is about, and with a right one.

A snippet is executed below the student's class in a process like a notebook's, under another seed
than the examiner's, so that nothing depends on which numbers are drawn.
"""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stdout

import pytest
import torch

from grader.report.result import CheckResult, TryIt
from tests.outcomes import Examine
from tests.variant_bank import Variant, all_variants, notebook_with, sources_with

_IMPORTS = """
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
device = "cpu"
"""

_FEW = (
    "encoder-no_relu",
    "encoder-heads_swapped",
    "encoder-rows_rolled",
    "reparam-log_variance",
    "reparam-mu_in_place",
    "decoder-no_relu",
    "kl-without_half_and_averaged",
    "kl-log_variance_detached",
    "elbo-likelihood_missing",
    "elbo-sample_detached",
    "sample-thresholded",
    "sample-one_latent_for_all",
)
"""Labels of variants with an example, two of each task, in the tests that always run."""

_WRONG = [variant for variant in all_variants() if not variant.right and not variant.cuda]
_PARAMETERS = [
    pytest.param(v, id=v.label, marks=() if v.label in _FEW else pytest.mark.slow) for v in _WRONG
]


@pytest.mark.parametrize("variant", _PARAMETERS)
def test_examples_print_what_the_report_says(variant: Variant, examine_notebook: Examine) -> None:
    tasks = examine_notebook(notebook_with(variant), frozenset((variant.task,)))
    shown = {c.id: c.try_it for task in tasks for c in task.checks if c.try_it is not None}
    printed = {id: (_printed(it, variant), _printed(it)) for id, it in shown.items()}
    assert printed == {id: (it.got, it.right) for id, it in shown.items()}, shown
    assert shown or variant.label not in _FEW


def test_there_are_examples_of_all_tasks() -> None:
    assert set(_FEW) <= {variant.label for variant in _WRONG}


def test_only_lost_checks_have_an_example(examine_notebook: Examine) -> None:
    (variant,) = (v for v in _WRONG if v.label == "kl-without_half_and_averaged")
    tasks = examine_notebook(notebook_with(variant))
    checks: list[CheckResult] = [check for task in tasks for check in task.checks]
    assert {check.id for check in checks if check.try_it} == {"kl.total", "kl.per_sample"}


def test_what_calls_a_broken_helper_has_no_example(examine_notebook: Examine) -> None:
    chosen = [
        variant
        for variant in _WRONG
        if variant.label in ("kl-without_half_and_averaged", "elbo-likelihood_missing")
    ]
    tasks = examine_notebook(notebook_with(*chosen))
    of_elbo = [check for task in tasks if task.id == "elbo" for check in task.checks]
    assert any(check.status == "failed" for check in of_elbo)
    assert not any(check.try_it for check in of_elbo)


def test_no_example_names_sizes_of_the_notebook(examine_notebook: Examine) -> None:
    code = """
    def kl_divergence(self, mu, logsigma):
        return (mu**2 + torch.exp(2 * logsigma) - 1 - 2 * logsigma).sum(-1) / latent_dim
    """
    variant = Variant("kl", "global", False, "", "\n".join(s[4:] for s in code.split("\n")).strip())
    (task,) = (t for t in examine_notebook(notebook_with(variant)) if t.id == "kl")
    assert task.lost
    assert not any(check.try_it for check in task.checks)


def _printed(example: TryIt, *variants: Variant) -> str:
    """Return what the lines print below a class with the variants, or below the right one."""
    names: dict[str, object] = {}
    out = io.StringIO()
    with warnings.catch_warnings(), redirect_stdout(out), torch.random.fork_rng():
        warnings.simplefilter("ignore")
        for source in (_IMPORTS, *sources_with(*variants)):
            exec(compile(source, "cell", "exec"), names)
        torch.manual_seed(20)
        exec(compile(example.code, "example", "exec"), names)
    assert max(map(len, example.code.split("\n"))) <= 74  # a terminal of 80 columns would cut it
    return out.getvalue().splitlines()[-1]
