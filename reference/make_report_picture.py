"""Draws grader/docs/report.svg: the report on a copy of the solved notebook with three errors."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import nbformat

from grader.composition import Options, make_grader
from grader.report.terminal import to_svg

ROOT = Path(__file__).resolve().parents[1]
ERRORS = {
    "sample_with_reparam": "return mu + torch.exp(0.5 * logsigma) * torch.randn_like(mu)",
    "kl_divergence": "return (0.5 * (mu**2 + torch.exp(2 * logsigma) - 1) - logsigma).sum()",
    "sample": "return self.decoder(torch.randn(num_samples, self.latent_dim))",
}


def with_errors(source: str) -> str:
    """The class with other bodies in some of its blocks."""
    for method, body in ERRORS.items():
        start = source.index("# YOUR CODE HERE", source.index(f"def {method}("))
        end = source.index("#" * 58, start)
        source = f"{source[:start]}# YOUR CODE HERE\n        {body}\n        {source[end:]}"
    return source


def main() -> None:
    """Grade the copy, and draw what the terminal shows."""
    notebook = nbformat.read(ROOT / "reference" / "vae_solved.ipynb", 4)
    for cell in notebook.cells:
        if "class VAE" in cell.source:
            cell.source = with_errors(cell.source)
    with tempfile.TemporaryDirectory() as folder, make_grader(Options()) as grader:
        path = Path(folder) / "vae.ipynb"
        nbformat.write(notebook, path)
        result = grader.grade(path).result
    shown = replace(result, submission=replace(result.submission, path="vae.ipynb"))
    picture = ROOT / "grader" / "docs" / "report.svg"
    picture.write_text(to_svg(shown), encoding="utf-8")


if __name__ == "__main__":
    main()
