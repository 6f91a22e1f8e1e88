"""rubric.yaml: the shipped one is sound, and every mistake gives one line that says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import spec
from grader.checks import CHECKS
from grader.grading import KNOWN_CHECKS
from grader.rubric import RubricError, default_path, load_rubric

TEXT = default_path().read_text("utf-8")


def load_text(tmp_path: Path, text: str):
    path = tmp_path / "rubric.yaml"
    path.write_text(text, encoding="utf-8")
    return load_rubric(path, KNOWN_CHECKS)


def test_shipped_rubric_counts_every_check_and_adds_up_to_60() -> None:
    rubric = load_rubric(default_path(), KNOWN_CHECKS)
    assert rubric.max_points == 60
    assert list(rubric.tasks.values()) == [10, 10, 10, 5, 15, 10]
    assert set(rubric.checks) == set(KNOWN_CHECKS)
    assert len(set(KNOWN_CHECKS)) == len(KNOWN_CHECKS)
    assert {check.task for check in CHECKS} == set(spec.TASK_IDS)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kl.total: 2", "kl.totall: 2", ("'kl.totall'", "kl.total")),
        ("kl.total: 2", "elbo.average: 2", ("'elbo.average'",)),
        ("kl.total: 2", "kl.total: -2", ("-2",)),
        ("kl.total: 2", "kl.total: 3", ("add up to 6", "5")),
        ("kl.total: 2", "kl.total: two", ("number",)),
        ("kl.total: 2", "kl.total: .inf", ("inf",)),
        ("  kl:\n", "  k1:\n", ("'k1'",)),
        ("no_distributions: task", "no_distributions: always", ("no_distributions",)),
        ("no_distributions: task", "no_distributons: task", ("'no_distributons'",)),
        ("no_distributions: task", "no_distributions: -1", ("-1",)),
    ],
)
def test_mistake_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, words: tuple[str, ...]
) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(RubricError) as caught:
        load_text(tmp_path, TEXT.replace(old, new))
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message
    line = int(message.split("line ")[1].split(":")[0])
    changed = TEXT[: TEXT.index(old)].count("\n") + 1
    assert abs(line - changed) <= 3, message


def test_missing_task_is_named(tmp_path: Path) -> None:
    start, end = TEXT.index("  kl:\n"), TEXT.index("  elbo:\n")
    with pytest.raises(RubricError, match="line 6: the task 'kl' is missing"):
        load_text(tmp_path, TEXT[:start] + TEXT[end:])


@pytest.mark.parametrize(
    "text", ["", "- 1", "tasks: [", "tasks: 3", "a: &a [*a]", "\x00", "[" * 5000]
)
def test_what_is_no_rubric_gives_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(RubricError) as caught:
        load_text(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match="can't be read"):
        load_rubric(tmp_path / "none.yaml", KNOWN_CHECKS)


def test_points_can_change_and_checks_can_go_without_touching_python(tmp_path: Path) -> None:
    text = TEXT.replace("      kl.gradient: 1\n", "").replace("kl.total: 2", "kl.total: 3")
    rubric = load_text(
        tmp_path, text.replace("no_additional_imports: advice", "no_additional_imports: 2.5")
    )
    assert "kl.gradient" not in rubric.checks
    assert rubric.checks["kl.total"] == 3
    assert rubric.rules["no_additional_imports"] == 2.5
