"""One warm process for all tests of the run: the notebooks are small, its imports are not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from grader.examiner.notebook_run import RunOutcome
from grader.examiner.sandbox import RunLimits, RunOptions, Sandbox
from grader.vae import ASSIGNMENT
from tests.warm_servers import Servers, run_undisturbed, warm_servers

ROOT = Path(__file__).resolve().parents[2]
SOLVED = ROOT / "reference" / "vae_solved.ipynb"

Run = Callable[..., RunOutcome]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with warm_servers() as servers:
        yield servers


@pytest.fixture
def run(servers: Servers, tmp_path: Path) -> Run:
    """Execute a notebook of these code cells; nothing may be left in the folder of runs."""
    _, kernels, folder = servers

    def execute(
        *cells: str, tags: tuple[str, ...] = (), python: str = "3.10.0", **limits: int
    ) -> RunOutcome:
        node = nbformat.v4.new_notebook()
        for source in cells:
            node.cells.append(nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)}))
        node.metadata["kernelspec"] = {"name": "no_such_kernel", "display_name": "x"}
        node.metadata["language_info"] = {"name": "python", "version": python}
        path = tmp_path / "submission.ipynb"
        path.write_text(json.dumps(node), encoding="utf-8")
        options = RunOptions(limits=RunLimits(**limits))
        sandbox = Sandbox(ASSIGNMENT, kernels, folder, options)
        outcome = run_undisturbed(path, sandbox)
        assert not list(folder.glob("run-*"))
        return outcome

    return execute


def solved_cells() -> list[str]:
    """The code cells of the solved notebook."""
    node = nbformat.read(SOLVED, as_version=4)
    return [cell.source for cell in node.cells if cell.cell_type == "code"]
