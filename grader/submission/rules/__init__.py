"""The rules of an assignment: each module of this folder that has a ``RULE`` is one.

A rule is broken in the source, or seen to be broken when the code runs.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module

from grader.submission.cells import Notebook
from grader.submission.rules.rule import Consequence, Finding, Rule, Seen, Source
from grader.submission.slices import Slice
from grader.submission.template import Template

__all__ = ["RULES", "Consequence", "Finding", "Rule", "Seen", "read_rules", "watch_rules"]


def _registered() -> Iterator[Rule]:
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        rule = getattr(import_module(module.name), "RULE", None)
        if rule is not None:
            yield rule


RULES = tuple(sorted(_registered(), key=lambda rule: rule.place))
"""All rules, in the order of the report."""


def read_rules(
    code: Slice, template: Template | None, notebook: Notebook | None = None
) -> tuple[Finding, ...]:
    """Return what breaks a rule in the source, rule by rule and in the order of the notebook.

    Rules that need the ``template`` or the saved ``notebook`` find nothing without it.
    """
    source = Source(code, template, notebook)
    return tuple(finding for rule in RULES for finding in rule.read(source))


def watch_rules(seen: Seen, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return what broke a rule when the code ran, and isn't among what was found before."""
    findings = tuple(findings)
    return tuple(finding for rule in RULES for finding in rule.watch(seen, findings))
