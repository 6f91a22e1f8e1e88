"""A course of any size that is in no list: each reading makes an entry anew, as from a disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from grader.report.course import Appeal, Entry
from tests.made_results import broken_grader, entry, failed, graded, task, ungradable

LOST = replace(
    graded(), tasks=(task("kl", replace(failed("kl.total", 1.0), misconception="kl.half")),)
)
RESULTS = (*[graded()] * 8, LOST, ungradable(), broken_grader())


class ManyEntries(Sequence[Entry]):
    """Entries that are made when they are read; ``read`` counts that."""

    def __init__(self, count: int, make: Callable[[int], Entry]) -> None:
        self._count, self._make = count, make
        self.read = 0

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: int) -> Entry:  # type: ignore[override]
        raise AssertionError("the entries are read in their order alone")

    def __iter__(self) -> Iterator[Entry]:
        for place in range(self._count):
            self.read += 1
            yield self._make(place)


class Addresses(Mapping[str, str]):
    """The address of everybody's page, of which none is kept."""

    def __getitem__(self, name: str) -> str:
        return f"students/{name}.html"

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("addresses are looked up alone")

    def __len__(self) -> int:
        raise AssertionError("addresses are looked up alone")


def usual(place: int) -> Entry:
    """Return an entry as courses have them: some lost, some open, some with a note or an appeal."""
    made = entry(RESULTS[place % len(RESULTS)], f"Student {place:06d}", str(10**6 + place))
    notes = (f"not graded: old_{place}.ipynb",) if place % 5 == 0 else ()
    appeals = (Appeal("kl", "open", "Look again."),) if place % 997 == 0 else ()
    return replace(made, notes=notes, appeals=appeals, late=place % 31 == 0)


def hostile(place: int) -> Entry:
    """Return an entry whose texts are as long in HTML and on the disk as they can be."""
    made = usual(place)
    name = f"{place}" + "\"'\U0001f600" * 2000
    student = replace(made.students[0], name=name, id=name)
    return replace(made, students=(student,) * 3, notes=(name, "".join(reversed(name))))
