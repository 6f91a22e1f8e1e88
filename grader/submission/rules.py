"""Read off the source which of the assignment's rules a submission breaks."""

from __future__ import annotations

from grader.submission.distributions import find_distributions
from grader.submission.edits import find_edits
from grader.submission.findings import Finding
from grader.submission.imports import find_imports
from grader.submission.load import Notebook
from grader.submission.program import Program, read_program
from grader.submission.slices import Slice


def read_rules(notebook: Notebook, part: Slice, template: Program | None) -> tuple[Finding, ...]:
    """What breaks a rule, rule by rule and in the order of the notebook.

    Additional imports and edits outside the blocks are told by comparison with ``template``, and
    aren't looked for without one.

    Raises:
        Ungradable: if the notebook holds far more code than any solution, as ``extract`` does.
    """
    program = read_program(notebook)
    findings = find_distributions(program, part)
    if template is not None:
        findings += find_imports(program, part, template)
        findings += find_edits(program, template)
    return tuple(findings)
