"""Rule: the notebook was saved after a clean 'restart and run all'."""

from __future__ import annotations

from collections.abc import Iterator

from grader.submission.cells import Cell, Notebook
from grader.submission.rules.rule import Finding, Rule, Source

ASK = "Restart the kernel and run all cells before you hand in."


def saved_state(notebook: Notebook) -> str | None:
    """Say what speaks against a clean 'restart and run all' in the saved notebook; None if nothing.

    Execution counts must run from 1 without gaps, and there must be some output. A ``.py`` export
    keeps neither, so nothing is said of it; nor of the order of cells where a program has kept
    outputs without counts.
    """
    if notebook.is_script or not notebook.code:
        return None
    cells = notebook.code
    counts = [cell.execution_count for cell in cells]
    if not notebook.was_run:
        return f"The notebook was saved without having been run: no cell has been executed. {ASK}"
    if not any(counts):
        return None
    skipped = next((cell for cell in cells if not cell.was_run), None)
    if skipped is not None:
        return f"Cell {skipped.number} was not executed before the notebook was saved. {ASK}"
    if all(counts) and counts != list(range(1, len(counts) + 1)):
        return f"{_disorder(cells)} {ASK}"
    if not any(cell.has_outputs for cell in cells):
        return f"The notebook was executed but its outputs were cleared before saving. {ASK}"
    return None


def _disorder(cells: tuple[Cell, ...]) -> str:
    """Say the first place at which the counts are not 1, 2, 3, ..."""
    expected, cell = next((n, c) for n, c in enumerate(cells, 1) if c.execution_count != n)
    return (
        "The cells were not executed once each from top to bottom: "
        f"[{cell.execution_count}] stands where [{expected}] would."
    )


def _read(source: Source) -> Iterator[Finding]:
    problem = saved_state(source.notebook) if source.notebook else None
    if problem:
        yield RULE.broken(problem)


RULE = Rule(
    "saved_after_run_all",
    place=4,
    default="advice",
    kept="Nothing speaks against the saved notebook having been executed from top to bottom.",
    read=_read,
)
