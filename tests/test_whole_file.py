"""Files are whole or not there, and as open to others as the umask leaves them."""

from __future__ import annotations

import errno
import os
import sys
import threading
from pathlib import Path

import pytest

from grader.whole_file import write_whole_file

posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions and pipes of POSIX")


@posix
@pytest.mark.parametrize("umask", [0o077, 0o027, 0o022, 0o002])
def test_the_umask_says_who_may_read(umask: int, tmp_path: Path) -> None:
    path = tmp_path / "points.json"
    before = os.umask(umask)
    try:
        for content in (b"new", b"replaced"):
            write_whole_file(path, content)
            assert path.stat().st_mode & 0o777 == 0o666 & ~umask
    finally:
        os.umask(before)
    assert path.read_bytes() == b"replaced"


@posix
def test_a_half_written_file_is_no_more_open_than_the_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []
    sync = os.fsync

    def look(handle: int) -> None:
        modes.append(os.fstat(handle).st_mode & 0o777)
        sync(handle)

    monkeypatch.setattr(os, "fsync", look)
    before = os.umask(0o077)
    try:
        write_whole_file(tmp_path / "points.json", b"x")
    finally:
        os.umask(before)
    assert modes[0] == 0o600


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_nothing_is_left_of_a_write_that_fails(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "points.json"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, failing, full)
    with pytest.raises(OSError, match="No space left"):
        write_whole_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    came: list[bytes] = []
    reader = threading.Thread(target=lambda: came.append(path.read_bytes()))
    reader.start()
    write_whole_file(path, b"content")
    reader.join(10)
    assert came == [b"content"]
    assert path.is_fifo()
