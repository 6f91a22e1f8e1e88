"""Magics and shell lines become Python, and lines keep their numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.submission.magics import to_python
from grader.submission.syntax import parse


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("x = 1", "x = 1"),
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install torch\n%cd data\nx = 1", "pass\npass\nx = 1"),
        ("if x:\n    !ls\n    y = 1", "if x:\n    pass\n    y = 1"),
        ('files = !ls -l | grep "x', "files = None"),
        ("a, b = %magic it's", "a, b = None"),
        ("torch.zeros?\nx = 1", "pass\nx = 1"),
        ("torch??", "pass"),
        ("?torch", "pass"),
        ("!echo a \\\n  b\nx = 1", "pass\n\nx = 1"),
        ("%time x = f()", "x = f()"),
        ("y = %time f()", "y = f()"),
        ("%%time\nx = 1", "\nx = 1"),
        ("\n%%capture out\n%%time\nx = 1", "\n\n\nx = 1"),
        ("%%bash\nls -l\n", "\n\n"),
        ("%%writefile a.py\nclass VAE: pass", "\n"),
        ('text = """\n%matplotlib inline\n!ls\n"""', 'text = """\n%matplotlib inline\n!ls\n"""'),
        ("y = (x\n% 3)", "y = (x\n% 3)"),
        ("    x = 1\n    y = 2", "x = 1\ny = 2"),
        ("x = (", "x = ("),
        ("!ls\n\n!ls", "pass\n\npass"),
    ],
)
def test_to_python(source: str, python: str) -> None:
    assert to_python(source) == python


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


@settings(max_examples=150, deadline=None)
@given(lines=LINES)
def test_lines_keep_their_numbers(lines: list[str]) -> None:
    source = "\n".join(lines)
    assert to_python(source).count("\n") == source.count("\n")


@settings(max_examples=150, deadline=None)
@given(lines=LINES)
def test_python_is_left_alone(lines: list[str]) -> None:
    source = "\n".join(lines).lstrip()
    try:
        parse(source)
    except SyntaxError:
        return
    assert to_python(source) == source
