"""An autograder for a class in a PyTorch notebook.

    from grader import grade, self_check

Both import what they need when they are called, so importing the package costs nothing. In a
notebook, ``%load_ext grader`` brings ``%grade``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.version import __version__

if TYPE_CHECKING:
    from os import PathLike

    from IPython.core.interactiveshell import InteractiveShell

    from grader.report.result import Result
    from grader.student.live import SelfCheck

__all__ = ["__version__", "grade", "self_check"]


def grade(
    path: str | PathLike[str],
    *,
    rubric: str | PathLike[str] | None = None,
    template: str | PathLike[str] | None = None,
    run: bool = True,
    trust: bool = False,
) -> Result:
    """Grade the notebook at ``path`` and return the frozen result, as the command does.

    Args:
        path: an .ipynb file, or a .py export of one.
        rubric: rubric.yaml to count points by, instead of the assignment's own.
        template: the notebook that students received, instead of the rubric's or the project's own.
        run: whether to execute the whole notebook and train its class beside the checks, where
            processes can be forked.
        trust: whether to grade even where this machine can't confine student code.

    Raises:
        grader.examiner.rubric.RubricError: the rubric can't be used.
        grader.examiner.client.GraderError: the grader failed, or (as its ``NotConfinedError``)
            this machine can't confine student code and ``trust`` is false.

    What is wrong with the notebook raises nothing: see the result's ``status`` and ``reason``.
    """
    from pathlib import Path

    from grader.composition import Options, make_grader

    options = Options(
        Path(rubric) if rubric else None, Path(template) if template else None, trust=trust, run=run
    )
    with make_grader(options) as grader:
        return grader.grade(Path(path)).result


def self_check(kind: type) -> SelfCheck:
    """Put the class of a running kernel to the checks: ``self_check(Net)``.

    What it returns shows as a table in a notebook and as text in a terminal. Call it in a console
    or a notebook beside the one to hand in, or take the call out before handing in: an additional
    import is a change outside the blocks. ``%grade`` does the same without an import.

    Raises:
        TypeError: ``kind`` is no class.
        grader.examiner.client.GraderError: the grader itself failed.
    """
    from grader.student.live import self_check as check

    return check(kind)


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Bring the magic ``%grade`` into a notebook; IPython calls it at ``%load_ext grader``."""
    from grader.student.magic import register

    register(ipython)
