"""``%grade`` in a session of IPython."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
import pytest
from IPython.core.error import UsageError

from grader.student.magics import checked
from tests.outcomes import ROOT
from tests.student.test_live import WRONG, class_source, in_kernel

IMPORTS = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F"
FAILING = class_source().replace(*WRONG)


def test_the_class_in_the_kernel_is_checked_and_not_what_was_defined_before() -> None:
    text, html = in_kernel(IMPORTS, FAILING, class_source(), "%load_ext grader", "%grade")
    assert "60 of 60" in html
    assert html.count('<th scope="row">') == 6
    assert "Next: " in text


def test_one_task_alone_by_its_name_or_its_methods() -> None:
    for name in ("reparam", "sample_with_reparam"):
        text, html = in_kernel(IMPORTS, FAILING, "%load_ext grader", f"%grade {name} --explain")
        assert "<caption>8 of 10 points</caption>" in html
        assert html.count('<th scope="row">') == 1
        assert "Try it" in text


@pytest.mark.parametrize(
    ("line", "names", "why"),
    [
        ("", {}, "There is no class VAE in this kernel: run the cell that defines it"),
        ("kl", {"VAE": 3}, "There is no class VAE"),
        ("elboo", {}, "There is no task elboo; is elbo meant?"),
        ("qqq", {}, "There is no task qqq; known are encoder"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(
    line: str, names: dict[str, object], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        checked(line, names)


@pytest.mark.slow
def test_the_cell_to_paste_installs_and_checks_in_a_fresh_kernel(tmp_path: Path) -> None:
    """As a student does it, where the grader is nowhere but in the course's file."""
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    if subprocess.run(build, check=False, capture_output=True).returncode:
        pytest.skip("no wheel can be built here")
    (wheel,) = tmp_path.glob("*.whl")
    readme = (ROOT / "student_template" / "README.md").read_text(encoding="utf-8")
    cell = textwrap.dedent(readme.partition("```python\n")[2].partition("```")[0])
    assert "FILE_OR_ADDRESS" in cell
    target = tmp_path / "installed"
    cell = cell.replace("FILE_OR_ADDRESS", f"--target {target} {wheel}")
    cell = cell.replace("%load_ext", f"import sys; sys.path.insert(0, {str(target)!r})\n%load_ext")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in (IMPORTS, FAILING, cell)]
    )
    from nbclient import NotebookClient

    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    shown = str(notebook.cells[-1].outputs)
    assert "58 of 60 points" in shown
