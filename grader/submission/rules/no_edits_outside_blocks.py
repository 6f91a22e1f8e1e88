"""Rule: no edits outside the blocks that are to be filled in."""

from __future__ import annotations

from grader.submission.rules.class_diff import class_edits
from grader.submission.rules.rule import Finding, Rule, Source
from grader.submission.rules.template_diff import all_edits, lost_cells


def _read(source: Source) -> list[Finding]:
    """Find what was added, changed or lost, and edits of the class outside the blocks.

    Every edit counts where the template is the notebook that students received. Where it is the
    project's own, a course's notebook may differ in all that doesn't matter: then only what changes
    the class counts, and a cell that is gone.
    """
    code, template = source.code, source.template
    if template is None:
        return []
    others = all_edits if template.is_given else lost_cells
    edits = [*class_edits(code, template.program), *others(code.program, template.program)]
    in_order = sorted(dict.fromkeys(edits), key=lambda edit: (edit.cell, edit.line))
    return [RULE.broken(edit.message, edit.cell, edit.line, edit.task) for edit in in_order]


RULE = Rule(
    "no_edits_outside_blocks",
    place=3,
    default="advice",
    kept="Nothing that counts is changed outside the marked blocks.",
    in_a_task=True,
    read=_read,
)
