"""A right class is read whole, however the notebook around it is wrapped or damaged."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from grader.submission import extract, load
from grader.vae import ASSIGNMENT

ROOT = Path(__file__).parents[2]
SOLVED = ROOT / "reference" / "vae_solved.ipynb"
Node = dict[str, Any]


@cache
def solved() -> str:
    return SOLVED.read_text(encoding="utf-8")


def class_cell(node: Node) -> Node:
    return next(c for c in node["cells"] if "".join(c["source"]).startswith("class VAE"))


def methods(path: Path) -> dict[str, str]:
    """The six methods as written, without the indentation that a wrap may have changed."""
    sources = extract(load(path), ASSIGNMENT).sources
    return {name: source.strip() for name, source in sources.items()}


@cache
def expected() -> dict[str, str]:
    return methods(SOLVED)


def write(folder: Path, content: str | bytes | Node, name: str = "n.ipynb") -> Path:
    path = folder / name
    text = json.dumps(content) if isinstance(content, dict) else content
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def with_class(change: Callable[[str], str]) -> Node:
    node = json.loads(solved())
    cell = class_cell(node)
    cell["source"] = change("".join(cell["source"]))
    return node


def prompted(source: str) -> str:
    first, *rest = source.split("\n")
    return "\n".join([f">>> {first}", *(f"... {line}" for line in rest)])


def numbered(source: str) -> str:
    first, *rest = source.split("\n")
    return "\n".join([f"In [7]: {first}", *(f"   ...: {line}" for line in rest)])


@pytest.mark.parametrize(
    "change",
    [
        prompted,
        numbered,
        lambda source: f"%%time\n{source}",
        lambda source: f"\n\n%%capture out\n{source}",
        lambda source: f"%%time\n%%capture\n{source}",
        lambda source: f"!pip install torch\n%load_ext autoreload\n%autoreload 2\n{source}",
        lambda source: f"{source}\nVAE?\nVAE.elbo??\n",
        lambda source: f"# %%time\n{source}\n# In[3]:",
        lambda source: f"{source}\nimport asyncio\nawait asyncio.sleep(0)",
        lambda source: "    " + source.replace("\n", "\n    "),
        lambda source: source.replace("\n", "\r\n"),
        lambda source: f"class VAE: pass\nget_ipython().system('ls')\n{source}",
    ],
)
def test_what_a_kernel_makes_of_a_cell_is_read(
    tmp_path: Path, change: Callable[[str], str]
) -> None:
    assert methods(write(tmp_path, with_class(change))) == expected()


def as_script(magic: str = "") -> str:
    """The notebook as nbconvert writes it, which has IPython make Python of each cell."""
    parts = ["#!/usr/bin/env python\n# coding: utf-8"]
    for cell in with_class(lambda source: magic + source)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append("# " + source.replace("\n", "\n# "))
        else:
            parts.append(f"# In[ ]:\n\n\n{TransformerManager().transform_cell(source)}")
    return "\n\n".join(parts)


def as_percent() -> str:
    parts = ["# ---\n# jupyter:\n# ---"]
    for cell in json.loads(solved())["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append("# %% [markdown]\n# " + source.replace("\n", "\n# "))
        else:
            parts.append(f"# %%\n{source}")
    return "\n\n".join(parts)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lambda: as_script(), id="nbconvert"),
        pytest.param(lambda: as_script("%%time\n"), id="nbconvert of a timed class"),
        pytest.param(lambda: as_script("%%capture out\n!ls\n"), id="nbconvert of a captured class"),
        pytest.param(lambda: as_script("%matplotlib inline\n"), id="nbconvert of a line magic"),
        pytest.param(as_percent, id="percent"),
        pytest.param(lambda: as_percent().replace("# %%", "#%%"), id="percent of Spyder"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_exports_are_read(tmp_path: Path, text: Callable[[], str], encoding: str) -> None:
    assert methods(write(tmp_path, text().encode(encoding), "n.py")) == expected()


ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just([]) | st.just({})
CELL_KEYS = ("cell_type", "source", "metadata", "id", "outputs", "execution_count")
NOTEBOOK_KEYS = ("nbformat", "nbformat_minor", "metadata")


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damage_beside_the_class_does_no_harm(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    node = json.loads(solved())
    # What the class needs: itself, and the imports.
    needed = [c for c in node["cells"] if "class VAE" in "".join(c["source"])]
    needed.append(next(c for c in node["cells"] if "import torch" in "".join(c["source"])))
    others = [cell for cell in node["cells"] if cell not in needed]
    for cell in data.draw(st.lists(st.sampled_from(others), max_size=6)):
        key = data.draw(st.sampled_from(CELL_KEYS))
        if data.draw(st.booleans()):
            cell.pop(key, None)
        else:
            cell[key] = data.draw(ODD)
    for key in data.draw(st.lists(st.sampled_from(NOTEBOOK_KEYS), max_size=2)):
        node[key] = data.draw(ODD)
    for place in data.draw(st.lists(st.integers(0, len(node["cells"])), max_size=3)):
        node["cells"].insert(place, copy.deepcopy(data.draw(ODD)))
    for cell in needed:
        cell["id"] = data.draw(ODD)
        cell["metadata"] = data.draw(ODD)
        cell["outputs"] = data.draw(ODD)
    path = write(tmp_path_factory.getbasetemp(), node, "damaged.ipynb")
    assert methods(path) == expected()
    nbformat.validate(load(path).to_nbformat())
