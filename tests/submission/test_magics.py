"""Magics and shell lines become Python, and lines keep their numbers."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from grader.submission.magics import cell_magic, to_python
from grader.submission.syntax import parse

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("x = 1", "x = 1"),
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install torch\n%cd data\nx = 1", "pass\npass\nx = 1"),
        ("if x:\n    !ls\n    y = 1", "if x:\n    pass\n    y = 1"),
        ('files = !ls -l | grep "x', "files = get_ipython().getoutput('ls -l | grep \"x')"),
        ("a, b = %magic it's", "a, b = None"),
        ("torch.zeros?\nx = 1", "pass\nx = 1"),
        ("torch??", "pass"),
        ("?torch", "pass"),
        ("!echo a \\\n  b\nx = 1", "pass\n\nx = 1"),
        ("%time x = f()", "x = f()"),
        ("y = %time f()", "y = f()"),
        ("%%time\nx = 1", "\nx = 1"),
        (
            "\n%%capture out\n%%time\nx = 1",
            "\nout = get_ipython().run_cell_magic('capture', '', '')\n\nx = 1",
        ),
        ("%%bash\nls -l\n", "\n\n"),
        ("%%writefile a.py\nclass VAE: pass", "\n"),
        (
            "\n%%writefile -a a.json\n{'a':\n1}",
            "get_ipython().run_cell_magic('writefile', '-a a.json', \"{'a':\\n1}\\n\")\n\n\n",
        ),
        ("%env A=1\nx = 1", "get_ipython().run_line_magic('env', 'A=1')\nx = 1"),
        ("%%capture --no-stderr\nx = 1", "\nx = 1"),
        (
            "t = %timeit -o f()",
            "t = get_ipython().run_line_magic('timeit', '-o f()')",
        ),
        ('text = """\n%matplotlib inline\n!ls\n"""', 'text = """\n%matplotlib inline\n!ls\n"""'),
        ("y = (x\n% 3)", "y = (x\n% 3)"),
        ("    x = 1\n    y = 2", "x = 1\ny = 2"),
        ("x = (", "x = ("),
        ("!ls\n\n!ls", "pass\n\npass"),
        (">>> import torch\n>>> x = 1", "import torch\nx = 1"),
        (">>> for i in x:\n...     y = i\n...\n", "for i in x:\n    y = i\n\n"),
        ("In [7]: x = 1\n   ...: y = 2", "x = 1\ny = 2"),
        ("\nIn [7]: %%time\n   ...: x = 1", "\n\nx = 1"),
        ("%%capture\n!pip install torch\nx = 1", "\npass\nx = 1"),
        ("%%shell\nls -l", "\n"),
        ("x = await f()", "x = await f()"),
        ("!ls\nx = await f()", "pass\nx = await f()"),
        ("%timeit x = f()", "pass"),
        ("%time", "pass"),
        ("if x:\n    %time y = f()\n", "if x:\n    y = f()\n"),
        (
            "for i in x:\n    out = %sx ls {i}\n",
            "for i in x:\n    out = get_ipython().run_line_magic('sx', 'ls {i}')\n",
        ),
        ("pip install torch", "pass"),
        (",f a b", 'f("a", "b")'),
        ("get_ipython().run_line_magic('matplotlib', 'inline')", "pass"),
        ("get_ipython().run_line_magic('time', 'x = f()')", "x = f()"),
        ("get_ipython().magic('time x = f()')\ny = 2", "x = f()\ny = 2"),
        ("get_ipython().magic(u'matplotlib inline')", "pass"),
        (
            "n = get_ipython().getoutput('ls')\nif n: get_ipython().system('ls')",
            "n = get_ipython().getoutput('ls')\nif n: pass",
        ),
        (
            "x = get_ipython().getoutput(\n  'ls'\n)\ny = 'ü'; get_ipython().system('ä'); z = 1",
            "x = None\n\n\ny = 'ü'; pass; z = 1",
        ),
        ("get_ipython().user_ns['x'] = 1", "get_ipython().user_ns['x'] = 1"),
        ("x = 'get_ipython().system(1)'", "x = 'get_ipython().system(1)'"),
    ],
)
def test_to_python(source: str, python: str) -> None:
    assert to_python(source) == python


def test_plain_notebooks_dont_import_ipython() -> None:
    program = (
        "import sys, pathlib; from grader.submission import extract, load;"
        "from grader.vae import ASSIGNMENT;"
        "extract(load(pathlib.Path('reference/vae_solved.ipynb')), ASSIGNMENT);"
        "sys.exit('IPython' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_a_hostile_run_of_magics_costs_little() -> None:
    started = time.process_time()
    assert to_python("!ls\n" * 3_000) == "pass\n" * 3_000
    to_python("!ls\nx\n" * 300 + "=")
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("x = 1", None),
        ("%%time\nx = 1", None),
        ("\n%%time\n%%script false\nx", "script"),
        ("%%writefile a.py\nx", "writefile"),
        ("%%\nx", ""),
        ("# %%html\n%%html", None),
    ],
)
def test_cell_magics_that_keep_a_cell_from_python(source: str, name: str | None) -> None:
    assert cell_magic(source) == name


@pytest.mark.parametrize(
    "source",
    [
        "'\n    %%get_ipython()x\n   ...: %time x=1return",
        '=%\\\n"""#\ufeff \\\n%%time\n//    [#def f():#}"//\tasync def    >>> ',
        "x = 1\r#é; é\nget_ipython().system('é'); y = 'é'",
    ],
)
def test_what_ipython_stumbles_over_stays_as_it_is(source: str) -> None:
    assert to_python(source).count("\n") == source.count("\n")


def test_what_is_no_magic_stays_an_error() -> None:
    with pytest.raises(SyntaxError):
        parse(to_python("!ls\nx = = 1"))


def test_a_return_outside_a_function_is_an_error() -> None:
    with pytest.raises(SyntaxError, match="outside function"):
        parse("class VAE:\n    return 1")


LINES = st.lists(
    st.sampled_from(["!ls", "%time x", "%%time", "x = 1", " y?", "'''", "a = !b \\", "(", "", "\\"])
    | st.text(max_size=8).map(lambda text: text.replace("\n", "").replace("\r", "")),
    max_size=8,
)


@settings(max_examples=150)
@given(lines=LINES)
def test_lines_keep_their_numbers(lines: list[str]) -> None:
    source = "\n".join(lines)
    assert to_python(source).count("\n") == source.count("\n")


@settings(max_examples=150)
@given(lines=LINES)
def test_python_is_left_alone(lines: list[str]) -> None:
    source = "\n".join(lines).lstrip()
    try:
        parse(source)
    except SyntaxError:
        return
    assert to_python(source) == source


@settings(max_examples=300)
@given(lines=LINES)
def test_what_a_kernel_accepts_is_accepted(lines: list[str]) -> None:
    source = "\n".join(lines).replace("%%time", "")
    assume(source.replace("\n", "").isprintable())  # IPython takes \x0c and others for line breaks
    assume("?" not in source.partition("(")[2])  # where it leaves out the open bracket itself
    try:
        parse(TransformerManager().transform_cell(source))
    except SyntaxError:
        return
    ast.parse(to_python(source))
