"""Turn a cell into plain Python, as IPython does, with magics that do nothing.

Every line keeps its number. What is plain Python already is left alone; all else goes through
IPython's own transformations, so that what a kernel accepts is accepted here: prompts of pasted
sessions, ``!pip``, ``%time``, ``name?``. The calls that IPython makes of magics, and that its
exports to scripts hold, then give way to ``pass``, to None, or to the code that they run. Those
that the notebook may read something from later stay calls: `kernel_names` answers them.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

from grader.protocol.shell_text import written_by
from grader.submission.syntax import parsed

# Cell magics that run the rest of the cell as Python, in the notebook's own namespace.
_RUN_PYTHON = frozenset(
    [
        "add_to",
        "time",
        "timeit",
        "capture",
        "prun",
        "debug",
        "flake8",
        "heat",
        "lprun",
        "memit",
        "mprun",
        "notify",
        "pycodestyle",
        "pyinstrument",
        "scalene",
        "snakeviz",
        "wandb",
    ]
)
# Line magics that people write without '%', which a kernel takes in cells of one line.
_WITHOUT_PERCENT = frozenset(
    [
        *("autoreload", "cat", "cd", "conda", "config", "cp", "env", "load_ext", "ls", "mamba"),
        *("man", "matplotlib", "micromamba", "mkdir", "mv", "pip", "pylab", "reload_ext", "rm"),
        *("rmdir", "run", "set_env", "time", "timeit", "uv"),
    ]
)
_CELL_MAGIC = re.compile(r"\s*%%(?P<name>\S*)")
_CAPTURES = re.compile(r"\s*%%capture[ \t]+(?:--?\w\S*[ \t]+)*(?P<name>[^\W\d]\w*)")
_ADDS = re.compile(r"\s*%%add_to[ \t]+(?P<owner>[^\W\d]\w*)\s*$")
"""The magic of the package jdc, which adds the cell's functions to a class."""
_RUN_BY_LINE = ("time", "prun")
_MAGIC_CALLS = frozenset(
    [
        *("run_line_magic", "run_cell_magic", "magic", "system", "system_raw", "system_piped"),
        *("getoutput", "set_next_input", "show_usage", "auto_rewrite_input"),
    ]
)
# What a statement may take the value of, and what others read later.
_ANSWERED = frozenset(["capture", "env", "pwd", "set_env", "sx", "system", "timeit", "writefile"])
_SETS_ENVIRONMENT = frozenset(["env", "set_env"])
_SHELLS = frozenset(["bash", "sh", "shell"])
_WRITES_FILE = frozenset(["file", "writefile"])
_MAX_PASSES = 60
"""Passes over a cell before it is left as it is: a bound on what a hostile one can cost."""


def to_python(source: str) -> str:
    """Return the cell as Python with the same lines; what is still wrong is the student's."""
    tree = parsed(source)
    if tree is None:
        try:
            source = _transformed(source)
        except Exception:  # what IPython stumbles over, a kernel doesn't accept either
            return source
        tree = parsed(source) if "get_ipython" in source else None
    if tree is None or "get_ipython" not in source or "\r" in source:
        return source
    plain = _without_magics(source, tree)
    return plain if parsed(plain) is not None else source


def cell_magic(source: str) -> str | None:
    """Return the name of the magic that keeps a cell from being run as Python, if any."""
    for line in source.split("\n"):
        if magic := _CELL_MAGIC.match(line):
            if magic["name"] not in _RUN_PYTHON:
                return magic["name"]
        elif line.strip():
            return None
    return None


@cache
def _ipython() -> Any:
    """Return IPython's own transformations; imported only for cells that need them."""
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager()


def _transformed(source: str) -> str:
    """Return the cell as IPython makes Python of it, with the same lines.

    A magic at the top that runs the cell below it as Python gives way to a blank line; below any
    other there is no Python.
    """
    text = source
    bound: dict[int, str] = {}
    owner = ""
    while True:
        lines = _lines(f"{text}\n")
        for cleanup in _ipython().cleanup_transforms:  # blank lines, indentation, prompts
            lines = _lines("".join(cleanup(lines)))
        above = "\n" * (source.count("\n") + 1 - len(lines))
        magic = _CELL_MAGIC.match(lines[0]) if lines else None
        if magic is None:
            return _with_lines(_added(above + _with_calls(lines), owner), bound)
        if magic["name"] in _WRITES_FILE:
            return _writing(lines) + "\n" * source.count("\n")
        if magic["name"] in _SHELLS:
            return _writing_by_shell(lines) + "\n" * source.count("\n")
        if magic["name"] not in _RUN_PYTHON:
            return "\n" * source.count("\n")
        if adds := _ADDS.match(lines[0]):
            owner = adds["owner"]
        if captured := _CAPTURES.match(lines[0]):
            call = "get_ipython().run_cell_magic('capture', '', '')"
            bound[len(above)] = f"{captured['name']} = {call}"
        text = f"{above}\n{''.join(lines[1:])}".removesuffix("\n")


def _added(source: str, owner: str) -> str:
    """Return the source with its functions added to the class of that name, if there is one."""
    tree = parsed(source) if owner else None
    names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)] if tree else []
    return (
        "\n".join([source.rstrip("\n"), *(f"{owner}.{n} = {n}" for n in names)])
        if names
        else source
    )


def _with_lines(source: str, bound: dict[int, str]) -> str:
    """Return the source with these statements in place of blank lines, by their indices."""
    lines = source.split("\n")
    for index, statement in bound.items():
        lines[index] = statement
    return "\n".join(lines)


def _writing(lines: list[str]) -> str:
    """Return the call that writes a file of data; modules are read as cells instead."""
    _, _, line = lines[0].strip().partition(" ")
    if line.strip("'\" ").endswith(".py") or not line:
        return ""
    body = "".join(lines[1:])
    return f"get_ipython().run_cell_magic('writefile', {line.strip()!r}, {body!r})"


def _writing_by_shell(lines: list[str]) -> str:
    """Return the calls that write the files of data that a shell writes."""
    calls = [
        _writing([f"%%writefile {'-a ' * file.more}{file.name}\n", file.text])
        for file in written_by("".join(lines[1:]))
    ]
    return "; ".join(filter(None, calls))


def _lines(text: str) -> list[str]:
    """Return the lines of a text that ends in a line break, the only mark of an end."""
    return [f"{line}\n" for line in text.split("\n")[:-1]]


def _with_calls(lines: list[str]) -> str:
    """Return the lines with calls in place of magics, shell lines and question marks."""
    first = lines[0].split(maxsplit=1)
    if len("".join(lines).strip().split("\n")) == 1 and first and first[0] in _WITHOUT_PERCENT:
        lines[0] = f"%{lines[0]}"
    for _ in range(_MAX_PASSES):
        changed, after = _ipython().do_one_token_transform(lines)
        if not changed:
            break
        pairs = zip(lines, after, strict=False)
        place = next((n for n, (old, new) in enumerate(pairs) if old != new), len(after) - 1)
        # A command that went on over several lines became one.
        joined = len(lines) - len(after)
        lines = [*after[: place + 1], *["\n"] * joined, *after[place + 1 :]]
        _continue_run(lines, place + joined + 1)
    return "".join(lines).removesuffix("\n")


def _continue_run(lines: list[str], place: int) -> None:
    """Put calls for the magics right below one: they start statements, too.

    So a long run of ``!pip`` lines costs one pass, and not one each.
    """
    while place < len(lines) and lines[place][0] in "%!\n" and lines[place][-2:] != "\\\n":
        _, lines[place : place + 1] = _ipython().do_one_token_transform([lines[place]])
        place += 1


def _without_magics(source: str, tree: ast.Module) -> str:
    """Return the source with something plain in place of each call that was a magic."""
    text = source.encode()  # columns of a tree count bytes
    starts = [0]
    for line in text.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    calls = _outermost_magics(tree)
    alone = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in sorted(calls, key=lambda call: (call.lineno, call.col_offset), reverse=True):
        if _is_answered(node, alone=node in alone):
            continue
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        plain = _code(node) or ("pass" if node in alone else "None")
        breaks = b"\n" * text.count(b"\n", start, end)
        text = text[:start] + plain.encode() + breaks + text[end:]
    return text.decode()


def _outermost_magics(tree: ast.AST) -> list[ast.Call]:
    magics, waiting = [], [tree]
    while waiting:
        match node := waiting.pop():
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Call(func=ast.Name(id="get_ipython"), args=[]), attr=name
                )
            ) if name in _MAGIC_CALLS:
                magics.append(node)
            case _:
                waiting.extend(ast.iter_child_nodes(node))
    return magics


def _is_answered(node: ast.Call, alone: bool) -> bool:
    """Tell whether a magic stays a call: for its value, the environment or a file."""
    if node.lineno != node.end_lineno:
        return False
    match node.func, node.args:
        case ast.Attribute(attr="getoutput"), _:
            return not alone
        case ast.Attribute(attr="run_line_magic"), [ast.Constant(value=str(name)), *_]:
            return name in (_SETS_ENVIRONMENT if alone else _ANSWERED)
        case ast.Attribute(attr="run_cell_magic"), [ast.Constant(value=name), line, *_]:
            is_module = isinstance(line, ast.Constant) and str(line.value).endswith(".py")
            return name in _ANSWERED and not is_module
    return False


def _code(node: ast.Call) -> str | None:
    """Return the statement of one line that a magic runs: ``x = f()`` of ``%time x = f()``."""
    match node.func, node.args:
        case (
            ast.Attribute(attr="run_line_magic"),
            [ast.Constant(value=str(name)), ast.Constant(value=str(line)), *_],
        ):
            runs = name in _RUN_BY_LINE
        case ast.Attribute(attr="magic"), [ast.Constant(value=str(text))]:
            name, _, line = text.partition(" ")
            runs = name.lstrip("%") in _RUN_BY_LINE
        case _:
            return None
    line = line.strip()
    return line if runs and line and line[0] != "-" and parsed(line) is not None else None
