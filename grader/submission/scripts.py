"""The cells of a script: an export of a notebook, or a plain one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from grader.submission.cells import Cell, with_plain_breaks
from grader.submission.syntax import parsed

# A separator of nbconvert ('# In[7]:'), of the percent format ('# %% [markdown]'), of Databricks.
_SEPARATOR = re.compile(
    r"# In ?\[[ \d*]*\]:?[ \t]*|#[ \t]*%%(?P<percent>.*)|# <codecell>|# COMMAND -{5,}[ \t]*"
)
_NO_CODE = re.compile(r"\[(markdown|md|raw)\]|^[ \t]*(md|markdown|raw)\b")


def script_cells(text: str) -> tuple[Cell, ...]:
    """Return the cells of a ``.py`` export; a script without separators is one cell.

    nbconvert writes Markdown as comments above the next separator: they stay in the code cell
    before it, where they do no harm. What it made of a cell under a magic, a call with the code as
    a text, becomes that cell again.
    """
    groups: list[tuple[str, list[str]]] = [("code", [])]
    for line in with_plain_breaks(text).split("\n"):
        separator = _SEPARATOR.fullmatch(line)
        # '# %%time' is a magic that jupytext commented out, not a separator.
        percent = separator.group("percent") if separator else None
        if separator is None or (percent and _is_magic(percent)):
            groups[-1][1].append(line)
        elif percent is not None and _NO_CODE.search(percent):
            groups.append(("markdown", []))
        else:
            groups.append(("code", []))
    if _is_blank(groups[0][1]) and len(groups) > 1:
        del groups[0]  # the coding line and the interpreter line above the first separator
    parts = [
        (kind, part.strip("\n"))
        for kind, lines in groups
        for part in (_parts("\n".join(lines)) if kind == "code" else ["\n".join(lines)])
    ]
    return tuple(Cell(number, kind, part) for number, (kind, part) in enumerate(parts, 1))


def _is_magic(percent: str) -> bool:
    return not percent[0].isspace() and percent[0] not in "[%" and not _NO_CODE.match(percent)


def _is_blank(lines: Iterable[str]) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in lines)


def _parts(source: str) -> Iterator[str]:
    """Yield the code with each ``run_cell_magic('time', '', 'code')`` as a cell again."""
    calls = list(_cell_magic_calls(source)) if "run_cell_magic" in source else []
    lines, start = source.split("\n"), 0
    for node, cell in calls:
        before = lines[start : node.lineno - 1]
        if not _is_blank(before):
            yield "\n".join(before)
        yield cell
        start = node.end_lineno or node.lineno
    if not calls or not _is_blank(lines[start:]):
        yield "\n".join(lines[start:])


def _cell_magic_calls(source: str) -> Iterator[tuple[ast.stmt, str]]:
    """Yield the statements that are such calls, each with the text of its cell."""
    tree = parsed(source)
    for node in tree.body if tree else ():
        match node:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(attr="run_cell_magic"),
                    args=[
                        ast.Constant(value=str(name)),
                        ast.Constant(value=str(line)),
                        ast.Constant(value=str(code)),
                    ],
                )
            ):
                yield node, f"%%{name} {line}".rstrip() + f"\n{code}"
