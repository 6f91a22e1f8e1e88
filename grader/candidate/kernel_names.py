"""What a kernel keeps between cells and offers them, as far as code beside the class may read it.

The value of the last expression, what a cell printed, the environment, and files of data that a
cell writes. Shell commands give what they give in a run: nothing, in a list of lines.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

from grader.candidate.patches.idle_modules import Idle

KEPT = ("_", "__", "___")


class Lines(list[str]):
    """The lines that a shell command printed."""

    @property
    def n(self) -> str:
        """The lines as a text."""
        return "\n".join(self)

    @property
    def s(self) -> str:
        """The lines with blanks between them."""
        return " ".join(self)

    l = list_ = property(lambda self: self)  # noqa: E741
    p = paths = property(lambda self: [Path(line) for line in self])
    nlstr, spstr = n, s

    def grep(self, *_: Any, **__: Any) -> Lines:
        """Return no line: none fits."""
        return Lines()

    fields = sort = grep  # type: ignore[assignment]


class Timed:
    """What ``%timeit -o`` gives, of code that took no time worth measuring."""

    loops = repeat = 1
    best = worst = average = 1e-6
    stdev = compile_time = 0.0

    def __init__(self) -> None:
        self.timings = self.all_runs = [self.best]


class Captured:
    """What the cell under ``%%capture`` prints, once the cell is over."""

    def __init__(self, whole: bool) -> None:
        self._whole = whole
        self._texts = io.StringIO(), io.StringIO()
        self._kept = sys.stdout, sys.stderr
        self.outputs: list[Any] = []
        sys.stdout, sys.stderr = self._texts

    def end(self) -> None:
        """Print as usual from here on."""
        sys.stdout, sys.stderr = self._kept

    @property
    def stdout(self) -> str:
        """What went to the standard output.

        Raises:
            RuntimeError: the cell wasn't executed as a whole.
        """
        return self._text(0)

    @property
    def stderr(self) -> str:
        """What went to the standard error; see `stdout`."""
        return self._text(1)

    def _text(self, index: int) -> str:
        if not self._whole:
            raise RuntimeError("what a cell prints isn't known where the class is graded alone")
        return self._texts[index].getvalue()

    def show(self) -> None:
        """Show nothing."""

    __call__ = show


class Shell(Idle):
    """The shell of ``get_ipython()``: idle, but for what `KEPT` and the magics here are read for.

    ``whole`` says whether cells are executed as wholes.
    """

    def __init__(self, namespace: dict[str, Any], whole: bool) -> None:
        super().__init__("IPython")
        self.__dict__.update(user_ns=namespace, _whole=whole, _captured=[], _shown="")

    def getoutput(self, *_: Any, **__: Any) -> Lines:
        """Return no line: no shell command is carried out."""
        return Lines()

    def run_line_magic(self, name: str, line: str = "", *_: Any, **__: Any) -> Any:
        """Return the value of a magic of one line; None for one that does nothing here."""
        if name in ("env", "set_env"):
            return self._environment(line)
        if name in ("sx", "system"):
            return Lines()
        if name == "timeit" and "-o" in line.split():
            return Timed()
        return os.getcwd() if name == "pwd" else None

    def run_cell_magic(self, name: str, line: str = "", cell: str = "") -> Any:
        """Write a file, or begin to capture what the cell prints."""
        if name == "capture":
            self._captured.append(Captured(self._whole))
            return self._captured[-1]
        if name in ("file", "writefile"):
            words = line.split(maxsplit=1)
            more = words[0] in ("-a", "--append")
            path = Path(os.path.expanduser(words[-1].strip().strip("'\"")))
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a" if more else "w", encoding="utf-8") as file:
                file.write(cell)
        return None

    def end_cell(self) -> None:
        """Print as usual again."""
        while self._captured:
            self._captured.pop().end()

    def keep(self, value: Any) -> None:
        """Bind ``_`` to the value of a cell's last expression, unless that name is in use."""
        names = self.user_ns
        if value is None or names.get("_") is not self._shown:
            return
        self.__dict__["_shown"] = value
        names["___"], names["__"], names["_"] = names.get("__"), names["_"], value

    def _environment(self, line: str) -> Any:
        for mark in ("=", " "):
            name, separator, value = line.strip().partition(mark)
            if separator:
                os.environ[name.strip()] = value.strip()
                return None
        return os.environ.get(line.strip()) if line.strip() else dict(os.environ)


class Handle:
    """What ``display`` returns where it is given an id."""

    def __init__(self, display_id: object) -> None:
        self.display_id = str(display_id)

    def display(self, *_: Any, **__: Any) -> None:
        """Show nothing."""

    update = display


def _display(*_: Any, display_id: object = None, **__: Any) -> Handle | None:
    """Show nothing."""
    return Handle(display_id) if display_id else None


def offer(namespace: dict[str, Any], whole: bool) -> Shell:
    """Bind the names that a kernel offers; the shell that it is."""
    shell = Shell(namespace, whole)
    answers = {"get_ipython": lambda: shell, "display": _display}
    for name in ("IPython", "IPython.core.getipython", "IPython.display"):
        module: Any = sys.modules.get(name)
        if getattr(module, "__file__", None):  # the real one, which knows of no shell here
            module.__dict__.update({n: answers[n] for n in answers if n in module.__dict__})
    namespace.update(
        answers,
        In=[""],
        Out={},
        **dict.fromkeys((*KEPT, "_i", "_ii", "_iii"), ""),
    )
    return shell
