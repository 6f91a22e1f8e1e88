"""The file of decisions: ``overrides.yaml`` or ``overrides.csv`` in the folder of results.

    - student: Ada_L_12          # the result's name, or the student's name, id or e-mail address
      target: kl                 # a task, a check such as kl.total, or 'total'
      points: 4
      was: 2                     # optional: what it had, so that a change since is pointed out
      by: Dr. Noether           # optional: who decided; `at` says when
      reason: explained it in the oral exam
    - where: {misconception: kl.log_variance}   # also check, status, says, rule; or: everyone
      comment: Look at the slides on the Gaussian again.
    - student: Bob
      due: 2026-12-31 23:59
    - student: Bob
      submitted: 2026-12-31 21:00   # it came by mail; in place of what the platform says
    - student: Bob
      target: kl
      status: open               # an appeal: open, accepted or declined, the last two with a reason
      appeal: My sum is over the right dimension.
    - student: Cy
      seen: true                 # a person has looked at it

In the CSV these are columns; rows without any content, as spreadsheets leave them, are passed over.
They are laid over the results when these are written out, so grading again can't lose them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from grader.composition import ASSIGNMENT
from grader.decisions.decision import EVERYONE, Decision, Where
from grader.decisions.names import FILES, misnamed
from grader.decisions.problems import Known, is_of_other_rubric, number_of, problems_of, text_of
from grader.decisions.rows import Problem, Row, csv_rows, read_text, yaml_rows
from grader.decisions.yaml_text import plain
from grader.errors import UnusableError
from grader.examiner.rubric import Rubric
from grader.examiner.strict_yaml import YamlError
from grader.moments import read_moment
from grader.platforms.names import shown
from grader.report.course import TOTAL


class OverridesError(UnusableError):
    """The file of overrides can't be used; says all that is wrong, and in which lines."""


class OtherRubricsTargetError(OverridesError):
    """It also names a target that this rubric lacks, and that another rubric may have."""


def known_of(rubric: Rubric) -> Known:
    """Return what decisions may name under a rubric."""
    tasks = {**rubric.tasks, **{task.id: task.points for task in rubric.manual}}
    targets = {TOTAL: sum(tasks.values()), **tasks, **rubric.checks}
    return Known(targets, (TOTAL, *tasks), rubric.rules, ASSIGNMENT.misconceptions())


def read_decisions(folder: Path, rubric: Rubric) -> tuple[Decision, ...]:
    """Return the entries of the folder's file of overrides; none if it has no such file.

    Raises:
        OverridesError: there are two such files, one that is only called nearly so, a folder of
            that name, or one that can't be used, names what ``rubric`` doesn't, or gives more
            points than it does.
        OtherRubricsTargetError: another rubric may have what it names.
    """
    path = decisions_path(folder)
    if path is None:
        return ()
    with told_problems(path.name):
        text = read_text(path)
        parsed = csv_rows(text) if path.suffix == ".csv" else (*yaml_rows(text), ())
    return _decisions(path.name, parsed, rubric)


def parse_decisions(name: str, text: str, rubric: Rubric) -> tuple[Decision, ...]:
    """Return the entries of a text in YAML.

    Args:
        name: what errors call the text.
        text: the text.
        rubric: what can be decided about.

    Raises:
        OverridesError: it can't be used.
    """
    with told_problems(name):
        parsed = (*yaml_rows(text), ())
    return _decisions(name, parsed, rubric)


def decisions_path(folder: Path) -> Path | None:
    """Return the file of overrides; None if there is none.

    Raises:
        OverridesError: there are two, one that is only called nearly so, or a folder of that name.
    """
    is_folder: dict[str, bool] = {}
    with suppress(OSError):  # there is no such folder yet
        is_folder = {path.name: path.is_dir() for path in folder.iterdir()}
    wrong = misnamed([name for name in is_folder if not is_folder[name]])
    if wrong is not None:
        raise OverridesError(wrong)
    present = [name for name in FILES if name in is_folder]
    for name in present:
        if is_folder[name]:
            raise OverridesError(f"{name} is a folder: put a file in its place, or move it away.")
    if len(present) > 1:
        raise OverridesError(f"There are both {present[0]} and {present[1]}: keep one.")
    return folder / present[0] if present else None


@contextmanager
def told_problems(name: str) -> Iterator[None]:
    """Say of a file that can't be read what is wrong with it.

    Raises:
        OverridesError: says that.
    """
    try:
        yield
    except YamlError as error:
        raise OverridesError(f"{name}, {shown(str(error))}.") from error
    except UnicodeDecodeError as error:
        how = "'CSV UTF-8', as Excel calls it" if name.endswith(".csv") else "UTF-8"
        raise OverridesError(f"{name} is not UTF-8: save it as {how}.") from error
    except OSError as error:
        why = " ".join(str(error).split())
        raise OverridesError(f"{name} can't be read: {shown(why)}.") from error
    except ValueError as error:
        raise OverridesError(f"{name}: {error}") from error


Parsed = tuple[list[Row], list[Problem], Collection[str]]
"""Entries, what is wrong with them as a whole, and which columns are missing."""


def _decisions(name: str, parsed: Parsed, rubric: Rubric) -> tuple[Decision, ...]:
    """Return the decisions in a file's entries.

    Raises:
        OverridesError: something is wrong with one of them.
    """
    rows, problems, missing = parsed
    known = known_of(rubric)
    decisions = []
    for number, row in enumerate(rows, 1):
        wrong = list(problems_of(row, known, missing))
        if not wrong and not missing:
            decisions.append(_decision(number, row))
        problems += [(line, f"entry {number} (line {line}): {why}") for line, why in wrong]
    if problems:
        mistakes = [why for _, why in sorted(problems)]
        is_of_other = any(is_of_other_rubric(row, known) for row in rows)
        raise (OtherRubricsTargetError if is_of_other else OverridesError)(
            f"{name}, {mistakes[0]}"
            if len(mistakes) == 1
            else "\n  ".join([f"{name} has {len(mistakes)} mistakes:", *mistakes])
        )
    return tuple(decisions)


def _decision(number: int, row: Row) -> Decision:
    """Return an entry in which nothing is wrong."""
    entry = row.value
    points, was = (
        None if entry.get(key) is None else number_of(entry[key]) for key in ("points", "was")
    )
    status = text_of(entry, "status")
    return Decision(
        number,
        row.line,
        text_of(entry, "student"),
        _where(entry),
        text_of(entry, "target") or TOTAL,
        points,
        str(entry.get("comment") or "").strip(),
        text_of(entry, "reason"),
        was,
        text_of(entry, "by"),
        text_of(entry, "at"),
        read_moment(entry["due"]) if entry.get("due") is not None else None,
        read_moment(entry["submitted"]) if entry.get("submitted") is not None else None,
        str(entry.get("appeal") or "").strip(),
        status or None,  # type: ignore[arg-type]
        entry.get("seen") is True,
        plain(entry),
    )


def _where(entry: Mapping[str, object]) -> Where | None:
    where = entry.get("where")
    if where is None or where == EVERYONE:
        return Where() if where else None
    assert isinstance(where, Mapping)
    # What a check says may have line ends and spaces that are part of it.
    return Where(**{key: str(value) for key, value in where.items() if value is not None})
