"""Decode a submission's text, whatever program saved it."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Callable

from grader.submission.kinds import encoding_of

_GUESSES = ("cp1252", "gb18030", "cp932", "latin-1")
"""Encodings in which ASCII is ASCII; the last one reads anything."""

_BROKEN = "\ufffd"
NOT_UTF8 = "The file isn't UTF-8 text"


def decode(data: bytes, is_sound: Callable[[str], bool]) -> tuple[str, str | None]:
    """Return the text, and a note if its encoding had to be guessed.

    Args:
        data: all bytes of the file.
        is_sound: whether a text is what it should be, for a guess to be taken.
    """
    encoding = encoding_of(data)
    try:
        return data.decode(encoding), None
    except UnicodeDecodeError:
        pass
    text = data.decode(encoding, "replace")
    if encoding != "utf-8" or _is_hardly_broken(text):
        return text, _note("some letters are broken")
    for guess in _GUESSES:
        try:
            text = data.decode(guess)
        except UnicodeDecodeError:
            continue
        if is_sound(text):
            break
    return text, _note(f"it was read as {guess}, so letters other than a to z may be wrong")


def decode_script(data: bytes) -> tuple[str, str | None]:
    """Return the text of a script, by the encoding that it declares; else as `decode` does."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        if encoding_of(data) in ("utf-8", encoding):
            return data.decode(encoding), None
    except (SyntaxError, UnicodeDecodeError, LookupError):
        pass
    return decode(data, lambda _: True)


def _is_hardly_broken(text: str) -> bool:
    """Tell whether far more letters are whole than broken: then it is UTF-8 with a slip."""
    others = sum(not sign.isascii() for sign in text)
    return others > 3 * text.count(_BROKEN)


def _note(what: str) -> str:
    return f"{NOT_UTF8}: {what}. Jupyter saves notebooks as UTF-8."
