"""The registry of platforms: all are in it, and nothing in two of them has one name."""

from __future__ import annotations

import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader import platforms
from grader.cli.main import main
from grader.cli.result_files import RESULT_FILES
from grader.course.options import NEEDS, PLATFORM_OPTIONS, CourseOptions
from grader.platforms import PLATFORMS, is_platform_name, owner_finder, students_in
from grader.platforms.download import File
from grader.platforms.platform import GradedCourse, Platform, SheetError

NAMES = {
    "moodle": "Ada L_12_assignsubmission_file_hw.ipynb",
    "blackboard": "HW 4_ab12_attempt_2026-03-02-12-00-00_hw.ipynb",
    "brightspace": "12345-678 - Ada L - Mar 2, 2026 1200 PM - hw.ipynb",
    "canvas": "lovelaceada_123_4567_hw.ipynb",
    "autolab": "ada@uni.edu_2_hw.ipynb",
}


MADE_UP = """
from grader.platforms.platform import Option, Platform

PLATFORM = Platform("made_up", options=(Option("--made-up", "Made up for a test."),))
"""


def test_a_platform_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "made_up.py").write_text(MADE_UP, encoding="utf-8")
    monkeypatch.setattr(platforms, "__path__", [*platforms.__path__, str(tmp_path)])
    *others, last = platforms.registered()
    assert others == [*PLATFORMS]
    assert last.name == "made_up"
    assert last.options[0].parameter == "made_up"


def test_the_order_is_that_of_the_help() -> None:
    names = [platform.name for platform in PLATFORMS]
    assert names == [
        *("moodle", "blackboard", "brightspace", "canvas", "nbgrader"),
        *("artemis", "gradescope", "classroom50", "autolab", "prairielearn"),
    ]
    assert len({platform.order for platform in PLATFORMS}) == len(PLATFORMS)


def test_nothing_has_one_name_twice() -> None:
    sheets = [platform.sheet for platform in PLATFORMS if platform.sheet]
    flags = [option.flag for option in PLATFORM_OPTIONS]
    for names in (
        [platform.name for platform in PLATFORMS],
        [*flags, *RESULT_FILES],
        [option.parameter for option in PLATFORM_OPTIONS],
        [*chain.from_iterable(sheet.files for sheet in sheets)],
    ):
        assert len(names) == len({*names})
    assert {sheet.flag for sheet in sheets} <= {*flags}
    assert {*chain.from_iterable(NEEDS.values())} <= {*flags}


def test_all_options_are_in_the_help() -> None:
    text = CliRunner().invoke(main, ["--help-all"]).output
    assert all(option.flag in text for option in PLATFORM_OPTIONS)
    assert all(flag in text for flag in RESULT_FILES)


@pytest.mark.parametrize(("platform", "name"), NAMES.items())
def test_a_name_tells_whose_platform_it_is(platform: str, name: str) -> None:
    find_owner = owner_finder([File((name,), None)])
    owner = find_owner((name,))
    assert owner is not None
    assert owner.students[0].platform == owner.key[0] == platform
    assert owner.rest == ("hw.ipynb",)
    assert is_platform_name(name) is (platform != "canvas")
    assert bool(students_in([name])) is (platform == "canvas")
    assert find_owner(("ada.ipynb",)) is None


@pytest.mark.parametrize("platform", [it for it in PLATFORMS if it.sheet], ids=lambda it: it.name)
def test_a_sheet_that_can_not_be_read_is_said(platform: Platform, tmp_path: Path) -> None:
    assert platform.sheet is not None
    files = [option.parameter for option in platform.options if option.is_file]
    values = dict.fromkeys(files, tmp_path / "absent")
    if files:
        with pytest.raises(SheetError, match="can't be read"):
            platform.sheet.fill(GradedCourse((), values))


def test_options_are_known_by_their_values() -> None:
    assert CourseOptions().flags == frozenset()
    assert CourseOptions(values={"grade_header": "Note"}).flags == {"--grade-header"}


def test_the_registry_loads_nothing_heavy() -> None:
    """Options are read before the fork server starts, which takes longest."""
    code = "import sys, grader.platforms; print('grader.submission' in sys.modules, *sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = told.stdout.split()
    assert loaded[0] == "False"
    assert not {"torch", "scipy", "sqlite3", "nbformat"} & {*loaded}
