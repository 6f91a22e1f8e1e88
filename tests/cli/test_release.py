"""`grade release`: what students receive, with the points of the rubric."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from grader.cli.main import main
from tests.outcomes import ROOT
from tests.student.student_notebooks import SOLVED, TEMPLATE

RUBRIC = (ROOT / "rubric.yaml").read_text(encoding="utf-8")


def release(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["release", *map(str, arguments)])
    return done.exit_code, done.output


def markdown(path: Path) -> str:
    cells = nbformat.read(path, 4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def test_the_release_is_complete_and_holds_no_solution(tmp_path: Path) -> None:
    status, said = release(tmp_path / "new")
    assert (status, len(said.splitlines())) == (0, 5)
    found = (tmp_path / "new").rglob("*")
    names = {path.relative_to(tmp_path / "new").as_posix() for path in found}
    assert names == {
        "vae.ipynb",
        "vae_utils.py",
        "README.md",
        "figures",
        "figures/encoder.svg",
        "figures/decoder.svg",
    }
    assert (tmp_path / "new" / "vae.ipynb").read_bytes() == TEMPLATE.read_bytes()
    readme = (tmp_path / "new" / "README.md").read_text(encoding="utf-8")
    assert "grade check vae.ipynb" in readme
    assert "pip install" in readme


def test_other_points_lead_to_another_template(tmp_path: Path) -> None:
    rubric = tmp_path / "mine.yaml"
    text = RUBRIC.replace("points: 5\n", "points: 8.5\n", 1).replace("kl.total: 3", "kl.total: 6.5")
    rubric.write_text(text, encoding="utf-8")
    status, said = release(tmp_path / "new", "--solved", SOLVED, "--rubric", rubric)
    assert status == 0, said
    words = markdown(tmp_path / "new" / "vae.ipynb")
    assert "### Task 4: KL divergence (8.5 points)" in words
    assert "| 4. KL divergence | `kl_divergence` | 8.5 |" in words
    assert "**63.5 points**" in words
    assert "### Task 5: ELBO (15 points)" in words
    assert (tmp_path / "new" / "rubric.yaml").read_text(encoding="utf-8") == text
    readme = (tmp_path / "new" / "README.md").read_text(encoding="utf-8")
    assert "grade check --rubric rubric.yaml vae.ipynb" in readme


def test_another_text_and_order_lead_to_another_template(tmp_path: Path) -> None:
    notebook = nbformat.read(SOLVED, 4)
    first, second = (
        next(i for i, cell in enumerate(notebook.cells) if cell.source.startswith(f"### Task {n}"))
        for n in (1, 2)
    )
    cells = notebook.cells
    cells[first], cells[second] = cells[second], cells[first]
    cells[first].source = "## Noise: Reparametrised sampling (3 points)\n\nAnother text."
    nbformat.write(notebook, tmp_path / "mine.ipynb")
    status, said = release(tmp_path / "new", "--solved", tmp_path / "mine.ipynb")
    assert status == 0, said
    made = nbformat.read(tmp_path / "new" / "vae.ipynb", 4).cells
    assert made[first].source == "## Noise: Reparametrised sampling (10 points)\n\nAnother text."
    assert made[second].source.startswith("### Task 1: Encoder (10 points)")
    assert "raise NotImplementedError" in "".join(cell.source for cell in made)


@pytest.mark.parametrize(
    ("rubric", "words"),
    [("tasks: 1\n", "rubric.yaml, line 1"), (None, "can't be read")],
)
def test_a_rubric_that_cannot_be_used_is_said(
    rubric: str | None, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "rubric.yaml"
    if rubric:
        path.write_text(rubric)
    status, said = release(tmp_path / "new", "--solved", SOLVED, "--rubric", path)
    assert status == 2
    assert words in said
    assert not (tmp_path / "new").exists()
