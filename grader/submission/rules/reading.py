"""Read off the source which of the assignment's rules a submission breaks."""

from __future__ import annotations

from grader.submission.attribution import find_owners
from grader.submission.rules.distributions import find_distributions
from grader.submission.rules.findings import Finding
from grader.submission.rules.imports import find_imports
from grader.submission.rules.template_diff import find_edits
from grader.submission.slices import Slice
from grader.submission.template import Template


def read_rules(part: Slice, template: Template | None) -> tuple[Finding, ...]:
    """What breaks a rule in the slice's notebook, rule by rule and in the order of the notebook.

    Additional imports and edits outside the blocks are told by comparison with ``template``, and
    aren't looked for without one.
    """
    owners = find_owners(part)
    findings = find_distributions(part.program, owners)
    if template is not None:
        findings += find_imports(part.program, owners, template.program)
        findings += find_edits(part, template)
    return tuple(findings)
