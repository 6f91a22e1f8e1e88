"""All files of one student, and notices about them."""

from __future__ import annotations

from dataclasses import dataclass

from grader.course.choose import Choice
from grader.platforms.download import File, Owner, Parts, is_junk
from grader.platforms.names import listed, shown
from grader.submission.kinds import Kind

_MOST_NAMED = 5
_MOST_OTHERS = 30
_SAYS_NO_MORE = (Kind.TEXT, Kind.UNKNOWN)
"""Kinds that say no more than the file's name does."""


@dataclass(frozen=True)
class HandedIn:
    """Files of one student, or of a group, and traces of what isn't read."""

    files: list[tuple[Owner, File]]
    traces: list[tuple[Owner, Parts]]

    @property
    def owners(self) -> list[Owner]:
        """The owner as each file and each trace names them."""
        return [owner for owner, _ in (*self.files, *self.traces)]


def notices_on(chosen: Choice, handed_in: HandedIn) -> list[str]:
    """Return what a person should know of the choice among all that an owner handed in."""
    graded, others = chosen.graded, chosen.others
    notices = []
    if others:
        names = [file.name for file in others[:_MOST_OTHERS]]
        more = len(others) - len(names)
        names += [f"{more} more"] * (more > 0)
        notices.append(
            f"Of {len(others) + 1} notebooks {graded.name} is graded, not {' or '.join(names)}."
        )
    attempts = {owner.attempt for owner in handed_in.owners}
    if chosen.owner.attempt < max(attempts):
        notices.append(
            f"The last of {len(attempts)} attempts holds nothing that can be graded, so an "
            "earlier one is."
        )
    prefixes = {owner.students[0].prefix for owner in handed_in.owners}
    if len(prefixes) > 1 and any(owner.undated for owner in handed_in.owners):
        notices.append(
            f"The date of an attempt can't be read, so it isn't certain that {graded.name} is of "
            f"the last of {len(prefixes)} attempts."
        )
    return notices


def contents_words(handed_in: HandedIn) -> str:
    """Return what was handed in in place of a notebook."""
    names = [_described(file) for _, file in handed_in.files]
    if not names:
        # An empty folder is nothing, unless a system left it behind.
        left = (it for it, parts in handed_in.traces if parts[-1] or any(map(is_junk, parts)))
        names = [shown("/".join(filter(None, owner.rest))) for owner in left if any(owner.rest)]
    return f"there is only {listed(names, _MOST_NAMED)}" if names else "the folder is empty"


def _described(file: File) -> str:
    """Return a file's name, and what it is where that says more."""
    if file.problem:
        return f"{file.name}, which {file.problem}"
    if file.kind is None or file.kind in _SAYS_NO_MORE:
        return file.name
    return f"{file.name} ({file.kind.value})"
