"""Templates that escape whatever they are given, and what the pages' own policies name."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.report.words import (
    cell_words,
    number,
    points_words,
    printed_words,
    repeated_words,
    status_words,
    thousands,
    total_words,
    unit_of,
    waiting_words,
)
from grader.untrusted_text import clean

_TEMPLATES = Path(__file__).resolve().parent / "templates"


def render(template: str, **values: object) -> str:
    """Return a template's text with the values that it names."""
    return environment_of(_TEMPLATES).get_template(template).render(**values)


def macro(template: str, name: str) -> Callable[..., Markup]:
    """Return a template's macro, which makes a piece of HTML of the values that it names."""
    found: Callable[..., Markup] = getattr(
        environment_of(_TEMPLATES).get_template(template).module, name
    )
    return found


@lru_cache
def environment_of(folder: Path) -> Environment:
    """Return a folder's templates, which escape everything and know no name by accident.

    Those of reports are theirs too.
    """
    environment = Environment(
        loader=FileSystemLoader([folder, _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = {"points": number, "status_words": status_words, "marked": _marked}
    filters["repeated_words"] = repeated_words
    filters["cell_words"] = lambda cell, cells: _marked(cell_words(cell, cells))
    environment.filters |= {**filters, "policy_hash": _policy_hash}
    environment.filters |= {"printed_words": printed_words, "points_words": points_words}
    environment.filters |= {"total_words": total_words, "unit_of": unit_of}
    environment.filters |= {"thousands": thousands, "waiting_words": waiting_words}
    environment.globals["text_of"] = text_of
    return environment


def text_of(*names: str) -> Markup:
    """Return style sheets or scripts as they stand, one behind the other."""
    return Markup("".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in names))


def _policy_hash(text: str) -> str:
    """Return what a Content-Security-Policy calls a style sheet or script by."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _marked(text: str) -> Markup:
    """Return text as HTML: escaped, and names in backticks as code."""
    parts = re.split(r"`([^`\n]+)`", clean(text, 2000))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )
