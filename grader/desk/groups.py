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
    members: dict[Where, dict[str, None]] = {}
    words: dict[Where, tuple[str, str, str, str]] = {}
    for entry in entries:
        for where, *rest in _shared(entry, titles):
            members.setdefault(where, {})[entry.name] = None
            words.setdefault(where, (rest[0], rest[1], rest[2], rest[3]))
    groups = [
        Group(kind, title, detail, where, target, tuple(members[where]))
        for where, (kind, target, title, detail) in words.items()
        if len(members[where]) >= _FEWEST
    ]
    kinds = ("misconception", "check", "rule")
    return tuple(sorted(groups, key=lambda it: (kinds.index(it.kind), -len(it.names), it.title)))


def _shared(entry: Entry, titles: Mapping[str, str]) -> list[tuple[Where, str, str, str, str]]:
    """Return what an entry may share: where, kind, target, title and detail of each."""
    shared: list[tuple[Where, str, str, str, str]] = []
    for task in entry.result.tasks:
        for check in task.lost:
            for id in check.misconceptions:
                where, words = Where(misconception=id), capital(titles.get(id, id))
                shared.append((where, "misconception", task.id, words, task.title))
            if check.status == "failed":
                where = Where(check=check.id, status="failed", says=check.message)
                title = f"{task.title}: {check.title}"
                shared.append((where, "check", check.id, title, check.message))
    for rule in entry.result.broken_rules:
        where = Where(rule=rule.id)
        shared.append((where, "rule", TOTAL, f"Rule broken: {rule.id}", rule.consequence))
    return shared
