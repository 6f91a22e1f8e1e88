"""No report states of a wrong method what its source contradicts.

Each statement that a report makes of a variant is held to what plain torch measures of it; and none
of them is true of a right method.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from grader.vae.checks import CATALOGUE
from grader.vae.spec import TASK_IDS
from tests.oracle.sentences import speaks
from tests.oracle.statements import Method, Statement, holds, statements
from tests.oracle.table import ORACLES
from tests.outcomes import Examine
from tests.vae.test_told_causes import CASES
from tests.variant_bank import Variant, all_variants, load_variants, notebook_with

_UNHELD = yaml.safe_load(Path(__file__).with_name("unheld.yaml").read_text("utf-8"))
"""Why no oracle holds a statement, by its id."""

_TRUE_OF_RIGHT = frozenset(("likelihood_right", "divergence_right"))
"""Statements that say what is right."""

_TOLD = [Variant(c["task"], c["name"], False, c["why"], c["code"]) for c in CASES]
_WRONG = [variant for variant in all_variants() if not variant.right] + _TOLD
_FEW = frozenset(
    wrong.label
    for task in TASK_IDS
    for wrong in [v for v in load_variants(task) if not v.right][10:60:25]
)
_PARAMETERS = [
    pytest.param(v, id=v.label, marks=() if v.label in _FEW else pytest.mark.slow) for v in _WRONG
]


@pytest.mark.parametrize("variant", _PARAMETERS)
def test_what_is_stated_is_so(variant: Variant, examine_notebook: Examine) -> None:
    notebook = notebook_with(variant, device="cuda" if variant.cuda else "cpu")
    tasks = examine_notebook(notebook, frozenset((variant.task,)))
    messages = {check.message for task in tasks for check in task.checks}
    said = tuple(one for one in statements(tasks) if one.id not in _UNHELD)
    wrong = Method(variant, said)
    with _quiet():
        assert [str(one) for one in said if not holds(ORACLES[one.task], wrong, one)] == []
        assert [words for words in messages if speaks(wrong, words) is False] == []
    right = next(v for v in load_variants(variant.task) if v.right)
    with _quiet():
        assert [str(one) for one in said if _is_true_of(right, one)] == []
        assert [words for words in messages if _speaks_of(right, words)] == []


def _is_true_of(right: Variant, statement: Statement) -> bool:
    """Whether a statement of what is wrong is true of a right method; what raises isn't."""
    with contextlib.suppress(Exception):
        method = Method(right, (statement,))
        is_so = holds(ORACLES[statement.task], method, statement)
        return is_so and statement.name not in _TRUE_OF_RIGHT
    return False


def _speaks_of(right: Variant, words: str) -> bool:
    with contextlib.suppress(Exception):
        return bool(speaks(Method(right), words))
    return False


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Let methods neither print nor warn."""
    with contextlib.redirect_stdout(None), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_each_statement_is_held_or_says_why_not() -> None:
    held = {id for id in CATALOGUE if id.partition(".")[2] in ORACLES[id.partition(".")[0]]}
    assert held | set(_UNHELD) == set(CATALOGUE)
    assert not held & set(_UNHELD)
    assert len(held) >= 0.9 * len(CATALOGUE)


def test_several_fields_of_one_statement_are_kept_apart(examine_notebook: Examine) -> None:
    (variant,) = (v for v in load_variants("kl") if v.name == "absolute_terms")
    tasks = examine_notebook(notebook_with(variant), frozenset(("kl",)))
    functions = [one.text("function") for one in statements(tasks)]
    assert sorted(functions) == ["|log sigma|", "|sigma squared - 1|"]
