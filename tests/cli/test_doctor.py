"""The doctor's report, and the options that hang on what it finds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.doctor import Observation, to_line, to_text
from grader.cli.main import main
from grader.examiner import confinement
from grader.examiner.client import Candidates, NotConfinedError
from grader.protocol.job_limits import Bound, JobLimits

SHIPPED = Path(__file__).resolve().parents[2] / "reference" / "vae_solved.ipynb"
REFUSED = Observation("start a program", False, "Operation not permitted")
WORKS = Observation("start a thread", True, None)
ESCAPED = Observation("read the rubric", False, None)
on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="student code is confined on Linux only"
)
BROKEN = Observation("read the clock", True, "Operation not permitted")


def test_a_healthy_machine_is_told_so() -> None:
    report = to_text(("files: Landlock 7",), (), (REFUSED, WORKS))
    assert "  files: Landlock 7\n" in report
    assert "  ok   start a program: refused: Operation not permitted\n" in report
    assert "  ok   start a thread: works\n" in report
    assert report.endswith("enforces everything that grading needs.\n")


@pytest.mark.parametrize("wrong", [ESCAPED, BROKEN])
def test_what_goes_wrong_is_marked_and_decides(wrong: Observation) -> None:
    report = to_text(("files: Landlock 7",), (), (REFUSED, wrong))
    assert f"  BAD  {wrong.words}" in report
    assert report.endswith("don't grade strangers' notebooks.\n")


def test_a_missing_layer_is_named_with_what_to_do() -> None:
    missing = ("files", "system calls")
    report = to_text((), missing, ())
    assert "  none\n" in report
    assert report.endswith(confinement.refusal(missing) + "\n")


RHEL8, RHEL9 = "4.18.0-553.el8_10.x86_64", "5.14.0-427.el9.x86_64"


@on_linux
@pytest.mark.parametrize(
    ("release", "why"),
    [
        (RHEL8, f"Linux {RHEL8} has no Landlock, which came with 5.13"),
        (RHEL9, f"Linux {RHEL9} gives no Landlock, because it was built or started without it"),
        ("unheard of", "Linux unheard of gives no Landlock"),
    ],
)
def test_a_kernel_without_landlock_is_named_with_the_ways_out(release: str, why: str) -> None:
    report = to_text(("system calls: seccomp",), ("files",), (REFUSED, WORKS), release)
    assert why in report
    suggestions = report[report.index("What can be done:") :]
    for way in ("RHEL 9.6", "virtual machine", "container doesn't help", "user namespaces"):
        assert way in suggestions
    for option in ("--no-run", "--trust", "grade check"):
        assert option in suggestions
    assert "enforces everything" not in report


@on_linux
def test_who_grades_without_landlock_is_told_so_in_a_sentence() -> None:
    sentence = confinement.refusal(("files",), RHEL8)
    assert f"missing: files): Linux {RHEL8} has no Landlock" in sentence
    assert sentence.endswith("`grade doctor` says more.")
    assert "\n" not in sentence


def test_what_stands_in_for_landlock_is_named() -> None:
    report = to_text(("files: mount namespace",), (), (REFUSED, WORKS), RHEL8)
    assert "came with 5.13; its work is done in another way: mount namespace.\n" in report
    assert report.endswith("enforces everything that grading needs.\n")
    assert "another way" not in to_text(("files: Landlock 7",), (), (REFUSED, WORKS), RHEL8)


MACHINE, AFFINITY, SLURM = "the machine", "the process's affinity", "SLURM_MEM_PER_NODE"


@pytest.mark.parametrize(
    ("limits", "line"),
    [
        (
            JobLimits(Bound(2, AFFINITY), Bound(7_800_000_000, SLURM), Bound(10**9, MACHINE)),
            "This job may use 2 cores (the process's affinity) and 7.8 GB (SLURM_MEM_PER_NODE), "
            "1.0 GB of that still free (the machine); `--jobs` is 3 if you don't say.",
        ),
        (
            JobLimits(Bound(1, MACHINE), Bound(8 * 10**9, MACHINE), Bound(10**9, MACHINE)),
            "This job may use 1 core and 8.0 GB (the machine), 1.0 GB of that still free; "
            "`--jobs` is 3 if you don't say.",
        ),
        (
            JobLimits(Bound(8, MACHINE), None, None),
            "This job may use 8 cores (the machine); `--jobs` is 3 if you don't say.",
        ),
    ],
)
def test_what_the_job_may_use_is_said_in_a_line(limits: JobLimits, line: str) -> None:
    assert to_line(limits, 3) == line


@on_linux
def test_the_command_prints_the_report() -> None:
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0
    assert result.output.count("\n") > 30
    assert result.output.startswith("This job may use ")
    assert "BAD" not in result.output


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A notebook that did not come with the project, on a machine that lacks a layer."""

    def lack_a_layer(_: Candidates) -> None:
        raise NotConfinedError(("files",))

    monkeypatch.setattr(Candidates, "require_confinement", lack_a_layer)
    path = tmp_path / "stranger.ipynb"
    path.write_text(SHIPPED.read_text() + "\n")
    return path


def test_strangers_are_refused_where_a_layer_is_missing(stranger: Path) -> None:
    result = CliRunner().invoke(main, [str(stranger), "--no-run"])
    assert result.exit_code == 1
    assert "missing: files" in result.output
    assert "--trust" in result.output


@pytest.mark.slow
def test_the_trusted_and_what_is_shipped_are_graded_everywhere(stranger: Path) -> None:
    for arguments in ([str(stranger), "--trust"], [str(SHIPPED)]):
        result = CliRunner().invoke(main, [*arguments, "--no-run"])
        assert result.exit_code == 0, result.output
        assert "60 of 60" in result.output
