"""The solved notebook with other bodies in its methods, written to files."""

from __future__ import annotations

from pathlib import Path

import nbformat

from tests.outcomes import ROOT

SOLVED = ROOT / "reference" / "vae_solved.ipynb"
TEMPLATE = ROOT / "student_template" / "vae.ipynb"


def text_with(**bodies: str) -> str:
    """The file's text after the bodies of some methods were replaced."""
    notebook = nbformat.read(SOLVED, 4)
    cell = next(cell for cell in notebook.cells if "class VAE" in cell.source)
    for method, body in bodies.items():
        start = cell.source.index("# YOUR CODE HERE", cell.source.index(f"def {method}("))
        end = cell.source.index("####", start)
        cell.source = f"{cell.source[:start]}{body}\n        {cell.source[end:]}"
    return nbformat.writes(notebook)


def write(path: Path, **bodies: str) -> Path:
    path.write_text(text_with(**bodies), encoding="utf-8")
    return path


WRONG_KL = "return -(mu**2).sum(-1)"
UNWRITTEN = "raise NotImplementedError"
