"""The folder of a grading: every result in it is whole, whatever happens while it is written.

A result is made elsewhere, forced to the disk and renamed into place, which no kill and no full
disk can do by half. Its JSON comes last: where it is, the page beside it is too.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO

from grader.report.from_json import from_json
from grader.report.result import Result
from grader.report.to_json import to_json
from grader.whole_file import PART, write_whole_file

FINGERPRINT = "fingerprint"
UNKNOWN = ""
"""The fingerprint of what could not be read: the result of it is never kept."""

_LOCK = ".lock"
_SCRATCH = ".unpacked-"


class StoreError(Exception):
    """The folder can't be used; says why and what to do."""


def write_whole(path: Path, content: bytes, is_private: bool = False) -> None:
    """Write a file whole or not at all, and for good; a private one for its owner alone.

    Raises:
        StoreError: it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole_file(path, content, is_private)
    except OSError as error:
        raise StoreError(
            f"{path} can't be written: {error.strerror}. What was graded before is kept; "
            "run the same command again when that is mended."
        ) from error


class Store:
    """The results in a folder."""

    def __init__(self, folder: Path, methods: Mapping[str, str] | None = None) -> None:
        """Take a folder, and the method's name of each task, which results in it don't have."""
        self.folder = folder
        self._methods = methods
        self.results = folder / "results"

    def path(self, name: str) -> Path:
        """Return where the result of that name is."""
        return self.results / f"{name}.json"

    def read(self, name: str) -> Result:
        """Return the result of that name.

        Raises:
            OSError: it can't be read.
            ValueError: it is no result.
        """
        return from_json(self.path(name).read_bytes(), self._methods)

    def kept(self, name: str, fingerprint: str) -> Result | None:
        """Return the result of that name if it is of that fingerprint and nothing in it is open.

        A result that can't be read or isn't credible counts as none: it is graded again.
        """
        try:
            result = self.read(name)
        except (OSError, ValueError):
            return None
        same = result.environment.get(FINGERPRINT) == fingerprint != UNKNOWN
        return result if same and not result.is_open else None

    def keep(self, name: str, result: Result, fingerprint: str) -> Result:
        """Write a result; returns it as written.

        Raises:
            StoreError: it can't be written.
        """
        marked = replace(result, environment={**result.environment, FINGERPRINT: fingerprint})
        write_whole(self.path(name), to_json(marked).encode())
        return marked

    def names(self) -> frozenset[str]:
        """Return the names of all results in the folder, also of earlier gradings."""
        return frozenset(path.stem for path in self.results.glob("*.json"))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder, so that nobody else grades into it; the lock ends with the process.

        Raises:
            StoreError: somebody else does, or the folder can't be written.
        """
        try:
            self.results.mkdir(parents=True, exist_ok=True)
            # No 'with': the file must stay open, and nothing is written to it.
            file = open(self.folder / _LOCK, "a+b")  # noqa: SIM115
        except OSError as error:
            raise StoreError(
                f"{self.folder} can't be written: {error.strerror}. Choose another with --out."
            ) from error
        with file:
            if not _lock(file):
                raise StoreError(
                    f"Another grading is writing to {self.folder}: wait until it is done, "
                    "or choose another folder with --out."
                )
            self._clear()
            yield

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
        """Remove what a killed grading left: half-written files, and its scratch folder."""
        for path in self.folder.glob(f"{_SCRATCH}*"):
            shutil.rmtree(path, ignore_errors=True)
        for path in self.folder.rglob(f".*{PART}"):
            with contextlib.suppress(OSError):
                path.unlink()


def _lock(file: IO[bytes]) -> bool:
    """Take the lock of an open file, which the system lifts when the process ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
