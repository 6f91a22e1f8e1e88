"""Students who share something, for whom one decision can be made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from grader.decisions.decision import Where
from grader.report.course import TOTAL, Entry
from grader.report.words import capital

_FEWEST = 2


@dataclass(frozen=True)
class Group:
    """Students who share something.

    Attributes:
        kind: "misconception", "check" or "rule".
        title: what they share, in words.
        detail: more of that; "" where there is nothing more.
        where: how a decision names them.
        target: what a decision about them is likely to be about.
        names: of their submissions, in the course's order.
    """

    kind: str
    title: str
    detail: str
    where: Where
    target: str
    names: tuple[str, ...]

    @property
    def conditions(self) -> Mapping[str, str]:
        """The keys and values of ``where`` that are given."""
        return {key: value for key, value in asdict(self.where).items() if value}


def groups_of(entries: Sequence[Entry], titles: Mapping[str, str]) -> tuple[Group, ...]:
    """Return all groups of at least two, the largest of each kind first.

    Args:
        entries: as the grader left them.
        titles: id of a misconception -> it in words.
    """
    members: dict[tuple[str, Where, str, str, str], list[str]] = {}
    for entry in entries:
        for key in dict.fromkeys(_shared(entry, titles)):
            members.setdefault(key, []).append(entry.name)
    groups = [
        Group(kind, title, detail, where, target, tuple(names))
        for (kind, where, target, title, detail), names in members.items()
        if len(names) >= _FEWEST
    ]
    kinds = ("misconception", "check", "rule")
    return tuple(sorted(groups, key=lambda it: (kinds.index(it.kind), -len(it.names), it.title)))


def _shared(entry: Entry, titles: Mapping[str, str]) -> list[tuple[str, Where, str, str, str]]:
    """Return what an entry may share: kind, where, target, title and detail of each."""
    shared: list[tuple[str, Where, str, str, str]] = []
    for task in entry.result.tasks:
        for check in task.lost:
            for id in check.misconceptions:
                words = capital(titles.get(id, id))
                shared.append(
                    ("misconception", Where(misconception=id), task.id, words, task.title)
                )
            if check.status == "failed":
                where = Where(check=check.id, status="failed", says=check.message)
                title = f"{task.title}: {check.title}"
                shared.append(("check", where, check.id, title, check.message))
    for rule in entry.result.broken_rules:
        where = Where(rule=rule.id)
        shared.append(("rule", where, TOTAL, f"Rule broken: {rule.id}", ""))
    return shared
