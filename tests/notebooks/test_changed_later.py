"""What a class uses counts as it was when the notebook trained it, if it is right then."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.grading import Grader
from grader.examiner.rubric import Rubric
from grader.vae import ASSIGNMENT
from tests.notebooks.made import lost, made

HALF = {"return 0.5 *": "return HALF *"}
CHANGED = {
    "a number, and x": ("HALF = 0.5", HALF, "HALF = 2\nprint(x.mean() * HALF)"),
    "a key": ("C = {'half': 0.5}", {"return 0.5 *": "return C['half'] *"}, "C['half'] = 4.0"),
    "several keys": (
        "C = {'half': 0.5}",
        {"return 0.5 *": "return C['half'] *"},
        "C.update(half=4)",
    ),
    "an item": ("C = [0.5]", {"return 0.5 *": "return C[0] *"}, "C[0] = 4.0"),
    "an attribute": (
        "from types import SimpleNamespace\nC = SimpleNamespace(half=0.5)",
        {"return 0.5 *": "return C.half *"},
        "C.half = 4.0",
    ),
    "a tensor": ("HALF = torch.tensor(0.5)", HALF, "HALF.mul_(4)"),
    "a helper": (
        "def half(x):\n    return 0.5 * x",
        {"return 0.5 *": "return half(1) *"},
        "def half(x):\n    return x > 0.5\nprint(half(x))",
    ),
    "the method": (
        "",
        {},
        "VAE.kl_divergence = lambda self, mu, logsigma: torch.zeros(len(mu))\nprint(VAE(784, 2))",
    ),
}


@pytest.mark.parametrize(("before", "use", "later"), CHANGED.values(), ids=list(CHANGED))
def test_what_changes_after_the_training_costs_nothing(
    before: str,
    use: dict[str, str],
    later: str,
    candidates: Candidates,
    rubric: Rubric,
    tmp_path: Path,
) -> None:
    path = made(tmp_path, use, [before] if before else [], last=[later])
    assert lost(path, candidates, rubric, "kl") == []


def test_a_helper_that_is_mended_after_the_training_counts(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    path = made(tmp_path, HALF, ["HALF = 2"], last=["HALF = 0.5\nprint(VAE(784, 2))"])
    assert lost(path, candidates, rubric, "kl") == []


def test_what_was_wrong_all_along_is_lost(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    path = made(tmp_path, HALF, ["HALF = 2"], last=["HALF = 3\nprint(VAE(784, 2))"])
    assert lost(path, candidates, rubric, "kl")


def test_a_note_says_what_was_left_out(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    path = made(tmp_path, HALF, ["HALF = 0.5"], last=["HALF = 2\nprint(x.mean() * HALF)"])
    result = Grader(ASSIGNMENT, candidates, rubric).grade(path).result
    assert result.points == result.max_points
    (note,) = [note for note in result.advice if "trains" in note]
    assert note.endswith("changes later was left out.")
