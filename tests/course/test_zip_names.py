"""Names in zips, whatever encoded them."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course.zip_names import decoder, zip_names


def members(raws: list[bytes], fields: list[bytes] | None = None) -> list[zipfile.ZipInfo]:
    """The members of a zip that holds these bytes for names, and says nothing of UTF-8."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for index, raw in enumerate(raws):
            info = zipfile.ZipInfo(chr(ord("A") + index) * len(raw))
            info.extra = fields[index] if fields else b""
            archive.writestr(info, "x")
    content = buffer.getvalue()
    for index, raw in enumerate(raws):
        content = content.replace(bytes([ord("A") + index]) * len(raw), raw)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.infolist()


def field(name: bytes, of: bytes) -> bytes:
    content = struct.pack("<BI", 1, zlib.crc32(of)) + name
    return struct.pack("<HH", 0x7075, len(content)) + content


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("gbk", ["\u5f20\u4f1f_101_assignsubmission_file_/vae.ipynb", "\u738b\u82b3/vae.ipynb"]),
        ("gbk", ["\u674e\u5a1c\uff082\uff09.ipynb", "ada.ipynb", "\u6b27\u9633\u4fee.ipynb"]),
        ("gb18030", ["\u5f20\u5586\u674e\u5a1c\u738b\u82b3/vae.ipynb"]),
        ("cp437", ["J\u00f6rg M\u00fcller/vae.ipynb", "Ren\u00e9e/vae.ipynb", "Nu\u00f1ez.ipynb"]),
        ("cp437", ["Stra\u00dfe.ipynb", "\u00c4nne.ipynb"]),
        ("cp866", ["\u0418\u0432\u0430\u043d \u041f\u0435\u0442\u0440\u043e\u0432/vae.ipynb"]),
        ("utf-8", ["Zo\u00eb/vae.ipynb", "\u5f20\u4f1f/vae.ipynb", "\u0418\u0432\u0430\u043d.py"]),
    ],
)
def test_names_without_a_word_on_their_encoding(encoding: str, names: list[str]) -> None:
    raws = [name.encode(encoding) for name in names]
    assert zip_names(members(raws)) == names
    assert list(map(decoder(raws), raws)) == names


def test_the_field_for_unicode_names_counts() -> None:
    raws = [b"??_101_assignsubmission_file_/vae.ipynb", b"?.ipynb"]
    names = ["\u5f20\u4f1f_101_assignsubmission_file_/vae.ipynb", "\u00e9.ipynb"]
    fields = [field(name.encode(), raw) for name, raw in zip(names, raws, strict=True)]
    assert zip_names(members(raws, fields)) == names


def test_a_field_of_another_name_does_not_count() -> None:
    raws, fields = [b"renamed.ipynb"], [field(b"old.ipynb", b"old.ipynb")]
    assert zip_names(members(raws, fields)) == ["renamed.ipynb"]


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="zipfile itself refuses such a zip")
def test_a_field_that_breaks_off_does_not_count() -> None:
    assert zip_names(members([b"cut.ipynb"], [b"\x75\x70\x02\x00\x01x"])) == ["cut.ipynb"]


def test_backslashes_part_names() -> None:
    assert zip_names(members([b"ada\\hw\\vae.ipynb"])) == ["ada/hw/vae.ipynb"]


@given(st.lists(st.binary(min_size=1, max_size=12), max_size=4))
def test_any_bytes_are_read_somehow(raws: list[bytes]) -> None:
    assert all(isinstance(text, str) for text in map(decoder(raws), raws))


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12), max_size=4))
def test_utf8_is_never_taken_for_anything_else(names: list[str]) -> None:
    raws = [name.encode() for name in names]
    assert list(map(decoder(raws), raws)) == names
