"""A submission that hangs gives way to the others, and is graded as if it were alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.course.courses import grade, handed_in, how_many, results

pytestmark = pytest.mark.slow


def test_what_hangs_is_graded_last_and_as_if_alone(tmp_path: Path) -> None:
    handed = handed_in(tmp_path / "in", ["hangs", "right", "wrong_elbo"])
    done = grade(handed, tmp_path / "out", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert how_many(tmp_path / "out") == 3
    written = sorted((tmp_path / "out" / "results").glob("*.json"), key=lambda p: p.stat().st_mtime)
    assert written[-1].stem == "student_000"
    hanging, right, _ = results(tmp_path / "out").values()
    lost = {task["id"]: task["max_points"] - task["points"] for task in hanging["tasks"]}
    assert {id for id, points in lost.items() if points} == {"elbo"}
    assert lost["elbo"] == 15
    assert hanging["training"]["error"] == (
        "The class was not trained, for `elbo` does not come to an end."
    )
    assert hanging["run"]["status"] == "timed_out"
    assert right["points"] == 60
    alone = handed_in(tmp_path / "alone", ["hangs"])
    assert grade(alone, tmp_path / "out2").returncode == 0
    (same,) = results(tmp_path / "out2").values()
    assert [(t["id"], t["points"]) for t in same["tasks"]] == [
        (t["id"], t["points"]) for t in hanging["tasks"]
    ]
