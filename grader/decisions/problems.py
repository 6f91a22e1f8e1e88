"""What is wrong with an entry of a file of overrides, in sentences with their lines."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.decisions.decision import APPEAL_STATUSES, CONDITIONS, EVERYONE
from grader.decisions.rows import Problem, Row
from grader.moments import read_moment
from grader.nearest import nearest
from grader.platforms.names import shown

DECIDING = ("points", "comment", "due", "submitted", "status", "seen")
"""Keys of which an entry needs one: else it decides nothing."""
_ANY_OF_THEM = "points, a comment, due, submitted, a status, or seen"
_TEXTS = ("student", "target", "comment", "reason", "by", "at", "appeal", "status")
_ZONE = ", with a zone behind it if it isn't this machine's: +01:00, UTC or Europe/Berlin"
KEYS = (
    *("student", "where", "target", "points", "comment", "reason"),
    *("was", "by", "at", "due", "submitted", "appeal", "status", "seen"),
)


@dataclass(frozen=True)
class Known:
    """What a decision may name.

    Attributes:
        targets: the most points of the total, of each task and each check.
        wholes: the total and the tasks.
        rules: ids of the rules.
        misconceptions: ids of the misconceptions.
    """

    targets: Mapping[str, float]
    wholes: Sequence[str]
    rules: Collection[str]
    misconceptions: Collection[str]


def problems_of(row: Row, known: Known, missing: Collection[str] = ()) -> Iterator[Problem]:
    """Yield all that is wrong with an entry, less what comes of columns that are ``missing``."""
    entry = row.value
    if row.unreadable:
        yield row.line, row.unreadable
        return
    if not isinstance(entry, Mapping):
        yield row.line, "it must have the key student or where, and say what is decided."
        return
    if "" in entry:
        yield row.line, f"'{shown(str(entry['']))}' stands in a column without a name."
    unknown = [key for key in entry if key not in ("", *KEYS)]
    for key in unknown:
        which = _which(str(key), KEYS, ())
        yield row.line_of(key), f"the key '{shown(str(key))}' is not known; {which}"
    for key in _TEXTS:
        if isinstance(entry.get(key), (Mapping, list)):
            yield row.line_of(key), f"'{key}' must be a text, not a list or keys with values."
    yield from _whom_problems(row, known, missing)
    says = any(text_of(entry, key) for key in DECIDING)
    if not (says or unknown) and "points" not in missing:  # a misspelt key would have said it
        yield (
            row.line,
            f"it decides nothing: give {_ANY_OF_THEM}.",
        )
    yield from _points_problems(row, known, missing)
    yield from _other_problems(row)


def is_of_other_rubric(row: Row, known: Known) -> bool:
    """Return whether an entry's target is none of this rubric's, and no slip for one either."""
    target = text_of(row.value, "target") if isinstance(row.value, Mapping) else ""
    return (
        bool(target)
        and target not in known.targets
        and not nearest(target.casefold(), known.targets)
    )


def text_of(entry: Mapping[Any, Any], key: str) -> str:
    """Return the value of a key as a line of text; "" where there is none."""
    value = entry.get(key)
    return "" if value is None else shown(str(value))


def number_of(value: Any) -> float:
    """Return points, also with a decimal comma; NaN if it is no such number."""
    try:
        points = float(str(value).replace(",", "."))
    except ValueError:
        return math.nan
    return points if not isinstance(value, bool) and 0 <= points < math.inf else math.nan


def _whom_problems(row: Row, known: Known, missing: Collection[str]) -> Iterator[Problem]:
    entry, where = row.value, row.value.get("where")
    if "student" not in missing and bool(text_of(entry, "student")) == ("where" in entry):
        both = "both student and where: keep one" if "where" in entry else "no student"
        yield row.line_of("where" if "where" in entry else "student"), f"it has {both}."
    if "where" not in entry or where == EVERYONE:
        return
    line = row.line_of("where")
    if not isinstance(where, Mapping) or not where:
        yield line, f"'where' is '{EVERYONE}', or has one of the keys {', '.join(CONDITIONS)}."
        return
    for key, value in where.items():
        if key not in CONDITIONS:
            words = ", ".join(CONDITIONS)
            yield line, f"'where' has the key '{shown(str(key))}'; known are {words}."
        elif not isinstance(value, str) or not value.strip():
            yield line, f"'where' has a '{key}' that says nothing: give it, or take the key away."
    if not text_of(where, "check") and (text_of(where, "status") or text_of(where, "says")):
        yield line, "'where' has a status or a message of no check: add 'check'."
    names: tuple[tuple[str, Collection[str]], ...] = (
        ("check", [name for name in known.targets if name not in known.wholes]),
        ("rule", known.rules),
        ("misconception", known.misconceptions),
        ("status", ("passed", "failed", "not_reached", "grader_error")),
    )
    for key, there in names:
        name = text_of(where, key)
        if name and name not in there:
            yield line, f"there is no {key} '{name}'; {_which(name, there, ())}"


def _points_problems(row: Row, known: Known, missing: Collection[str]) -> Iterator[Problem]:
    entry = row.value
    has_points, is_appeal = entry.get("points") is not None, text_of(entry, "status") != ""
    if (has_points or is_appeal) and "target" not in missing and not text_of(entry, "target"):
        yield row.line_of("target"), "it has no target."
    ended = text_of(entry, "status") in APPEAL_STATUSES[1:]
    if (has_points or ended) and "reason" not in missing and not text_of(entry, "reason"):
        yield row.line_of("reason"), "it has no reason."
    for key in ("points", "was"):
        if entry.get(key) is not None and math.isnan(number_of(entry[key])):
            yield row.line_of(key), f"'{key}' must be a number, 0 or more."
    target, points = text_of(entry, "target"), number_of(entry.get("points"))
    most = known.targets.get(target)
    if target and most is None:
        which = _which(target, known.targets, known.wholes)
        yield row.line_of("target"), f"the target '{target}' is not known; {which}"
    if most is not None and points > most:
        line = row.line_of("points")
        yield line, f"'{target}' can't have {points:g} points, for {most:g} are the most."


def _other_problems(row: Row) -> Iterator[Problem]:
    entry = row.value
    due, status = entry.get("due"), text_of(entry, "status")
    if due is not None and read_moment(due) is None:
        yield row.line_of("due"), f"'due' must be a time such as 2026-12-31 23:59{_ZONE}."
    came = entry.get("submitted")
    if came is not None and (read_moment(came) is None or ":" not in str(came)):
        why = f"'submitted' must be a day with a time, such as 2026-12-31 23:59{_ZONE}."
        yield row.line_of("submitted"), why
    if status and status not in APPEAL_STATUSES:
        words = ", ".join(APPEAL_STATUSES)
        yield row.line_of("status"), f"'status' is that of an appeal: one of {words}."
    if text_of(entry, "appeal") and not status:
        yield row.line_of("appeal"), f"an appeal has a status: one of {', '.join(APPEAL_STATUSES)}."
    if status in ("open", "declined") and entry.get("points") is not None:
        yield row.line_of("points"), f"an appeal that is {status} sets no points."
    if "seen" in entry and entry["seen"] is not True:
        yield row.line_of("seen"), "'seen' can only be true: delete the entry to take it back."
    for key in ("status", "seen", "submitted"):
        if text_of(entry, key) and "where" in entry:
            yield row.line_of(key), f"'{key}' goes with one student, not with 'where'."


def _which(name: str, known: Collection[str], wholes: Sequence[str]) -> str:
    """Return which name may be meant by one that isn't known, as part of a sentence."""
    if near := nearest(name.casefold(), known):
        return f"is '{near}' meant?"
    alike = [other for other in known if other.startswith(name.partition(".")[0] + ".")]
    if alike or not wholes:
        return f"known are {', '.join(alike or known)}."
    return f"known are {', '.join(wholes)}, and the checks."
