"""Tables as Excel saves them: in UTF-16, or with a line on the separator."""

from __future__ import annotations

from pathlib import Path

from grader.platforms.csv_edit import delimiter
from grader.submission.kinds import encoding_of


def read_text(path: Path) -> str:
    """The text of a file in UTF-8 or, as Excel's 'Unicode text', in UTF-16.

    Raises:
        UnicodeDecodeError: it is in another encoding, and nothing tells in which.
        OSError: it can't be read.
    """
    content = path.read_bytes()
    return content.decode(encoding_of(content)).removeprefix("\ufeff")


def without_separator_line(text: str) -> tuple[str, str, int]:
    """A table without the line ``sep=;`` at its top, its separator, and how many lines that took.

    Excel reads the separator from such a line, and some programs write it for Excel.
    """
    first, _, rest = text.partition("\n")
    told = first.strip().strip('"')
    if told.startswith("sep=") and len(told) == 5:
        return rest, told[4], 1
    return text, delimiter(text.lstrip()), 0
