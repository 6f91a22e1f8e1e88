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
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from grader.course.override_names import FILES, misnamed
from grader.course.override_rows import KEYS, NEEDED, Problem, Row, csv_rows, read_text, yaml_rows
from grader.errors import UnusableError
from grader.examiner.rubric import Rubric
from grader.examiner.strict_yaml import YamlError
from grader.platforms.names import shown
from grader.report.course import TOTAL


class OverridesError(UnusableError):
    """The file of overrides can't be used; says all that is wrong, and in which lines."""


@dataclass(frozen=True)
class OverrideRequest:
    """One entry of the file; ``number`` counts them from 1, and ``line`` is where it starts."""

    number: int
    line: int
    student: str
    target: str
    points: float
    reason: str
    was: float | None = None
    by: str = ""

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"Override {self.number} (line {self.line}: {self.student}, {self.target})"


def read_overrides(folder: Path, rubric: Rubric) -> tuple[OverrideRequest, ...]:
    """Return the entries of the folder's file of overrides; none if it has no such file.

    Raises:
        OverridesError: there are two such files, one that is only called nearly so, or one that
            can't be used, names what ``rubric`` doesn't, or gives more points than it does.
    """
    path = _path(folder)
    if path is None:
        return ()
    rows, problems, missing = _rows(path)
    requests = []
    for number, row in enumerate(rows, 1):
        wrong = list(_problems(row, rubric, missing))
        if not wrong and not missing:
            requests.append(_request(number, row))
        problems += [(line, f"entry {number} (line {line}): {why}") for line, why in wrong]
    if problems:
        mistakes = [why for _, why in sorted(problems)]
        raise OverridesError(
            f"{path.name}, {mistakes[0]}"
            if len(mistakes) == 1
            else "\n  ".join([f"{path.name} has {len(mistakes)} mistakes:", *mistakes])
        )
    return tuple(requests)


def _path(folder: Path) -> Path | None:
    """Return the file of overrides; None if there is none.

    Raises:
        OverridesError: there are two, or one that is only called nearly so.
    """
    names = []
    with suppress(OSError):  # there is no such folder yet
        names = [path.name for path in folder.iterdir() if not path.is_dir()]
    wrong = misnamed(names)
    if wrong is not None:
        raise OverridesError(wrong)
    present = [name for name in FILES if name in names]
    if len(present) > 1:
        raise OverridesError(f"There are both {present[0]} and {present[1]}: keep one.")
    return folder / present[0] if present else None


def _rows(path: Path) -> tuple[list[Row], list[Problem], Collection[str]]:
    """Return the entries, what is wrong with them as a whole, and which columns are missing.

    Raises:
        OverridesError: the file can't be read.
    """
    try:
        text = read_text(path)
        return csv_rows(text) if path.suffix == ".csv" else (*yaml_rows(text), ())
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


def _problems(row: Row, rubric: Rubric, missing: Collection[str] = ()) -> Iterator[Problem]:
    """Yield all that is wrong with an entry, less what comes of columns that are ``missing``."""
    entry = row.value
    if not isinstance(entry, Mapping):
        yield row.line, f"it must have the keys {', '.join(NEEDED)}."
        return
    if "" in entry:
        yield row.line, f"'{shown(str(entry['']))}' stands in a column without a name."
    for key in entry:
        if key not in ("", *KEYS):
            known = ", ".join(KEYS)
            yield row.line_of(key), f"the key '{shown(str(key))}' is not known; known are {known}."
    for key in NEEDED:
        if key == "points" or key in missing or shown(str(entry.get(key) or "")):
            continue
        yield row.line_of(key), f"it has no {key}."
    for key in ("points", "was"):
        value = entry.get(key)
        needed = key == "points" and key not in missing
        if math.isnan(_number(value)) and (needed or value is not None):
            yield row.line_of(key), f"'{key}' must be a number, 0 or more."
    target, points = shown(str(entry.get("target") or "")), _number(entry.get("points"))
    known_points = {TOTAL: rubric.max_points, **rubric.tasks, **rubric.checks}
    most = known_points.get(target)
    if target and most is None:
        which = _which(target, known_points, (TOTAL, *rubric.tasks))
        yield row.line_of("target"), f"the target '{target}' is not known; {which}"
    if most is not None and points > most:
        line = row.line_of("points")
        yield line, f"'{target}' can't have {points:g} points, for {most:g} are the most."


def _which(target: str, known: Collection[str], wholes: Sequence[str]) -> str:
    """Return which target may be meant by one that isn't known, as part of a sentence."""
    near = get_close_matches(target.casefold(), known, 1)
    if near:
        return f"is '{near[0]}' meant?"
    alike = [name for name in known if name.startswith(target.partition(".")[0] + ".")]
    return f"known are {', '.join(alike or wholes)}{'' if alike else ', and the checks'}."


def _number(value: Any) -> float:
    """Return points, also with a decimal comma; NaN if it is no such number."""
    try:
        points = float(str(value).replace(",", "."))
    except ValueError:
        return math.nan
    return points if not isinstance(value, bool) and 0 <= points < math.inf else math.nan


def _request(number: int, row: Row) -> OverrideRequest:
    """Return an entry in which nothing is wrong."""
    entry = row.value
    student, target, reason, by = (
        shown(str(entry.get(key) or "")) for key in ("student", "target", "reason", "by")
    )
    was = None if entry.get("was") is None else _number(entry["was"])
    return OverrideRequest(
        number, row.line, student, target, _number(entry["points"]), reason, was, by
    )
