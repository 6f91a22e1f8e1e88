"""What `grade --self-check` does: the instructor's checks, without confinement, in a few words.

Nobody needs protection from their own notebook, so nothing is confined; and the notebook is not
executed, for the answer to come at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.modes import UnusableError
from grader.examiner.client import Candidates, GraderError, Isolation

if TYPE_CHECKING:
    from grader.examiner.grading import Graded, Grader

ALL_POINTS, NOT_YET = 0, 1


@dataclass(frozen=True)
class SelfCheck:
    """What to check, and how.

    Attributes:
        rubric: points to count by; None takes the assignment's own.
        template: the notebook that students received; None takes the rubric's, or the project's.
        watch: whether to stay and check again at each save.
        publish: writes each new result elsewhere, and says whether that went well.
        aside: whether the text goes to the error output, since the other one is taken.
    """

    notebook: Path
    publish: Callable[[Graded], bool]
    rubric: Path | None = None
    isolation: Isolation | None = None
    watch: bool = False
    aside: bool = False
    template: Path | None = None


def run(options: SelfCheck) -> int:
    """Check, say it on the terminal, and return the exit status: 0 when all points are there.

    Raises:
        UnusableError: the rubric can't be used.
    """
    # The warm process takes longest to start, so it starts before anything else is imported.
    with Candidates(options.isolation, trust=True) as candidates:
        from grader.examiner.grading import KNOWN_CHECKS, Grader
        from grader.examiner.rubric import RubricError, default_path, load_rubric
        from grader.report.task_state import has_all_points
        from grader.student.text import to_text

        try:
            path = options.rubric or default_path()
            rubric = load_rubric(path, KNOWN_CHECKS, options.template)
            grader = Grader(candidates, rubric)
            if options.watch:
                return _watch(options, grader)
            graded = grader.grade(options.notebook)
        except RubricError as error:
            raise UnusableError(str(error)) from error
        except GraderError as error:
            click.echo(f"The grader failed: {error}.", err=True)
            return NOT_YET
    try:
        click.echo(to_text(graded.result), nl=False, err=options.aside)
    finally:  # whatever becomes of the one, the other is there
        written = options.publish(graded)
    return ALL_POINTS if has_all_points(graded.result) and written else NOT_YET


def _watch(options: SelfCheck, grader: Grader) -> int:
    from dataclasses import replace

    from grader.report.task_state import has_all_points
    from grader.student.memory import Memory
    from grader.student.text import to_first_words
    from grader.student.watch import Watcher, saves

    def say(text: str) -> None:
        click.echo(text, nl=False)

    if not options.notebook.absolute().parent.is_dir():
        raise click.UsageError(f"There is no folder {options.notebook.absolute().parent}.")
    memory = Memory(grader.check, grader.rubric, lambda tasks: say("\n" + to_first_words(tasks)))
    patient = replace(grader, examiner=memory.examine)
    watcher = Watcher(options.notebook, patient.grade, say, options.publish)
    watcher.follow(saves(options.notebook))
    return ALL_POINTS if watcher.last and has_all_points(watcher.last) else NOT_YET
