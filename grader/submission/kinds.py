"""Tell what a file is by its content, whatever its name ends in."""

from __future__ import annotations

import json
import re
from enum import Enum

from grader.submission.conflicts import has_conflict
from grader.submission.syntax import parsed

_HEAD = 4096


class Kind(Enum):
    """The kind of a file; the value is what people call it."""

    NOTEBOOK = "a notebook"
    SCRIPT = "a Python script"
    CONFLICT = "a file with git's conflict markers"
    EMPTY = "empty"
    JSON = "JSON, but no notebook"
    TEXT = "text, but no notebook"
    MARKDOWN = "Markdown, but no notebook"
    WEB_PAGE = "a web page (HTML)"
    POINTER = "git's pointer to a large file, and not the file itself"
    LINK = "a link to a file, and not the file itself"
    PDF = "a PDF"
    OFFICE = "a document of Word or another office program"
    ZIP = "a zip archive"
    ARCHIVE = "an archive"
    SAVED = "what Python or torch saved, such as weights"
    PICTURE = "a picture"
    ICLOUD = "what a Mac keeps in place of a file that is only in iCloud: download it there first"
    MAC = "what a Mac keeps beside a file, and not the file itself"
    UNKNOWN = "no text"


_SIGNATURES = (
    (b"\x1f\x8b", Kind.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Kind.ARCHIVE),
    (b"Rar!\x1a\x07", Kind.ARCHIVE),
    (b"BZh", Kind.ARCHIVE),
    (b"\xfd7zXZ\0", Kind.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", Kind.ARCHIVE),
    (b"\x89PNG", Kind.PICTURE),
    (b"\xff\xd8\xff", Kind.PICTURE),
    (b"GIF8", Kind.PICTURE),
    (b"\xd0\xcf\x11\xe0", Kind.OFFICE),
    (b"{\\rtf", Kind.OFFICE),
    (b"\0\x05\x16\x07", Kind.MAC),
    (b"book\0\0\0\0mark", Kind.LINK),
    (b"L\0\0\0\x01\x14\x02\0", Kind.LINK),
    (b"version https://git-lfs", Kind.POINTER),
    (b"/annex/objects/", Kind.POINTER),
    (b"\x89HDF", Kind.SAVED),
    *((b"\x80%c" % protocol, Kind.SAVED) for protocol in range(2, 6)),
    (b"From: <Saved by", Kind.WEB_PAGE),
    (b"%PDF-", Kind.PDF),
)
_PROPERTY_LIST = b"bplist00"
_PROPERTIES = ((b"WebMainResource", Kind.WEB_PAGE), (b"NSURLNameKey", Kind.ICLOUD))
"""What a key in a Mac's property list tells: Safari saved a page, or a file is not downloaded."""
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OFFICE_PARTS = (b"[Content_Types].xml", b"mimetypeapplication/vnd.oasis", b"Index/Document.iwa")
_WEB = re.compile(r"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_LINKS = ("[InternetShortcut]", "[Desktop Entry]", "<key>URL</key>")
_NO_TEXT = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f]")
_JSON = re.compile(r"\{|\[\s*[\[{\"\]\d-]")
_CELLS = re.compile(r'"(cells|worksheets)"\s*:\s*\[|"nbformat"\s*:')
_PYTHON = re.compile(
    r"^[ \t]*(import \w|from [\w.]+ import |(class|def) \w+ ?[(:]|if __name__|get_ipython\(\))"
    r"|^#!.*python|^# In ?\[[ \d*]*\]|^# ?%%|^#.*coding[:=]",
    re.MULTILINE,
)


_MOST_PARSED = 1_000_000
_JUPYTEXT = re.compile(
    r"---[ \t]*\r?\n(?:[ \t]*\w+:.*\r?\n)*?[ \t]*(?:jupyter|jupytext|kernelspec):"
)
_FENCE = re.compile(r"^[ ]{0,3}(?:```|~~~)[ \t]*\{?[\w-]", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} [^\r\n]+\r?\n[ \t]*\r?\n", re.MULTILINE)


def kind_of(data: bytes) -> Kind:
    """Return what a file is, by all of its bytes; a damaged notebook is a notebook, too."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data.startswith(_PROPERTY_LIST):
        return next((kind for key, kind in _PROPERTIES if key in data), Kind.MAC)
    if data.startswith(_ZIPS):
        return _kind_of_zip(data)
    if data[257:262] == b"ustar":
        return Kind.ARCHIVE
    return _kind_of_text(data)


def encoding_of(data: bytes) -> str:
    """Return the encoding that a mark at the start, or zeros, tell; else UTF-8."""
    return json.detect_encoding(data[:4].ljust(4, b" "))


def _kind_of_zip(data: bytes) -> Kind:
    head, tail = data[:_HEAD], data[-(1 << 16) :]
    if any(part in head or part in tail for part in _OFFICE_PARTS):
        return Kind.OFFICE
    return Kind.SAVED if b"/data.pkl" in head else Kind.ZIP


def _kind_of_text(data: bytes) -> Kind:
    encoding = encoding_of(data)
    text = data.decode(encoding, "replace").strip(" \t\r\n\0\ufeff")
    if not text:
        return Kind.EMPTY
    start = text[:_HEAD]
    if _NO_TEXT.search(start) or start.count("\ufffd") > len(start) / 8:
        return Kind.UNKNOWN
    if start[0] in "[<" and any(link in start for link in _LINKS):
        return Kind.LINK
    if start[0] == "<" and _WEB.search(start):
        return Kind.WEB_PAGE
    if has_conflict(text):
        return Kind.CONFLICT
    if _JSON.match(start):
        return Kind.NOTEBOOK if start[0] == "{" and _CELLS.search(text) else Kind.JSON
    if _JUPYTEXT.match(start) or (_FENCE.search(text) and not _is_python(text)):
        return Kind.MARKDOWN
    if _PYTHON.search(text):
        return Kind.SCRIPT
    return Kind.MARKDOWN if _HEADING.search(text) else Kind.TEXT


def _is_python(text: str) -> bool:
    """Tell whether Python can read a text; a far too long one is taken to be Python."""
    return len(text) > _MOST_PARSED or parsed(text) is not None
