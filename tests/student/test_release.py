"""The template: in step with the solved notebook, without a trace of the solutions."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from grader.cli.main import main
from grader.student.release import (
    PLACEHOLDER,
    ReleaseError,
    empty_blocks,
    make_template,
    write_release,
)
from grader.vae import ASSIGNMENT, spec

if TYPE_CHECKING:
    from nbformat import NotebookNode

COMPANIONS, NOTEBOOK_NAME = ASSIGNMENT.companions, ASSIGNMENT.notebook
ROOT = Path(__file__).resolve().parents[2]
SOLVED = ROOT / "reference" / "vae_solved.ipynb"
TEMPLATE = ROOT / "student_template" / NOTEBOOK_NAME


@pytest.fixture
def solved() -> NotebookNode:
    return nbformat.read(SOLVED, as_version=4)


def class_cell(notebook: NotebookNode) -> NotebookNode:
    [cell] = [cell for cell in notebook.cells if cell.source.startswith("class VAE")]
    return cell


def block(*body: str) -> str:
    return "\n".join(
        [f"    {spec.BLOCK_MARK}", *(f"    {line}" for line in body), "    " + spec.BLOCK_MARK]
    )


def test_the_committed_template_is_made_from_the_solved_notebook(tmp_path: Path) -> None:
    write_release(tmp_path, ASSIGNMENT)
    assert (tmp_path / NOTEBOOK_NAME).read_bytes() == TEMPLATE.read_bytes()


def test_both_notebooks_are_valid_and_only_the_template_is_unexecuted() -> None:
    for path in (SOLVED, TEMPLATE):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        counts = [cell.execution_count for cell in code]
        executed = list(range(1, len(code) + 1))
        assert counts == (executed if path == SOLVED else [None] * len(code))
        assert any(cell.outputs for cell in code) == (path == SOLVED)


def test_each_method_of_the_template_is_a_docstring_and_an_empty_block() -> None:
    source = class_cell(nbformat.read(TEMPLATE, as_version=4)).source
    [vae] = ast.parse(source).body
    assert isinstance(vae, ast.ClassDef)
    methods = {node.name: node for node in vae.body if isinstance(node, ast.FunctionDef)}
    assert set(methods) == {"__init__", *ASSIGNMENT.task_by_method}
    for name in ASSIGNMENT.task_by_method:
        _, *rest = methods[name].body
        assert [ast.unparse(statement) for statement in rest] == [PLACEHOLDER]
    lines = [line.strip() for line in source.split("\n")]
    expected = [spec.BLOCK_MARK, spec.BLOCK_TEXT, PLACEHOLDER, spec.BLOCK_MARK]
    starts = [i for i, line in enumerate(lines) if line == spec.BLOCK_MARK][::2]
    assert [lines[i : i + 4] for i in starts] == [expected] * len(spec.TASKS)


def test_the_notebook_states_what_each_task_is_worth() -> None:
    notebook = nbformat.read(TEMPLATE, as_version=4)
    points = dict(zip(spec.TASK_IDS, (10, 10, 10, 5, 15, 10), strict=True))
    tasks = [cell.source for cell in notebook.cells if cell.source.startswith("### Task")]
    assert len(tasks) == len(spec.TASKS)
    for number, (task, text) in enumerate(zip(spec.TASKS, tasks, strict=True), start=1):
        assert text.startswith(f"### Task {number}: {task.title} ({points[task.id]} points)")
        assert f"| {number}. {task.title} | `{task.method.name}` | {points[task.id]} |" in (
            notebook.cells[0].source
        )


def test_figures_of_the_notebook_are_released_with_it(tmp_path: Path) -> None:
    paths = write_release(tmp_path / "new" / "folder", ASSIGNMENT)
    text = paths[0].read_text(encoding="utf-8")
    assert {path.relative_to(tmp_path / "new" / "folder").as_posix() for path in paths} == {
        NOTEBOOK_NAME,
        *COMPANIONS,
    }
    for name in COMPANIONS:
        assert (tmp_path / "new" / "folder" / name).read_bytes() == (
            ROOT / "student_template" / name
        ).read_bytes()
    assert all(f"({name})" in text for name in COMPANIONS if name.startswith("figures/"))


def test_outputs_counts_and_timings_are_dropped_and_the_original_is_kept(
    solved: NotebookNode,
) -> None:
    cell = class_cell(solved)
    cell.outputs = [nbformat.v4.new_output("stream", text="loss = 110.19")]
    cell.execution_count = 4
    cell.metadata["execution"] = {"iopub.status.busy": "2024-01-01T00:00:00Z"}
    before = json.dumps(solved)
    emptied = class_cell(make_template(solved, ASSIGNMENT))
    assert (emptied.outputs, emptied.execution_count, emptied.metadata) == ([], None, {})
    assert json.dumps(solved) == before


def test_an_export_of_the_template_to_a_script_is_called_py(solved: NotebookNode) -> None:
    for metadata in ({}, {"language_info": {"name": "python"}}, solved.metadata):
        solved.metadata = nbformat.from_dict(metadata)
        template = make_template(solved, ASSIGNMENT)
        nbformat.validate(template)
        assert template.metadata["language_info"]["file_extension"] == ".py"


def test_the_rules_say_where_sizes_come_from() -> None:
    readme = (TEMPLATE.parent / "README.md").read_text(encoding="utf-8")
    for text in (readme, nbformat.read(TEMPLATE, as_version=4).cells[0].source):
        (rule,) = [line for line in text.splitlines() if "attributes, such as `x.shape`" in line]
        assert "never as numbers" in rule


def test_a_template_is_its_own_template() -> None:
    template = nbformat.read(TEMPLATE, as_version=4)
    assert make_template(template, ASSIGNMENT) == template


code_lines = st.lists(st.sampled_from(["a = 1", "", "    b = 2", "# YOUR CODE HERE", "#" * 57]))


@given(before=code_lines, body=code_lines, after=code_lines)
def test_only_what_a_block_holds_is_replaced(
    before: list[str], body: list[str], after: list[str]
) -> None:
    source = "\n".join([*before, block("x = 1", *body, "return x"), *after])
    emptied = "\n".join([*before, block(spec.BLOCK_TEXT, PLACEHOLDER), *after])
    assert empty_blocks(source, ASSIGNMENT) == emptied
    assert empty_blocks(emptied, ASSIGNMENT) == emptied


@pytest.mark.parametrize(
    ("source", "words"),
    [
        pytest.param(block("return 1") + "\n" + spec.BLOCK_MARK, "it has 3 lines", id="odd"),
        pytest.param("\n\n" + block("x = 1"), "block at line 3 returns nothing", id="no return"),
        pytest.param(block(), "returns nothing", id="nothing in it"),
    ],
)
def test_a_broken_block_is_named(source: str, words: str) -> None:
    with pytest.raises(ReleaseError, match=words):
        empty_blocks(source, ASSIGNMENT)


def test_the_cell_of_a_broken_block_is_named(solved: NotebookNode) -> None:
    index = solved.cells.index(class_cell(solved))
    class_cell(solved).source += f"\n{spec.BLOCK_MARK}"
    with pytest.raises(ReleaseError, match=f"^Cell {index} of the solved notebook"):
        make_template(solved, ASSIGNMENT)


@pytest.mark.parametrize("task", spec.TASKS, ids=lambda task: task.id)
def test_a_solution_without_marks_is_not_released(solved: NotebookNode, task: spec.Task) -> None:
    cell = class_cell(solved)
    head, tail = cell.source.split(f"def {task.method.name}(")
    cell.source = f"{head}def {task.method.name}(" + tail.replace(spec.BLOCK_MARK, "# ---", 2)
    with pytest.raises(ReleaseError, match=f"method {task.method.name} ends in a marked block"):
        make_template(solved, ASSIGNMENT)


def test_a_cell_with_magics_is_passed_over(solved: NotebookNode) -> None:
    solved.cells.insert(0, nbformat.v4.new_code_cell("%matplotlib inline"))
    assert make_template(solved, ASSIGNMENT).cells[0].source == "%matplotlib inline"


def test_the_solved_notebook_is_not_overwritten(tmp_path: Path) -> None:
    solved = tmp_path / NOTEBOOK_NAME
    solved.write_bytes(SOLVED.read_bytes())
    with pytest.raises(ReleaseError, match="choose another folder"):
        write_release(tmp_path, ASSIGNMENT, solved)
    assert solved.read_bytes() == SOLVED.read_bytes()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "check that the file is there", id="missing"),
        pytest.param("not json", "is not a Jupyter notebook", id="text"),
        pytest.param("[]", "is not a Jupyter notebook", id="list"),
        pytest.param("{}", "is not a Jupyter notebook", id="object"),
        pytest.param('{"nbformat": 4, "cells": 3}', "is not a Jupyter notebook", id="cells"),
        pytest.param(
            '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}',
            "no class VAE",
            id="no cells",
        ),
    ],
)
def test_a_bad_solved_notebook_ends_in_one_sentence(
    tmp_path: Path, content: str | None, words: str
) -> None:
    path, out = tmp_path / "solved.ipynb", tmp_path / "out"
    if content is not None:
        path.write_text(content)
    result = CliRunner().invoke(main, ["release", str(out), "--solved", str(path)])
    assert result.exit_code == 2
    assert result.output.startswith("Error: ")
    assert words in result.output
    assert not out.exists()


def test_a_folder_that_cannot_be_made_ends_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = CliRunner().invoke(main, ["release", str(tmp_path / "file")])
    assert result.exit_code == 2
    assert "choose a folder you may write to" in result.output


def test_the_command_lists_what_it_wrote(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["release", str(tmp_path), "--solved", str(SOLVED)])
    assert result.exit_code == 0
    written = {Path(line) for line in result.output.splitlines()}
    assert written == {tmp_path / name for name in (NOTEBOOK_NAME, *COMPANIONS)}
    assert all(path.is_file() for path in written)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the template that releases can be written into, as the checkout's can be."""
    folder = tmp_path / "student_template"
    shutil.copytree(ROOT / "student_template", folder)
    monkeypatch.setattr("grader.student.release.asset", lambda name: folder)
    return folder


def test_a_release_made_twice_is_the_same(installed: Path, tmp_path: Path) -> None:
    rubric = tmp_path / "mine.yaml"
    rubric.write_bytes((ROOT / "rubric.yaml").read_bytes())

    def released(out: Path, *given: Path) -> dict[str, bytes]:
        write_release(out, ASSIGNMENT, SOLVED, *given)
        return {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    for out in (tmp_path / "new", installed):
        usual = released(out)
        assert released(out) == usual
        by_rubric = released(out, rubric)
        assert by_rubric["README.md"].count(b"--rubric rubric.yaml") == 2
        assert released(out, rubric) == by_rubric
        assert released(out, out / "rubric.yaml") == by_rubric
        assert released(out) == usual | {"rubric.yaml": rubric.read_bytes()}


def test_students_get_the_rubric_without_the_instructors_template(tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.yaml"
    text = (ROOT / "rubric.yaml").read_text()
    rubric.write_text(f"template: vae.ipynb\n{text}")
    shutil.copy(ROOT / "student_template" / "vae.ipynb", tmp_path)
    write_release(tmp_path / "out", ASSIGNMENT, SOLVED, rubric)
    assert (tmp_path / "out" / "rubric.yaml").read_text() == text
    assert rubric.read_text() != text


def test_importing_the_module_does_not_import_nbformat() -> None:
    program = "import sys, grader.student.release; sys.exit('nbformat' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_an_installed_package_releases_the_template_it_ships(tmp_path: Path) -> None:
    package = tmp_path / "site" / "grader"
    ignored = shutil.ignore_patterns("__pycache__", "mnist")
    shutil.copytree(ROOT / "grader", package, ignore=ignored)
    shutil.copy(ROOT / "rubric.yaml", package / "data" / "rubric.yaml")
    for name in (NOTEBOOK_NAME, *COMPANIONS):
        target = package / "data" / "student_template" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "student_template" / name, target)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "grader", "release", str(out)]
    subprocess.run(command, cwd=package.parent, check=True, capture_output=True)
    assert (out / NOTEBOOK_NAME).read_bytes() == TEMPLATE.read_bytes()
