"""Keep what comes of submissions in the course's folder, and find what is kept already."""

from __future__ import annotations

from dataclasses import dataclass

from grader.course.kept_code import code_path
from grader.course.pages import executed_path, page_path
from grader.course.store import Store, write_whole
from grader.course.work import Outcome, Work
from grader.report.from_json import from_json
from grader.report.result import Result


@dataclass(frozen=True)
class Keeper:
    """Keeps outcomes.

    Attributes:
        store: where results go.
        never_lower: whether an earlier total counts where it is higher.
    """

    store: Store
    never_lower: bool = False

    def keep_beside(self, work: Work, outcome: Outcome) -> None:
        """Write the page, the code and the executed notebook, if the result will count.

        They come before the result: where that is, they are too.

        Raises:
            StoreError: something can't be written.
            ValueError: the outcome holds no result.
        """
        if self.never_lower and self.store.higher(work.name, from_json(outcome.result)):
            return  # what is there stays that of the result that counts
        folder, name = self.store.folder, work.name
        for path, content in (
            (page_path(name), outcome.page),
            (code_path(name), outcome.code),
            (executed_path(name), outcome.executed),
        ):
            if content is not None:
                write_whole(folder / path, content)

    def keep(self, work: Work, outcome: Outcome) -> Result:
        """Keep a result; returns what counts.

        Raises:
            StoreError: it can't be written.
            ValueError: the outcome holds no result.
        """
        return self.store.keep_json(work.name, outcome.result, self.never_lower)


def kept_result(work: Work, store: Store) -> Result | None:
    """Return the result of an earlier grading if nothing changed, and all of it is there."""
    result = store.kept(work.name, work.fingerprint)
    if result is None or work.notebook is None:
        return result
    name = work.name
    beside = [page_path(name), code_path(name)]
    if result.run.status != "not_run":
        beside.append(executed_path(name))
    return result if all((store.folder / path).is_file() for path in beside) else None
