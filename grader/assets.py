"""Files that the package brings along: in a checkout they lie beside it, installed inside it."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def asset(name: str) -> Path:
    """Return the path of a file or folder that ships with the project.

    Raises:
        FileNotFoundError: it is neither installed nor beside the package.
    """
    for folder in (_PACKAGE / "data", _PACKAGE.parent):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(
        f"{name} does not come with this installation; install the grader again"
    )
