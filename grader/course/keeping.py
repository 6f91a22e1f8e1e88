"""Keep what comes of submissions in the course's folder, and find what is kept already."""

from __future__ import annotations

from dataclasses import dataclass

from grader.course.kept_code import code_path
from grader.course.pages import executed_path, is_page_kept, page_path
from grader.course.store import Store
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

        They come before the result: where that is, they are too. In a large course the code alone
        is kept of who lost nothing, unless there is an earlier page, which must not stay.

        Raises:
            StoreError: something can't be written.
            ValueError: the outcome holds no result.
        """
        contents, name = self.store.contents, work.name
        result = from_json(outcome.result)
        if self.never_lower and self.store.higher(name, result):
            return  # what is there stays that of the result that counts
        is_kept = is_page_kept(contents, result)
        for path, content, is_wanted in (
            (page_path(name), outcome.page, is_kept),
            (code_path(name), outcome.code, True),
            (executed_path(name), outcome.executed, is_kept),
        ):
            if content is not None and (is_wanted or contents.exists(path)):
                contents.write(path, content)

    def keep(self, work: Work, outcome: Outcome) -> Result:
        """Keep a result; returns what counts.

        Raises:
            StoreError: it can't be written.
            ValueError: the outcome holds no result.
        """
        return self.store.keep(work.name, outcome.result, self.never_lower)

    def flush(self) -> None:
        """Keep for good all that was kept so far; called before anything is said to be done.

        Raises:
            StoreError: something can't be written.
        """
        self.store.contents.flush()


def kept_result(work: Work, store: Store) -> Result | None:
    """Return the result of an earlier grading if nothing changed, and all of it is there."""
    result = store.kept(work.name, work.fingerprint)
    if result is None or work.notebook is None:
        return result
    name = work.name
    beside = [code_path(name)]
    if is_page_kept(store.contents, result):
        beside.append(page_path(name))
        if result.run.status != "not_run":
            beside.append(executed_path(name))
    return result if all(map(store.contents.exists, beside)) else None
