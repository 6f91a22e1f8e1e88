"""Make what students receive out of the solved notebook.

The solved notebook is the source. Its marked blocks are emptied, its outputs dropped, its points
set to the rubric's, and what belongs beside the notebook (plots, figures, a README) is copied next
to it.
"""

from __future__ import annotations

import ast
import copy
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from grader.assets import asset
from grader.assignment import Assignment
from grader.errors import UnusableError

if TYPE_CHECKING:
    from nbformat import NotebookNode

PLACEHOLDER = "raise NotImplementedError"
RUBRIC_NAME = "rubric.yaml"
SELF_CHECK = "grade check "
BY_RUBRIC = f"{SELF_CHECK}--rubric {RUBRIC_NAME} "

_CHECKOUT = Path(__file__).resolve().parents[2]


class ReleaseError(UnusableError):
    """The release cannot be made; the message says in one sentence what to do about it."""


def write_release(
    out: Path, assignment: Assignment, solved: Path | None = None, rubric: Path | None = None
) -> tuple[Path, ...]:
    """Write the student's folder to ``out`` and return the paths of its files.

    Nothing is written unless the template can be made.

    Args:
        out: the folder.
        assignment: what is given out.
        solved: the notebook to empty; by default the checkout's reference, or the template itself
            where the package is installed without one.
        rubric: says what the tasks are worth; one that is given comes along, so that students check
            by it.

    Raises:
        ReleaseError: the solved notebook cannot be used, or ``out`` not be written.
        RubricError: the rubric cannot be used.
    """
    import nbformat

    from grader.examiner.rubric import default_path, load_rubric

    source = solved or _default_solved(assignment)
    notebook = out / assignment.notebook
    if solved is not None and notebook.resolve() == solved.resolve():
        raise ReleaseError(f"The release would overwrite {solved}: choose another folder.")
    template = make_template(_read(source), assignment)
    points = load_rubric(rubric or default_path(), assignment).tasks
    template = with_points(template, points, assignment)
    content = nbformat.writes(template) + "\n"
    try:
        out.mkdir(parents=True, exist_ok=True)
        notebook.write_text(content, encoding="utf-8", newline="\n")
        for name in assignment.companions:
            _copy(asset("student_template") / name, out / name)
        _check_by_rubric(out / "README.md", rubric is not None)
        if rubric is not None and rubric.resolve() != (out / RUBRIC_NAME).resolve():
            # The template that a rubric names is the instructor's.
            text = re.sub(rb"(?m)^template[ \t]*:.*\n?", b"", rubric.read_bytes())
            (out / RUBRIC_NAME).write_bytes(text)
    except OSError as error:
        reason = error.strerror or "the system refused"
        raise ReleaseError(
            f"Cannot write the release to {out} ({reason}): choose a folder you may write to."
        ) from error
    names = (*assignment.companions, *([RUBRIC_NAME] if rubric else []))
    return (notebook, *(out / name for name in names))


def with_points(
    template: NotebookNode, points: Mapping[str, float], assignment: Assignment
) -> NotebookNode:
    """Return a copy in which headings and the table of tasks name the points, by task id.

    In Markdown, these are ``(10 points)`` in a heading with the task's title, the last cell of a
    table's row that names the method, and ``**60 points**`` for the total. What is written another
    way stays as it is.
    """
    changed = copy.deepcopy(template)
    for cell in changed.cells:
        if cell.cell_type == "markdown":
            lines = cell.source.split("\n")
            cell.source = "\n".join(_with_points(line, points, assignment) for line in lines)
    return changed


def _with_points(line: str, points: Mapping[str, float], assignment: Assignment) -> str:
    if re.fullmatch(r"\*\*[\d.]+ points?\*\*", line.strip()):
        return f"**{_worth(sum(points.values()))}**"
    for task in assignment.tasks:
        if line.startswith("#") and task.title in line:
            return re.sub(r"\([\d.]+ points?\)", f"({_worth(points[task.id])})", line)
        if line.startswith("|") and f"`{task.method.name}`" in line:
            return re.sub(r"\|\s*[\d.]+\s*\|\s*$", f"| {points[task.id]:g} |", line)
    return line


def _worth(points: float) -> str:
    return f"{points:g} {'point' if points == 1 else 'points'}"


def _check_by_rubric(readme: Path, has_rubric: bool) -> None:
    """Have the README's self-check count by the rubric beside the notebook, or by the usual one.

    The README may be one of an earlier release, where the folder of the template is released to.
    """
    text = readme.read_text(encoding="utf-8").replace(BY_RUBRIC, SELF_CHECK)
    if has_rubric:
        text = text.replace(SELF_CHECK, BY_RUBRIC)
    readme.write_text(text, encoding="utf-8", newline="\n")


def make_template(notebook: NotebookNode, assignment: Assignment) -> NotebookNode:
    """Return a copy of a solved notebook with its blocks empty, its outputs and counts gone.

    Cell ids and everything outside the blocks stay. A template comes back as it is.

    Raises:
        ReleaseError: a block is not closed or returns nothing, or a task's method has no block.
    """
    template = copy.deepcopy(notebook)
    for index, cell in enumerate(template.cells):
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        cell.outputs = []
        cell.execution_count = None
        try:
            cell.source = empty_blocks(cell.source, assignment)
        except ReleaseError as error:
            raise ReleaseError(f"Cell {index} of the solved notebook: {error}") from None
    _require_empty_methods(template, assignment)
    language = template.metadata.setdefault("language_info", {"name": "python"})
    language["file_extension"] = ".py"  # without it, an export to a script is called .txt
    return template


def empty_blocks(source: str, assignment: Assignment) -> str:
    """Return source code with the placeholder in place of what its marked blocks hold.

    Raises:
        ReleaseError: a block is not closed, or holds neither a return nor the placeholder.
    """
    mark = assignment.block_mark
    lines = source.split("\n")
    marks = [number for number, line in enumerate(lines) if line.strip() == mark]
    if len(marks) % 2:
        raise ReleaseError(
            f"it has {len(marks)} lines of {len(mark)} #; put one above and one below each block."
        )
    kept, end = [], 0
    for first, last in zip(marks[::2], marks[1::2], strict=True):
        block = [line for line in lines[first + 1 : last] if line.strip()]
        if not any(line.lstrip().startswith(("return", PLACEHOLDER)) for line in block):
            raise ReleaseError(
                f"the block at line {first + 1} returns nothing; "
                "check that the lines of # come in pairs, and put the return inside."
            )
        indent = block[0][: len(block[0]) - len(block[0].lstrip())]
        kept += [*lines[end : first + 1], indent + assignment.block_text, indent + PLACEHOLDER]
        end = last
    return "\n".join([*kept, *lines[end:]])


def _require_empty_methods(template: NotebookNode, assignment: Assignment) -> None:
    """Refuse a solution without marks around it, which would reach the students."""
    empty = {
        method.name
        for cell in template.cells
        if cell.cell_type == "code"
        for method in _methods(cell.source, assignment.class_name)
        if ast.unparse(method.body[-1]) == PLACEHOLDER
    }
    missing = [task.method.name for task in assignment.tasks if task.method.name not in empty]
    if missing:
        raise ReleaseError(
            f"The solved notebook has no class {assignment.class_name} whose method {missing[0]} "
            f"ends in a marked block: put a line of {len(assignment.block_mark)} # above and below "
            "the solution."
        )


def _methods(source: str, class_name: str) -> Iterator[ast.FunctionDef]:
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a cell with magics, which holds no class of ours
        return
    for statement in statements:
        if isinstance(statement, ast.ClassDef) and statement.name == class_name:
            yield from (node for node in statement.body if isinstance(node, ast.FunctionDef))


def _read(path: Path) -> NotebookNode:
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except OSError as error:
        raise ReleaseError(
            f"Cannot read the solved notebook {path}: check that the file is there."
        ) from error
    except (ValueError, LookupError, AttributeError, TypeError, nbformat.ValidationError) as error:
        raise ReleaseError(f"{path} is not a Jupyter notebook: give an .ipynb file.") from error


def _default_solved(assignment: Assignment) -> Path:
    solved = _CHECKOUT / assignment.solved_notebook
    return solved if solved.is_file() else asset("student_template") / assignment.notebook


def _copy(source: Path, target: Path) -> None:
    if source.resolve() != target.resolve():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
