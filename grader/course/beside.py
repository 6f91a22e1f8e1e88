"""What lies beside submissions by its name, and is left out with a word: data, hidden folders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from grader.course.listing import CODE, File, Parts, suffix_of
from grader.course.names import shown
from grader.submission.kinds import Kind

_MOST_NAMED = 10
_PROGRAMS = ("build", "dist", "node_modules", "venv", "site-packages")
"""Folders whose scripts nobody wrote."""
BESIDE = (
    *_PROGRAMS,
    *("data", "dataset", "datasets", "mnist", "figures", "figs", "images", "img", "pictures"),
    *("plots", "assets", "outputs", "output", "logs", "runs", "checkpoints", "models", "weights"),
    *("tmp", "temp"),
)
"""Names of folders in small letters that, without a notebook, are no student's."""
_OF_SYSTEMS = (
    *(".git", ".github", ".svn", ".hg", ".vscode", ".idea", ".cache", ".config", ".venv", ".env"),
    *(".ipynb_checkpoints", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".virtual_documents"),
    *(".trash", ".trashes", ".spotlight-v100", ".fseventsd", ".temporaryitems", ".jupyter"),
)


def is_beside(files: Sequence[File], traces: Iterable[Parts]) -> bool:
    """Whether these, all of one folder at the top, are none of a student's by its name."""
    names = [*(file.parts for file in files), *traces]
    tops = {parts[0].lower() if len(parts) > 1 else "" for parts in names}
    if not tops.issubset(BESIDE):
        return False
    endings = CODE[:1] if tops.issubset(_PROGRAMS) else CODE
    return not any(file.suffix in endings or file.kind is Kind.NOTEBOOK for file in files)


def hidden(traces: Iterable[Parts]) -> str:
    """A sentence on hidden folders and notebooks at the top that no system makes; "" if none."""
    found = dict.fromkeys(
        shown(parts[0]) + "/" * (len(parts) > 1)
        for parts in traces
        if parts[0].startswith(".")
        and not parts[0].startswith("._")
        and parts[0].lower() not in _OF_SYSTEMS
        and (len(parts) > 1 or suffix_of(parts) in CODE)
    )
    if not found:
        return ""
    named = [*found][:_MOST_NAMED]
    named += [f"{len(found) - len(named)} more"] * (len(found) > len(named))
    are = "is hidden and was" if len(found) == 1 else "are hidden and were"
    return f"{', '.join(named)} {are} left out: without the dot in front it would be graded."
