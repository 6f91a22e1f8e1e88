"""Points that an instructor sets by hand: ``overrides.yaml`` or ``overrides.csv`` in the folder.

    - student: Ada_L_12          # the result's name, or the student's name, id or e-mail address
      target: kl                 # a task, a check such as kl.total, or 'total'
      points: 4
      was: 2                     # optional: what it had, so that a change since is pointed out
      by: Dr. Noether           # optional: who decided
      reason: explained it in the oral exam

In the CSV these are columns; rows without any content, as spreadsheets leave them, are passed over.
They are laid over the results when these are written out, so grading again can't lose them.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from grader.course.excel import read_text
from grader.course.names import shown
from grader.course.override_names import FILES, misnamed
from grader.course.override_rows import KEYS, NEEDED, Problem, Row, csv_rows, yaml_rows
from grader.errors import UnusableError
from grader.examiner.rubric import Rubric
from grader.examiner.strict_yaml import YamlError
from grader.report.course import TOTAL, Entry, Override
from grader.report.result import CheckResult, Result, TaskResult


class OverridesError(UnusableError):
    """The file of overrides can't be used; says all that is wrong, and in which lines."""


@dataclass(frozen=True)
class Wish:
    """One entry of the file; ``number`` counts them from 1, and ``line`` is where it starts."""

    number: int
    line: int
    student: str
    target: str
    points: float
    reason: str
    was: float | None = None
    by: str = ""


def read_overrides(folder: Path, rubric: Rubric) -> tuple[Wish, ...]:
    """The entries of the folder's file of overrides; none if it has no such file.

    Raises:
        OverridesError: there are two such files, one that is only called nearly so, or one that
            can't be used, names what ``rubric`` doesn't, or gives more points than it does.
    """
    names = []
    with suppress(OSError):  # there is no such folder yet
        names = [path.name for path in folder.iterdir() if not path.is_dir()]
    wrong = misnamed(names)
    if wrong is not None:
        raise OverridesError(wrong)
    found = [folder / name for name in FILES if name in names]
    if not found:
        return ()
    if len(found) > 1:
        raise OverridesError(f"There are both {found[0].name} and {found[1].name}: keep one.")
    path = found[0]
    problems: list[Problem] = []
    missing: Collection[str] = ()
    try:
        text = read_text(path)
        if path.suffix == ".csv":
            rows, problems, missing = csv_rows(text)
        else:
            rows, problems = yaml_rows(text)
    except YamlError as error:
        raise OverridesError(f"{path.name}, {shown(str(error))}.") from error
    except UnicodeDecodeError as error:
        how = "'CSV UTF-8', as Excel calls it" if path.suffix == ".csv" else "UTF-8"
        raise OverridesError(f"{path.name} is not UTF-8: save it as {how}.") from error
    except (OSError, csv.Error) as error:
        why = " ".join(str(error).split())
        raise OverridesError(f"{path.name} can't be read: {shown(why)}.") from error
    except ValueError as error:
        raise OverridesError(f"{path.name}: {error}") from error
    wishes = []
    for number, row in enumerate(rows, 1):
        found_here = list(_problems(row, rubric, missing))
        if not found_here and not missing:
            wishes.append(_wish(number, row))
        problems += [(line, f"entry {number} (line {line}): {why}") for line, why in found_here]
    if problems:
        told = [why for _, why in sorted(problems)]
        raise OverridesError(
            f"{path.name}, {told[0]}"
            if len(told) == 1
            else "\n  ".join([f"{path.name} has {len(told)} mistakes:", *told])
        )
    return tuple(wishes)


def _problems(row: Row, rubric: Rubric, missing: Collection[str] = ()) -> Iterator[Problem]:
    """All that is wrong with an entry, less what comes of the columns that are ``missing``."""
    entry = row.value
    if not isinstance(entry, Mapping):
        yield row.line, f"it must have the keys {', '.join(NEEDED)}."
        return
    if "" in entry:
        yield row.line, f"'{shown(str(entry['']))}' stands in a column without a name."
    for key in entry:
        if key not in ("", *KEYS):
            line = row.lines.get(str(key), row.line)
            yield line, f"the key '{shown(str(key))}' is not known; known are {', '.join(KEYS)}."
    for key in NEEDED:
        if key == "points" or key in missing or shown(str(entry.get(key) or "")):
            continue
        yield row.lines.get(key, row.line), f"it has no {key}."
    for key in ("points", "was"):
        value = entry.get(key)
        needed = key == "points" and key not in missing
        if math.isnan(_number(value)) and (needed or value is not None):
            line = row.lines.get(key, row.line)
            yield line, f"'{key}' must be a number, 0 or more."
    target, points = shown(str(entry.get("target") or "")), _number(entry.get("points"))
    known = {TOTAL: rubric.max_points, **rubric.tasks, **rubric.checks}
    most = known.get(target)
    if target and most is None:
        near = get_close_matches(target.casefold(), known, 1)
        own = [name for name in known if name.startswith(target.partition(".")[0] + ".")]
        all_ = f"{', '.join(own or (TOTAL, *rubric.tasks))}{'' if own else ', and the checks'}."
        which = f"is '{near[0]}' meant?" if near else f"known are {all_}"
        line = row.lines.get("target", row.line)
        yield line, f"the target '{target}' is not known; {which}"
    if most is not None and points > most:
        line = row.lines.get("points", row.line)
        yield line, f"'{target}' can't have {points:g} points, for {most:g} are the most."


def _number(value: Any) -> float:
    """Points, also with a decimal comma; NaN if it is no such number."""
    try:
        points = float(str(value).replace(",", "."))
    except ValueError:
        return math.nan
    return points if not isinstance(value, bool) and 0 <= points < math.inf else math.nan


def _wish(number: int, row: Row) -> Wish:
    """An entry in which nothing is wrong."""
    entry = row.value
    student, target, reason, by = (
        shown(str(entry.get(key) or "")) for key in ("student", "target", "reason", "by")
    )
    was = None if entry.get("was") is None else _number(entry["was"])
    return Wish(number, row.line, student, target, _number(entry["points"]), reason, was, by)


def overridden(
    entries: Sequence[Entry], wishes: Sequence[Wish]
) -> tuple[tuple[Entry, ...], list[str], list[str]]:
    """The entries with the overrides laid over them, notices, and which could not be applied.

    Not applied is an override that fits no student, no task or no check. One that changes nothing,
    or whose ``was`` isn't what the result has now, is applied and gets a notice.
    """
    notices: list[str] = []
    left: list[str] = []
    by_entry: dict[int, list[Wish]] = {}
    for wish in wishes:
        fitting = [at for at, entry in enumerate(entries) if _is_for(wish, entry)]
        if len(fitting) == 1:
            by_entry.setdefault(fitting[0], []).append(wish)
        else:
            why = "there is no such student" if not fitting else "several students are called so"
            left.append(f"{_called(wish)} is not applied: {why}.")
    changed = []
    for at, entry in enumerate(entries):
        # From the smallest part to the whole, so that the whole has the last word.
        order = sorted(by_entry.get(at, []), key=lambda w: (w.target == TOTAL, "." not in w.target))
        for wish in order:
            try:
                entry, told = _applied(entry, wish)
            except KeyError:
                left.append(f"{_called(wish)} is not applied: {_why_not(entry.result, wish)}.")
                continue
            notices += told
        changed.append(entry)
    return tuple(changed), notices, left


def _why_not(result: Result, wish: Wish) -> str:
    if result.tasks:
        return f"the result has no '{wish.target}'"
    return f"nothing of this student's could be graded, so only '{TOTAL}' can be set there"


def _called(wish: Wish) -> str:
    return f"Override {wish.number} (line {wish.line}: {wish.student}, {wish.target})"


def _is_for(wish: Wish, entry: Entry) -> bool:
    known = {entry.name}
    for student in entry.students:
        known |= {student.name, student.id, student.email}
    return wish.student in known


def _applied(entry: Entry, wish: Wish) -> tuple[Entry, list[str]]:
    """The entry with one override, and what is stale about it.

    Raises:
        KeyError: the result has no such task or check.
    """
    result = entry.result
    before = _points_of(result, wish.target)
    notices = []
    if wish.was is not None and abs(wish.was - before) > 1e-9:
        notices.append(
            f"{_called(wish)} is stale: it was made for {wish.was:g} points, now it is {before:g}. "
            "It is applied all the same."
        )
    elif wish.points == before and not _is_open(result, wish.target):
        notices.append(f"{_called(wish)} changes nothing: the grader gives {before:g} points too.")
    earlier = [one for one in entry.overrides if one.target == wish.target]
    if earlier:
        notices.append(f"{_called(wish)} replaces an earlier one ({earlier[-1].points:g} points).")
    override = Override(wish.target, wish.points, wish.reason, before, wish.by)
    return replace(
        entry, result=_with(result, override), overrides=(*entry.overrides, override)
    ), notices


def _points_of(result: Result, target: str) -> float:
    if target == TOTAL:
        return result.points
    parts: list[TaskResult | CheckResult] = [*result.tasks]
    parts += [check for task in result.tasks for check in task.checks]
    for part in parts:
        if part.id == target:
            return part.points
    raise KeyError(target)


def _is_open(result: Result, target: str) -> bool:
    return any(
        check.status == "grader_error" and target in (TOTAL, task.id, check.id)
        for task in result.tasks
        for check in task.checks
    ) or (target == TOTAL and result.status != "graded")


def _with(result: Result, override: Override) -> Result:
    """The result with other points in one place, and sums that fit."""
    if override.target == TOTAL:
        settled = tuple(_settled(task, override) for task in result.tasks)
        return replace(result, points=override.points, tasks=settled, status="graded", reason=None)
    tasks = tuple(_task_with(task, override) for task in result.tasks)
    # What rules took from the total is the difference between the sum and the total.
    taken = sum(task.points for task in result.tasks) - result.points
    points = max(0.0, sum(task.points for task in tasks) - taken)
    is_open = any(check.status == "grader_error" for task in tasks for check in task.checks)
    if result.status == "grader_error" and not is_open:
        return replace(result, points=points, tasks=tasks, status="graded", reason=None)
    return replace(result, points=points, tasks=tasks)


def _task_with(task: TaskResult, override: Override) -> TaskResult:
    if task.id == override.target:
        return replace(_settled(task, override), points=override.points)
    if override.target not in {check.id for check in task.checks}:
        return task
    checks = tuple(
        _check_with(check, override) if check.id == override.target else check
        for check in task.checks
    )
    gained = sum(check.points for check in checks) - sum(check.points for check in task.checks)
    return replace(task, points=task.points + gained, checks=checks)


def _check_with(check: CheckResult, override: Override) -> CheckResult:
    return replace(
        check,
        points=override.points,
        status="passed" if override.points >= check.max_points else "failed",
        message=f"Set by hand: {override.reason}",
        hint="",
    )


def _settled(task: TaskResult, override: Override) -> TaskResult:
    """A task of which no check is open any more, since its points are set as a whole."""
    message = f"Set by hand for all of it: {override.reason}"
    checks = tuple(
        replace(check, status="not_reached", message=message, hint="")
        if check.status == "grader_error"
        else check
        for check in task.checks
    )
    return replace(task, checks=checks)
