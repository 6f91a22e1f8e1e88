"""Numbers as people read them."""

from __future__ import annotations

_DIGITS = 4
_MOST = 9


def short(number: float) -> str:
    """Return a number with three digits, without a minus before zero."""
    text = f"{number:.3g}"
    return "0" if float(text) == 0 else text


def apart(first: float, second: float, digits: int = _DIGITS) -> tuple[str, str]:
    """Return two numbers with as few digits as let them read differently, if they are not equal."""
    for count in range(digits, _MOST + 1):
        texts = f"{first:.{count}g}", f"{second:.{count}g}"
        if texts[0] != texts[1]:
            break
    return texts
