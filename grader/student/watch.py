"""Check a notebook again at each save, and say what changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from grader.examiner.grading import Graded
from grader.report.result import Result
from grader.student.text import to_change_text, to_refusal, to_text
from grader.submission import Ungradable, load

SETTLE_SECONDS = 0.4
"""How long a file that can't be read may be half-written."""
_POLL_SECONDS = 0.05
_DEBOUNCE_MILLISECONDS = 100
_STEP_MILLISECONDS = 25
_LOOK_MILLISECONDS = 2000

Grade = Callable[[Path], Graded]
Say = Callable[[str], None]


def saves(path: Path) -> Iterator[None]:
    """Yield at each change of the file, and every few seconds; end at Ctrl-C.

    The folder is watched and not the file, for many editors save by renaming another file. The
    look now and then is for folders that report no changes, as network drives do.
    """
    from watchfiles import watch

    def is_ours(_: object, changed: str) -> bool:
        return Path(changed).name == path.name

    for _ in watch(
        path.absolute().parent,
        watch_filter=is_ours,
        recursive=False,
        debounce=_DEBOUNCE_MILLISECONDS,
        step=_STEP_MILLISECONDS,
        rust_timeout=_LOOK_MILLISECONDS,
        yield_on_timeout=True,
        raise_interrupt=False,
    ):
        yield None


@dataclass
class Watcher:
    """Holds the last result; `check` is called at the start and at each save.

    Attributes:
        grade: grades the file at a path.
        say: shows text to the student, which ends with a whole line.
        publish: gets each new result, for other outputs.
    """

    path: Path
    grade: Grade
    say: Say
    publish: Callable[[Graded], object]
    last: Result | None = None
    _digest: str | None = field(default=None, init=False)

    def follow(self, saved: Iterable[object]) -> None:
        """Check now and whenever ``saved`` yields; Ctrl-C ends it quietly."""
        try:
            self.check()
            self.say(f"\nWatching {self.path.name}: save it to check again, Ctrl-C to end.\n")
            for _ in saved:
                self.check()
        except KeyboardInterrupt:
            pass
        self.say("\nStopped watching.\n")

    def check(self) -> None:
        """Check the file as it is now, unless it is as it was the last time."""
        digest = _digest(self.path)
        if digest == self._digest:
            return
        self._digest = digest
        graded = self.grade(self.path)
        result = graded.result
        event = f"{time.strftime('%H:%M:%S')} {'saved' if self.path.exists() else 'gone'}: "
        if self.last is None:
            self.say(to_text(result))
        elif result.status == "ungradable":
            self.say("\n" + to_refusal(event, str(result.reason), _kept(self.last)))
            return
        elif self.last.status == "ungradable":
            self.say(f"\n{event}{to_text(result)}")
        else:
            self.say(f"\n{event}{to_change_text(self.last, result)}")
        self.last = result
        self.publish(graded)


def _digest(path: Path) -> str:
    """Return a digest of the file once it can be read, or the reason why it can't in its time."""
    end = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            return load(path).sha256
        except Ungradable as error:
            if time.monotonic() >= end:
                return error.reason
        time.sleep(_POLL_SECONDS)


def _kept(last: Result) -> str:
    if last.status == "ungradable":
        return "There is no earlier result."
    return f"The last result stays: {last.points:g} of {last.max_points:g} points."
