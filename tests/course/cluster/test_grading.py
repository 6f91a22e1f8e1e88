"""A course gives the same files here, in parts and on nodes."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import nbformat
import pytest

from tests.course.courses import grade, handed_in, results
from tests.course.test_faults import MANY, with_attackers
from tests.redteam.guards import left_by_the_grader, listening
from tests.variant_bank import all_variants, notebook_with

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fork server of Linux")


def pages(out: Path) -> dict[str, bytes]:
    """All files of the report and the gradebook, which say no times."""
    found = [*(out / "report").rglob("*.html"), *out.glob("*.csv"), *(out / "code").glob("*")]
    return {str(path.relative_to(out)): path.read_bytes() for path in found}


def cells(out: Path) -> dict[str, list[object]]:
    """The executed notebooks' sources, without what they printed of times."""
    return {
        path.stem: [cell.source for cell in nbformat.read(path, 4).cells]
        for path in (out / "executed").glob("*.ipynb")
    }


def assert_same(out: Path, plain: Path) -> None:
    assert results(out) == results(plain)
    assert pages(out) == pages(plain)
    assert cells(out) == cells(plain)


@pytest.mark.slow
def test_nodes_give_the_same_files_as_this_machine(tmp_path: Path) -> None:
    handed = handed_in(tmp_path / "in", ["right", "wrong_elbo", "exits"])
    (handed / "student_003").mkdir()
    (handed / "student_003" / "vae.ipynb").write_text("{")
    (handed / "student_000" / "old.ipynb").write_text(
        (handed / "student_001" / "vae.ipynb").read_text()
    )
    plain = grade(handed, tmp_path / "plain", "--no-run")
    nodes = grade(handed, tmp_path / "nodes", "--no-run", "--dask", "local:1")
    assert (plain.returncode, nodes.returncode) == (1, 1)
    assert_same(tmp_path / "nodes", tmp_path / "plain")
    again = grade(handed, tmp_path / "nodes", "--no-run", "--dask", "local:1")
    assert "3 of 4 are graded already" in again.stderr or "4 of 4" in again.stderr


@pytest.mark.slow
def test_variants_and_attackers_get_the_same_everywhere(tmp_path: Path) -> None:
    """Every twentieth variant, and twenty notebooks of the red team."""
    (tmp_path / "canary").mkdir()
    before = left_by_the_grader()
    with listening(tmp_path / "canary") as canary:
        handed = with_attackers(tmp_path / "in", len(MANY), MANY, canary)
        for variant in all_variants()[::20]:
            own = handed / f"variant_{variant.task}_{variant.name}"
            own.mkdir()
            nbformat.write(notebook_with(variant), own / "vae.ipynb")
        state = canary.state()
        plain, nodes, parts = (tmp_path / name for name in ("plain", "nodes", "parts"))
        grade(handed, plain)
        grade(handed, nodes, "--dask", "local:2")
        for number in (1, 2):
            grade(handed, parts, "--shard", f"{number}/2")
        grade(handed, parts)
        assert canary.state() == state
        assert canary.calls == []
    assert left_by_the_grader() == before
    assert_same(nodes, plain)
    assert_same(parts, plain)
    with open(plain / "gradebook.csv", encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) > 60
