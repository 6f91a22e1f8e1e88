"""The result's entry on a run, from how its execution stopped."""

from __future__ import annotations

from dataclasses import replace

from nbclient.exceptions import CellExecutionError, CellTimeoutError

from grader.assignment import Assignment
from grader.examiner import run_causes, run_explanations
from grader.examiner.endings import ending_of
from grader.examiner.notebook_execution import NotebookExecution, Stop
from grader.examiner.notebook_outputs import MAX_CELL_BYTES, plain
from grader.examiner.run_outcome import RunOutcome
from grader.report.result import Run
from grader.untrusted_text import quoted


def verdict(execution: NotebookExecution, stop: Stop, seconds: float) -> Run:
    """Return the run's entry, with the cell that it stopped at counted from 1."""
    number = None if execution.index is None else execution.index + 1
    where = "The kernel" if number is None else f"Cell {number}"
    limits, error, ending = execution.limits, stop.error, stop.ending
    notes = tuple(
        f"Cell {index + 1} put out more than the grader keeps; the rest was left out."
        for index in sorted(execution.meter.capped)
    )
    if execution.out_of_time:
        text = f"The run was ended after {limits.seconds} seconds, in cell {number}."
        return Run("timed_out", seconds, number, text, notes)
    if execution.cut_short:
        text = f"The run was ended in cell {number}, for a method that is called there may hang."
        return Run("timed_out", seconds, number, text, notes)
    if execution.meter.flooded:
        text = f"{where} printed without end, so its kernel was ended."
        return Run("killed", seconds, number, text, notes)
    if isinstance(error, CellTimeoutError):
        text = f"{where} ran longer than {limits.cell_seconds} seconds."
        return Run("timed_out", seconds, number, text, notes)
    if isinstance(error, CellExecutionError):
        name, said = _raised(error, execution)
        text = f"{plain(name, 100)}: {plain(said)}".removesuffix(": ")
        return Run("failed", seconds, number, quoted(text), notes)
    if ending is not None:
        if ending == ending_of(0) and execution.is_at_last_cell:
            note = f"{where} ended the kernel, when all others had run."
            return Run("completed", seconds, notes=(*notes, note))
        return Run("killed", seconds, number, f"{where} ended the kernel: {ending.words}.", notes)
    if error is not None:
        text = f"{where} made the kernel answer as no kernel does ({type(error).__name__})."
        return Run("killed", seconds, number, text, notes)
    return Run("completed", seconds, notes=notes)


def _raised(error: CellExecutionError, execution: NotebookExecution) -> tuple[str, str]:
    """Return the type and the words of an exception.

    Of one in showing a cell's value a kernel's reply has none, and the cell's outputs have them.
    """
    cell = execution.nb.cells[execution.index or 0]
    shown = [out for out in cell.outputs if out.output_type == "error"]
    if error.ename == "NoneType" and shown:
        return str(shown[-1].ename), str(shown[-1].evalue)
    return error.ename, error.evalue


def explain(
    outcome: RunOutcome, execution: NotebookExecution, stop: Stop, assignment: Assignment
) -> RunOutcome:
    """Add what of the grader's own surroundings may be why a run went no better."""
    run, error = outcome.run, stop.error
    note, may_need_more_data, names_amounts = None, False, True
    if run.status == "failed" and isinstance(error, CellExecutionError):
        cells = execution.nb.cells[: (execution.index or 0) + 1]
        sources = [cell.source for cell in cells if cell.cell_type == "code"]
        name, said = _raised(error, execution)
        failure = run_explanations.CellFailure(
            plain(name, 100),
            plain(said, 2000),
            cells[-1].source,
            plain(error.traceback, MAX_CELL_BYTES),
        )
        note = run_causes.cause(failure, assignment)
        may_need_more_data = note is None and run_explanations.may_need_more_data(
            failure, sources, assignment
        )
        names_amounts = run_explanations.names_amounts(failure, assignment.data())
    elif run.status == "timed_out" and not execution.cut_short:
        limits = execution.limits
        note = run_explanations.timeout_note(
            limits.seconds if execution.out_of_time else limits.cell_seconds
        )
    run = replace(run, notes=(*run.notes, note) if note else run.notes)
    return replace(
        outcome, run=run, may_need_more_data=may_need_more_data, names_amounts=names_amounts
    )
