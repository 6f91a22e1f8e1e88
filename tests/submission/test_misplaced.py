"""A class that no kernel would run is found, and what to do is said."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader.submission.cells import Cell, Notebook
from grader.submission.errors import Ungradable
from grader.submission.extract import extract
from grader.submission.load import load
from grader.vae import ASSIGNMENT
from tests.submission.build import CLASS, notebook

COMMENTED = "# " + CLASS.strip().replace("\n", "\n# ")
COLAB = "# Commented out IPython magic to ensure Python compatibility.\n# %%time\n" + COMMENTED
HEAD, TAIL = CLASS.split("    def elbo")
TAIL = "    def elbo" + TAIL


def with_kind(kind: str) -> Notebook:
    cells = (Cell(1, "code", "x = 1"), Cell(2, kind, f"Here:\n{CLASS}"), Cell(3, "code", "VAE(1)"))
    return Notebook(Path("made.ipynb"), "0" * 64, cells)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (with_kind("markdown"), "cell 2, is a Markdown cell: make it a code cell"),
        (with_kind("raw"), "cell 2, is a raw cell: make it a code cell"),
        (notebook("x = 1", COMMENTED, "vae = VAE(1)"), "cell 2 is commented out: take the #"),
        (notebook("x = 1", "#" + CLASS.replace("\n", "\n#")), "cell 2 is commented out"),
        (notebook("x = 1", COLAB), "commented out, as Colab's export to .py does"),
        (notebook("x = 1", f"'''\n{CLASS}'''"), "cell 2 stands in quotes"),
        (notebook("x = 1", f"%%script false\n{CLASS}"), "cell 2 stands under %%script"),
        (notebook("x = 1", f"%%html\n{CLASS}"), "cell 2 stands under %%html"),
        (notebook("x = 1", HEAD + "    def elbo(self, x):", "        return x"), "cells 2 and 3"),
        (notebook(HEAD + "    @f", "md:# text", TAIL, "    A = 1"), "cells 1, 3 and 4"),
        (notebook(f"<<<<<<< HEAD\n{CLASS}=======\n>>>>>>> b"), "conflict markers"),
    ],
)
def test_where_the_class_is_is_named(made: Notebook, reason: str) -> None:
    with pytest.raises(Ungradable) as caught:
        extract(made, ASSIGNMENT)
    assert reason in caught.value.reason
    assert caught.value.reason.endswith(".")


def test_a_notebook_without_code_cells_is_told_where_the_class_is(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text('{"cells": [{"cell_type": "markdown", "source": "class VAE(nn.Module):"}]}')
    with pytest.raises(Ungradable, match="cell 1, is a Markdown cell"):
        extract(extract(load(path), ASSIGNMENT), ASSIGNMENT)


@pytest.mark.parametrize(
    "cells",
    [
        ("md:" + CLASS, CLASS),
        (CLASS, COMMENTED),
        (CLASS, "'''\nclass VAE: pass'''"),
        (CLASS, "%%script false\nclass VAE: pass"),
        (CLASS, "    x = 1\n    y = 2"),
        (HEAD, TAIL, "VAE.elbo = elbo"),
        (CLASS, "    def elbo(self, x): return x"),
    ],
)
def test_where_a_cell_defines_the_class_nothing_is_said(cells: tuple[str, ...]) -> None:
    assert extract(notebook(*cells), ASSIGNMENT).notes == ()


@pytest.mark.parametrize(
    ("cells", "where"),
    [
        ((HEAD, TAIL), "cells 1 and 2"),
        ((HEAD, "md:x", "\n" + TAIL, "    def sample(self, n): return n", "x = 1"), "1, 3 and 4"),
        (("x = 1", f"%%time\n{HEAD}", TAIL), "cells 2 and 3"),
        # The cut goes through a method: what is below it is no Python by itself.
        (
            (HEAD + "    def elbo(self, x):\n        y = x", "        return y\n\n" + TAIL),
            "1 and 2",
        ),
    ],
)
def test_a_class_that_was_cut_in_two_is_named(cells: tuple[str, ...], where: str) -> None:
    notes = "\n".join(extract(notebook(*cells), ASSIGNMENT).notes)
    assert where in notes
    assert "outside the class" in notes


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        ((HEAD, "def elbo(self, x):\n    return x"), "elbo, in cell 2, is defined outside"),
        ((HEAD + "def elbo(self, x):\n    return x",), "elbo, in cell 1, is defined outside"),
        ((HEAD, "def helper(self, x):\n    return x\ndef elbo(x):\n    return x"), ""),
        ((HEAD, "def elbo(self, x):\n    return x\nVAE.elbo = elbo"), ""),
        ((CLASS, "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b"), "Cell 2 holds git's"),
    ],
)
def test_what_stands_outside_the_class_is_named(cells: tuple[str, ...], note: str) -> None:
    assert "\n".join(extract(notebook(*cells), ASSIGNMENT).notes).startswith(note)
    assert len(extract(notebook(*cells), ASSIGNMENT).notes) == (1 if note else 0)


NEWER = f"{sys.version_info[0]}.{sys.version_info[1] + 1}.4"
OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.mark.parametrize(
    ("version", "told"), [(NEWER, True), (f"{OWN}.9", False), ("3.6.1", False), ("x", False)]
)
def test_syntax_that_the_grader_lacks_names_both_versions(version: str, told: bool) -> None:
    made = notebook("x = new syntax", CLASS)
    note = extract(replace(made, python=version), ASSIGNMENT).notes[0]
    assert note.startswith("Cell 1 can't be read" if told else "Cell 1 has a syntax error")
    assert (f"Python {version}" in note and f"Python {OWN}" in note) == told
    made = replace(notebook("x = 1", CLASS + "    x = new syntax"), python=version)
    with pytest.raises(Ungradable) as caught:
        extract(made, ASSIGNMENT)
    assert (f"Python {version}" in caught.value.reason) == told
    assert (f"Python {OWN}" in caught.value.reason) == told


@pytest.mark.parametrize("version", [None, f"{OWN}.9"])
def test_where_no_version_is_named_newer_syntax_may_be_the_reason(version: str | None) -> None:
    told = f"It was read with Python {OWN}, and the file doesn't say which Python"
    made = replace(notebook("x = new syntax", CLASS), python=version)
    assert (told in extract(made, ASSIGNMENT).notes[0]) == (version is None)
    for cell in (CLASS + "    x = new syntax", "x = new syntax"):
        with pytest.raises(Ungradable) as caught:
            extract(replace(notebook("x = 1", cell), python=version), ASSIGNMENT)
        assert (told in caught.value.reason) == (version is None)


def test_code_that_an_encoding_harmed_is_no_error_of_the_student(tmp_path: Path) -> None:
    source = CLASS + "    数据 = 1\n"
    made = {"cells": [{"cell_type": "code", "source": source}]}
    path = tmp_path / "n.ipynb"
    path.write_bytes(json.dumps(made, ensure_ascii=False).encode("gb18030"))
    with pytest.raises(Ungradable, match="perhaps because the file isn't UTF-8"):
        extract(load(path), ASSIGNMENT)
    path.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    assert extract(load(path), ASSIGNMENT).notes == ()


def test_the_version_is_read_from_the_metadata(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(
        '{"cells": [{"cell_type": "code", "source": "x"}],'
        ' "metadata": {"language_info": {"name": "python", "version": "3.12.4"}}}'
    )
    assert load(path).python == "3.12.4"
