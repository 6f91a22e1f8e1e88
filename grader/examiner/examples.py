"""Find the smallest cases that show what a class has lost."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from grader.assignment import Task
from grader.kit.check import Check, Steps
from grader.kit.example import Cases, Example, first_failing
from grader.report.result import TryIt
from grader.submission.slices import Slice

_DEVICE = "device"
"""The one name of the notebook that lines may hold: others have other values there than here."""
_NAMES_GPU = re.compile(r"\bcuda\b|\bmps\b")

_log = logging.getLogger(__name__)


def finder(task: str, cases: Cases, lost: Collection[str]) -> Check:
    """Return what finds examples for checks of a task that are lost, as a check that returns them.

    They are by the checks' ids.
    """

    def find(_: Any) -> Steps[dict[str, Example]]:
        of_all = cases(frozenset(lost))
        return (yield from first_failing({id: of_all[id] for id in lost if id in of_all}))

    return Check(f"{task}.examples", "", "", find)


def device_name(task: Task, helpers: Collection[Task], code: Slice) -> str | None:
    """Return the name of the device if a task's method depends on it, else "".

    It is None if no example can be given: the method, or one that it calls, uses other names of
    the notebook, or insists on a GPU, so that it gives something else there than here.
    """
    own = [code.sources.get(t.method.name, "") for t in (task, *helpers)]
    if any(map(_NAMES_GPU.search, own)):
        return None
    # A name that no method holds is used by a function that any of them may call.
    elsewhere = {n for n in code.uses_notebook_names if not _is_in(n, code.sources.values())}
    used = {n for n in code.uses_notebook_names if _is_in(n, own)} | elsewhere
    return None if used - {_DEVICE} else "".join(used)


def _is_in(name: str, sources: Collection[str]) -> bool:
    return any(re.search(rf"(?<![.\w]){name}\b", source) for source in sources)


def found(answer: Any, kind: str, device: str) -> Iterator[tuple[str, TryIt]]:
    """Yield the examples that a finder returned, and their checks' ids; none where it failed.

    Their lines make a model of the class called ``kind``.
    """
    if isinstance(answer, Mapping):
        for id, one in answer.items():
            yield id, TryIt(one.code(kind, device), one.got, one.right)
    elif answer is not None:
        _log.debug("No examples were found.", exc_info=answer)
