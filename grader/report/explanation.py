"""Why a check was lost, in full, for whoever has to answer for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.assignment import Asked
from grader.report.course import TOTAL, Entry
from grader.report.example_script import to_script
from grader.report.result import CheckResult, TaskResult, TryIt
from grader.report.words import (
    capital,
    number,
    points_words,
    printed_words,
    replaced_words,
    status_words,
    title_of,
)
from grader.untrusted_text import clean

_MOST = 200
"""Characters of a measured value that are shown."""


@dataclass(frozen=True)
class Explanation:
    """All that is known about one check of a submission.

    Attributes:
        entry: the submission, with what holds now.
        task: the check's, as the grader gave it.
        check: as the grader gave it.
        asked: what is looked at in it.
        code: the class as it was graded; "" where that isn't kept.
    """

    entry: Entry
    task: TaskResult
    check: CheckResult
    asked: Asked
    code: str = ""

    @property
    def example(self) -> TryIt | None:
        """Lines that show the loss: the check's own, or those of one with the same cause."""
        alike = (
            other
            for other in self.task.checks
            if self.check.misconception and other.misconception == self.check.misconception
        )
        return next((it.try_it for it in (self.check, *alike) if it.try_it), None)

    @property
    def script(self) -> str:
        """A script that shows it without the grader; "" where the class isn't kept."""
        if not self.code:
            return ""
        return to_script(self.check, self.code, self.asked.lines, self.example)

    @property
    def shown_script(self) -> str:
        """The script as people may look at it, without what would steer a terminal."""
        return clean(self.script, len(self.script) + 1)

    @property
    def sections(self) -> Sequence[tuple[str, str]]:
        """Headings, and what is to be said under each."""
        check, example = self.check, self.example
        came = f"{status_words(check.status)}: {check.message}".rstrip(": ")
        right = printed_words(example) if example else ""
        parts = (
            ("What was asked", f"{self.asked.task} Here: {check.title}."),
            ("What is measured", self.asked.measured),
            ("What came and what was expected", "\n".join((came, *_measured(check.evidence)))),
            ("What is right", right if check.status != "passed" else ""),
            ("How exact that is", self.asked.exact),
            ("What was decided", "\n".join(_decided(self.entry, self.task.id, check.id))),
        )
        return [(heading, text) for heading, text in parts if text]

    @property
    def title(self) -> str:
        """Whose check it is, and its points."""
        held = next((it for it in self.entry.result.checks if it.id == self.check.id), self.check)
        now = "" if held.points == self.check.points else f", now {number(held.points)}"
        about = f"{self.entry.called}, {self.task.title}, {self.check.id}"
        return f"{about}: {points_words(self.check)} points{now}"


def to_explanation(explanation: Explanation) -> str:
    """Return it as plain text, without the script."""
    parts = (f"{heading}\n{_indented(text)}" for heading, text in explanation.sections)
    return "\n\n".join((explanation.title, *parts)) + "\n"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())


def _measured(evidence: Mapping[str, Any]) -> Iterator[str]:
    """Yield what was measured, as far as it is numbers or words."""
    for key, value in evidence.items():
        if isinstance(value, bool) or not isinstance(value, (int, float, str, list, tuple)):
            continue
        shown = f"{value:.6g}" if isinstance(value, float) else clean(str(value), _MOST)
        yield f"{capital(key.replace('_', ' '))}: {shown}"


def _decided(entry: Entry, task: str, check: str) -> Iterator[str]:
    """Yield what people decided about a check, about its task, and about everything."""
    wanted, result = (TOTAL, task, check), entry.result
    for override in entry.overrides:
        if override.target in wanted:
            words = f"{number(override.points)} points{replaced_words(override)}"
            yield f"{title_of(override.target, result)}: {words}"
    for comment in entry.comments:
        if comment.target in wanted:
            by = f" ({comment.by})" if comment.by else ""
            yield f"{title_of(comment.target, result)}, a comment: {comment.text}{by}"
    for appeal in entry.appeals:
        if appeal.target in wanted:
            about = f"{title_of(appeal.target, result)}, an appeal, {appeal.status}"
            yield ": ".join(filter(None, (about, " ".join((appeal.text, appeal.reason)).strip())))
