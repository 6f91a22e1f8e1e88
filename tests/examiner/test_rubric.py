"""rubric.yaml: the shipped one is sound, and every mistake gives one line that says where."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from grader.examiner.late_policy import LatePolicy
from grader.examiner.manual_tasks import ManualTask
from grader.examiner.rubric import RubricError, default_path, load_rubric
from grader.submission.rules import RULES
from grader.vae import ASSIGNMENT, spec
from grader.vae.checks import CHECKS

CHECK_IDS = [check.id for check in CHECKS]
TEXT = default_path().read_text("utf-8")


def load_text(tmp_path: Path, text: str):
    path = tmp_path / "rubric.yaml"
    path.write_text(text, encoding="utf-8")
    return load_rubric(path, ASSIGNMENT)


def test_shipped_rubric_counts_every_check_and_adds_up_to_60() -> None:
    rubric = load_rubric(default_path(), ASSIGNMENT)
    assert rubric.max_points == 60
    assert list(rubric.tasks.values()) == [10, 10, 10, 5, 15, 10]
    assert set(rubric.checks) == set(CHECK_IDS)
    assert len(set(CHECK_IDS)) == len(CHECK_IDS)
    assert {check.task for check in CHECKS} == set(spec.TASK_IDS)
    assert not re.search(r"\d+ steps", TEXT)  # the number stands where the training is


def test_all_mistakes_are_said_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = TEXT.replace("kl.total: 3", "kl.totall: 3").replace("  elbo:\n", "  elbow:\n")
    with pytest.raises(RubricError) as caught:
        load_text(tmp_path, text.replace("loss_falls: advice", "loss_falls: advise"))
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    for word in ("'elbow'", "'kl.totall'", "'loss_falls'"):
        assert any(word in line and "rubric.yaml, line " in line for line in lines)
    text = TEXT.replace("kl.total: 3", "kl.total: three").replace("points: 15", "points: fifteen")
    with pytest.raises(RubricError) as caught:
        load_text(tmp_path, text)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kl.total: 3", "kl.totall: 2", ("'kl.totall'", "kl.total")),
        ("kl.total: 3", "elbo.exact: 3", ("'elbo.exact'",)),
        ("kl.total: 3", "kl.total: -2", ("-2",)),
        ("kl.total: 3", "kl.total: 4", ("add up to 6", "5")),
        ("kl.total: 3", "kl.total: two", ("number",)),
        ("kl.total: 3", "kl.total: .inf", ("inf",)),
        ("  kl:\n", "  k1:\n", ("'k1'",)),
        ("no_distributions: task", "no_distributions: always", ("no_distributions",)),
        ("no_distributions: task", "no_distributons: task", ("'no_distributons'",)),
        ("no_distributions: task", "no_distributions: -1", ("-1",)),
        ("no_distributions: task", "no_distributions: .inf", ("inf",)),
        ("no_distributions: task", "no_distributions: yes", ("task, advice, or a number",)),
        ("no_distributions: task", "no_distributions: off", ("task, advice, or a number",)),
        ("no_distributions: task", "no_distributions:", ("task, advice, or a number",)),
        ("no_distributions: task", "no_distributions: [1]", ("task, advice, or a number",)),
        ("loss_falls: advice", "loss_falls: task", ("advice or a number", "can't cost a task")),
        ("saved_after_run_all: advice", "saved_after_run_all: task", ("can't cost a task",)),
        ("saved_after_run_all: advice", "saved_after_run_all: true", ("advice or a number",)),
        ("kl.total: 3", "kl.total: yes", ("kl.total", "number")),
        ("  kl:\n    points: 5", "  kl:\n    points: on", ("kl.points", "number")),
        ("kl.total: 3", "kl.total: 3\n      kl.total: 3", ("'kl.total'", "twice", "first in line")),
        ("  kl:\n    points: 5", "  kl:\n    points: 5\n    points: 5", ("'points'", "twice")),
        ("loss_falls: advice", "loss_falls: 1\n  loss_falls: 2", ("'loss_falls'", "twice")),
        ("\nrules:\n", "\nrules: {}\nrules:\n", ("'rules'", "twice")),
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
def test_what_is_no_rubric_gives_a_sentence_for_each_mistake(tmp_path: Path, text: str) -> None:
    with pytest.raises(RubricError) as caught:
        load_text(tmp_path, text)
    assert all(line.startswith("rubric.yaml, ") for line in str(caught.value).splitlines())


def test_both_lines_of_a_key_that_is_there_twice_are_named(tmp_path: Path) -> None:
    first = TEXT[: TEXT.index("kl.total: 3")].count("\n") + 1
    with pytest.raises(RubricError) as caught:
        load_text(tmp_path, TEXT.replace("kl.per_sample: 1", "kl.total: 1"))
    assert f"line {first + 1}: the key 'kl.total' is there twice, first in line {first}" in str(
        caught.value
    )


@pytest.mark.parametrize("gone", ["all", "block", *(rule.id for rule in RULES)])
def test_a_rule_that_is_not_named_costs_what_the_assignment_says(gone: str, tmp_path: Path) -> None:
    rules = TEXT[TEXT.index("rules:\n") :]
    kept = [line for line in rules.split("\n") if gone not in line]
    text = TEXT.replace(rules, {"all": "rules: {}\n", "block": ""}.get(gone, "\n".join(kept)))
    assert text != TEXT
    assert load_text(tmp_path, text).rules == load_rubric(default_path(), ASSIGNMENT).rules


def test_the_assignments_own_rubric_names_every_rule_with_its_default() -> None:
    rules = load_rubric(default_path(), ASSIGNMENT).rules
    assert list(rules.items()) == [(rule.id, rule.default) for rule in RULES]


def test_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match="can't be read"):
        load_rubric(tmp_path / "none.yaml", ASSIGNMENT)


def test_points_can_change_and_checks_can_go_without_touching_python(tmp_path: Path) -> None:
    text = TEXT.replace("      kl.gradient: 1\n", "").replace("kl.total: 3", "kl.total: 4")
    rubric = load_text(
        tmp_path, text.replace("no_additional_imports: advice", "no_additional_imports: 2.5")
    )
    assert "kl.gradient" not in rubric.checks
    assert rubric.checks["kl.total"] == 4
    assert rubric.rules["no_additional_imports"] == 2.5


def test_a_rubric_names_a_template_beside_itself(tmp_path: Path) -> None:
    template = default_path().parent / "student_template" / "vae.ipynb"
    named = "template: given/vae.ipynb\n" + TEXT
    with pytest.raises(RubricError, match=r"rubric.yaml, line 1: the template given/vae.ipynb"):
        load_text(tmp_path, named)
    (tmp_path / "given").mkdir()
    copy = tmp_path / "given" / "vae.ipynb"
    copy.write_bytes(template.read_bytes())
    rubric = load_text(tmp_path, named)
    assert rubric.template is not None
    assert rubric.template.is_given
    # Results hang on what the template holds.
    copy.write_bytes(copy.read_bytes() + b"\n")
    assert repr(load_text(tmp_path, named)) != repr(rubric)


def test_a_template_that_is_given_goes_before_the_rubrics(tmp_path: Path) -> None:
    template = default_path().parent / "student_template" / "vae.ipynb"
    assert load_rubric(default_path(), ASSIGNMENT).template is None
    assert load_rubric(default_path(), ASSIGNMENT, template).template is not None
    with pytest.raises(
        RubricError, match=r"The template .*x.ipynb can't be used. There is no such"
    ):
        load_rubric(default_path(), ASSIGNMENT, tmp_path / "x.ipynb")


LATE = "late: {due: 2026-12-01 23:59 UTC, grace: 15 minutes, step: 1 day, percent: 10, cap: 50}\n"
MANUAL = "manual:\n  essay: {title: Essay, points: 5}\n  talk: {title: Talk, points: 2.5}\n"


def test_what_is_late_and_what_people_grade(tmp_path: Path) -> None:
    plain = load_rubric(default_path(), ASSIGNMENT)
    assert (plain.late, plain.manual) == (None, ())
    rubric = load_text(tmp_path, TEXT + LATE + MANUAL)
    due = datetime(2026, 12, 1, 23, 59, tzinfo=timezone.utc)
    minutes, day = timedelta(minutes=15), timedelta(days=1)
    assert rubric.late == LatePolicy(due, minutes, day, 10.0, None, 50.0)
    assert rubric.manual == (ManualTask("essay", "Essay", 5.0), ManualTask("talk", "Talk", 2.5))
    assert rubric.max_points == 60
    # Results don't hang on them.
    assert repr(rubric) == repr(plain)


def test_the_examples_of_the_shipped_rubric_are_right(tmp_path: Path) -> None:
    start, end = TEXT.index("# late:"), TEXT.index("# What a broken rule costs")
    block = re.sub("(?m)^# ?(?=(late|manual|  ))", "", TEXT[start:end])
    rubric = load_text(tmp_path, TEXT + block)
    assert rubric.late is not None
    assert rubric.late.due is not None
    assert rubric.late.percent == 10
    assert [task.id for task in rubric.manual] == ["essay"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("2026-12-01 23:59 UTC", "tomorrow", ("'due'", "2026-12-01 23:59")),
        ("2026-12-01 23:59 UTC", "2026-12-01 23:59 CST", ("'due'", "Europe/Berlin")),
        ("grace: 15 minutes", "grace: 15", ("'grace'", "15 minutes")),
        ("step: 1 day", "step: daily", ("'step'", "1 day")),
        ("step: 1 day", "step: 0 days", ("'step'", "longer than 0")),
        ("step: 1 day, ", "", ("the key 'step' in 'late' is missing",)),
        ("percent: 10", "percent: ten", ("late.percent", "number")),
        ("percent: 10", "percent: yes", ("late.percent", "number")),
        ("percent: 10", "percent: 0", ("'percent' is 0", "more than 0")),
        ("percent: 10", "percent: .nan", ("'percent' is nan",)),
        ("percent: 10", "percent: 110", ("'percent' is 110", "at most 100")),
        ("percent: 10", "percent: 10, points: 2", ("either as 'percent' or as 'points'",)),
        ("percent: 10, ", "", ("either as 'percent' or as 'points'",)),
        ("percent: 10", "points: .inf", ("'points' is inf",)),
        ("cap: 50", "cap: 5", ("'cap' is 5", "at least the 10")),
        ("cap: 50", "cap: 500", ("'cap' is 500", "at most 100")),
        ("cap: 50", "caps: 50", ("'caps' in 'late'", "is 'cap' meant?")),
        ("essay:", "elbo:", ("'elbo'", "something else already")),
        ("essay:", "total:", ("'total'", "something else already")),
        ("essay:", "kl.total:", ("'kl.total'", "letters")),
        ("essay:", "my essay:", ("'my essay'", "letters")),
        ("title: Essay", 'title: " "', ("'essay' has no title",)),
        ("title: Essay, ", "", ("'title' in 'manual.essay' is missing",)),
        ("points: 5", "points: 0", ("'essay' has 0 points",)),
        ("points: 5}", "points: .inf}", ("'essay' has inf points",)),
        ("points: 5}", "points: many}", ("manual.essay.points", "number")),
    ],
)
def test_mistakes_in_them_are_named_with_their_line(
    tmp_path: Path, old: str, new: str, words: tuple[str, ...]
) -> None:
    added = LATE + MANUAL
    assert added.count(old) >= 1
    with pytest.raises(RubricError) as caught:
        load_text(tmp_path, TEXT + added.replace(old, new, 1))
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message
    line = TEXT.count("\n") + added[: added.index(old)].count("\n") + 1
    assert f"line {line}:" in message
