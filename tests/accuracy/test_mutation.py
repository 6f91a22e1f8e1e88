"""Broken copies of right solutions lose points, in the broken method's task alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.rubric import Rubric
from grader.vae.spec import TASK_IDS
from tests.accuracy import claims, mutants
from tests.accuracy.grade_class import Judge
from tests.accuracy.mutants import Mutant, all_mutants, equivalent
from tests.accuracy.mutations import mutations

SAMPLE = all_mutants()[5::40]


@pytest.mark.parametrize("mutant", SAMPLE, ids=[mutant.label for mutant in SAMPLE])
def test_mutant_loses_in_its_own_task(
    mutant: Mutant, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    judge = Judge(candidates, rubric, tmp_path)
    assert mutants.verdict(mutant, judge) in ("killed", "equivalent"), mutant.method


def test_sample_is_of_all_tasks_and_styles() -> None:
    assert {mutant.task for mutant in SAMPLE} == set(TASK_IDS)
    assert {mutant.style for mutant in SAMPLE} == set(mutants.STYLES)


def test_every_style_has_all_its_methods() -> None:
    for style, names in mutants.STYLES.items():
        assert len(mutants.right_methods(style)) == len(names)


def test_equivalent_mutants_exist_and_have_a_reason() -> None:
    labels = {mutant.label for mutant in all_mutants()}
    for label, reason in equivalent().items():
        assert label in labels, f"no mutant is called {label!r}"
        assert reason
        assert "\n" not in reason


def changes(source: str) -> dict[str, str]:
    (method,) = ast.parse(source).body
    assert isinstance(method, ast.FunctionDef)
    return {ast.unparse(changed): words for words, changed in mutations(method)}


def test_mutations_change_one_thing_each() -> None:
    found = changes("def kl_divergence(self, mu, logsigma):\n    return (mu - 1).sum(dim=1)")
    body = "def kl_divergence(self, mu, logsigma):\n    return "
    for expected in (
        "(mu + 1).sum(dim=1)",
        "(1 - mu).sum(dim=1)",
        "(mu - 2).sum(dim=1)",
        "(mu - 1).sum(dim=0)",
        "(mu - 1).sum()",
        "(mu - 1).mean(dim=1)",
        "(mu - 1).sum(dim=1).detach()",
        "mu.sum(dim=1)",
    ):
        assert body + expected in found, expected


def test_seeds_and_cut_gradients_go_where_they_matter() -> None:
    for name, seeded, cut in (("sample", True, False), ("kl_divergence", False, True)):
        found = "\n".join(changes(f"def {name}(self, a):\n    return torch.exp(a)"))
        assert ("manual_seed(0)" in found) == seeded
        assert ("no_grad()" in found) == cut


def test_every_part_that_claims_speak_of_is_in_a_right_solution() -> None:
    found = {(mutant.task, claims.part_of(mutant)) for mutant in mutants.all_mutants()}
    assert {(task, part) for task in claims.parts() for part in claims.parts()[task]} <= found


def test_a_claim_about_another_part_is_wrong() -> None:
    mutant = next(m for m in mutants.all_mutants() if claims.part_of(m) == "likelihood")
    said = "Too much. That is what comes out if the divergence has weight 2."
    assert claims.claim(mutant, {"elbo.exact": said}) == "wrong part"
    assert claims.claim(mutant, {"elbo.exact": said.replace("divergence", "likelihood")}) == "cause"
    assert claims.claim(mutant, {"elbo.exact": "Too much."}) == "symptom"
    assert claims.claim(mutant, {"kl.total": said}) == "symptom"
    shape = "The ELBO should have shape [3], one number a row, and has [3, 1]."
    assert claims.claim(mutant, {"elbo.per_sample": shape}) == "form"
