"""Read a submission, a notebook or its export as a script, into cells of text.

Students' files are odd more often than they are wrong. The content decides what a file is, and all
files that yield cells are accepted, whatever their names, their encodings or the rest of them.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from grader.submission.cells import Notebook
from grader.submission.conflicts import first_marker_line, sides_of
from grader.submission.decode import decode, decode_script
from grader.submission.errors import Ungradable
from grader.submission.kinds import Kind, kind_of
from grader.submission.notebook_file import AGAIN, Content, is_json, read_notebook
from grader.submission.scripts import script_cells

MAX_BYTES = 50_000_000
_ITSELF = "what is graded is the notebook itself, the .ipynb file that Jupyter saves"
_UNPACK = "unpack it, and use the notebook that is in it"


_PERHAPS_SCRIPTS = (Kind.TEXT, Kind.MARKDOWN, Kind.JSON)
"""What a file called .py may look like."""


def load(path: Path) -> Notebook:
    """Read the notebook (or ``.py`` export) at ``path``.

    Raises:
        Ungradable: if the file can't be read or isn't a notebook.
    """
    data = _read(path)
    kind = kind_of(data)
    named_script = path.suffix.lower() == ".py"
    is_script = kind is Kind.SCRIPT or (kind in _PERHAPS_SCRIPTS and named_script)
    if is_script:
        text, note = decode_script(data)
        content = Content(script_cells(text), (), None)
        if not named_script:
            note = "The file is no notebook but a script, and was read as that."
    elif kind in (Kind.NOTEBOOK, Kind.JSON):
        text, note = decode(data, is_json)
        content = read_notebook(text)
    elif kind is Kind.CONFLICT:
        text, note = decode(data, is_json)
        content = _either_side(text)
    elif kind is Kind.EMPTY:
        raise Ungradable(f"The file is empty: {AGAIN}.")
    else:
        advice = _UNPACK if kind in (Kind.ZIP, Kind.ARCHIVE) else _ITSELF
        raise Ungradable(f"The file is {kind.value}: {advice}.")
    notes = (note, *content.notes) if note else content.notes
    digest = hashlib.sha256(data).hexdigest()
    return Notebook(path, digest, content.cells, notes, is_script, content.python)


def _either_side(text: str) -> Content:
    """Return the content of a file that git couldn't merge, if both sides hold the same code.

    Raises:
        Ungradable: they don't, or one of them can't be read.
    """
    refusal = Ungradable(
        "The file holds git's conflict markers, the first in line "
        f"{first_marker_line(text)}: decide for one side of each conflict, open it in Jupyter and "
        "save it."
    )
    try:
        ours, theirs = map(read_notebook, sides_of(text))
    except Ungradable:
        raise refusal from None
    code = [[cell.source for cell in side.cells if cell.kind == "code"] for side in (ours, theirs)]
    if code[0] != code[1]:
        raise refusal
    note = "The file holds git's conflict markers; the code is the same on both sides."
    return Content(ours.cells, (*ours.notes, note), ours.python)


def _read(path: Path) -> bytes:
    if os.path.isdir(path):
        raise Ungradable("This is a folder: hand in the notebook file itself.")
    try:
        content = read_ordinary(path, MAX_BYTES + 1)
    except FileNotFoundError:
        if path.is_symlink():
            reason = "The file is a link to a file that doesn't exist: hand in the file itself."
        else:
            reason = "There is no such file: check its name and folder."
        raise Ungradable(reason) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "bad name"
        raise Ungradable(f"The file can't be opened ({why}): check its permissions.") from None
    if content is None:
        raise Ungradable("This is no ordinary file: hand in the notebook file itself.")
    if len(content) > MAX_BYTES:
        raise Ungradable(
            f"The file is larger than {MAX_BYTES // 1_000_000} MB: "
            "clear the outputs of all cells and save it."
        )
    return content


def read_ordinary(path: Path, most: int, follow: bool = True) -> bytes | None:
    """Return the first ``most`` bytes of a file; None for a pipe, a device and the like.

    A link is followed if ``follow`` says so. Without O_NONBLOCK, opening a named pipe would wait
    for a writer for ever.

    Raises:
        OSError: it can't be opened.
        ValueError: no file can have that name.
    """
    extra = getattr(os, "O_NONBLOCK", 0) | (0 if follow else getattr(os, "O_NOFOLLOW", 0))
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | extra)) as file:
        is_ordinary = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        return file.read(most) if is_ordinary else None
