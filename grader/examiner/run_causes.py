"""What of the grader's own surroundings may be why a run stopped, in words for the student."""

from __future__ import annotations

import re

from grader.assignment import Assignment
from grader.examiner.run_explanations import CellFailure, failed_statement
from grader.report.result import NO_ERROR

_FILES = (
    "where the grader runs a notebook there is no file but {files} and what the notebook writes "
    "itself."
)
_NO_GPU = "the grader runs notebooks on a CPU alone."
_NOBODY = "nobody is there to answer while the grader runs a notebook."

_RAISED = (
    (
        r"URLError|HTTPError|ConnectionError|MaxRetryError|NameResolutionError|gaierror|SSLError"
        r"|Error downloading|urlopen error|not found or corrupted|Failed to resolve"
        r"|no internet connection|Dataset not found",
        "the grader gives a notebook no network, and of all data sets {data} alone, through "
        "{source}.",
    ),
    (
        r"ModuleNotFoundError",
        "what is imported there is not installed where the grader runs, or is a file that was not "
        "handed in.",
    ),
    (
        r"NameError: name '(dbutils|spark|displayHTML|sqlContext|_deepnote\w*)' is not defined",
        "that name is there on Databricks or Deepnote alone, and the grader runs notebooks as "
        "Jupyter does.",
    ),
    (
        r"NameError: name '__file__'",
        "`__file__` is there only where a file is run as a script, and the grader runs scripts as "
        "notebooks, too.",
    ),
    (r"StdinNotImplementedError", _NOBODY),
    (
        r"TclError.*display|cannot connect to (X|display)|No available video device"
        r"|function is not implemented.*(GTK|highgui|window)",
        "there is no screen where the grader runs a notebook, and no window can be opened.",
    ),
    (
        r"MovieWriter \(\w+\) not available|unknown file extension: \.(mp4|m4v|mov|avi|mkv|webm)"
        r"|ExecutableNotFound|ffmpeg|[Ll]atex could not be found",
        "what fails there needs a program beside Python, such as ffmpeg for videos, and the grader "
        "lets a notebook start none.",
    ),
    (
        r"PermissionError|Operation not permitted|Permission denied",
        "the grader lets a notebook start no programs, use no network, and touch no files but "
        "those of its own folder.",
    ),
    (
        r"FileNotFoundError|No such file|Parent directory .* does not exist"
        r"|filename .* does not exist|File `.*` not found|was not found in history"
        r"|db file doesn't exist|unable to open database file|cannot open resource",
        _FILES,
    ),
    (
        r"MemoryError|can't allocate memory|Unable to allocate",
        "the grader gives a notebook little memory.",
    ),
    (r"CUDA enabled|requires CUDA|NVIDIA driver", _NO_GPU),
)
"""Patterns of exceptions, and what of the surroundings may be behind them."""

_HAS_NONE = r"IndexError|StopIteration|ValueError: .*\bempty\b"
_LISTED = (
    (_HAS_NONE, r"\b(i?glob|listdir|iterdir|scandir|walk)\(", _FILES),
    (_HAS_NONE, r"\bupload\(", _NOBODY),
    (rf"{_HAS_NONE}|ValueError", r"nvidia-smi", _NO_GPU),
)
"""Patterns of exceptions, and of the cells that may have found nothing there, and why."""

_REQUIRED = (
    (r"\b(exists|is_?file|is_?dir)\(", _FILES),
    (
        r"__version__|version_info",
        "Python or a package may have another version where the grader runs.",
    ),
    (r"is_available|device_count|get_device|nvidia", _NO_GPU),
)
"""What code may require that ends with an exception of its own, and what it then lacks here."""
_DEMAND = re.compile(r"\s*(raise|assert|sys\.exit|exit|quit)\b")
_LINES_BEFORE = 3
"""How far above its exception a condition stands."""
_OF_NAMES = re.compile(r"(Name|UnboundLocal|Attribute|Key|Type|Syntax|Import)Error")
_NAMES_GPU = re.compile(r"\b(gpu|cuda)s?\b", re.IGNORECASE)
_ENVIRONMENT = re.compile(r"\benviron\b|\bgetenv\(")


def cause(failure: CellFailure, assignment: Assignment) -> str | None:
    """Return what of the surroundings may be behind an exception, or None."""
    words = _words(failure)
    if words is None:
        return None
    data = assignment.data()
    files = " and ".join(f"`{name}.py`" for name in assignment.given_modules)
    return f"{NO_ERROR} {words.format(data=data.name, source=data.source, files=files)}"


def _words(failure: CellFailure) -> str | None:
    message = f"{failure.name}: {failure.text}"
    for pattern, words in _RAISED:
        if re.search(pattern, message):
            return words
    for pattern, made, words in _LISTED:
        if re.match(pattern, message) and re.search(made, failure.source):
            return words
    if _NAMES_GPU.search(failure.text) and not _OF_NAMES.match(failure.name):
        return _NO_GPU
    statement = failed_statement(failure) or failure.source
    if failure.name == "KeyError" and _ENVIRONMENT.search(statement):
        return "an environment variable of yours is not set where the grader runs."
    return _lacking(failure, statement) if _DEMAND.match(statement) else None


def _lacking(failure: CellFailure, statement: str) -> str | None:
    """Return what a cell that ends itself may have asked for there, or just before."""
    before = failure.source.partition(statement)[0].splitlines()[-_LINES_BEFORE:]
    asked = "\n".join([*before, statement])
    return next((words for pattern, words in _REQUIRED if re.search(pattern, asked)), None)
