"""First-order mutants of right solutions, made from the syntax tree.

A mutant is a right class with one small thing changed in one method. It must lose points in that
method's task and in no other, unless it computes the same: those stand in ``equivalent.yaml``, with
the reason.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from grader.vae.spec import CLASS_NAME, TASK_IDS, TASKS
from tests.accuracy.grade_class import Judge, concerned
from tests.accuracy.mutations import mutations
from tests.variant_bank import Variant, class_source, load_variants, notebook_with

EQUIVALENT = Path(__file__).parent / "equivalent.yaml"
VERDICTS = ("killed", "survived", "overcharged", "equivalent")

STYLES: dict[str, dict[str, str]] = {
    "reference": {},
    "explicit": {
        "encoder": "weights_by_hand",
        "reparam": "box_muller",
        "decoder": "logistic_by_exp",
        "kl": "sigma_named",
        "elbo": "logarithms_by_hand",
        "sample": "uniform_below_theta",
    },
    "loops": {
        "encoder": "loop_over_rows",
        "reparam": "rows_with_normal_in_place",
        "decoder": "loop_over_rows",
        "kl": "loop_over_rows",
        "elbo": "loop_over_rows",
        "sample": "loop_over_samples",
    },
}
"""The right solutions, by the names that their methods have in the bank of variants."""


@dataclass(frozen=True)
class Mutant:
    """A right class with one change.

    Attributes:
        style: the solution that was changed.
        task: whose method was changed.
        change: what was done, ``before -> after``, with the line counted from the ``def``.
        method: source of the changed method.
    """

    style: str
    task: str
    change: str
    method: str

    @property
    def label(self) -> str:
        """Unique name."""
        return f"{self.style} {self.task} {self.change}"

    def variants(self) -> tuple[Variant, ...]:
        """The class's methods, as variants."""
        others = tuple(v for v in right_methods(self.style) if v.task != self.task)
        own = next((v for v in right_methods(self.style) if v.task == self.task), None)
        kept = {"extra": own.extra, "prelude": own.prelude} if own else {}
        # A signature of its own makes the bank replace the whole method.
        return (*others, Variant(self.task, "mutant", False, self.change, self.method, **kept))


@cache
def right_methods(style: str) -> tuple[Variant, ...]:
    """The variants that make up a right solution; the reference has none."""
    names = STYLES[style]
    return tuple(v for task in TASK_IDS for v in load_variants(task) if v.name == names.get(task))


@cache
def all_mutants() -> tuple[Mutant, ...]:
    """Every mutant of every style, in a fixed order, without repetitions."""
    return tuple({m.label: m for style in STYLES for m in _of(style)}.values())


def _of(style: str) -> Iterator[Mutant]:
    tree = ast.parse(class_source(*right_methods(style)))
    (vae,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == CLASS_NAME)
    methods = {n.name: n for n in vae.body if isinstance(n, ast.FunctionDef)}
    for task in TASKS:
        method = copy.deepcopy(methods[task.method.name])
        if ast.get_docstring(method) is not None:
            method.body = method.body[1:]
        seen = {ast.unparse(method)}
        for change, changed in mutations(method):
            source = ast.unparse(ast.fix_missing_locations(changed))
            if source not in seen:
                seen.add(source)
                yield Mutant(style, task.id, change, source)


@cache
def equivalent() -> dict[str, str]:
    """Labels of mutants that compute the same as before, with the reason."""
    return yaml.safe_load(EQUIVALENT.read_text("utf-8")) or {}


def verdict(mutant: Mutant, judge: Judge, say: bool = False) -> str:
    """What became of a mutant, one of `VERDICTS`; ``say`` prints those that are not as they should.

    An equivalent one that loses points counts as overcharged.
    """
    lost = judge.lost(notebook_with(*mutant.variants()), concerned(mutant.task))
    tasks = {check.split(".")[0] for check in lost}
    is_equivalent = mutant.label in equivalent()
    if tasks - {mutant.task} or (tasks and is_equivalent):
        result = "overcharged"
    elif is_equivalent:
        result = "equivalent"
    else:
        result = "killed" if tasks else "survived"
    if say and result in ("survived", "overcharged"):
        words = "".join(f"\n    {check} {text}" for check, text in lost.items())
        print(f"{result}: {mutant.label}{words}", flush=True)
    return result
