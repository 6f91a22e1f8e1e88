"""The results that gradings replaced: a folder for each grading, to which files are only added.

    history/2026-12-02T09-30-00Z/before.txt        whose results were there when it began
    history/2026-12-02T09-30-00Z/Ada_L_12.json     Ada's, as it was before that grading
    history/2026-12-02T09-30-00Z/lower/Bo_13.json  what it gave Bo, who keeps a higher total

A folder is called by when its grading began, in UTC. While that isn't complete the name ends in
`-unfinished`, and whoever goes on with it takes the same folder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from grader.course.file_lock import lock
from grader.course.writing import StoreError, write_whole

FOLDER = "history"
_BEFORE = "before.txt"
_LOWER = "lower"
_UNFINISHED = "-unfinished"
_LOCK = ".lock-history"
_STAMP = "%Y-%m-%dT%H-%M-%SZ"
_NAME = re.compile(rf"(\d{{4}}-\d\d-\d\dT\d\d-\d\d-\d\dZ)({_UNFINISHED})?", re.ASCII)


@dataclass(frozen=True)
class Grading:
    """One grading of the course: what it replaced, and what it found but doesn't count."""

    folder: Path

    @property
    def began(self) -> datetime:
        """When it began, in UTC."""
        return _began(self.folder)

    @property
    def is_finished(self) -> bool:
        """Whether it came to its end."""
        return not self.folder.name.endswith(_UNFINISHED)

    @property
    def before(self) -> frozenset[str]:
        """The names of the results that were there when it began.

        Raises:
            OSError: they can't be read.
        """
        return frozenset((self.folder / _BEFORE).read_text("utf-8").split("\n")) - {""}

    def replaced(self, name: str) -> Path:
        """Return where the result of that name is as it was before, if this grading changed it."""
        return self.folder / f"{name}.json"

    def lower(self, name: str) -> Path:
        """Return where the result is that doesn't count, since an earlier total is higher."""
        return self.folder / _LOWER / f"{name}.json"

    @property
    def names_of_replaced(self) -> tuple[str, ...]:
        """The names of the results that this grading changed."""
        return tuple(sorted(path.stem for path in self.folder.glob("*.json")))

    @property
    def names_of_lower(self) -> tuple[str, ...]:
        """The names of the results of this grading that don't count."""
        return tuple(sorted(path.stem for path in (self.folder / _LOWER).glob("*.json")))

    def add_replaced(self, name: str, content: bytes) -> None:
        """Keep what a result was before.

        Raises:
            StoreError: it can't be written.
        """
        _add(self.replaced(name), content)

    def add_lower(self, name: str, content: bytes) -> None:
        """Keep a result that doesn't count.

        Raises:
            StoreError: it can't be written.
        """
        _add(self.lower(name), content)


@dataclass(frozen=True)
class History:
    """The history of the gradings in a folder, to be written under the folder's lock."""

    results: Path
    """The folder of the gradings, with everything."""

    def gradings(self) -> tuple[Grading, ...]:
        """Return all gradings that changed something or could have, the first one first."""
        folders = [path for path in self._folders() if (path / _BEFORE).is_file()]
        return tuple(map(Grading, folders))

    def under_way(self, names: Callable[[], Collection[str]]) -> Grading:
        """Return the grading that is under way; begin one if there is none.

        Args:
            names: finds the names of all results that there are.

        Raises:
            StoreError: it can't be written.
        """
        folder = self._under_way()
        if folder is None or not (folder / _BEFORE).is_file():
            with self._beginning():  # one of several shards
                folder = self._under_way() or self._next()
                if not (folder / _BEFORE).is_file():
                    before = "".join(f"{it}\n" for it in sorted(names()))
                    write_whole(folder / _BEFORE, before.encode())
        return Grading(folder)

    def _under_way(self) -> Path | None:
        open_ = [path for path in self._folders() if path.name.endswith(_UNFINISHED)]
        return open_[-1] if open_ else None

    def _next(self) -> Path:
        folders, now = self._folders(), datetime.now(timezone.utc)
        # Also where two begin within a second, or the clock was set back.
        if folders:
            now = max(now, _began(folders[-1]) + timedelta(seconds=1))
        return self.results / FOLDER / f"{now.strftime(_STAMP)}{_UNFINISHED}"

    @contextmanager
    def _beginning(self) -> Iterator[None]:
        """Wait until no other process begins a grading.

        Raises:
            StoreError: the folder can't be written.
        """
        path = self.results / _LOCK
        try:
            file = open(path, "a+b")  # noqa: SIM115
        except OSError as error:
            raise StoreError(f"{path} can't be written: {error.strerror}.") from error
        with file:
            lock(file, wait=True)
            yield

    def complete(self) -> None:
        """Say that the grading that is under way, if one is, came to its end.

        Raises:
            StoreError: it can't be renamed.
        """
        for folder in self._folders():
            if folder.name.endswith(_UNFINISHED):
                try:
                    folder.rename(folder.with_name(folder.name.removesuffix(_UNFINISHED)))
                except OSError as error:
                    raise StoreError(f"{folder} can't be renamed: {error.strerror}.") from error

    def _folders(self) -> list[Path]:
        """Return the folders of gradings, by when they began."""
        try:
            folders = [path for path in (self.results / FOLDER).iterdir() if path.is_dir()]
        except OSError:  # there is none yet
            return []
        return sorted((path for path in folders if _NAME.fullmatch(path.name)), key=_began)


def _began(folder: Path) -> datetime:
    match = _NAME.fullmatch(folder.name)
    assert match is not None
    return datetime.strptime(match[1], _STAMP).replace(tzinfo=timezone.utc)


def _add(path: Path, content: bytes) -> None:
    """Write a file, beside what is there already if that is another.

    There is one already if a stopped grading went on with another notebook: the first tells what
    was before, so the others go into folders `2`, `3` and so on beside it.

    Raises:
        StoreError: it can't be written.
    """
    number, free = 1, path
    while free.exists():
        if free.read_bytes() == content:
            return
        number += 1
        free = path.parent / str(number) / path.name
    write_whole(free, content)
