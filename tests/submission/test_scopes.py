"""Names needed now, needed later, and bound."""

from __future__ import annotations

import ast

import pytest

from grader.submission.scopes import Names, names_of


def read(source: str, postponed: bool = False) -> Names:
    (statement,) = ast.parse(source).body
    return names_of(statement, postponed)


@pytest.mark.parametrize(
    ("source", "immediate", "deferred"),
    [
        ("y = x", "x", ""),
        ("x += 1", "x", ""),
        ("x: int = y", "int y", ""),
        ("def f(a, b=k, *c, d: t = q, **e) -> r: return a + b + c + d + e + g", "k q r t", "g"),
        ("@dec\ndef f(): pass", "dec", ""),
        ("f = lambda a, b=k: a + b + g", "k", "g"),
        ("def f():\n    x = 1\n    return lambda: x + y", "", "y"),
        ("def f():\n    def g(): return h()\n    def h(): return x\n    return g", "", "x"),
        ("def f():\n    global x\n    return x", "", "x"),
        ("def f():\n    a = 0\n    def g():\n        nonlocal a\n        a += b", "", "b"),
        ("def f():\n    for i in n: print(i)", "", "n print"),
        ("def f():\n    with o() as w: w", "", "o"),
        ("def f():\n    try: pass\n    except E as e: e", "", "E"),
        ("def f():\n    import a.b, c as d\n    a, d", "", ""),
        (
            "def f(v):\n    match v:\n        case [a, *b]: a, b\n        case {1: c, **d}: c, d",
            "",
            "",
        ),
        ("def f(v):\n    match v:\n        case C(x=a) as b: a, b", "", "C"),
        ("def f(z):\n    [y := i for i in z if i > k]\n    return y", "", "k"),
        ("x = [i * j for i in a for j in b(i)]", "a b", ""),
        ("x = {k: v for k, v in d}", "d", ""),
        ("x = [lambda: i + g for i in a]", "a", "g"),
        (
            "class A(B, metaclass=M):\n    x = 1\n    y = x + z\n    def f(s): return x",
            "B M z",
            "x",
        ),
        ("class A:\n    n = 2\n    y = [n for _ in range(n)]", "n range", ""),
        ("class A:\n    def f(self): return super().f()", "", "super"),
        ("class A:\n    def f(self):\n        loss = self.g()\n        return loss", "", ""),
        ("if c:\n    x = 1\n    y = x", "c", ""),
        ("if c:\n    x = 1\nelse:\n    y = x", "c x", ""),
        ("for i in n:\n    x = i", "n", ""),
        ("del x.y", "x", ""),
        ("def f():\n    x: T = 1\n    return x", "", ""),
    ],
)
def test_needs(source: str, immediate: str, deferred: str) -> None:
    names = read(source)
    assert names.immediate == set(immediate.split())
    assert names.deferred == set(deferred.split())


@pytest.mark.parametrize(
    ("source", "binds", "kills"),
    [
        ("x = y = 1", "x y", "x y"),
        ("(a, [b, *c]), d.e = f", "a b c", "a b c"),
        ("import a.b, c.d as e", "a e", "a e"),
        ("from a import b, c as d", "b d", "b d"),
        ("if c: x = 1", "x", ""),
        ("if c: x = 1\nelse: x = y = 2", "x y", "x"),
        ("try: import x\nexcept ImportError: x = None", "x", "x"),
        ("try: import x\nexcept ImportError: pass", "x", ""),
        ("for i in n: x = i", "i x", ""),
        ("while n: x = 1", "x", ""),
        ("with a as b: x = 1", "b x", "b x"),
        ("[y := i for i in z]", "y", "y"),
        ("def f():\n    global g\n    g = 1", "f g", "f"),
        ("x: int", "", ""),
        ("match v:\n    case [a]: b = 1", "a b", ""),
        ("async def f(): pass", "f", "f"),
    ],
)
def test_bindings(source: str, binds: str, kills: str) -> None:
    names = read(source)
    assert names.binds == set(binds.split())
    assert names.kills == set(kills.split())


def test_postponed_annotations_need_nothing() -> None:
    assert read("def f(x: T) -> R: pass", postponed=True).immediate == frozenset()


def test_deletion_and_star() -> None:
    assert read("del x").deletes == {"x"}
    assert read("from m import *").star
