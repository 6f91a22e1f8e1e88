"""What of the grader's own surroundings may be why a run stopped, in words for the student."""

from __future__ import annotations

import ast
import os
import re
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from grader.submission.syntax import parse
from grader.vae import spec
from grader.vae.digits import WHOLE

NO_ERROR = "This may be no error of yours:"
"""How a note begins that the advice repeats."""

_CAUSES = (
    (
        r"URLError|HTTPError|ConnectionError|MaxRetryError|NameResolutionError|gaierror|SSLError"
        r"|Error downloading|urlopen error|not found or corrupted|Failed to resolve",
        "the grader gives a notebook no network, and of all data sets MNIST alone, through "
        "torchvision.",
    ),
    (
        r"ModuleNotFoundError",
        "what is imported there is not installed where the grader runs, or is a file that was not "
        "handed in.",
    ),
    (
        r"StdinNotImplementedError",
        "nobody is there to answer while the grader runs a notebook.",
    ),
    (
        r"PermissionError|Operation not permitted|Permission denied",
        "the grader lets a notebook start no programs, use no network, and touch no files but "
        "those of its own folder.",
    ),
    (
        r"FileNotFoundError|No such file|Parent directory .* does not exist",
        "where the grader runs a notebook there is no file but `vae_utils.py` and what the "
        "notebook writes itself.",
    ),
    (
        r"MemoryError|can't allocate memory|Unable to allocate",
        "the grader gives a notebook little memory.",
    ),
)
_ASKS_FOR_GPU = re.compile(r"is_available|device_count|get_device|nvidia")
_NO_GPU = "the grader runs notebooks on a CPU alone."

_NEVER_OF_DATA = re.compile(
    r"SyntaxError|IndentationError|TabError|ImportError|ModuleNotFoundError|NotImplementedError"
    r"|KeyboardInterrupt|SystemExit|UsageError"
)
_OF_KINDS = re.compile(r"AttributeError|TypeError")
"""They come of data only where something is None that a loop would have made."""
_OF_SHAPES = re.compile(
    r"invalid for input of size|cannot reshape|shapes cannot be multiplied|must match"
    r"|size mismatch|could not be broadcast|not aligned|is not divisible"
)
_UNKNOWN = re.compile(r"name '(\w+)' is not defined")
_OF_AMOUNTS = re.compile(
    r"StopIteration|IndexError|KeyError|ZeroDivisionError|\w*LocalError|NameError"
)
_AMOUNT = re.compile(
    r"\b(len|lengths?|shapes?|sizes?|dims?|numel|counts?|numbers?|num|total|empty|enough|few\w*"
    r"|samples?|images?|digits?|batch(es)?|epochs?|steps?|iterations?|loss(es)?|elbos?|nll|bce"
    r"|history|longer)\b|\d{3}|NoneType",
    re.IGNORECASE,
)
_POINTED_AT = re.compile(r"^-+> ?\d+ (.*)$", re.MULTILINE)
_IN_CELL = re.compile(r"Cell In\s?\[\d+\], line (\d+)")
_IN_CLASS = re.compile(rf"\bin {spec.CLASS_NAME}\.\w+\(")


def cause(name: str, text: str, source: str) -> str | None:
    """What of the surroundings may be behind an exception of a cell with this source, or None."""
    told = f"{name}: {text}"
    for pattern, words in _CAUSES:
        if re.search(pattern, told):
            return f"{NO_ERROR} {words}"
    asks = name in ("AssertionError", "RuntimeError") and _ASKS_FOR_GPU.search(source)
    return f"{NO_ERROR} {_NO_GPU}" if asks or "with CUDA enabled" in text else None


def may_count_images(name: str, text: str, traceback: str, sources: Iterable[str]) -> bool:
    """Whether an exception may come of there being few images.

    It may not where it is of a kind that has nothing to do with data, or comes out of the class.
    ``sources`` are the cells up to the one that failed.
    """
    cells = "\n".join(sources)
    if _OF_KINDS.fullmatch(name) and "NoneType" not in text:
        return False
    if "MNIST" not in cells or _NEVER_OF_DATA.search(name) or _IN_CLASS.search(traceback):
        return False
    unknown = _UNKNOWN.search(text) if name == "NameError" else None
    return unknown is None or len(re.findall(rf"\b{unknown[1]}\b", cells)) > 1


def is_same_misfit(error: str | None, other: str | None) -> bool:
    """Whether two runs, on few images and on many, failed with the same words about shapes.

    Then the shapes don't come of the number of images.
    """
    return error == other and bool(_OF_SHAPES.search(error or ""))


def names_amounts(name: str, text: str, traceback: str, source: str) -> bool:
    """Whether what failed speaks of how much there is: of sizes, numbers of images, or a loss.

    ``source`` is the cell that failed. Some kinds of exceptions come of amounts and don't name any.
    """
    if _OF_AMOUNTS.fullmatch(name):
        return True
    lines = _POINTED_AT.findall(traceback)
    place = _IN_CELL.search(traceback)
    failed = _statement(source, int(place[1])) if place else ""
    return bool(_AMOUNT.search("\n".join([text, *lines, failed]).replace("_", " ")))


def _statement(source: str, line: int) -> str:
    """The innermost statement on that line of a cell; of one with a body, the line alone."""
    try:
        around = [
            node
            for node in ast.walk(parse(source))
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0)
        ]
    except SyntaxError:
        around = []
    lines = source.splitlines()
    if not around or hasattr(around[-1], "body"):
        return "".join(lines[line - 1 : line])
    return "\n".join(lines[around[-1].lineno - 1 : around[-1].end_lineno])


def small_part(training: int, test: int) -> str:
    """The note on a failure that many images might have prevented."""
    return (
        f"{NO_ERROR} the grader runs notebooks on a small part of MNIST, {training} images for "
        f"training and {test} for tests, and trains for a few steps only. What counts on more, or "
        "on a loss that many steps have made small, can't hold here."
    )


def repeated(cell: int, training: int) -> str:
    """The note on a run that went on with a data set as long as MNIST."""
    return (
        f"Cell {cell} counts on the size of MNIST, of which the grader holds a small part. So the "
        f"notebook was run on {WHOLE[True]} images that repeat {training}, with loops over them "
        "cut short."
    )


def slow(seconds: int) -> str:
    """The note on a run that took too long."""
    return f"{NO_ERROR} the grader ends what takes longer than {seconds} seconds on its one core."


def without_places(text: str, folder: Path) -> str:
    """``text`` without the folders in which the grader ran the notebook and lies itself."""
    for place in {str(folder), str(folder.resolve())}:
        text = text.replace(f"{place}/work/", "").replace(place, "~")
    for place in _places():
        text = text.replace(f"{place}/", "")
    return text


@cache
def _places() -> tuple[str, ...]:
    """Folders of this project, of packages and of Python, the innermost first."""
    paths = sysconfig.get_paths()
    named = (str(Path(__file__).parents[2]), *sys.path, paths["purelib"], paths["stdlib"])
    found = {place for name in named for place in (name, os.path.realpath(name)) if len(place) > 1}
    return tuple(sorted(found, key=len, reverse=True))
