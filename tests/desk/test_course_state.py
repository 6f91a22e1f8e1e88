"""The course as it is on the disk, read anew only where it has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.roster import RosterError
from grader.course.store import Store
from grader.desk.course_state import CourseState
from tests.made_course import DOZEN, Made, make_course


def test_a_result_is_read_again_where_it_has_changed_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = CourseState(make_course(tmp_path))
    read: list[str] = []
    original = Store.read
    monkeypatch.setattr(Store, "read", lambda self, name: read.append(name) or original(self, name))
    before = state.now()
    assert state.now() is before
    make_course(tmp_path / "other", [*DOZEN[:10], Made("Kim", {"kl.total": "x"})])
    source = tmp_path / "other" / "results" / "s011.json"
    source.replace(tmp_path / "results" / "s011.json")
    assert state.now().entries["s011"].result.points == 57
    assert read == ["s011"]
    (tmp_path / "overrides.yaml").write_text(
        "- {student: s001, target: kl, points: 1, reason: x}\n"
    )
    assert state.now().entries["s001"].result.points == 56
    assert read == ["s011"]


def test_code_and_notebooks_that_are_not_there(tmp_path: Path) -> None:
    state = CourseState(make_course(tmp_path)).now()
    assert "kl_divergence" in state.code("s001").methods
    assert state.executed("s001") is not None
    assert state.executed("s002") is None
    (tmp_path / "code" / "s001.json").write_text("[")
    assert state.code("s001").methods == {}


def test_no_course_is_said(tmp_path: Path) -> None:
    with pytest.raises(RosterError, match="give a folder that"):
        CourseState(tmp_path)


def test_an_empty_course(tmp_path: Path) -> None:
    state = CourseState(make_course(tmp_path, [])).now()
    assert (state.waiting, state.groups, state.entries) == ((), (), {})
