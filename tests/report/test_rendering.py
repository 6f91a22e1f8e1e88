"""Templates escape what they are given, refuse names they don't know, and hold to their policy."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from grader.report import rendering
from grader.report.index import to_index
from grader.report.rendering import render
from tests.made_results import TITLE, course

TEMPLATES = Path(rendering.__file__).parent / "templates"


def test_templates_escape_everything() -> None:
    paths = [path for path in TEMPLATES.iterdir() if path.suffix in (".html", ".svg")]
    assert len(paths) == 7
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert "|safe" not in text
        assert "autoescape false" not in text


def test_a_name_that_was_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("table.html")


@pytest.mark.parametrize(("element", "source"), [("style", "style-src"), ("script", "script-src")])
def test_the_policy_names_what_the_page_holds(element: str, source: str) -> None:
    page = to_index(course(), {}, TITLE, {})
    (text,) = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    assert f"{source} 'sha256-{digest}'" in page
