"""Gradescope: the metadata of an export, and ``results.json`` of its autograder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader.assignment import Assignment
from grader.platforms.download import File
from grader.platforms.platform import Metadata, NotWrittenError, Platform, Product, ResultFile

if TYPE_CHECKING:
    from grader.examiner.grading import Graded

METADATA_FILE = "submission_metadata.yml"


def _read_metadata(files: Sequence[File]) -> Metadata:
    from grader.platforms.gradescope.metadata import read_metadata

    return read_metadata(files)


def _content(graded: Graded, path: Path, _: Assignment) -> str:
    from grader.platforms.gradescope.results import maximum_words, to_gradescope

    result = graded.result
    if result.status == "grader_error":
        raise NotWrittenError("No results are written for Gradescope: points are not decided.")
    return to_gradescope(result, notice=maximum_words(path, result.max_points))


def _bundle(product: Product) -> bytes:
    """Return the zip of the grader, of what makes its box, and of what runs in it."""
    from grader.zip_write import to_zip

    scripts = ("setup.sh", "run_autograder")
    files = {**product.files, "requirements.txt": product.requirements}
    files |= {name: product.script("gradescope", name) for name in scripts}
    return to_zip(dict(sorted(files.items())), executables=scripts)


PLATFORM = Platform(
    "gradescope",
    order=70,
    metadata_file=METADATA_FILE,
    read_metadata=_read_metadata,
    result_files=(ResultFile("--gradescope", "Write Gradescope's results.json here.", _content),),
    bundle=_bundle,
)
