"""Advise on plots, bars and debuggers that were left in the methods."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

from grader.submission.program import Program
from grader.submission.slices import Slice
from grader.submission.syntax import IMPORTS, imported, root

_MOST = 3
"""So many lines are named of each kind."""

_DEBUGGER = "a debugger"
_PACKAGES = {
    **dict.fromkeys(("matplotlib", "pylab", "seaborn", "plotly", "bokeh"), "a plot"),
    **dict.fromkeys(("altair", "mpl_toolkits"), "a plot"),
    **dict.fromkeys(("tqdm", "alive_progress", "enlighten"), "a progress bar"),
    **dict.fromkeys(("fastprogress", "progressbar"), "a progress bar"),
    **dict.fromkeys(("IPython", "ipywidgets", "wandb"), "a display"),
    **dict.fromkeys(("torchinfo", "torchsummary", "torchviz"), "a display"),
    **dict.fromkeys(("pdb", "ipdb", "pudb", "web_pdb", "debugpy"), _DEBUGGER),
}
_BUILT_IN = {
    "display": "a display",
    "get_ipython": "a display",
    "breakpoint": _DEBUGGER,
    "input": "a question",
}
_DEBUGGING = ("embed", "debugger", "set_trace", "Pdb")


Place = tuple[int, int]
"""Cell and line."""


def find_leftovers(part: Slice) -> tuple[str, ...]:
    """Return a sentence for each kind of thing that was left in the methods."""
    program = part.program
    kept = [
        (node, program.statements[index].cell)
        for index in sorted(part.statements)
        for node in ast.walk(program.statements[index].node)
        if isinstance(node, (ast.Call, ast.Import, ast.ImportFrom))
    ]
    names = _meanings(
        [*(statement.node for statement in program.statements), *dict(kept)],
        part.assignment.plot_modules,
    )
    calls = [
        (node, what, cell)
        for node, cell in kept
        if isinstance(node, ast.Call) and (what := _what(node, names, program))
    ]
    if not calls:
        return ()
    code = frozenset().union(*part.attribution.code.values())
    places: dict[str, set[Place]] = {}
    for node, what, cell in calls:
        if node in code:
            places.setdefault(what, set()).add((cell, node.lineno))
    return tuple(_sentence(*item) for item in places.items())


def _what(call: ast.Call, names: dict[str, str], program: Program) -> str | None:
    name = root(call) or ""
    if name in names:
        return _DEBUGGER if getattr(call.func, "attr", "") in _DEBUGGING else names[name]
    is_theirs = name in program.binders or not isinstance(call.func, ast.Name)
    return None if is_theirs else _BUILT_IN.get(name)


def _meanings(nodes: Iterable[ast.AST], plots: Collection[str]) -> dict[str, str]:
    """Return what names stand for that imports bind to a module of plots and the like."""
    return {
        bound: what
        for node in nodes
        if isinstance(node, IMPORTS)
        for bound, path in imported(node)
        if (what := _meaning(path, plots)) is not None
    }


def _meaning(path: str, plots: Collection[str]) -> str | None:
    package, *parts = path.split(".")
    if package == "IPython" and not set(parts).isdisjoint(_DEBUGGING):
        return _DEBUGGER
    return _PACKAGES.get(package, "a plot" if package in plots else None)


def _sentence(what: str, places: set[Place]) -> str:
    listed = ", ".join(f"cell {cell}, line {line}" for cell, line in sorted(places)[:_MOST])
    more = " and more" * (len(places) > _MOST)
    return f"The methods hold {what} ({listed}{more}), which does nothing in a check: take it out."
