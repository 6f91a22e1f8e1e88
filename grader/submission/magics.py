"""Turn a cell into plain Python: magics and shell lines become statements that do nothing.

Every line keeps its number. Python is parsed first and only a line at which that fails is looked
at, so a string that has lines starting with ``%`` is left alone.
"""

from __future__ import annotations

import re

from grader.submission.syntax import parse

# Cell magics that run the rest of the cell as Python, in the notebook's own namespace.
_RUN_PYTHON = frozenset(
    [
        "time",
        "timeit",
        "capture",
        "prun",
        "debug",
        "memit",
        "mprun",
        "lprun",
        "snakeviz",
        "pyinstrument",
        "heat",
        "notify",
    ]
)
_CELL_MAGIC = re.compile(r"\s*%%(\w[\w.]*)?")
_TIMED = re.compile(r"%(?:time|prun)[ \t]+(?=[^\s-])")
_LINE = re.compile(
    r"""(?P<indent>[ \t]*)
    (?P<targets>(?:[A-Za-z_][\w.\[\]'", ]*=[ \t]*)?)  # 'files = ' of 'files = !ls'
    (?P<command>[%!].*|\?{1,2}[\w.%*].*|[\w.%*\[\]()]+\?{1,2}[ \t]*)$""",
    re.VERBOSE | re.DOTALL,
)
_EFFORT = 3_000_000
"""Characters parsed before a cell is left as it is: a bound on what a hostile cell can cost."""


def to_python(source: str) -> str:
    """The cell as Python with the same lines; what is still wrong in it is the student's error."""
    lines = _dedented(source).split("\n")
    if not _unwrap_cell_magics(lines):
        return "\n" * (len(lines) - 1)
    effort = 0
    while effort < _EFFORT:
        text = "\n".join(lines)
        effort += len(text) + 1
        try:
            parse(text)
            break
        except SyntaxError as error:
            if not _neutralise(lines, (error.lineno or 0) - 1):
                break
    return "\n".join(lines)


def _dedented(source: str) -> str:
    """The cell without the indentation of its first line, which IPython takes off all lines."""
    first = next((line for line in source.split("\n") if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip(" \t"))]
    if not indent:
        return source
    return "\n".join(line.removeprefix(indent) for line in source.split("\n"))


def _unwrap_cell_magics(lines: list[str]) -> bool:
    """Blank the cell magics at the top; false if the cell isn't Python (``%%bash``)."""
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        magic = _CELL_MAGIC.match(line)
        if magic is None:
            return True
        if magic.group(1) not in _RUN_PYTHON:
            return False
        lines[index] = ""
    return True


def _neutralise(lines: list[str], index: int) -> bool:
    """Replace the IPython line at ``index`` and those right below it; false if it is none.

    A line below one that starts a statement starts a statement too, so a long run of ``!pip``
    lines costs one parse and not one each.
    """
    changed = False
    while 0 <= index < len(lines):
        line = lines[index]
        match = _LINE.fullmatch(line)
        if match is None:
            if changed and not line.strip():
                index += 1
                continue
            break
        command = match.group("command")
        timed = _TIMED.match(command)
        if timed:
            # '%time x = f()' runs the statement and binds x.
            lines[index] = match.group("indent") + match.group("targets") + command[timed.end() :]
            return True
        targets = match.group("targets")
        lines[index] = match.group("indent") + (f"{targets}None" if targets else "pass")
        while command.endswith("\\") and index + 1 < len(lines):
            index += 1
            command = lines[index]
            lines[index] = ""
        changed = True
        index += 1
    return changed
