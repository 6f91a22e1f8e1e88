"""Reading files: what is odd is accepted, what is none is turned away in one sentence."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.submission.errors import Ungradable
from grader.submission.load import load
from grader.submission.misplaced import require_code
from grader.vae import ASSIGNMENT

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
    nbformat.validate(read.to_nbformat())


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
        {"nbformat": 4.0, "cells": [CODE]},
        {"nbformat": "4", "cells": [CODE]},
        {"nbformat": 5, "cells": [CODE]},
        {"nbformat": None, "cells": [CODE]},
        {"nbformat": 4, "cells": [], "worksheets": 1} | {"cells": [CODE]},
        {"nbformat": 4, "worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}, 1]},
        {"cells": [{"cell_type": "markdown", "source": None}, CODE]},
        {"cells": [{"cell_type": "markdown"}, CODE]},
        {"cells": [{"cell_type": "markdown", "source": 7}, CODE]},
        {"cells": [{}, CODE, {}]},
        {"cells": [{"cell_type": "error-report", "source": "?"}, CODE]},
        {"cells": [{"source": "x = 1", "outputs": [], "execution_count": 1}]},
        {"cells": [{**CODE, "source": ["x = 1", None]}]},
        {"cells": [{**CODE, "id": "a"}, {"cell_type": "raw", "id": "a"}]},
    ],
)
def test_accepts_odd_notebooks(tmp_path: Path, data: object) -> None:
    read = load(write(tmp_path, data))
    assert [cell.source for cell in read.code] == ["x = 1"]
    nbformat.validate(read.to_nbformat())


def test_accepts_a_byte_order_mark_and_lone_surrogates(tmp_path: Path) -> None:
    data = json.dumps({"cells": [{**CODE, "source": "x = '\ud800'"}]}).encode()
    read = load(write(tmp_path, b"\xef\xbb\xbf" + data))
    assert read.code[0].source == "x = '?'"


CELLS = {"cells": [CODE, {**CODE, "source": "y = 2  # Größe"}]}


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("utf-32"),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode() + b"\0" * 512,
        lambda text: text.replace("\n", "\r\n").encode(),
    ],
)
@pytest.mark.parametrize("name", ["n.ipynb", "n.ipynb.txt", "n.json", "n.download", "n.py", "n"])
def test_a_notebook_is_told_by_its_content(
    tmp_path: Path, change: Callable[[str], bytes], name: str
) -> None:
    text = json.dumps(CELLS, indent=1, ensure_ascii=False)
    read = load(write(tmp_path, change(text), name))
    assert [cell.source for cell in read.code] == ["x = 1", "y = 2  # Größe"]
    assert read.notes == ()
    assert not read.is_script


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "gb18030", "cp932", "mac-roman"])
@pytest.mark.parametrize("word", ["Größe", "変分ソ表", "数据库"])
def test_other_encodings_are_read_with_a_note(tmp_path: Path, encoding: str, word: str) -> None:
    """Code is ASCII, so it comes out right whatever letters are in its comments and texts."""
    made = {"cells": [CODE, {**CODE, "source": f"y = '{word}'  # {word}\nz = 3"}]}
    try:
        data = json.dumps(made, ensure_ascii=False).encode(encoding)
    except UnicodeEncodeError:
        pytest.skip("the encoding lacks these letters")
    read = load(write(tmp_path, data))
    assert read.code[1].source.endswith("z = 3")
    assert compile(read.code[1].source, "cell", "exec")
    assert "UTF-8" in read.notes[0]


def test_one_broken_letter_leaves_the_others_whole(tmp_path: Path) -> None:
    data = json.dumps({"cells": [{**CODE, "source": "μ_ß = 1  # größer"}]}, ensure_ascii=False)
    read = load(write(tmp_path, data.encode().replace("ö".encode(), b"\xf6")))
    assert read.code[0].source == "μ_ß = 1  # gr\ufffdßer"
    assert "some letters are broken" in read.notes[0]


def test_damage_is_told_and_passed_over(tmp_path: Path) -> None:
    data = {"cells": [None, CODE, {**CODE, "source": {"a": 1}}]}
    read = load(write(tmp_path, json.dumps(data).encode() + b"\n{}"))
    assert [cell.number for cell in read.code] == [2]
    assert [note.split(" of")[0] for note in read.notes[:2]] == ["Cell 1", "Cell 3"]
    assert "goes on after" in read.notes[2]


def conflict(ours: object, theirs: object) -> bytes:
    """A notebook with a conflict between two values in its first cell."""
    text = json.dumps({"cells": [{**CODE, "execution_count": "@"}, CODE]}, indent=1)
    before, after = text.split('   "execution_count": "@"\n')
    sides = [f'   "execution_count": {json.dumps(side)}\n' for side in (ours, theirs)]
    return f"{before}<<<<<<< HEAD\n{sides[0]}=======\n{sides[1]}>>>>>>> b\n{after}".encode()


def test_a_conflict_beside_the_code_is_passed_over(tmp_path: Path) -> None:
    read = load(write(tmp_path, conflict(4, 7)))
    assert [cell.source for cell in read.code] == ["x = 1", "x = 1"]
    assert read.code[0].execution_count == 4
    assert "conflict markers" in read.notes[0]


def test_a_conflict_in_the_code_is_named(tmp_path: Path) -> None:
    data = conflict(4, 7).replace(b'"execution_count": 7', b'"source": "y"')
    with pytest.raises(Ungradable, match="conflict markers, the first in line 6"):
        load(write(tmp_path, data))
    with pytest.raises(Ungradable, match="conflict markers, the first in line 2"):
        load(write(tmp_path, b"import a\n<<<<<<< x\n=======\n>>>>>>> y\n", "n.py"))


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
    node = load(write(tmp_path, data)).to_nbformat()
    assert node.metadata.kernelspec.name == "python3"
    assert node.cells[0].metadata == {}


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"\x80abc", "no text"),
        (b"not json", "no notebook"),
        (b'{"cells": [],}', "no valid JSON at line 1"),
        (b'{"cells": [', "broke off in line 1"),
        (b'{"cells": [\n{"cell_type": "code", "sou', "broke off in line 2"),
        (b'{"cells": [\n{"cell_type": "code", "source": "x"', "broke off in line 2"),
        (b'{"cells": [\n{"cell_type": "code", "source": tru', "broke off in line 2"),
        (b'{"cells": [\n{"cell_type": "code",\n},\n]\n}', "no valid JSON at line "),
        (b"%PDF-1.4\n%\xe2\xe3", "is a PDF"),
        (b"<!DOCTYPE html>\n<html>", "is a web page"),
        (b"PK\x03\x04", "is a zip archive: unpack it"),
        (b"Rar!\x1a\x07\x00", "is an archive: unpack it"),
        (b"version https://git-lfs.github.com/spec/v1", "pointer to a large file"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "number"),
        ([], "isn't a notebook"),
        ({}, "isn't a notebook"),
        ("text", "no notebook"),
        ({"cells": {}}, "no list"),
        ({"cells": 3, "nbformat": 4}, "no list"),
        ({"nbformat": 4}, "no list"),
        ({"nbformat": 3, "worksheets": 1}, "no list"),
        ({"nbformat": 3, "worksheets": [1]}, "no list"),
        ({"cells": [1]}, "Cell 1"),
        ({"cells": [{**CODE, "source": [3]}]}, "Cell 1"),
        ({"cells": [{"cell_type": "x", "source": ""}]}, "no code"),
        ({"cells": []}, "no code"),
        ({"cells": [{"cell_type": "markdown", "source": "x"}]}, "no code"),
        ({"cells": [{**CODE, "source": " \n"}]}, "no code"),
    ],
)
def test_turns_away_with_a_reason(tmp_path: Path, content: object, part: str) -> None:
    with pytest.raises(Ungradable) as caught:
        require_code(load(write(tmp_path, content)), ASSIGNMENT)
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
        ("#%% md\nTitle\n#%%\nx = 1", [("markdown", "Title"), ("code", "x = 1")]),
        ("# <codecell>\nx = 1\n# COMMAND ----------\ny", [("code", "x = 1"), ("code", "y")]),
        (
            "# In[1]:\n\nget_ipython().run_cell_magic('time', '', 'x = 1\\ny = 2\\n')\n",
            [("code", "%%time\nx = 1\ny = 2")],
        ),
        (
            "a = 0\nget_ipython().run_cell_magic(u'capture', u'out', u'x = 1')\n\nb = 2\n",
            [("code", "a = 0"), ("code", "%%capture out\nx = 1"), ("code", "b = 2")],
        ),
        ("x = 'run_cell_magic'", [("code", "x = 'run_cell_magic'")]),
    ],
)
def test_reads_scripts(tmp_path: Path, text: str, cells: list[tuple[str, str]]) -> None:
    read = load(write(tmp_path, text.encode(), "n.py"))
    assert [(cell.kind, cell.source) for cell in read.cells] == cells


@pytest.mark.parametrize("encoding", ["latin-1", "cp1251", "utf-8", "gbk"])
def test_a_script_has_the_encoding_that_it_declares(tmp_path: Path, encoding: str) -> None:
    letters = {"latin-1": "é", "cp1251": "ж", "gbk": "中", "utf-8": "μ"}[encoding]
    text = f"#!/usr/bin/env python\n# -*- coding: {encoding} -*-\n{letters} = '{letters}'\n"
    read = load(write(tmp_path, text.encode(encoding), "n.py"))
    assert f"{letters} = '{letters}'" in read.code[0].source
    assert read.notes == ()
    assert read.is_script


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"# coding: nonsense\nimport x\n", "isn't UTF-8|^$"),
        (b"# coding: utf-8\nimport x  # gr\xf6\xdfe\n", "isn't UTF-8"),
        ("import x  # größe\n".encode("utf-16"), "^$"),
    ],
)
def test_a_script_whose_declaration_is_wrong(tmp_path: Path, data: bytes, note: str) -> None:
    read = load(write(tmp_path, data, "n.py"))
    assert "import x" in read.code[0].source
    assert re.search(note, " ".join(read.notes))


def test_a_script_by_a_notebooks_name_is_read(tmp_path: Path) -> None:
    read = load(write(tmp_path, b"# In[1]:\nimport x\n"))
    assert read.is_script
    assert "a script" in read.notes[0]


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


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(content=JSON.map(lambda data: json.dumps(data).encode()) | st.binary(max_size=60))
def test_any_content_is_read_or_turned_away(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.ipynb"
    path.write_bytes(content)
    try:
        read = load(path)
        require_code(read, ASSIGNMENT)
    except Ungradable:
        return
    assert read.code
