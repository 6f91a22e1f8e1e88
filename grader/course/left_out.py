"""Files beside submissions that are left out with a notice for their names: data, for instance."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from grader.assignment import Assignment
from grader.course.handed_in import HandedIn
from grader.course.pile_names import pile_of
from grader.platforms.download import (
    CODE,
    File,
    Listing,
    Owner,
    Parts,
    is_archive_name,
    is_junk,
    suffix_of,
)
from grader.platforms.names import shown

_MOST_NAMED = 10
_PROGRAMS = ("build", "dist", "node_modules", "venv", "site-packages")
"""Folders whose scripts nobody wrote."""
_NO_STUDENTS = (
    *_PROGRAMS,
    *("data", "dataset", "datasets", "figures", "figs", "images", "img", "pictures"),
    *("plots", "assets", "outputs", "output", "logs", "runs", "checkpoints", "models", "weights"),
    *("tmp", "temp"),
)
_OF_SYSTEMS = (
    *(".git", ".github", ".svn", ".hg", ".vscode", ".idea", ".cache", ".config", ".venv", ".env"),
    *(".ipynb_checkpoints", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".virtual_documents"),
    *(".trash", ".trashes", ".spotlight-v100", ".fseventsd", ".temporaryitems", ".jupyter"),
)

_LISTS = (
    *(".csv", ".tsv", ".xls", ".xlsx", ".ods", ".yml", ".yaml", ".toml", ".ini", ".cfg"),
    *(".log", ".db", ".sh", ".bat", ".eml", ".msg", ".mbox", ".ics", ".vcf", ".xlsm", ".numbers"),
)
"""Endings of what instructors and programs put beside submissions."""
_PAGES = (
    *("index.html", "readme.txt", "license.txt", "requirements.txt", "readme", "license"),
    *(
        "readme.md",
        "makefile",
        "dockerfile",
        "license.md",
        "assignment.md",
        "instructions.md",
        "changelog.md",
    ),
)


def names_of_no_student(assignment: Assignment) -> frozenset[str]:
    """Return names of folders in small letters that, without a notebook, are no student's."""
    return frozenset((*_NO_STUDENTS, *assignment.data_folders))


def belongs_to_no_student(handed_in: HandedIn, assignment: Assignment) -> bool:
    """Return whether files and traces of one folder at the top are no student's, by its name."""
    files = [file for _, file in handed_in.files]
    names = [*(file.parts for file in files), *(parts for _, parts in handed_in.traces)]
    tops = {parts[0].lower() if len(parts) > 1 else "" for parts in names}
    piles = [pile_of(top) for top in tops]
    if all(pile and pile.is_sure for pile in piles):
        return all(is_list(file.parts[-1]) for file in files)
    if not tops.issubset(names_of_no_student(assignment)):
        return False
    endings = CODE[:1] if tops.issubset(_PROGRAMS) else CODE
    return not any(file.suffix in endings or file.has_cells for file in files)


def hidden(traces: Iterable[Parts]) -> str:
    """Return a sentence on hidden folders and notebooks at the top, "" if there are none.

    Those that systems make are not meant.
    """
    names = dict.fromkeys(
        shown(parts[0]) + "/" * (len(parts) > 1)
        for parts in traces
        if parts[0].startswith(".")
        and not parts[0].startswith("._")
        and parts[0].lower() not in _OF_SYSTEMS
        and (len(parts) > 1 or suffix_of(parts) in CODE)
    )
    if not names:
        return ""
    named = [*names][:_MOST_NAMED]
    named += [f"{len(names) - len(named)} more"] * (len(names) > len(named))
    are = "is hidden and was" if len(names) == 1 else "are hidden and were"
    return f"{', '.join(named)} {are} left out: without the dot in front it would be graded."


def has_files_side_by_side(seen: Listing) -> bool:
    """Return whether students handed in files that lie side by side, and not a folder each."""
    has_folders = any(
        len(parts) > 1 and not is_archive_name(parts[0]) and not is_junk(parts[0])
        for parts in seen.names
    )
    top = (file for file in seen.files if len(file.parts) == 1)
    return not has_folders or any(map(may_hold_code, top))


def may_hold_code(file: File) -> bool:
    """Return whether it is a student's notebook or script, or an archive of some."""
    return file.is_code or is_archive_name(file.parts[-1])


def is_stray(owner: Owner, file: File, is_flat: bool, is_work: Callable[[str], bool]) -> bool:
    """Return whether a file, all that an owner has, lies at the top and no student handed it in.

    ``is_flat`` is whether students handed in files side by side, and ``is_work`` whether a name is
    what students call their work.
    """
    if not owner.is_plain or len(file.parts) > 1 or may_hold_code(file):
        return False
    is_nobodys = is_list(file.parts[0]) or is_work(owner.text)
    return not is_flat or file.is_given or is_nobodys


def is_list(name: str) -> bool:
    """Return whether a file of that name is what instructors and programs put beside work."""
    return name.lower() in _PAGES or suffix_of((name,)) in _LISTS
