"""What all tests share: one warm process, and ways to grade with it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import nbformat
import pytest
from hypothesis import settings

from grader.examiner.client import Candidates
from grader.examiner.grading import examine
from grader.examiner.rubric import Rubric, default_path, load_rubric
from grader.report.result import TaskResult
from grader.submission import extract, load
from grader.vae import ASSIGNMENT
from tests.outcomes import Examine

# The same examples each time, so that a run of the tests says something about the code alone; new
# ones are looked for with `--hypothesis-profile explore`. How long one takes says nothing, since
# others may be at work on the machine.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2000, deadline=None)
settings.load_profile("fixed")


def pytest_configure() -> None:
    """Let children hear Ctrl-C: a build server may start the tests with interrupts ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def candidates() -> Iterator[Candidates]:
    """Fresh candidates from one warm process."""
    with Candidates() as found:
        yield found


@pytest.fixture(scope="session")
def rubric() -> Rubric:
    """The assignment's own rubric."""
    return load_rubric(default_path(), ASSIGNMENT)


@pytest.fixture
def examine_notebook(candidates: Candidates, rubric: Rubric, tmp_path: Path) -> Examine:
    """Grade a notebook node; ``tasks`` limits the checks to some tasks."""

    def grade(
        notebook: nbformat.NotebookNode, tasks: frozenset[str] | None = None, seed: int = 0
    ) -> tuple[TaskResult, ...]:
        path = tmp_path / "vae.ipynb"
        nbformat.write(notebook, path)
        code = extract(load(path), ASSIGNMENT)
        counted = {
            check: points
            for check, points in rubric.checks.items()
            if tasks is None or check.split(".")[0] in tasks
        }
        put = partial(candidates.ask, code=code, seed=seed)
        counting = Rubric(rubric.tasks, counted, rubric.rules)
        return examine(code, counting, ASSIGNMENT, put, seed)

    return grade
