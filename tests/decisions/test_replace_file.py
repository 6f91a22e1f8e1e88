"""A file is replaced only if nobody else has written it meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.decisions import replace_file
from grader.decisions.replace_file import replace_if_same


@pytest.fixture(params=["swap", "plain"])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch) -> Path:
    if request.param == "plain":
        monkeypatch.setattr(replace_file, "_exchange", lambda one, other: False)
    return tmp_path / "file"


def test_a_new_file_and_one_that_is_there(path: Path) -> None:
    assert replace_if_same(path, b"", b"one")
    assert not replace_if_same(path, b"", b"two")
    assert not replace_if_same(path, b"other", b"two")
    assert path.read_bytes() == b"one"
    assert replace_if_same(path, b"one", b"two")
    assert path.read_bytes() == b"two"
    path.unlink()
    assert not replace_if_same(path, b"two", b"three")
    assert list(path.parent.iterdir()) == []


def test_what_an_editor_wrote_at_the_last_moment_stays(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one")
    if not replace_file._exchange(path, path):
        pytest.skip("this disk can't swap two files")
    original = replace_file._exchange

    def late(one: Path, other: Path) -> bool:
        monkeypatch.setattr(replace_file, "_exchange", original)
        (tmp_path / "editor").write_bytes(b"the editor's")
        os.replace(tmp_path / "editor", path)
        return original(one, other)

    monkeypatch.setattr(replace_file, "_exchange", late)
    assert not replace_if_same(path, b"one", b"two")
    assert path.read_bytes() == b"the editor's"
    assert [it.name for it in tmp_path.iterdir()] == ["file"]
