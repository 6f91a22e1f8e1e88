"""The student's program in a candidate: executes the slice, and says where an exception arose."""

from __future__ import annotations

import ast
import hashlib
import importlib
import linecache
import random
import sys
import types
from collections.abc import Mapping
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import torch

from grader.candidate import kernel_names, own_modules
from grader.candidate.patches import idle_modules, made_up_data
from grader.candidate.refusals import refused
from grader.candidate.statements import Run, runs_of
from grader.protocol.jobs import ALL_BEFORE, WITH_DOUBTFUL, Program
from grader.protocol.replies import Described

MAX_TEXT = 2000


class _Device(str):
    """The global name ``device``: a string that answers like a `torch.device` too.

    Notebooks make either, and the class may ask for what theirs is.
    """

    index = None  # type: ignore[assignment]
    __class__ = property(lambda self: torch.device)
    __hash__ = str.__hash__

    @property
    def type(self) -> str:
        return str(self)

    def __eq__(self, other: object) -> bool:
        return str(self) == (str(other) if isinstance(other, torch.device) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __enter__(self) -> torch.device:
        return torch.device(self).__enter__()

    def __exit__(self, *exception: Any) -> None:
        torch.device(self).__exit__(*exception)


def seed_all(seed: int) -> None:
    """Seed every generator that a method may draw from, so that two gradings agree."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def generators() -> list[str]:
    """Return a text for each generator, equal where it goes on with the same numbers."""
    of_numpy = np.random.get_state(legacy=False)
    states = (
        torch.get_rng_state().numpy().tobytes(),
        (of_numpy["state"]["key"].tobytes(), of_numpy["state"]["pos"], of_numpy["gauss"]),
        random.getstate(),
    )
    return [hashlib.blake2b(repr(s).encode(), digest_size=16).hexdigest() for s in states]


def move_on() -> None:
    """Draw a number from each generator."""
    torch.rand(())
    np.random.random()
    random.random()


def begin(seed: int) -> None:
    """Have torch and the generators as a fresh process would, whatever ran here before."""
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    seed_all(seed)


def load(program: Program, bind: Mapping[str, int], device: str = "cpu") -> dict[str, Any]:
    """Execute a program as a fresh ``__main__``, with these names bound, and return its names.

    A statement beside the class that fails does not stop the rest: a method that needs what it
    would have bound says so itself when it is called.
    """
    is_wide = program.width >= WITH_DOUBTFUL
    module = types.ModuleType("__main__")
    namespace = module.__dict__
    sys.modules["__main__"] = module
    modules = own_modules.install(program.modules)
    spaces = {"": namespace, **{name: vars(own) for name, own in modules.items()}}
    if is_wide and any("IPython" in cell.source for cell in program.cells):
        importlib.import_module("IPython.display")  # as it shows nothing here, it is answered for
    shell = kernel_names.offer(namespace, program.width == ALL_BEFORE)
    namespace.update(bind, device=_Device(device))
    if is_wide:
        idle_modules.show()
    failure: BaseException | None = None
    for cell in program.cells:
        name = f"cell {cell.number}"
        lines = cell.source.splitlines(keepends=True)
        linecache.cache[name] = (len(cell.source), None, lines, name)
        for run in _compiled(cell.source, tuple(cell.keep), name, program.flags):
            if is_wide:
                made_up_data.install()
            try:
                shown = run(spaces[cell.module])
                if cell.module:
                    own_modules.promise_only_what_is_there(modules[cell.module])
                else:
                    shell.keep(shown)
            except Exception as error:
                failure = error
        if not cell.module:
            shell.end_cell()
    if program.class_name not in namespace:
        raise failure or NameError(f"name '{program.class_name}' is not defined")
    if isinstance(kind := namespace[program.class_name], idle_modules.Idle):
        kind.refuse()
    rebind(namespace, {**bind, "device": _Device(device)})
    return namespace


def rebind(namespace: dict[str, Any], names: Mapping[str, Any]) -> None:
    """Bind names in the notebook's namespace, and in those of own modules that bind them."""
    namespace.update(names)
    own_modules.rebind(names)


@cache  # one for all probes of a candidate
def _compiled(source: str, keep: tuple[int, ...], name: str, flags: int) -> list[Run]:
    """Return what runs a cell's statements with these indices."""
    statements = ast.parse(source).body
    # What a kernel shows if it is an expression.
    last = -1 if source.rstrip().endswith(";") else len(statements) - 1
    return [runs_of(statements[index], name, flags, index == last) for index in keep]


def describe(error: BaseException) -> Described:
    """Return an exception as text, with the cell and line of the student's that it came from."""
    cell = line = innermost = None
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.startswith("cell ") and name[5:].isdigit():
            cell, line, innermost = int(name[5:]), trace.tb_lineno, trace
        trace = trace.tb_next
    span = _span(innermost) if innermost else None
    try:
        text = str(error)
    except BaseException:
        text = ""
    return Described(type(error).__name__[:100], text[:MAX_TEXT], cell, line, refused(error), span)


def _span(trace: types.TracebackType) -> tuple[int, int, int] | None:
    """Return where on its line the expression begins, and the line and column where it ends."""
    positions = getattr(trace.tb_frame.f_code, "co_positions", None)  # from Python 3.11 on
    if positions is None or trace.tb_lasti < 0:
        return None
    line, end_line, start, end = next(islice(positions(), trace.tb_lasti // 2, None))
    known = None not in (start, end_line, end)
    return (start, end_line, end) if known and line == trace.tb_lineno else None
