"""Which checks a class with some methods in it loses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader.examiner.client import Candidates
from grader.examiner.grading import examine
from grader.examiner.rubric import Rubric
from grader.submission import extract, load
from grader.vae import ASSIGNMENT

HELPERS = frozenset(("encoder", "reparam", "decoder", "kl"))
CALLERS = frozenset(("elbo", "sample"))


def concerned(task: str) -> frozenset[str]:
    """A method's own task, and those whose methods call it."""
    return frozenset((task,)) | (CALLERS if task in HELPERS else frozenset())


@dataclass(frozen=True)
class Judge:
    """Puts notebooks to the checks, by way of a file in ``folder``."""

    candidates: Candidates
    rubric: Rubric
    folder: Path

    def lost(self, notebook: NotebookNode, tasks: frozenset[str] | None = None) -> dict[str, str]:
        """The checks that a notebook loses, of these tasks or of all, and what is said of each."""
        path = self.folder / "vae.ipynb"
        nbformat.write(notebook, path)
        code = extract(load(path), ASSIGNMENT)
        counted = {
            check: points
            for check, points in self.rubric.checks.items()
            if tasks is None or check.split(".")[0] in tasks
        }
        put = partial(self.candidates.ask, code=code)
        rubric = Rubric(self.rubric.tasks, counted, self.rubric.rules)
        return {
            check.id: f"{check.status}: {check.message}"
            for task in examine(code, rubric, ASSIGNMENT, put)
            for check in task.checks
            if check.status != "passed"
        }
