"""What hangs with some arguments alone costs no more than what raises an exception there."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.patience import Patience
from grader.examiner.rubric import Rubric
from tests.notebooks.made import made
from tests.outcomes import grade_file

PATIENCE = Patience(setup_seconds=2.0, call_seconds=1.0)
WAYS = {"hangs": "while {}: pass", "raises": "if {}: raise ValueError('not for these')"}
INIT, ENCODER = "        super().__init__()\n", "        hidden = F.relu(self.linear1(x))\n"
DECODER = "        hidden = F.relu(self.linear3(z))\n"
PLACES = {
    "small sizes": (INIT, "obs_dim < 700"),
    "a single pixel": (INIT, "obs_dim == 1"),
    "a small latent space": (ENCODER, "self.latent_dim < 32"),
    "a large batch": (ENCODER, "len(x) > 400"),
}
"""Where it comes to no result, in words: what stands before that, and when it is."""


@pytest.mark.parametrize("place", PLACES)
def test_it_costs_no_more_than_an_exception(place: str, rubric: Rubric, tmp_path: Path) -> None:
    before, where = PLACES[place]
    points: dict[str, dict[str, float]] = {}
    with Candidates(patience=PATIENCE) as candidates:
        for way, line in WAYS.items():
            changes = {before: f"{before}        {line.format(where)}\n"}
            path = made(tmp_path / way, changes)
            result = grade_file(path, rubric, candidates)
            points[way] = {task.id: task.points for task in result.tasks}
    assert points["hangs"] == points["raises"]
    if place != "a large batch":
        assert sum(points["hangs"].values()) == 60


@pytest.mark.slow
def test_a_decoder_that_hangs_for_many_rows_still_agrees_with_its_elbo(
    rubric: Rubric, tmp_path: Path
) -> None:
    """Both are at home with logits; the ELBO never asks for so many rows."""
    changes = {
        DECODER: f"        if len(z) > 1000:\n            while True: pass\n{DECODER}",
        "return torch.sigmoid(self.linear4(hidden))": "return self.linear4(hidden)",
        "F.binary_cross_entropy(theta, x,": "F.binary_cross_entropy_with_logits(theta, x,",
    }
    with Candidates(patience=PATIENCE) as candidates:
        result = grade_file(made(tmp_path, changes), rubric, candidates)
    (elbo,) = (task for task in result.tasks if task.id == "elbo")
    assert elbo.points == 15
