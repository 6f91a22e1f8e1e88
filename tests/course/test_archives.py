"""Hostile zips and folders: nothing is written where it shouldn't be, and each refusal is said."""

from __future__ import annotations

import os
import stat
import struct
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course import unpack as archives
from grader.course.archives import SubmissionsError, list_files
from grader.platforms.download import File
from grader.platforms.names import MAX_NAME_BYTES, safe_name, shown, unique_names


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    return folder


def listed(path: Path, unpacked: Path) -> tuple[list[File], list[str]]:
    found = list_files(path, unpacked)
    return list(found.files), list(found.notices)


def packed(path: Path, files: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil.ipynb", "leads out of the archive"),
        ("a/../../evil.ipynb", "leads out of the archive"),
        ("a\\..\\..\\evil.ipynb", "leads out of the archive"),
        ("/etc/evil.ipynb", "absolute"),
        ("C:\\evil.ipynb", "absolute"),
        ("/".join("abcdefghijklmnop") + ".ipynb", "too deep"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(
    tmp_path: Path, unpacked: Path, name: str, why: str
) -> None:
    export = packed(tmp_path / "x.zip", {name: b"evil", "good.ipynb": b"good"})
    files, notices = listed(export, unpacked)
    assert [file.parts for file in files if file.path] == [("good.ipynb",)]
    assert len(notices) == 1
    assert why in notices[0]
    written = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {export, unpacked / "000001" / "file.ipynb"}


def test_links_are_refused(tmp_path: Path, unpacked: Path) -> None:
    info = zipfile.ZipInfo("link.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    files, notices = listed(tmp_path / "x.zip", unpacked)
    assert [(file.name, file.path, file.problem) for file in files] == [
        ("link.ipynb", None, "is a link")
    ]
    assert notices == ["link.ipynb is a link; it was left out."]


def test_links_pipes_and_loops_in_folders_are_left_out(tmp_path: Path, unpacked: Path) -> None:
    top = tmp_path / "in"
    (top / "ada").mkdir(parents=True)
    (top / "ada" / "vae.ipynb").write_text("x")
    (top / "ada" / "loop").symlink_to(top)
    (top / "ada" / "out.ipynb").symlink_to("/etc/passwd")
    os.mkfifo(top / "ada" / "pipe.ipynb")
    files, notices = listed(top, unpacked)
    assert [file.name for file in files if file.path] == ["ada/vae.ipynb"]
    assert len(files) == 4
    assert [notice.split()[0] for notice in notices] == [
        "ada/loop",
        "ada/out.ipynb",
        "ada/pipe.ipynb",
    ]


def test_bombs_are_refused(tmp_path: Path, unpacked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "RATIO_FROM_BYTES", 500_000)
    monkeypatch.setattr(archives, "MAX_BYTES", 3_000_000)
    export = packed(
        tmp_path / "x.zip",
        {
            "ratio.ipynb": bytes(2_000_000),
            "large.ipynb": os.urandom(3_000_001),
            "fine.ipynb": b"fine",
            "picture.png": bytes(2_000_000),
        },
    )
    files, notices = listed(export, unpacked)
    assert {file.name: file.path is not None for file in files} == {
        "ratio.ipynb": False,
        "large.ipynb": False,
        "fine.ipynb": True,
        "picture.png": False,
    }
    assert "zip bomb" in notices[0]
    assert "more than 3 MB" in notices[1]
    assert sum(path.stat().st_size for path in unpacked.rglob("*.*")) == 4


def test_total_is_capped(tmp_path: Path, unpacked: Path) -> None:
    listing = archives.Contents(unpacked, left=1_500)
    export = packed(tmp_path / "x.zip", {f"{n}.ipynb": os.urandom(1_000) for n in range(3)})
    archives.unpack(export, (), listing, 1)
    assert [file.path is not None for file in listing.files.values()] == [True, False, False]
    assert len(listing.notices) == 2


def test_sizes_in_the_directory_are_not_believed(tmp_path: Path, unpacked: Path) -> None:
    export = packed(tmp_path / "x.zip", {"vae.ipynb": b"x" * 10_000})
    raw = bytearray(export.read_bytes())
    at = raw.index(b"PK\x01\x02") + 24
    raw[at : at + 4] = struct.pack("<I", 10)
    export.write_bytes(raw)
    files, notices = listed(export, unpacked)
    (file,) = files
    assert file.path is None or file.path.stat().st_size <= 10_000
    assert file.path is not None or "damaged" in notices[0]


def test_damaged_and_locked_members_are_named(tmp_path: Path, unpacked: Path) -> None:
    export = packed(tmp_path / "x.zip", {"vae.ipynb": b"content" * 100}, zipfile.ZIP_STORED)
    raw = bytearray(export.read_bytes())
    raw[raw.index(b"content")] ^= 0xFF
    export.write_bytes(raw)
    assert "damaged" in listed(export, unpacked)[1][0]
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    export.write_bytes(raw)
    assert "password" in listed(export, unpacked)[1][0]
    export.write_bytes(raw[:-10])
    with pytest.raises(SubmissionsError, match="damaged"):
        list_files(export, unpacked)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicates_and_other_cases(tmp_path: Path, unpacked: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name, content in (("a.ipynb", "1"), ("a.ipynb", "2"), ("A.ipynb", "3")):
            archive.writestr(name, content)
    files, notices = listed(tmp_path / "x.zip", unpacked)
    assert {f.name: f.path.read_text() for f in files if f.path} == {"a.ipynb": "2", "A.ipynb": "3"}
    assert notices == ["a.ipynb is in the archive more than once; the last counts."]


def test_names_in_utf8_without_the_flag(tmp_path: Path, unpacked: Path) -> None:
    export = packed(tmp_path / "x.zip", {"J\u00f6rg.ipynb": b"x"})
    raw = bytearray(export.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        raw[raw.index(mark) + offset] &= ~0x08
    export.write_bytes(raw)
    assert listed(export, unpacked)[0][0].name == "J\u00f6rg.ipynb"


@pytest.mark.skipif(sys.platform == "win32", reason="names can't hold such characters there")
def test_notices_are_one_harmless_line(tmp_path: Path, unpacked: Path) -> None:
    name = "a\n\x1b[31m\u202egpj.ipynb"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).symlink_to("/etc/passwd")
    (notice,) = listed(tmp_path / "in", unpacked)[1]
    assert notice == "a [31mgpj.ipynb is a link; it was left out."


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ada L", "Ada_L"),
        ("Zo\u00eb \u738b", "Zo\u00eb_\u738b"),
        ("CON", "CON_"),
        ("nul.txt", "nul.txt_"),
        ("..", "submission"),
        ("a/b\\c:d", "a_b_c_d"),
        ("-rf", "rf"),
        ("=1+1", "1_1"),
        ("<b>$(x)`", "b_x"),
        (".hidden. ", "hidden"),
    ],
)
def test_safe_name(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(st.lists(st.text(max_size=300), max_size=8))
def test_names_are_unique_and_short_whatever_comes(texts: list[str]) -> None:
    names = unique_names(texts)
    assert len({name.casefold() for name in names}) == len(texts)
    for name in names:
        assert 0 < len(name.encode()) <= MAX_NAME_BYTES + 20
        assert not set(name) & set('/\\:*?"<>|\0\n ')
        assert name == shown(name)


def test_names_that_collide_do_not_hang_on_their_order() -> None:
    texts = ["Ada L", "ada l", "Bob"]
    assert sorted(unique_names(texts)) == sorted(unique_names(texts[::-1]))
    assert unique_names(["x", "x"]) != ["x", "x"]
