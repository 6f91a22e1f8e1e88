"""Options that mean nothing in what was asked for are refused, and nothing is left behind."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.cli.grade import COURSE, MODES, NOTEBOOK, SHOW_CLASS, modes_of
from grader.cli.main import main
from grader.cli.result_files import RESULT_FILES
from grader.cli.usage import options_of
from tests.cli.test_main import grade
from tests.outcomes import ROOT

SOLVED = ROOT / "reference" / "vae_solved.ipynb"
UNNAMED = options_of(main.unnamed)
OF_COMMANDS = {name: options_of(command) for name, command in main.commands.items()}
BESIDE = [option for option in UNNAMED if option != SHOW_CLASS]
KNOWN = UNNAMED | {name: option for own in OF_COMMANDS.values() for name, option in own.items()}


def asked_for(mode: str, folder: Path) -> list[str]:
    """The command line of a mode or a command with nothing beside; its files are in the folder."""
    (folder / "in").mkdir(exist_ok=True)
    return {
        NOTEBOOK: [str(SOLVED)],
        COURSE: [str(folder / "in")],
        SHOW_CLASS: [SHOW_CLASS, str(SOLVED)],
        "check": ["check", str(SOLVED)],
        "compare": ["compare", str(folder / "old"), str(folder / "new")],
        "doctor": ["doctor"],
        "release": ["release", str(folder / "release")],
        "bundle": ["bundle", str(folder / "bundle.zip")],
        "desk": ["desk", str(folder / "in")],
        "explain": ["explain", str(folder / "in"), "ada", "kl.total"],
        "page": ["page", str(folder / "in"), "ada"],
        "publish": ["publish", str(folder / "in")],
        "box": ["box", str(folder / "in")],
    }[mode]


def with_value(option: str, folder: Path) -> list[str]:
    """An option, with a value of the right kind if it takes one."""
    sheet = folder / "sheet.csv"
    sheet.touch()
    others = {
        **{"--jobs": "2", "--isolation": "fork", "--out": str(folder / "out")},
        **{"--feedback": "points", "--for": "autolab", "--port": "0"},
        **{"--shard": "1/2", "--dask": "local:1", "--store": "files"},
    }
    return [option, *([] if KNOWN[option].is_flag else [others.get(option, str(sheet))])]


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.name != "sheet.csv"}


def refused(arguments: list[str], folder: Path) -> str:
    """The one sentence that it is refused with; nothing may be left in the folder."""
    before = files(folder)
    done: Result = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert files(folder) == before
    sentence = done.output.partition("Error: ")[2].strip()
    assert sentence.count("\n") == 0
    assert sentence.endswith(".")
    return sentence


MEANINGLESS = [
    *((mode, option) for mode in MODES for option in BESIDE if mode not in modes_of(option)),
    *((name, option) for name, own in OF_COMMANDS.items() for option in KNOWN if option not in own),
    *((NOTEBOOK, option) for option in KNOWN if option not in (*UNNAMED, "--watch")),
]


@pytest.mark.parametrize(("mode", "option"), MEANINGLESS)
def test_an_option_that_means_nothing_is_refused(mode: str, option: str, tmp_path: Path) -> None:
    sentence = refused([*asked_for(mode, tmp_path), *with_value(option, tmp_path)], tmp_path)
    if option != "--watch":
        assert sentence.startswith(f"{option} goes with ")
        assert sentence.partition(", not with ")[2] in (f"{mode}.", f"grade {mode}.", "grade.")


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["--self-check", "vae.ipynb"], "grade check NOTEBOOK"),
        (["--self-check", "--watch", "vae.ipynb"], "grade check NOTEBOOK"),
        (["vae.ipynb", "--watch"], "grade check NOTEBOOK --watch"),
        (["--compare", "old", "new"], "grade compare OLD NEW"),
        (["--doctor"], "grade doctor"),
        (["--make-release", "out"], "grade release OUT"),
        (["--gradescope-bundle", "b.zip"], "grade bundle FILE"),
    ],
)
def test_an_option_of_old_names_the_command_that_it_has_become(
    arguments: list[str], command: str, tmp_path: Path
) -> None:
    assert refused(arguments, tmp_path).endswith(f" is a command now: `{command}`.")


def test_the_option_for_github_classroom_says_what_to_use(tmp_path: Path) -> None:
    sentence = refused([str(SOLVED), "--classroom", str(tmp_path / "x")], tmp_path)
    assert "GitHub Classroom ended" in sentence
    assert "--classroom50" in sentence


def test_an_option_that_nobody_knows_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["--colour", str(SOLVED)])
    assert done.exit_code == 2
    assert "No such option" in done.output


VALUED = [option for option, parameter in UNNAMED.items() if not parameter.is_flag]


@pytest.mark.parametrize("option", VALUED)
def test_an_option_is_not_given_twice(option: str, tmp_path: Path) -> None:
    twice = with_value(option, tmp_path) * 2
    assert refused([*twice, str(SOLVED)], tmp_path) == f"{option} is given twice."


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ([""], "PATH"),
        (["", "--out", "results"], "PATH"),
        ([".", "--out", ""], "--out"),
        (["vae.ipynb", "--rubric", ""], "--rubric"),
        (["check", ""], "NOTEBOOK"),
        (["desk", ""], "RESULTS"),
        (["compare", "results", ""], "NEWER"),
    ],
)
def test_an_empty_path_is_not_this_folder(
    arguments: list[str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refused(arguments, tmp_path) == f"{name} is empty: name a file or a folder."


@pytest.mark.parametrize("mode", ["compare", "doctor", "bundle"])
def test_a_notebook_that_nobody_looks_at_is_refused(mode: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, [*asked_for(mode, tmp_path), str(SOLVED)])
    assert done.exit_code == 2
    assert "unexpected extra argument" in done.output


@pytest.mark.parametrize("mode", ["check", SHOW_CLASS])
@pytest.mark.parametrize("name", ["in", "in.zip"])
def test_one_notebook_is_no_course(mode: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    zipfile.ZipFile(tmp_path / "in.zip", "w").close()
    assert "takes one notebook" in refused([mode, str(tmp_path / name)], tmp_path)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--grade-header", "Note"], "goes with --moodle"),
        (["--feedback-header", "Note"], "goes with --moodle"),
        (["--ungradable-as-zero"], "goes with --moodle or --canvas or --nbgrader"),
        (["--canvas-assignment", "1"], "goes with --canvas"),
        (["--moodle", "absent.csv"], "does not exist"),
        (["--jobs", "1", "--out", "README.md"], "given twice"),
        (["--canvas", "absent.csv"], "does not exist"),
        (["--no-run", "--data", "."], "not executed"),
        (["--isolation", "spawn", "--data", "."], "not executed"),
    ],
)
def test_options_that_need_others_in_a_course(
    arguments: list[str], why: str, tmp_path: Path
) -> None:
    course = asked_for(COURSE, tmp_path)
    assert why in refused([*course, "--out", str(tmp_path / "out"), *arguments], tmp_path)


def test_a_file_is_no_folder_for_results(tmp_path: Path) -> None:
    with_value("--moodle", tmp_path)
    course = asked_for(COURSE, tmp_path)
    assert "is a file" in refused([*course, "--out", str(tmp_path / "sheet.csv")], tmp_path)


@pytest.mark.parametrize("other", [["--no-run"], ["--isolation", "spawn"]])
def test_what_is_not_executed_is_not_written(other: list[str], tmp_path: Path) -> None:
    wanted = [str(SOLVED), "--executed", str(tmp_path / "e.ipynb"), *other]
    assert "the notebook is not executed then" in refused(wanted, tmp_path)


@pytest.mark.parametrize("name", ["vae.ipynb", "absent", "absent.zip", "text.zip"])
def test_no_folder_is_made_for_what_is_no_course(name: str, tmp_path: Path) -> None:
    for there in ("vae.ipynb", "text.zip"):
        (tmp_path / there).write_text("{}")
    refused([str(tmp_path / name), "--out", str(tmp_path / "out")], tmp_path)


def test_a_zip_by_another_name_is_a_course(tmp_path: Path) -> None:
    zipfile.ZipFile(tmp_path / "export", "w").close()
    asked = [str(tmp_path / "export"), "--out", str(tmp_path / "o"), "--json", str(tmp_path / "j")]
    assert refused(asked, tmp_path) == f"--json goes with {NOTEBOOK}, not with {COURSE}."


@pytest.mark.parametrize("name", [*main.commands, "grade"])
def test_a_notebook_that_is_called_like_a_command_is_graded(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_text("{")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, [f"./{name}", "--no-run", "--json", "-"])
    assert json.loads(done.stdout)["status"] == "ungradable"


@pytest.mark.parametrize("option", RESULT_FILES)
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("absent/result", "there is no folder"),
        ("sheet.csv/result", "can't be written (Not a directory)"),
        ("in", "is a folder"),
        ("n" * 300, "File name too long"),
        ("/proc/result", "can't be written to"),
        (str(SOLVED), "would overwrite"),
    ],
)
def test_files_that_can_not_be_written_are_refused_before_grading(
    option: str, name: str, why: str, tmp_path: Path
) -> None:
    with_value("--moodle", tmp_path)
    arguments = [*asked_for(NOTEBOOK, tmp_path), option, str(tmp_path / name)]
    before = SOLVED.read_bytes()
    assert why in refused(arguments, tmp_path)
    assert SOLVED.read_bytes() == before


def test_two_results_do_not_go_into_one_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    arguments = [str(SOLVED), "--json", f"{tmp_path}/r", "--html", f"{tmp_path}/link/r"]
    assert "--json names the same file" in refused(arguments, tmp_path)


def test_a_rubric_is_not_overwritten(tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.yaml"
    rubric.write_bytes((ROOT / "rubric.yaml").read_bytes())
    arguments = [str(SOLVED), "--rubric", str(rubric), "--json", str(rubric)]
    assert "would overwrite" in refused(arguments, tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize("self_check", [[], ["check"]])
def test_a_report_is_there_though_a_file_can_not_be_written(
    self_check: list[str], tmp_path: Path
) -> None:
    other = tmp_path / "result.json"
    options = [] if self_check else ["--no-run"]
    done = grade(*self_check, SOLVED, *options, "--html", "/dev/full", "--json", other)
    assert done.returncode == 1
    assert "60 of 60" in done.stdout
    assert done.stderr == "/dev/full can't be written: No space left on device.\n"
    assert json.loads(other.read_text())["points"] == 60


def test_an_executed_notebook_that_there_is_not_is_said(tmp_path: Path) -> None:
    path, out = tmp_path / "half.ipynb", tmp_path / "executed.ipynb"
    path.write_text("{")
    done = CliRunner().invoke(main, [str(path), "--executed", str(out)])
    assert done.exit_code == 1
    assert "executed.ipynb is not written: the notebook was not executed." in done.output
    assert not out.exists()


@pytest.mark.parametrize("mode", [[], ["check"]])
def test_a_dash_is_the_standard_output(mode: list[str], tmp_path: Path) -> None:
    half = tmp_path / "half.ipynb"
    half.write_text("{")
    done = CliRunner().invoke(main, [*mode, str(half), "--json", "-"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["status"] == "ungradable"
    assert "Not graded: " in done.stderr
    assert list(tmp_path.iterdir()) == [half]


@pytest.mark.parametrize(
    "arguments",
    [
        [str(SOLVED), "--json", "-", "--html", "-"],
        ["check", str(SOLVED), "--json", "-", "--watch"],
        ["bundle", "-"],
        ["release", "-"],
        [str(ROOT), "--out", "-"],
    ],
)
def test_a_dash_takes_one_result_alone(arguments: list[str], tmp_path: Path) -> None:
    refused(arguments, tmp_path)
    assert not Path("-").exists()


@pytest.mark.parametrize("total", ["100.00", "60.0"])
def test_gradescopes_other_maximum_is_said_in_the_result(total: str, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    half, out = tmp_path / "half.ipynb", tmp_path / "results" / "results.json"
    half.write_text("{")
    metadata = {"assignment": {"total_points": total}}
    (tmp_path / "submission_metadata.json").write_text(json.dumps(metadata))
    CliRunner().invoke(main, [str(half), "--gradescope", str(out)])
    told = json.loads(out.read_text())["output"].splitlines()
    assert told[0].startswith("This assignment has 100 points on Gradescope") == (total != "60.0")
    assert any("half.ipynb" in line for line in told[:2])


@pytest.mark.parametrize("option", ["--changed-only", "--replace-grades", "--ungradable-as-zero"])
def test_publish_refuses_what_means_nothing_without_a_platform(option: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    said = refused(["publish", str(tmp_path / "in"), option], tmp_path)
    assert said.startswith(f"{option} goes with --")


def test_compare_names_a_folder_that_is_not_there(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["compare", str(tmp_path / "nosuch")])
    assert done.exit_code == 2
    assert "There is no folder" in done.output
