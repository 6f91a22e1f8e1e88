"""Small notebooks for the tests of this folder."""

from __future__ import annotations

import ast
from pathlib import Path

from grader.submission.cells import Cell, Notebook
from grader.submission.extract import extract
from grader.submission.slices import Slice
from grader.vae import ASSIGNMENT

CLASS = """class VAE:
    def __init__(self, obs_dim, latent_dim, hidden_dim=100):
        super().__init__()
        self.latent_dim = latent_dim
    def encoder(self, x):
        return self.linear21(x), self.linear22(x)
    def elbo(self, x):
        return x.sum(-1)
"""


def notebook(*sources: str) -> Notebook:
    """A notebook of code cells; a source that starts with 'md:' makes a Markdown cell."""
    return Notebook(
        Path("made.ipynb"),
        "0" * 64,
        tuple(
            Cell(number, "markdown", source[3:])
            if source.startswith("md:")
            else Cell(number, "code", source)
            for number, source in enumerate(sources, 1)
        ),
    )


def sliced(*sources: str) -> Slice:
    """The slice of a notebook of code cells."""
    return extract(notebook(*sources), ASSIGNMENT)


def kept(part: Slice) -> list[str]:
    """The kept statements, each as its first line that isn't blank."""
    lines = []
    for cell in part.cells:
        body = ast.parse(cell.source).body
        source = cell.source.split("\n")
        lines += [source[body[index].lineno - 1].strip() for index in cell.keep]
    return lines


def execute(part: Slice, **namespace: object) -> dict[str, object]:
    """Execute a slice as the candidate does."""
    for cell in part.cells:
        body = ast.parse(cell.source).body
        for index in cell.keep:
            module = ast.Module([body[index]], [])
            exec(compile(module, "cell", "exec", part.flags, dont_inherit=True), namespace)
    return namespace
