"""Distinguish one notebook from a course by the path on the command line."""

from __future__ import annotations

import os
from pathlib import Path

import click

NOTEBOOK, COURSE = "one notebook", "a folder or a zip of submissions"

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".7z", ".rar")


def is_course(path: Path, has_out: bool = False) -> bool:
    """Return whether a path is a folder or an archive of submissions.

    Of a path that isn't there, or of an archive by another name, --out tells what it is.
    """
    is_named_so = os.path.isdir(path) or path.name.lower().endswith(_ARCHIVES)
    return is_named_so or (has_out and not _is_other_file(path))


def require_one_notebook(path: Path, mode: str) -> None:
    """Refuse a course.

    Raises:
        click.UsageError: it is one.
    """
    if is_course(path):
        raise click.UsageError(f"{mode} takes one notebook, and {path} is {COURSE}.")


def require_submissions(path: Path) -> None:
    """Refuse what can't be a course before a folder is made for its results.

    Raises:
        click.UsageError: it isn't there, or neither a folder nor a zip.
    """
    if not os.path.exists(path):
        raise click.UsageError(f"There is no {path}: check its name and folder.")
    if _is_other_file(path):
        raise click.UsageError(
            f"{path} is neither a folder nor a zip or tar of submissions: unpack it first."
        )


def _is_other_file(path: Path) -> bool:
    from grader.course.archive_members import is_archive

    try:
        return os.path.isfile(path) and not is_archive(path)
    except OSError:
        return True
