"""Templates that escape whatever they are given, and what the pages' own policies name."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.report.plain import number
from grader.untrusted_text import clean

_TEMPLATES = Path(__file__).resolve().parent / "templates"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Templates that escape everything and know no name by accident."""
    found = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(points=number, marked=_marked)
    return found


def template_text(name: str) -> str:
    """A style sheet or script as it stands."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def policy_hash(text: str) -> str:
    """What a Content-Security-Policy calls a style sheet or script by."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _marked(text: str) -> Markup:
    """Text as HTML: escaped, and names in backticks as code."""
    parts = re.split(r"`([^`\n]+)`", clean(text, 2000))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )
