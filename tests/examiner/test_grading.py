"""Whole notebooks, from the file to the result."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from grader.examiner.client import Candidates
from grader.examiner.conclusion import Examined, conclude
from grader.examiner.grading import Grader
from grader.examiner.rubric import Rubric
from grader.examiner.runner import Runner
from grader.examiner.widening import Checked
from grader.report.result import (
    CheckResult,
    Result,
    Submission,
    TaskResult,
    Training,
)
from grader.report.terminal import to_terminal
from grader.report.to_json import to_json
from grader.submission import extract, load
from grader.vae import ASSIGNMENT, spec
from grader.vae.checks import CHECKS
from tests.outcomes import ROOT, grade_file, lost_checks

SOLVED = ROOT / "reference" / "vae_solved.ipynb"
TEMPLATE = ROOT / "student_template" / "vae.ipynb"
WORKED = ROOT / "tests" / "notebooks" / "worked_student.ipynb"


def changed(path: Path, old: str, new: str, target: Path) -> Path:
    """A copy of a notebook with one text in place of another."""
    notebook = nbformat.read(path, 4)
    assert sum(old in cell.source for cell in notebook.cells) == 1
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, target)
    return target


def with_body(method: str, body: str, target: Path) -> Path:
    """The solved notebook with another body in one method's block."""
    notebook = nbformat.read(SOLVED, 4)
    cell = next(cell for cell in notebook.cells if "class VAE" in cell.source)
    start = cell.source.index("# YOUR CODE HERE", cell.source.index(f"def {method}("))
    end = cell.source.index("####", start)
    cell.source = f"{cell.source[:start]}{body}\n        {cell.source[end:]}"
    nbformat.write(notebook, target)
    return target


def broken_rules(result: Result) -> set[str]:
    """Ids of the rules that a notebook breaks."""
    return {rule.id for rule in result.rules if rule.status == "broken"}


@pytest.mark.parametrize("path", [SOLVED, WORKED], ids=lambda path: path.stem)
def test_right_notebook_gets_every_point(
    path: Path, rubric: Rubric, candidates: Candidates
) -> None:
    result = grade_file(path, rubric, candidates)
    assert lost_checks(result.tasks) == {}
    assert (result.status, result.points, result.max_points) == ("graded", 60, 60)
    assert broken_rules(result) <= {"saved_after_run_all"}


def test_empty_template_is_not_written_yet(rubric: Rubric, candidates: Candidates) -> None:
    result = grade_file(TEMPLATE, rubric, candidates)
    assert (result.status, result.points) == ("graded", 0)
    lost = lost_checks(result.tasks)
    assert set(lost) == {check.id for check in CHECKS}
    assert all("is not written yet" in words for words in lost.values())
    assert broken_rules(result) == {"saved_after_run_all"}


def test_two_gradings_agree(rubric: Rubric, candidates: Candidates) -> None:
    results = [grade_file(SOLVED, rubric, candidates) for _ in range(2)]
    first, second = (json.loads(to_json(replace(r, seconds=0.0))) for r in results)
    assert first == second


@pytest.mark.slow
@pytest.mark.parametrize("path", [SOLVED, TEMPLATE, WORKED], ids=lambda path: path.stem)
def test_spawned_candidates_give_the_same_points(
    path: Path, rubric: Rubric, candidates: Candidates
) -> None:
    forked = grade_file(path, rubric, candidates)
    with Candidates("spawn") as others:
        spawned = grade_file(path, rubric, others)
    assert spawned.tasks == forked.tasks
    assert forked.run.error is None
    assert spawned.run.error is not None
    assert "without forks" in spawned.run.error


def test_result_keeps_its_contract(rubric: Rubric, candidates: Candidates, tmp_path: Path) -> None:
    path = changed(SOLVED, "torch.exp(logsigma)", "torch.exp(0.5 * logsigma)", tmp_path / "a.ipynb")
    data = json.loads(to_json(grade_file(path, rubric, candidates)))
    assert data["schema_version"] == 1
    assert set(data["submission"]) == {"path", "sha256", "student"}
    assert [task["id"] for task in data["tasks"]] == list(rubric.tasks)
    for task in data["tasks"]:
        assert task["points"] == sum(check["points"] for check in task["checks"])
        for check in task["checks"]:
            assert check["status"] in ("passed", "failed", "not_reached", "grader_error")
            assert bool(check["message"]) == (check["status"] != "passed")
    lost = {c["id"] for task in data["tasks"] for c in task["checks"] if c["status"] != "passed"}
    assert lost == {"reparam.scale"}
    assert data["points"] == 58
    assert data["run"]["status"] == "not_run"


def test_distributions_cost_the_task_however_they_are_reached(
    rubric: Rubric, candidates: Candidates, tmp_path: Path
) -> None:
    hidden = (
        'd = getattr(torch, "".join(reversed("snoitubirtsid")))\n'
        "        return d.Normal(mu, torch.exp(logsigma)).rsample()"
    )
    path = with_body("sample_with_reparam", hidden, tmp_path / "hidden.ipynb")
    result = grade_file(path, rubric, candidates)
    points = {task.id: task.points for task in result.tasks}
    assert points == {"encoder": 10, "reparam": 0, "decoder": 10, "kl": 5, "elbo": 15, "sample": 10}
    assert result.points == 50
    (rule,) = [rule for rule in result.rules if rule.id in broken_rules(result)]
    assert (rule.id, rule.locations[0]["cell"]) == ("no_distributions", 13)


def test_rule_can_cost_points_of_the_total(
    rubric: Rubric, candidates: Candidates, tmp_path: Path
) -> None:
    path = changed(
        SOLVED, "import numpy as np", "import numpy as np\nimport math", tmp_path / "a.ipynb"
    )
    strict = replace(rubric, rules={**rubric.rules, "no_additional_imports": 2.5})
    assert grade_file(path, rubric, candidates).points == 60
    assert grade_file(path, strict, candidates).points == 57.5


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.ipynb", ""),
        ("words.ipynb", "these are no cells"),
        ("list.ipynb", "[1, 2]"),
        ("none.ipynb", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'),
        ("other.py", "class Network:\n    pass\n"),
        ("broken.py", "class VAE(nn.Module:\n    pass\n"),
    ],
)
def test_bad_input_is_ungradable_in_one_sentence(
    name: str, content: str, rubric: Rubric, candidates: Candidates, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(content)
    result = grade_file(path, rubric, candidates)
    assert (result.status, result.points, result.max_points) == ("ungradable", 0, 60)
    assert result.reason
    assert "\n" not in result.reason
    assert "Traceback" not in to_terminal(result)
    assert result.reason.split()[0] in to_terminal(result)


def test_method_that_dies_costs_their_own_task(
    rubric: Rubric, candidates: Candidates, tmp_path: Path
) -> None:
    path = with_body("encoder", "import os\n        os._exit(0)", tmp_path / "a.ipynb")
    result = grade_file(path, rubric, candidates)
    assert {task.id: task.points for task in result.tasks}["encoder"] == 0
    assert result.points == 50
    assert all("ended the process" in words for words in lost_checks(result.tasks).values())


BROKEN_RUNS = {
    "raises": 'raise RuntimeError("training went wrong")',
    "dies": "import os\nos._exit(3)",
    "does not import": "import a_module_that_nobody_has",
}


@pytest.mark.parametrize("statement", BROKEN_RUNS.values(), ids=BROKEN_RUNS.keys())
def test_broken_run_takes_no_points_from_a_right_class(
    statement: str, rubric: Rubric, candidates: Candidates, tmp_path: Path
) -> None:
    notebook = nbformat.read(SOLVED, 4)
    after_the_class = next(i for i, c in enumerate(notebook.cells) if "class VAE" in c.source) + 1
    notebook.cells.insert(after_the_class, nbformat.v4.new_code_cell(statement))
    nbformat.write(notebook, tmp_path / "a.ipynb")
    assert candidates.home.fork_server is not None
    with Runner(candidates.home.fork_server, candidates.home.folder, ASSIGNMENT) as runner:
        result = Grader(ASSIGNMENT, candidates, rubric, runner).grade(tmp_path / "a.ipynb").result
    assert result.points == 60
    assert result.run.status in ("failed", "killed")
    assert result.run.cell == after_the_class + 1
    assert result.training.fell is True


ELBO = [check.id for check in CHECKS if check.task == "elbo"]
RIGHT = "The checks found the ELBO right"
WRONG = "a check of the ELBO failed"


def advice(rubric: Rubric, trained: Training, statuses: dict[str, str]) -> str:
    """What a grading advises whose checks of the ELBO came out like that, all others passed."""
    made = [
        CheckResult(check.id, check.title, 0.0, 0.0, statuses.get(check.id, "passed"))  # type: ignore[arg-type]
        for check in CHECKS
        if statuses.get(check.id) != "not counted"
    ]
    tasks = tuple(
        TaskResult(id, id, 0.0, 0.0, tuple(c for c in made if c.id.startswith(f"{id}.")))
        for id in spec.TASK_IDS
    )
    checked = Checked(tasks, frozenset(), extract(load(SOLVED), ASSIGNMENT))
    examined = Examined(Submission("vae.ipynb", "", ""), checked, training=trained)
    return " ".join(conclude(examined, rubric, ASSIGNMENT).advice)


@pytest.mark.parametrize("status", ["failed", "not_reached", "grader_error", "not counted"])
@pytest.mark.parametrize("checks", [*([check] for check in ELBO), ELBO])
def test_the_elbo_is_called_right_only_where_all_its_checks_passed(
    status: str, checks: list[str], rubric: Rubric
) -> None:
    failed = Training("failed", "cpu", 3, error="RuntimeError: no")
    fell = Training("completed", "cpu", 2, 550.0, 205.0, (550.0, 205.0), True, True)
    assert RIGHT in advice(rubric, failed, {})
    assert RIGHT not in advice(rubric, failed, dict.fromkeys(checks, status))
    assert WRONG not in advice(rubric, fell, {})
    assert (WRONG in advice(rubric, fell, dict.fromkeys(checks, status))) == (status == "failed")
