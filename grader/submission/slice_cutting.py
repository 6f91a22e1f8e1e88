"""Cut the slice of a definition out of its program."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

from grader.protocol import jobs
from grader.protocol.jobs import NARROW, WITH_DOUBTFUL
from grader.submission.members import find_members
from grader.submission.missing_imports import import_notes
from grader.submission.program import NO_CELL, Program
from grader.submission.slicer import Slicer
from grader.submission.slices import Definition, Slice
from grader.submission.without_training import without_training


def cut_slice(program: Program, definition: Definition, width: int = NARROW) -> Slice:
    """Return what a definition of the class needs, as wide as is asked for."""
    read = program
    if width >= WITH_DOUBTFUL:
        narrow = Slicer(program, definition)
        narrow.run()
        read = without_training(program, narrow.needed)
    slicer = Slicer(read, definition, width)
    slicer.run()
    kept = (program.statements[index] for index in sorted(slicer.included))
    cells = tuple(
        jobs.Cell(number, read.sources[number], tuple(s.place for s in run), module)
        for (number, module), run in groupby(kept, attrgetter("cell", "module"))
    )
    for module, line in slicer.missing_imports:
        cells = (jobs.Cell(NO_CELL, line, (0,), module), *cells)
    members = find_members(program, slicer.included)
    names = frozenset(slicer.notebook_names)
    notes = tuple(dict.fromkeys((*slicer.notes, *import_notes(slicer.missing_imports))))
    statements = frozenset(slicer.included)
    return Slice(cells, program, definition, members, statements, names, notes, notes, width)
