"""Students who share something."""

from __future__ import annotations

from pathlib import Path

from grader.decisions.decision import Where
from grader.desk.course_state import CourseState
from grader.desk.groups import groups_of
from tests.made_course import VARIANCE, Made, make_course


def test_groups_are_by_misconception_by_values_and_by_rule(tmp_path: Path) -> None:
    make_course(
        tmp_path,
        [
            Made("a", {"kl.total": VARIANCE}, "kl.log_variance", ("no_distributions",)),
            Made("b", {"kl.total": VARIANCE}, "kl.log_variance", ("no_distributions",)),
            Made("c", {"kl.total": "another value"}, "kl.log_variance"),
            Made("d", {"kl.total": VARIANCE}),
            Made("e", {"elbo.exact": "alone"}),
            Made("f", reason="There is no class VAE."),
        ],
    )
    course = CourseState(tmp_path).now()
    titles = {"kl.log_variance": "log sigma is read as the logarithm of the variance"}
    told = [(g.kind, g.target, g.names) for g in groups_of(list(course.graded.values()), titles)]
    assert told == [
        ("misconception", "kl", ("s001", "s002", "s003")),
        ("check", "kl.total", ("s001", "s002", "s004")),
        ("rule", "total", ("s001", "s002")),
    ]
    first, second, _ = course.groups
    assert first.title == "Log sigma is read as the logarithm of the variance"
    assert first.conditions == {"misconception": "kl.log_variance"}
    assert second.where == Where(check="kl.total", status="failed", says=VARIANCE)
    fitting = {
        g.where: [n for n, e in course.graded.items() if g.where.fits(e.result)]
        for g in course.groups
    }
    assert all(tuple(fitting[group.where]) == group.names for group in course.groups)


def test_nobody_shares_anything(tmp_path: Path) -> None:
    make_course(tmp_path, [Made("a"), Made("b", {"kl.total": "x"})])
    assert CourseState(tmp_path).now().groups == ()
