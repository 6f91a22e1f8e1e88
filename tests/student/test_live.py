"""A class in a running kernel, checked there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from grader import self_check
from grader.examiner.forkserver_client import GraderError
from tests.outcomes import ROOT

SOLVED = ROOT / "reference" / "vae_solved.ipynb"
WRONG = ("torch.exp(logsigma)", "torch.exp(0.5 * logsigma)")

_SESSION = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for source in json.load(sys.stdin):
    done = shell.run_cell(source, store_history=True)
print("@" + json.dumps([repr(done.result), done.result._repr_html_()]))
"""


def class_source() -> str:
    cells = nbformat.read(SOLVED, 4).cells
    return next(cell.source for cell in cells if cell.source.startswith("class VAE"))


def in_kernel(*cells: str) -> tuple[str, str]:
    """Text and HTML of what the last of some cells returns in a session of IPython."""
    done = subprocess.run(
        [sys.executable, "-c", _SESSION],
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
    )
    assert "\n@" in f"\n{done.stdout}", done.stdout + done.stderr
    text, html = json.loads(done.stdout.rpartition("@")[2])
    return text, html


def test_the_last_definition_in_a_kernel_is_checked() -> None:
    text, html = in_kernel(
        "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F",
        class_source(),
        "class VAE(nn.Module:",
        "%time scale = 0.5",
        class_source().replace(WRONG[0], "torch.exp(scale * logsigma)"),
        "from grader import self_check\nself_check(VAE)",
    )
    assert "Reparametrised sampling   8 of 10  to correct" in text
    assert "cell [5]" in text
    assert "syntax error" not in text
    assert "<caption>58 of 60 points</caption>" in html
    assert html.count('<th scope="row">') == 6


def test_a_class_from_a_file_is_read_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heading = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n\n"
    (tmp_path / "own_vae.py").write_text(heading + class_source().replace(*WRONG))
    monkeypatch.syspath_prepend(tmp_path)
    import own_vae  # type: ignore[import-not-found]

    result = self_check(own_vae.VAE).result
    assert (result.status, result.points) == ("graded", 58)


def test_what_has_no_source_is_said_in_a_sentence() -> None:
    names: dict[str, type] = {}
    exec("class VAE:\n    def encoder(self, x): return x", names)
    found = self_check(names["VAE"])
    assert found.result.status == "ungradable"
    assert "can't be found" in repr(found)
    assert "can&#39;t be found" in found._repr_html_()


def test_another_name_is_said_and_another_thing_refused() -> None:
    assert "name it VAE" in repr(self_check(type("Net", (), {})))
    with pytest.raises(TypeError, match="self_check takes the class itself"):
        self_check(GraderError("no class"))  # type: ignore[arg-type]
