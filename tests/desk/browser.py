"""Chromium for the tests of the desk, where Playwright and the browser are there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
MUST_BE_THERE = "GRADER_TESTS_NEED_BROWSER"
"""Set in the environment, it makes a failure of what is skipped elsewhere."""


def missing() -> str:
    """Return why the tests in a browser can't be made; "" where they can."""
    try:
        import axe_playwright_python  # noqa: F401
        import playwright  # noqa: F401
    except ImportError as error:
        return f"{error.name} is not installed: pip install -e '.[browser]'"
    return "" if _path() else f"none of {', '.join(CHROMIUM)} is installed"


def skip_or_fail() -> None:
    """Skip the tests where there is no browser, or fail where there must be one."""
    why = missing()
    if why and os.environ.get(MUST_BE_THERE):
        pytest.fail(why)
    if why:
        pytest.skip(why)


@contextmanager
def chromium() -> Iterator[Any]:
    """Start a headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.getuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=_path(), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def _path() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUM)), None)
