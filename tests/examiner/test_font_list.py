"""Kernels are given the list of fonts that matplotlib keeps, but no fonts that they can't read."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from grader.examiner.font_list import hand_over
from grader.examiner.home import Home

NAME = "fontlist-v390.json"


def kept(folder: Path, font: str) -> str:
    folder.mkdir(parents=True)
    text = json.dumps({"ttflist": [{"fname": font}]})
    (folder / NAME).write_text(text, "utf-8")
    return text


@pytest.mark.skipif(sys.platform != "linux", reason="the fork server of Linux")
def test_a_fork_server_finds_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "own"))
    text = kept(tmp_path / "own", "fonts/ttf/DejaVuSans.ttf")
    home = Home()
    try:
        assert (home.folder / "matplotlib" / NAME).read_text("utf-8") == text
    finally:
        home.close()


def test_it_is_sought_where_matplotlib_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    text = kept(tmp_path / "cache" / "matplotlib", "/usr/share/fonts/truetype/Lato.ttf")
    hand_over(tmp_path / "new")
    assert (tmp_path / "new" / NAME).read_text("utf-8") == text


def test_fonts_of_ones_home_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "own"))
    kept(tmp_path / "own", str(tmp_path / "ada" / ".fonts" / "Mine.ttf"))
    hand_over(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_without_a_list_nothing_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "nowhere"))
    hand_over(tmp_path / "new")
    assert not (tmp_path / "new").exists()
