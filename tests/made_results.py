"""Results made by hand, for the tests of writers: every status, and texts that mean harm."""

from __future__ import annotations

from dataclasses import replace

from grader.report.course import Entry, Identity, Override
from grader.report.result import (
    CheckResult,
    Result,
    RuleResult,
    Run,
    Submission,
    TaskResult,
    TryIt,
)

HOSTILE = "=cmd|' /C calc'!A0,\"x\";\r\n<script>alert(1)</script>\x00\x1b[31m\ufffe"
SHA = "ab" * 32
TITLE = "variational autoencoder"
METHODS = {"kl": "kl_divergence", "elbo": "elbo"}


def passed(check: str, points: float) -> CheckResult:
    return CheckResult(check, f"Title of {check}", points, points, "passed")


def failed(check: str, points: float, message: str = "It was 2, not 1.") -> CheckResult:
    return CheckResult(check, f"Title of {check}", 0.0, points, "failed", message, "Think again.")


TRY_IT = TryIt("tiny = VAE(1, 1, 1)\nprint(tiny.kl_divergence(mu, mu) < 1)", "2 < 1", "1 < 2")


def with_example(result: Result) -> Result:
    """The same with an example of the lost check of the KL task."""
    kl = result.tasks[0]
    checks = (kl.checks[0], replace(kl.checks[1], try_it=TRY_IT))
    return replace(result, tasks=(replace(kl, checks=checks), *result.tasks[1:]))


def task(name: str, *checks: CheckResult) -> TaskResult:
    points, most = sum(c.points for c in checks), sum(c.max_points for c in checks)
    return TaskResult(name, name.upper(), points, most, checks, method=METHODS[name])


def graded(message: str = "It was 2, not 1.") -> Result:
    """4.5 of 7.5 points."""
    tasks = (
        task("kl", passed("kl.total", 2.5), failed("kl.per_sample", 1.0, message)),
        task(
            "elbo",
            passed("elbo.average", 2.0),
            CheckResult("elbo.gradient", "Gradient", 0.0, 2.0, "not_reached", "kl failed."),
        ),
    )
    rules = (
        RuleResult("no_distributions", "kept", "Not used.", ""),
        RuleResult("no_additional_imports", "broken", "It imports math.", "It costs no points."),
    )
    return Result(
        Submission("vae.ipynb", SHA, "ada"), "graded", 4.5, 7.5, tasks, rules, Run("completed")
    )


def ungradable() -> Result:
    return Result(
        Submission("bad.ipynb", SHA, "bob"), "ungradable", 0.0, 7.5, reason="There is no class VAE."
    )


def broken_grader() -> Result:
    """The KL task is open: 2 points of ELBO are decided."""
    result = graded()
    kl = result.tasks[0]
    error = replace(kl.checks[1], status="grader_error", message="The grader failed.", hint="")
    tasks = (replace(kl, checks=(kl.checks[0], error)), result.tasks[1])
    reason = "The grader itself failed in some checks."
    return replace(result, status="grader_error", tasks=tasks, reason=reason)


def entry(
    result: Result, name: str = "Ada L", number: str = "12", platform: str = "moodle"
) -> Entry:
    folder = f"{name}_{number}_assignsubmission_file_/"
    identity = Identity(name, number, f"{number}@example.org", platform, folder)
    return Entry(f"{name.replace(' ', '_')}_{number}", result, (identity,))


def course(platform: str = "moodle") -> tuple[Entry, ...]:
    """One entry of every kind; the last is a group of two with an override, late."""
    pair = entry(graded(), "Zo\u00eb", "21", platform)
    other = replace(pair.students[0], name="Bo", id="22", email="22@example.org")
    return (
        entry(graded(), "Ada L", "12", platform),
        entry(ungradable(), "Bob", "13", platform),
        entry(broken_grader(), "Cy", "14", platform),
        replace(
            pair,
            students=(pair.students[0], other),
            late=True,
            overrides=(Override("kl.total", 2.5, "spoken about it", 0.0),),
        ),
    )
