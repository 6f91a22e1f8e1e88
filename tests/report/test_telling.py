"""Each thing is told once, though several checks have it to say."""

from __future__ import annotations

from dataclasses import replace

from grader.report.result import CheckResult
from grader.report.telling import told_once
from tests.made_results import TRY_IT, failed

CAUSE = "That is what comes out if log sigma is read as the logarithm of the variance."


def lost(name: str, message: str, misconception: str | None = "kl.log_variance") -> CheckResult:
    return replace(failed(name, 1.0, message), misconception=misconception)


def test_checks_that_say_the_very_same_are_told_together() -> None:
    first, second, other = (lost(f"kl.c{n}", text) for n, text in enumerate(("A.", "A.", "B.")))
    told = told_once([first, other, second])
    assert [it.checks for it in told] == [(first, second), (other,)]
    assert [it.hints for it in told] == [("Think again.",), ()]


def test_a_cause_is_told_once() -> None:
    told = told_once(
        [lost("kl.a", f"It is 2, not 1. {CAUSE}"), lost("kl.b", f"So is it 3. {CAUSE}")]
    )
    assert told[0].message == f"It is 2, not 1. {CAUSE}"
    assert told[1].message == "So is it 3. The cause is the same."


def test_another_cause_and_words_that_only_end_alike_stay() -> None:
    messages = [
        f"It is 2. {CAUSE}",
        f"It is 3. {CAUSE.replace('variance', 'variances')}",
        "It is 4.",
    ]
    ids = ["kl.log_variance", "kl.other", "kl.log_variance"]
    told = told_once(
        [lost(f"kl.c{n}", m, i) for n, (m, i) in enumerate(zip(messages, ids, strict=True))]
    )
    assert [it.message for it in told] == messages


def test_an_example_is_shown_once() -> None:
    checks = [replace(lost(f"kl.c{n}", f"It is {n}."), try_it=TRY_IT) for n in range(2)]
    assert [it.example for it in told_once(checks)] == [TRY_IT, None]
