"""Draw grader/docs/report.svg: the report on a copy of the solved notebook with three errors."""

from __future__ import annotations

import tempfile
import textwrap
from dataclasses import replace
from pathlib import Path

import nbformat

from grader.composition import Options, make_grader
from grader.report.terminal import to_svg
from grader.vae.spec import BLOCK_MARK, BLOCK_TEXT

ROOT = Path(__file__).resolve().parents[1]
ERRORS = {
    "sample_with_reparam": "return mu + torch.exp(0.5 * logsigma) * torch.randn_like(mu)",
    "kl_divergence": "return (0.5 * (mu**2 + torch.exp(2 * logsigma) - 1) - logsigma).sum()",
    "sample": "return self.decoder(torch.randn(num_samples, self.latent_dim))",
}


def fill_block(source: str, method: str, body: str) -> str:
    """Return the class with other statements in the marked block of a method."""
    start = source.index(BLOCK_TEXT, source.index(f"def {method}(")) + len(BLOCK_TEXT)
    end = source.index(BLOCK_MARK, start)
    return f"{source[:start]}\n{textwrap.indent(body.rstrip(), ' ' * 8)}\n        {source[end:]}"


def main() -> None:
    """Grade the copy, and draw what the terminal shows."""
    notebook = nbformat.read(ROOT / "reference" / "vae_solved.ipynb", 4)
    for cell in notebook.cells:
        if "class VAE" in cell.source:
            for method, body in ERRORS.items():
                cell.source = fill_block(cell.source, method, body)
    with tempfile.TemporaryDirectory() as folder, make_grader(Options()) as grader:
        path = Path(folder) / "vae.ipynb"
        nbformat.write(notebook, path)
        result = grader.grade(path).result
    shown = replace(result, submission=replace(result.submission, path="vae.ipynb"))
    picture = ROOT / "grader" / "docs" / "report.svg"
    picture.write_text(to_svg(shown), encoding="utf-8")


if __name__ == "__main__":
    main()
