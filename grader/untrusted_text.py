"""Text that a submission wrote, made harmless before anybody reads it."""

from __future__ import annotations

import re

MAX_TEXT = 500

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def clean(text: object, limit: int = MAX_TEXT) -> str:
    """Return the text without control characters, cut to ``limit``; "" for what is no text."""
    if not isinstance(text, str):
        return ""
    text = _CONTROL.sub("", text[: 4 * limit])
    return text if len(text) <= limit else text[: limit - 1] + "…"
