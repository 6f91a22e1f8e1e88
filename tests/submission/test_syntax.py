"""Cells are parsed alike from one thread and from many."""

from __future__ import annotations

import ast
import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.submission.syntax import parse

FLAT = "\n".join(f"a{i} = [f(x, {i}) + (x ** {i}) for x in range({i}) if x]" for i in range(200))
DEEP = f"b = {'(' * 40}1{' + 1)' * 40}"


@pytest.fixture
def switching_threads() -> Iterator[None]:
    """The collector, which may run amid a tree's making, lets other threads go on there."""

    def give_way(*_: object) -> None:
        time.sleep(0)

    gc.callbacks.append(give_way)
    yield
    gc.callbacks.remove(give_way)


@pytest.mark.usefixtures("switching_threads")
def test_many_threads_parse_at_once() -> None:
    sources = [FLAT, DEEP] * 60
    with ThreadPoolExecutor(8) as pool:
        trees = list(pool.map(parse, sources))
    alone = {source: ast.dump(parse(source)) for source in (FLAT, DEEP)}
    assert all(ast.dump(t) == alone[s] for t, s in zip(trees, sources, strict=True))
