"""The names in a zip or on a disk as people wrote them, in whatever encoding they were stored.

A zip says 'UTF-8' by a flag or keeps the name a second time, as UTF-8, in a field of its own. Many
programs do neither: they store the bytes that their system uses for names.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence

_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def zip_names(members: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Return the names of a zip's members, with slashes between their parts."""
    stored = [_stored(member) for member in members]
    raws = [name for name in stored if isinstance(name, bytes)]
    decode = decoder(raws)
    names = (decode(name) if isinstance(name, bytes) else name for name in stored)
    return [name.split("\0", 1)[0].replace("\\", "/") for name in names]


def decoder(raws: Sequence[bytes]) -> Callable[[bytes], str]:
    """Return a function that reads names like these: as UTF-8, or as what fits all others."""
    encoding = _guessed([raw for raw in raws if _utf8(raw) is None])

    def decode(raw: bytes) -> str:
        text = _utf8(raw)
        return raw.decode(encoding, "replace") if text is None else text

    return decode


def _stored(member: zipfile.ZipInfo) -> str | bytes:
    """Return the name as text where the zip says how to read it, else its bytes."""
    has_flag = bool(member.flag_bits & _UTF8_FLAG)
    name = member.orig_filename
    raw = name.encode("utf-8" if has_flag else "cp437", "replace")
    return _unicode_path(member.extra, raw) or (name if has_flag else raw)


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """Return the name in the field for it, unless a program changed the name and not the field."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        content, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(content) > 5 and content[0] == 1:
            (checksum,) = struct.unpack("<I", content[1:5])
            return _utf8(content[5:]) if checksum == zlib.crc32(raw) else None
    return None


def _utf8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _guessed(raws: Sequence[bytes]) -> str:
    """Return the encoding in which all of these names look like names."""
    for encoding, fits in (("gb18030", _is_chinese), ("cp866", _is_cyrillic)):
        try:
            text = " ".join(raw.decode(encoding) for raw in raws)
        except UnicodeDecodeError:
            continue
        if raws and fits(text):
            return encoding
    return "cp437"


def _is_chinese(text: str) -> bool:
    """Return whether most of what isn't ASCII are the characters that names are written with."""
    odd = [sign for sign in text if not sign.isascii()]
    usual = sum(bool(_HAN.match(sign)) and _is_in(sign, "gb2312") for sign in odd)
    return usual > 0.6 * len(odd)


def _is_cyrillic(text: str) -> bool:
    """Return whether each word is of one alphabet, and those that aren't ASCII are Cyrillic."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    odd = "".join(sign for sign in text if not sign.isascii())
    return (
        bool(words)
        and all(len(word) > 1 and _is_in(word, "koi8-r") for word in words)
        and all(not sign.isascii() for word in words for sign in word)
        and odd.isalpha()
    )


def _is_in(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
