"""What a check's verdict becomes in a result."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.examiner.verdicts import check_result, said_once
from grader.kit.check import Check, Lost
from grader.report.result import CheckResult
from grader.vae import ASSIGNMENT
from tests.made_results import failed, passed

CHECK = Check("kl.total", "The total", "Which sign?", lambda exam: (yield))


@pytest.mark.parametrize(
    ("evidence", "hint"),
    [
        ({}, "Which sign?"),
        ({"failure": "raised"}, ""),
        ({"failure": "nothing"}, ""),
        ({"unwritten": True}, ""),
    ],
)
def test_a_checks_own_hint_follows_only_what_it_has_looked_at(
    evidence: dict[str, object], hint: str
) -> None:
    result = check_result(CHECK, 1.0, Lost("no", evidence=evidence), ASSIGNMENT)
    assert result.hint == hint


def test_the_class_and_its_construction_have_their_names() -> None:
    lost = Lost("{class} and {construction}")
    message = check_result(CHECK, 1.0, lost, ASSIGNMENT).message
    assert message == "VAE and VAE(obs_dim, latent_dim, hidden_dim)"


def test_one_exception_has_one_wording() -> None:
    def raised(id: str, size: int, line: int = 33, exception: str = "RuntimeError") -> CheckResult:
        evidence = {"failure": "raised", "cell": 4, "line": line, "exception": exception}
        return replace(failed(id, 1.0, f"size {size}"), evidence=evidence, hint=f"hint {size}")

    value, right = failed("kl.value", 1.0), passed("kl.right", 1.0)
    results = (raised("a", 1), value, raised("b", 2), right, raised("c", 3, 34))
    told = said_once((*results, raised("d", 4, exception="TypeError")))
    said = [result.message for result in told]
    assert said == ["size 1", value.message, "size 1", "", "size 3", "size 4"]
    assert [result.id for result in told] == ["a", "kl.value", "b", "kl.right", "c", "d"]
    assert told[2].hint == "hint 1"
