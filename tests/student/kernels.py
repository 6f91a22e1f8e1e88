"""Cells in a real kernel, of this Python or of another."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.outcomes import ROOT

IMPORTS = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F"
SOLVED = ROOT / "reference" / "vae_solved.ipynb"


@dataclass(frozen=True)
class Shown:
    """What a cell shows: everything as text, HTML, and the name of its exception."""

    text: str
    html: str
    error: str


def class_source(written: str = "", instead: str = "") -> str:
    """The cell with the solved class, with something else in place of what is written."""
    cells = nbformat.read(SOLVED, 4).cells
    source = next(cell.source for cell in cells if cell.source.startswith("class VAE"))
    assert written in source
    return source.replace(written, instead)


def in_kernel(folder: Path, cells: list[str], python: str = sys.executable) -> list[Shown]:
    """Run cells one after the other, whatever happens, in a kernel that starts in a folder."""
    own = folder / "kernels" / "own"
    own.mkdir(parents=True)
    argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "own", "language": "python"}
    (own / "kernel.json").write_text(json.dumps(spec))
    nodes = [nbformat.v4.new_code_cell(source) for source in cells]
    notebook = nbformat.v4.new_notebook(cells=nodes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))
        if python == sys.executable:
            patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        else:
            patch.delenv("PYTHONPATH", raising=False)
        NotebookClient(
            notebook,
            timeout=300,
            kernel_name="own",
            allow_errors=True,
            resources={"metadata": {"path": str(folder)}},
        ).execute()
    return [_shown(cell.outputs) for cell in notebook.cells]


def _shown(outputs: list[Any]) -> Shown:
    data = [output.get("data", {}) for output in outputs]
    texts = [output.get("text", "") for output in outputs]
    texts += [part.get("text/plain", "") for part in data]
    errors = [output.get("ename", "") for output in outputs]
    html = "".join(part.get("text/html", "") for part in data)
    return Shown("".join(texts), html, "".join(errors))
