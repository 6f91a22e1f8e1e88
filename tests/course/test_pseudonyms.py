"""Pseudonyms stay what they are, differ, and nobody else may read whose they are."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from grader.course.pseudonyms import NAME, PseudonymsError, pseudonyms_of


def test_a_pseudonym_stays(tmp_path: Path) -> None:
    first = pseudonyms_of(tmp_path, ["Ada", "Bo"])
    content = (tmp_path / NAME).read_bytes()
    assert pseudonyms_of(tmp_path, ["Bo", "Ada"]) == first
    assert (tmp_path / NAME).read_bytes() == content
    later = pseudonyms_of(tmp_path, ["Cy", "Ada"])
    assert later["Ada"] == first["Ada"]
    assert pseudonyms_of(tmp_path, ["Bo"]) == {"Bo": first["Bo"]}


def test_all_differ(tmp_path: Path) -> None:
    names = [f"student {number}" for number in range(2000)]
    found = pseudonyms_of(tmp_path, names)
    assert len(set(found.values())) == 2000
    assert all(name.startswith("student-") and len(name) <= 16 for name in found.values())


def test_other_courses_have_others(tmp_path: Path) -> None:
    names = [f"student {number}" for number in range(50)]
    (tmp_path / "other").mkdir()
    one, other = pseudonyms_of(tmp_path, names), pseudonyms_of(tmp_path / "other", names)
    assert sum(one[name] == other[name] for name in names) < 3


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are other ones there")
def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    for names in (["Ada"], ["Ada", "Bo"]):
        pseudonyms_of(tmp_path, names)
        assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_a_damaged_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("{", encoding="utf-8")
    with pytest.raises(PseudonymsError, match="Bring it back from a backup"):
        pseudonyms_of(tmp_path, ["Ada"])
    assert (tmp_path / NAME).read_text(encoding="utf-8") == "{"
