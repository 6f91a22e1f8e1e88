"""The red team against the checks: nothing is gained, nobody is harmed, nothing is left."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest

from grader.examiner import home
from grader.examiner.client import Candidates
from grader.examiner.patience import Patience
from grader.examiner.rubric import Rubric, default_path, load_rubric
from grader.report.terminal import to_terminal
from grader.vae import ASSIGNMENT, spec
from tests.outcomes import grade_file
from tests.redteam.attacks import Attack, attacks
from tests.redteam.guards import Canary, guarded

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="student code is confined on Linux only"),
]
SECONDS = 90.0
PATIENCE = Patience(setup_seconds=3, call_seconds=2)  # in the candidates' own time
HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
RUBRIC = load_rubric(default_path(), ASSIGNMENT)
# The neighbour is graded in one task, to be quick: its points show that it is left alone.
NEIGHBOURS = Rubric(
    {**dict.fromkeys(spec.TASK_IDS, 0.0), "kl": 5.0},
    {name: worth for name, worth in RUBRIC.checks.items() if name.startswith("kl.")},
    RUBRIC.rules,
)
ON_DISK = [attack for attack in attacks() if re.search("CANARY|ROOT|/proc", "".join(attack.cells))]


@pytest.fixture(scope="module")
def candidates() -> Iterator[Candidates]:
    with Candidates(patience=PATIENCE) as candidates:
        yield candidates


@pytest.fixture(scope="module")
def candidates_without_landlock() -> Iterator[Candidates]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(home, "WORKER", "tests.redteam.no_landlock")
        with Candidates(patience=PATIENCE) as candidates:
            yield candidates


def texts(value: object) -> list[str]:
    """Every text in a result."""
    if isinstance(value, str):
        return [value]
    parts = list(value) if isinstance(value, (list, tuple)) else []
    if isinstance(value, dict):
        parts = [*value, *value.values()]
    return [text for part in parts for text in texts(part)]


def contend(attack: Attack, canary: Canary, candidates: Candidates, folder: Path) -> None:
    """Grade a hostile notebook and an honest one side by side."""
    started = time.monotonic()
    with guarded(attack, canary, folder) as scene, ThreadPoolExecutor(2) as pool:
        attacking = pool.submit(grade_file, scene.hostile, RUBRIC, candidates)
        honest = pool.submit(grade_file, scene.honest, NEIGHBOURS, candidates)
        result, neighbours = attacking.result(), honest.result()
    assert time.monotonic() - started < SECONDS

    assert result.status == "graded", result.reason
    lost = {task.id: task.max_points - task.points for task in result.tasks}
    assert {task: points for task, points in lost.items() if points} == attack.loses
    assert (neighbours.status, neighbours.points) == ("graded", 5.0)

    said = texts(asdict(result))
    assert not [text for text in said if HARMFUL.search(text)]
    assert sum(map(len, said)) < 500_000
    assert "\x1b" not in to_terminal(result, 80, colour=False)


@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: attack.name)
def test_attack_gains_nothing_and_harms_nobody(
    attack: Attack, canary: Canary, candidates: Candidates, tmp_path: Path
) -> None:
    contend(attack, canary, candidates, tmp_path)
    assert any("Landlock" in layer for layer in candidates.layers)


@pytest.mark.parametrize("attack", ON_DISK, ids=lambda attack: attack.name)
def test_attack_on_the_disk_fails_without_landlock_too(
    attack: Attack, canary: Canary, candidates_without_landlock: Candidates, tmp_path: Path
) -> None:
    contend(attack, canary, candidates_without_landlock, tmp_path)
    assert candidates_without_landlock.layers
    assert not any("Landlock" in layer for layer in candidates_without_landlock.layers)


def test_every_notebook_says_what_it_tries() -> None:
    found = attacks()
    assert len(found) >= 40
    assert len({attack.tries for attack in found}) == len(found)
    assert all(attack.tries.endswith(".") for attack in found)
    assert all(set(attack.loses) <= set(spec.TASK_IDS) for attack in found)
