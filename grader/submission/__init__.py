"""Read submissions: the notebook, the part of it that the class needs, the rules it keeps."""

from grader.submission.cells import Cell, Notebook
from grader.submission.errors import Ungradable
from grader.submission.extract import extract
from grader.submission.load import load
from grader.submission.rules import Finding, read_rules
from grader.submission.slices import Location, Slice

__all__ = [
    "Cell",
    "Finding",
    "Location",
    "Notebook",
    "Slice",
    "Ungradable",
    "extract",
    "load",
    "read_rules",
]
