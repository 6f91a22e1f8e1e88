"""Write files of a grading whole or not at all, and say in a sentence what went wrong."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from grader.whole_file import write_whole_file


class StoreError(Exception):
    """The folder can't be used; says why and what to do."""


def write_whole(path: Path, content: bytes | Iterable[bytes], is_private: bool = False) -> None:
    """Write a file whole or not at all, and for good; a private one for its owner alone.

    Args:
        path: of the file.
        content: all of it, or parts that are written as they come.
        is_private: whether nobody else may read it.

    Raises:
        StoreError: it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole_file(path, content, is_private)
    except OSError as error:
        raise StoreError(
            f"{path} can't be written: {error.strerror}. What was graded before is kept; "
            "run the same command again when that is mended."
        ) from error
