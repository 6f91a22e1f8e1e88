"""The desk's style sheet: that of the reports, and what forms need."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from grader.report.rendering import text_of

_OWN = Path(__file__).resolve().parent / "static" / "desk-only.css"


@cache
def style_sheet() -> str:
    """Return it as text."""
    return f"{text_of('page.css', 'index.css')}\n{_OWN.read_text(encoding='utf-8')}"
