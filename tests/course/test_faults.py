"""A course with hostile notebooks in it comes out the same however often its grader is killed."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.course.courses import grade, handed_in, killed_and_done, results
from tests.redteam.attacks import ROOT, attacks, write_notebook
from tests.redteam.guards import Canary, left_by_the_grader, listening

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems fork no candidates")

FEW = ("hard_exit", "fork_bomb", "forges_results")
# Those that hold the grader up until a limit ends them would take most of an hour.
MANY = (
    *FEW,
    "abort",
    "descriptor_exhaustion",
    "detached_child",
    "disk_fill",
    "forges_frames",
    "hostile_name",
    "injected_text",
    "kernel_exit",
    "kernel_hooks",
    "kills_the_parent",
    "magics",
    "reads_the_neighbour",
    "remembers",
    "segfault",
    "shadowing_modules",
    "touches_the_canary",
    "writes_to_descriptors",
)


def with_attackers(folder: Path, count: int, names: tuple[str, ...], canary: Canary) -> Path:
    """A course of which some are hostile, spread among right ones."""
    handed_in(folder, ["right"] * count)
    known = {attack.name: attack for attack in attacks()}
    for number, name in enumerate(names):
        own = folder / f"student_{number * count // len(names):03d}"
        (own / "vae.ipynb").unlink()
        names_bound = {
            "ROOT": str(ROOT),
            "CANARY": str(canary.file),
            "PORT": canary.port,
            "NEIGHBOUR": str(folder / "student_001" / "vae.ipynb"),
        }
        # A letter that no file system takes is the red team's own matter.
        file = known[name].file.replace("/", "")
        write_notebook(replace(known[name], file=file), own, names_bound)
    return folder


def expected_points(count: int, names: tuple[str, ...]) -> dict[str, float]:
    """The points that each submission must have in the end."""
    known = {attack.name: attack for attack in attacks()}
    points = {f"student_{number:03d}": 60.0 for number in range(count)}
    for number, name in enumerate(names):
        points[f"student_{number * count // len(names):03d}"] -= sum(known[name].loses.values())
    return points


def contend(folder: Path, count: int, names: tuple[str, ...], kills: int, *options: str) -> None:
    (folder / "canary").mkdir()
    with listening(folder / "canary") as canary:
        handed = with_attackers(folder / "in", count, names, canary)
        before, elsewhere = canary.state(), left_by_the_grader()
        files = {path: path.read_bytes() for path in handed.rglob("*") if path.is_file()}
        done = grade(handed, folder / "undisturbed", *options)
        assert done.returncode == 0, done.stderr
        most = count // (2 * kills + 2)
        killed_and_done(handed, folder / "out", kills, most, *options)
        assert canary.state() == before
        assert canary.calls == []
        assert left_by_the_grader() == elsewhere
        assert files == {path: path.read_bytes() for path in handed.rglob("*") if path.is_file()}
    found, expected = results(folder / "out"), results(folder / "undisturbed")
    assert {name: one["points"] for name, one in found.items()} == expected_points(count, names)
    assert list(found) == list(expected)
    for name, one in found.items():
        assert one == expected[name]
    hidden = sorted(path.name for path in (folder / "out").rglob(".*"))
    assert hidden == [".lock", ".lock-history"]


@pytest.mark.slow
def test_eighteen_with_three_hostile_and_two_kills(tmp_path: Path) -> None:
    contend(tmp_path, 18, FEW, 2, "--no-run", "--jobs", "2")


@pytest.mark.slow
def test_two_hundred_with_twenty_hostile_and_five_kills(tmp_path: Path) -> None:
    contend(tmp_path, 200, MANY, 5)
