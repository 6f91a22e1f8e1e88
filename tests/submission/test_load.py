"""Reading files: what is odd is accepted, what is none is turned away in one sentence."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.submission.errors import Ungradable
from grader.submission.load import load

CODE = {"cell_type": "code", "source": "x = 1"}


def write(folder: Path, content: object, name: str = "n.ipynb") -> Path:
    path = folder / name
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(data)
    return path


def test_reads_what_nbformat_writes(tmp_path: Path) -> None:
    node = nbformat.v4.new_notebook()
    node.cells = [
        nbformat.v4.new_markdown_cell("# Title"),
        nbformat.v4.new_code_cell("x = 1\r\ny = 2", execution_count=3),
    ]
    path = tmp_path / "n.ipynb"
    nbformat.write(node, path)
    read = load(path)
    assert [(cell.number, cell.kind, cell.source) for cell in read.cells] == [
        (1, "markdown", "# Title"),
        (2, "code", "x = 1\ny = 2"),
    ]
    assert read.cells[1].execution_count == 3
    assert not read.cells[1].has_outputs
    assert read.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    nbformat.validate(read.raw)


@pytest.mark.parametrize(
    "data",
    [
        {"cells": [CODE]},
        {"cells": [CODE], "nbformat": 4, "nbformat_minor": 99, "metadata": None, "more": 1},
        {"cells": [{**CODE, "source": ["x ", "= 1"], "id": "a b", "outputs": [{"bad": 1}]}]},
        {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}]},
        {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"]}]}]},
        {"nbformat": 2, "worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}]},
        {"nbformat": 1, "cells": [{"cell_type": "code", "code": "x = 1"}]},
    ],
)
def test_accepts_odd_notebooks(tmp_path: Path, data: object) -> None:
    read = load(write(tmp_path, data))
    assert [cell.source for cell in read.code] == ["x = 1"]
    nbformat.validate(read.raw)


def test_accepts_a_byte_order_mark_and_lone_surrogates(tmp_path: Path) -> None:
    data = json.dumps({"cells": [{**CODE, "source": "x = '\ud800'"}]}).encode()
    read = load(write(tmp_path, b"\xef\xbb\xbf" + data))
    assert read.code[0].source == "x = '?'"


def test_old_headings_become_markdown(tmp_path: Path) -> None:
    cells = [{"cell_type": "heading", "source": "Title"}, {"cell_type": "code", "input": "x = 1"}]
    read = load(write(tmp_path, {"nbformat": 3, "worksheets": [{"cells": cells}]}))
    assert [cell.kind for cell in read.cells] == ["markdown", "code"]


def test_notes_another_language(tmp_path: Path) -> None:
    data = {"cells": [CODE], "metadata": {"language_info": {"name": "julia"}}}
    assert "julia" in load(write(tmp_path, data)).notes[0]


def test_steering_metadata_dont_reach_the_kernel(tmp_path: Path) -> None:
    cell = {**CODE, "metadata": {"tags": ["raises-exception"]}}
    data = {"cells": [cell], "metadata": {"kernelspec": {"name": "mine"}}}
    node = load(write(tmp_path, data)).raw
    assert node.metadata.kernelspec.name == "python3"
    assert node.cells[0].metadata == {}


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"\x80abc", "UTF-8"),
        (b"not json", "JSON"),
        (b'{"cells": [', "JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "number"),
        ([], "isn't a notebook"),
        ({}, "isn't a notebook"),
        ("text", "isn't a notebook"),
        ({"cells": {}}, "no list"),
        ({"cells": 3, "nbformat": 4}, "no list"),
        ({"nbformat": 4}, "no list"),
        ({"nbformat": 5, "cells": [CODE]}, "format 5"),
        ({"nbformat": "4", "cells": [CODE]}, "isn't a notebook"),
        ({"nbformat": 3, "worksheets": 1}, "no list"),
        ({"nbformat": 3, "worksheets": [1]}, "no list"),
        ({"cells": [1]}, "Cell 1"),
        ({"cells": [CODE, {**CODE, "source": 3}]}, "Cell 2"),
        ({"cells": [{**CODE, "source": [3]}]}, "Cell 1"),
        ({"cells": [{"cell_type": "x", "source": ""}]}, "Cell 1"),
        ({"cells": []}, "no code"),
        ({"cells": [{"cell_type": "markdown", "source": "x"}]}, "no code"),
        ({"cells": [{**CODE, "source": " \n"}]}, "no code"),
    ],
)
def test_turns_away_with_a_reason(tmp_path: Path, content: object, part: str) -> None:
    with pytest.raises(Ungradable) as caught:
        load(write(tmp_path, content))
    assert part in caught.value.reason
    assert caught.value.reason.endswith(".")
    assert "\n" not in caught.value.reason


def test_turns_away_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "nowhere")
    cases = {"": "folder", "missing.ipynb": "no such file", "link.ipynb": "link"}
    cases["pipe.ipynb"] = "no ordinary file"
    cases["\0"] = "can't be opened"
    for name, part in cases.items():
        with pytest.raises(Ungradable, match=part):
            load(tmp_path / name)


def test_turns_away_a_large_file_without_reading_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules[load.__module__]
    monkeypatch.setattr(module, "MAX_BYTES", 1_000_000)
    path = tmp_path / "large.ipynb"
    with path.open("wb") as file:
        file.truncate(10**12)  # sparse: more than there is memory
    with pytest.raises(Ungradable, match="1 MB"):
        load(path)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("x = 1\n", [("code", "x = 1")]),
        (
            "#!/usr/bin/env python\n# coding: utf-8\n\n# In[1]:\n\n\nx = 1\n\n\n# In[ ]:\n\ny = 2",
            [("code", "x = 1"), ("code", "y = 2")],
        ),
        (
            "# %%\nx = 1\n# %% [markdown]\n# Title\n# %% plot\ny = 2\n",
            [("code", "x = 1"), ("markdown", "# Title"), ("code", "y = 2")],
        ),
        ("# %%\n# %%time\nx = 1", [("code", "# %%time\nx = 1")]),
        ("a = 0\n# In[3]:\nx = 1", [("code", "a = 0"), ("code", "x = 1")]),
    ],
)
def test_reads_scripts(tmp_path: Path, text: str, cells: list[tuple[str, str]]) -> None:
    read = load(write(tmp_path, text.encode(), "n.py"))
    assert [(cell.kind, cell.source) for cell in read.cells] == cells


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "nbformat", "worksheets", "source", "cell_type", "metadata", "input", "a"]
            ),
            inner | st.sampled_from([1, 2, 3, 4, "code", "markdown"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=JSON.map(lambda data: json.dumps(data).encode()) | st.binary(max_size=60))
def test_any_content_is_read_or_turned_away(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.ipynb"
    path.write_bytes(content)
    try:
        read = load(path)
    except Ungradable:
        return
    assert read.code
