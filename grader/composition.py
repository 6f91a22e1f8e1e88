"""Make a grader out of options: the one place where the engine gets its assignment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Literal

from grader.errors import UnusableError
from grader.vae import ASSIGNMENT

if TYPE_CHECKING:
    from grader.examiner.client import Candidates
    from grader.examiner.grading import Grader
    from grader.examiner.rubric import Rubric
    from grader.examiner.runner import Runner

__all__ = ["ASSIGNMENT", "Options", "data_digest", "is_shipped", "make_grader", "read_rubric"]

_MAX_SHIPPED_BYTES = 1 << 20


@dataclass(frozen=True)
class Options:
    """How to grade.

    Attributes:
        rubric: points to grade by; None takes the assignment's own.
        template: the notebook that students received; None takes the rubric's, or the project's.
        isolation: how candidates are started; None takes what is safe on this platform.
        trust: whether to grade even where this machine can't confine student code.
        run: whether to execute the notebook and train its class, where processes can be forked.
        data: folder of data to execute notebooks with; None takes the small part that is shipped.
        jobs: how many submissions are graded side by side.
        many: whether many submissions are graded, for which it pays to get ready for longer.
        at_once: how many candidates of one submission are asked at once; None takes one a core.
    """

    rubric: Path | None = None
    template: Path | None = None
    isolation: Literal["fork", "spawn"] | None = None
    trust: bool = False
    run: bool = True
    data: Path | None = None
    jobs: int = 1
    many: bool = False
    at_once: int | None = None


@contextmanager
def make_grader(options: Options, rubric: Rubric | None = None) -> Iterator[Grader]:
    """Make a grader whose processes end with the context.

    Args:
        options: how to grade.
        rubric: the one of the options, where it is read already.

    Raises:
        UnusableError: the rubric (as its ``RubricError``), the template or the data can't be used.
        GraderError: the grader failed, or (as its ``NotConfinedError``) this machine can't confine
            student code and the options don't trust it.
    """
    from grader.examiner.home import Home

    with ExitStack() as stack:
        # The fork server takes longest to start, so it starts before anything else is imported.
        home = stack.enter_context(closing(Home(options.isolation, options.many)))
        from grader.examiner.client import Candidates

        candidates = stack.enter_context(Candidates(home, trust=options.trust))
        runner = _runner(options, candidates)
        if runner is not None:
            stack.enter_context(runner)
        from grader.examiner.grading import Grader

        rubric = rubric or read_rubric(options)
        if not options.trust:
            candidates.require_confinement()
        yield Grader(
            ASSIGNMENT,
            candidates,
            rubric,
            runner,
            at_once=options.at_once,
            slots=BoundedSemaphore(options.jobs),
        )


def _runner(options: Options, candidates: Candidates) -> Runner | None:
    """Make what executes notebooks; without forks a kernel would take longer than all checks."""
    if not options.run or candidates.home.fork_server is None:
        return None
    from grader.assignment import DataError
    from grader.examiner.runner import Runner
    from grader.examiner.sandbox import RunOptions

    how = RunOptions(options.data, options.trust, at_once=options.jobs)
    try:
        return Runner(candidates.home.fork_server, candidates.home.folder, ASSIGNMENT, how)
    except DataError as error:
        raise UnusableError(f"--data: {error}.") from error


def read_rubric(options: Options) -> Rubric:
    """Read the rubric of the options, or the assignment's own.

    Raises:
        RubricError: it or the template can't be used.
    """
    from grader.examiner.rubric import default_path, load_rubric

    return load_rubric(options.rubric or default_path(), ASSIGNMENT, options.template)


def data_digest(options: Options) -> bytes:
    """Return a digest of the data that notebooks are executed with; b"" for what is shipped.

    Raises:
        UnusableError: the folder of data can't be used.
    """
    if options.data is None or not options.run:
        return b""
    from grader.assignment import DataError

    digest = hashlib.sha256()
    try:
        for train in (True, False):
            arrays = ASSIGNMENT.data().read(options.data.resolve(), train)
            digest.update(b"".join(array.tobytes() for array in arrays))
    except DataError as error:
        raise UnusableError(f"--data: {error}.") from error
    return digest.digest()


def is_shipped(path: Path) -> bool:
    """Return whether a notebook came with the project, so that it needs no confinement."""
    try:
        if not path.is_file() or path.stat().st_size > _MAX_SHIPPED_BYTES:
            return False
        return hashlib.sha256(path.read_bytes()).hexdigest() in ASSIGNMENT.shipped_notebooks
    except OSError:
        return False
