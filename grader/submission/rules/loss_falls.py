"""Rule: the loss falls in a short training."""

from __future__ import annotations

from collections.abc import Iterator

from grader.submission.rules.rule import Finding, Rule, Seen


def _watch(seen: Seen, _: tuple[Finding, ...]) -> Iterator[Finding]:
    if seen.no_fall is not None:
        yield RULE.broken(seen.no_fall)


RULE = Rule(
    "loss_falls",
    place=5,
    default="advice",
    kept="The loss falls in training as a right solution's does.",
    watch=_watch,
)
