"""The command as a person uses it: what it prints, writes, and leaves with."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.cli.usage import options_of
from grader.kit.check import Exam, Steps
from grader.vae import checks
from tests.outcomes import ROOT

SOLVED = ROOT / "reference" / "vae_solved.ipynb"


def grade(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command at 80 columns, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "COLUMNS": "80", "PYTHONPATH": str(ROOT)},
    )


def test_reference_is_graded_and_written(tmp_path: Path) -> None:
    done = grade(SOLVED, "--no-run", "--json", tmp_path / "result.json")
    assert done.returncode == 0, done.stderr
    assert "60 of 60" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout
    data = json.loads((tmp_path / "result.json").read_text("utf-8"))
    assert (data["status"], data["points"]) == ("graded", 60)
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


def test_show_class_prints_the_slice_and_nothing_else() -> None:
    done = grade(SOLVED, "--show-class")
    assert done.returncode == 0
    assert "class VAE(nn.Module):" in done.stdout
    assert "DataLoader" not in done.stdout
    assert "max_epochs" not in done.stdout
    compile(done.stdout, "slice", "exec")


def _dangling(folder: Path) -> Path:
    link = folder / "link.ipynb"
    link.symlink_to(folder / "nowhere.ipynb")
    return link


def _large(folder: Path) -> Path:
    path = folder / "large.ipynb"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    return path


@pytest.mark.parametrize("make", [_dangling, _large], ids=["dangling link", "100 MB"])
def test_what_is_no_notebook_is_not_graded(make, tmp_path: Path) -> None:
    path = make(tmp_path)
    done = grade(path, "--no-run", "--json", tmp_path / "result.json")
    assert done.returncode == 1
    assert "Not graded" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    data = json.loads((tmp_path / "result.json").read_text("utf-8"))
    assert (data["status"], data["points"]) == ("ungradable", 0)
    assert data["reason"].endswith(".")


def test_wrong_usage_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "rubric.yaml").write_text("tasks: {}\n")
    for arguments in (
        (SOLVED, "--rubric", tmp_path / "rubric.yaml", "--no-run"),
        (SOLVED, "--isolation", "none"),
        (SOLVED, "--template", tmp_path / "rubric.yaml", "--no-run"),
        (SOLVED, "--template", SOLVED, "--show-class"),
        (),
    ):
        done = grade(*arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert "Error: " in done.stderr


def test_a_template_that_is_given_is_what_edits_are_told_by(tmp_path: Path) -> None:
    node = json.loads(SOLVED.read_text("utf-8"))
    node["cells"].insert(2, {"cell_type": "code", "source": "print(1)"})
    path = tmp_path / "vae.ipynb"
    path.write_text(json.dumps(node), encoding="utf-8")

    def message(*options: object) -> str:
        grade(path, "--no-run", "--json", tmp_path / "result.json", *options)
        data = json.loads((tmp_path / "result.json").read_text("utf-8"))
        assert data["points"] == 60
        return next(r["message"] for r in data["rules"] if r["id"] == "no_edits_outside_blocks")

    assert message().startswith("Nothing that counts is changed")
    assert message("--template", SOLVED) == "A cell was added."


def test_help_fits_a_terminal_and_says_where_the_rest_is() -> None:
    for argument in ("--help", "-h"):
        lines = grade(argument).stdout.splitlines()
        assert len(lines) <= 24
        assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert all(f"\n  {name} " in text for name, it in main.commands.items() if not it.hidden)
    assert "grade --help-all" in text


@pytest.mark.parametrize(
    ("name", "meant"), [("pulbish", "publish"), ("compar", "compare"), ("dsk", "desk")]
)
def test_a_command_that_is_nearly_called_so_is_named(name: str, meant: str) -> None:
    result = CliRunner().invoke(main, [name, "results"])
    assert result.exit_code == 2
    assert f"no command '{name}', nor a file of that name. Did you mean '{meant}'?" in result.output
    assert f"Try '{main.name} --help'" in result.output


def test_a_file_that_is_nearly_called_as_a_command_is_graded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("checks").mkdir()
    assert "no command" not in CliRunner().invoke(main, ["checks", "--jobs", "0"]).output


def test_all_options_are_told_on_another_page() -> None:
    told = grade("--help-all").stdout
    assert told == grade(SOLVED, "--help").stdout
    assert all(f"\n  {option}" in told for option in options_of(main.unnamed))


@pytest.mark.parametrize("name", main.commands)
def test_each_command_has_a_page(name: str) -> None:
    assert grade(name, "--help").stdout.startswith(f"Usage: grade {name} ")


def test_an_error_of_the_graders_own_is_told_with_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(exam: Exam) -> Steps[None]:
        raise ZeroDivisionError(threading.current_thread().name)
        yield

    first, *others = checks.CHECKS
    monkeypatch.setattr(checks, "CHECKS", (replace(first, examine=broken), *others))
    logger = logging.getLogger("grader")
    monkeypatch.setattr(logger, "handlers", [])
    for options, is_whole in (([], False), (["--debug"], True)):
        done = CliRunner().invoke(main, [str(SOLVED), "--no-run", *options])
        assert done.exit_code == 1
        words = " ".join(done.stdout.split())
        assert "(test_main.py, line " in words
        assert "MainThread" in words  # so that a debugger may stop there
        assert ("Traceback" in done.stderr) == is_whole
        assert ("in broken" in done.stderr) == is_whole
    logger.setLevel(logging.NOTSET)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize(
    ("streams", "status"),
    [(">&-", 0), ("2>&-", 0), ("<&- >&- 2>&-", 0), (">/dev/full", 1), ("2>/dev/full", 0)],
)
def test_streams_that_are_closed_or_full(streams: str, status: int, tmp_path: Path) -> None:
    wanted = tmp_path / "result.json"
    command = f"{sys.executable} -m grader {SOLVED} --no-run --json {wanted} {streams}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert done.returncode == status
    assert json.loads(wanted.read_text("utf-8"))["points"] == 60
    if status:
        assert done.stderr == "Not everything could be printed: No space left on device.\n"


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom grader.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'numpy', 'scipy', 'pydantic', 'nbformat', 'rich', 'yaml'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "heavy: []" in done.stdout
