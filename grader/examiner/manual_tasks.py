"""Tasks that a person grades, as `manual:` in the rubric names them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

_ID = re.compile(r"[A-Za-z]\w*", re.ASCII)


@dataclass(frozen=True)
class ManualTask:
    """A task that a person grades: nothing of it is decided before that."""

    id: str
    title: str
    points: float


class ManualEntry(BaseModel):
    """One of `manual:` as it stands in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str = Field(strict=True)
    points: float = Field(strict=True)


def manual_problems(
    entries: Mapping[str, ManualEntry], taken: Collection[str], most: float
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what is wrong with tasks: keys below `manual`, and a sentence.

    Args:
        entries: the tasks by their ids.
        taken: what has another meaning as a target of decisions.
        most: the most points that a task can have.
    """
    for id, entry in entries.items():
        if not _ID.fullmatch(id):
            yield (
                (id,),
                f"'{id}' can't be the name of a task: it must start with a letter, and may have "
                "letters, digits and _ then.",
            )
        elif id in taken:
            yield (id,), f"'{id}' means something else already; give the task another name."
        if not entry.title.strip():
            yield (id, "title"), f"the task '{id}' has no title."
        if not 0 < entry.points <= most:
            points = f"{entry.points:g} points"
            yield (id, "points"), f"the task '{id}' has {points}; give more than 0."


def manual_tasks(entries: Mapping[str, ManualEntry]) -> tuple[ManualTask, ...]:
    """Return the tasks of entries in which nothing is wrong, in their order."""
    return tuple(ManualTask(id, it.title.strip(), it.points) for id, it in entries.items())
