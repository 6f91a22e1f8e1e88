"""The folder of a grading: every result in it is whole, whatever happens while it is written.

A result is made elsewhere, forced to the disk and renamed into place, which no kill and no full
disk can do by half; in a large course, into the one file that has all of them. Its JSON comes last:
where it is, the page beside it is too.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from grader.course.contents import Contents
from grader.course.file_lock import lock
from grader.course.fingerprint import FINGERPRINT
from grader.course.history import History, results_in
from grader.course.regrade import counted_and_lower, differs
from grader.course.shard import Shard
from grader.course.store_kind import contents_of
from grader.course.work import UNKNOWN, marked
from grader.course.writing import StoreError, write_whole
from grader.report.from_json import from_json
from grader.report.result import Result
from grader.report.to_json import to_json
from grader.whole_file import PART

__all__ = ["Store", "StoreError", "write_whole"]

RESULTS = Path("results")
"""Where results are, seen from the folder of the grading."""
_LOCK = ".lock"
_SCRATCH = ".unpacked-"


class Store:
    """The results in a folder."""

    def __init__(
        self,
        folder: Path,
        methods: Mapping[str, str] | None = None,
        contents: Contents | None = None,
    ) -> None:
        """Take a folder.

        Args:
            folder: of the results.
            methods: the method's name of each task, which results in the folder don't have.
            contents: what is in the folder, where that is known; else it is looked at.
        """
        self.folder = folder
        self.contents = contents_of(folder) if contents is None else contents
        self.history = History(self.contents)
        self._methods = methods

    def read(self, name: str) -> Result:
        """Return the result of that name.

        Raises:
            OSError: it can't be read.
            ValueError: it is no result.
        """
        return from_json(self.contents.read(result_path(name)), self._methods)

    def kept(self, name: str, fingerprint: str) -> Result | None:
        """Return the result of that name if it is of that fingerprint and nothing in it is open.

        A result that can't be read or isn't credible counts as none: it is graded again.
        """
        result = self._read(result_path(name))
        if result is None:
            return None
        same = result.environment.get(FINGERPRINT) == fingerprint != UNKNOWN
        return result if same and not result.is_open else None

    def keep(self, name: str, content: bytes, never_lower: bool = False) -> Result:
        """Write a result, and keep the one that it replaces in the history.

        Args:
            name: of the result.
            content: what a grading found, as JSON.
            never_lower: whether a higher total that is there counts in its place; the result goes
                into the history then.

        Returns:
            What counts.

        Raises:
            StoreError: it can't be written.
            ValueError: the content is no result.
        """
        result = from_json(content, self._methods)
        grading = self.history.under_way(self.names)
        earlier = self._read(result_path(name))
        higher = self.higher(name, result) if never_lower else None
        if higher is not None:
            fingerprint = result.environment.get(FINGERPRINT, UNKNOWN)
            counted, lower = counted_and_lower(higher, result)
            grading.add_lower(name, to_json(lower).encode())
            result = marked(counted, fingerprint)
            content = to_json(result).encode()
        if earlier is not None and differs(earlier, result):
            grading.add_replaced(name, self.contents.read(result_path(name)))
        self.contents.write(result_path(name), content)
        return result

    def higher(self, name: str, result: Result) -> Result | None:
        """Return the earlier result of that name if its total is higher than this one's.

        Where the grader failed the last time, it is the last one before that. None if there is
        none, or if the grader failed now: then nothing is known to be lower.
        """
        paths = [grading.replaced(name) for grading in reversed(self.history.gradings())]
        found = filter(None, map(self._read, (result_path(name), *paths)))
        earlier = next((one for one in found if one.status != "grader_error"), None)
        if earlier is None or result.status == "grader_error":
            return None
        return earlier if round(earlier.points - result.points, 6) > 0 else None

    def _read(self, path: Path) -> Result | None:
        """Return the result at a path; None if there is none that can be read or is credible."""
        try:
            return from_json(self.contents.read(path), self._methods)
        except (OSError, ValueError):
            return None

    def names(self) -> frozenset[str]:
        """Return the names of all results in the folder, also of earlier gradings."""
        return frozenset(results_in(self.contents, RESULTS))

    @contextlib.contextmanager
    def locked(self, shard: Shard | None = None) -> Iterator[None]:
        """Lock the folder, so that nobody else grades into it; the lock ends with the process.

        Shards lock the folder together, against whoever grades all of it, and each its own part.

        Raises:
            StoreError: somebody else does, or the folder can't be written.
        """
        with contextlib.ExitStack() as stack:
            whole = stack.enter_context(self._opened(_LOCK))
            if not lock(whole, is_shared=shard is not None):
                raise StoreError(
                    f"Another grading is writing to {self.folder}: wait until it is done, "
                    "or choose another folder with --out."
                )
            if shard is None:
                self._clear()
            else:
                own = stack.enter_context(self._opened(f"{_LOCK}-{shard.label}"))
                if not lock(own):
                    raise StoreError(
                        f"Part {shard.number} of {shard.count} is being graded already: wait until "
                        "that is done."
                    )
            try:
                yield
            finally:
                self.contents.flush()

    def _opened(self, name: str) -> IO[bytes]:
        """Open a file to be locked, to which nothing is written.

        Raises:
            StoreError: the folder can't be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            return open(self.folder / name, "a+b")
        except OSError as error:
            raise StoreError(
                f"{self.folder} can't be written: {error.strerror}. Choose another with --out."
            ) from error

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """Make an empty folder for the time of this grading, to be used under the lock.

        It lies with the results, so that the next grading finds and removes what a killed one left.

        Raises:
            StoreError: it can't be made.
        """
        try:
            folder = tempfile.mkdtemp(prefix=_SCRATCH, dir=self.folder)
        except OSError as error:
            raise StoreError(f"{self.folder} can't be written: {error.strerror}.") from error
        try:
            yield Path(folder)
        finally:
            gone = f"{folder}-gone"  # where no thread that is still at work finds it
            with contextlib.suppress(OSError):
                Path(folder).rename(gone)
            shutil.rmtree(gone, ignore_errors=True)

    def _clear(self) -> None:
        """Remove what killed gradings left: half-written files, and scratch folders."""
        for path in self.folder.glob(f"{_SCRATCH}*"):
            shutil.rmtree(path, ignore_errors=True)
        for path in self.folder.rglob(f".*{PART}"):
            with contextlib.suppress(OSError):
                path.unlink()


def result_path(name: str) -> Path:
    """Return where the result of that name is, seen from the folder of the grading."""
    return RESULTS / f"{name}.json"
