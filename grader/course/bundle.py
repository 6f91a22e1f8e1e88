"""The zip that Gradescope makes an autograder of: the grader, ``setup.sh``, ``run_autograder``."""

from __future__ import annotations

import re
import sys
from importlib.metadata import requires
from pathlib import Path

import yaml

from grader.assets import asset
from grader.composition import ASSIGNMENT, Options, read_rubric
from grader.course.find import best_notebook
from grader.examiner.rubric import default_path
from grader.untrusted_text import clean
from grader.zip_write import to_zip

_TEMPLATE = "given_out.ipynb"
_SCRIPTS = ("setup.sh", "run_autograder")
_LEFT_OUT = ("__pycache__", ".mypy_cache", "docs")


def gradescope_bundle(rubric: Path | None = None) -> bytes:
    """Return the zip's bytes; the same grader gives the same bytes.

    Notebooks are not executed there: the box has half a core and 768 MB.

    Args:
        rubric: what to grade by there; by default the assignment's own.

    Raises:
        grader.examiner.rubric.RubricError: the rubric can't be used.
    """
    rubric = rubric or default_path()
    read_rubric(Options(rubric))
    package = Path(__file__).resolve().parents[1]
    pins = _pins()
    torch = " ".join(pins[name][0] for name in ("torch", "torchvision"))
    scripts = package / "data" / "gradescope"
    files = {name: (scripts / name).read_bytes() for name in _SCRIPTS}
    files["setup.sh"] = files["setup.sh"].replace(b"{torch}", torch.encode())
    wanted = [
        line
        for need in sorted(_requirements(), key=_name)
        for line in pins.get(_name(need), [need])
    ]
    files["requirements.txt"] = "\n".join((*wanted, "")).encode()
    files |= _below(package, "grader")
    files["grader/data/constraints.txt"] = asset("constraints.txt").read_bytes()
    files |= _with_its_template(rubric)
    files |= _below(asset("student_template"), "grader/data/student_template")
    return to_zip(dict(sorted(files.items())), executables=_SCRIPTS)


def _with_its_template(rubric: Path) -> dict[str, bytes]:
    """Return a rubric and the template that it names, side by side."""
    text = rubric.read_bytes()
    named = yaml.safe_load(text).get("template")
    if named is None:
        return {"grader/data/rubric.yaml": text}
    line = f"template: {_TEMPLATE}\n".encode()
    return {
        "grader/data/rubric.yaml": re.sub(rb"(?m)^template[ \t]*:.*\n?", line, text),
        f"grader/data/{_TEMPLATE}": (rubric.parent / named).read_bytes(),
    }


def _below(folder: Path, name: str) -> dict[str, bytes]:
    """Return the files below a folder, under another name for it."""
    inside = ((path, path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return {
        f"{name}/{short.as_posix()}": path.read_bytes()
        for path, short in inside
        if not any(part in _LEFT_OUT for part in short.parts)
    }


def _requirements() -> list[str]:
    """Return what the grader needs, from a checkout's pyproject.toml, or else from its metadata."""
    try:
        text = asset("pyproject.toml").read_text(encoding="utf-8")
    except FileNotFoundError:
        return [line for line in requires("vae-grader") or [] if "extra ==" not in line]
    block = text.split("\ndependencies = [", 1)[1].split("\n]", 1)[0]
    lines = (line.strip().rstrip(",") for line in block.splitlines())
    return [line[1:-1] for line in lines if line.startswith('"')]


def _pins() -> dict[str, list[str]]:
    """Return the versions that are known to work, by package: one for each range of Pythons."""
    pins: dict[str, list[str]] = {}
    for line in asset("constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pins.setdefault(_name(line), []).append(line)
    return pins


def _name(requirement: str) -> str:
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def main(folder: str, unpacked: str, results: str) -> None:
    """Print the path of the notebook to grade, as `run_autograder` asks for it.

    Where there is none, ``results`` is written at once, and nothing is printed.
    """
    chosen = best_notebook(Path(folder), Path(unpacked), ASSIGNMENT)
    if chosen is not None:
        print(chosen.path)
        return
    from grader.platforms.gradescope.results import maximum_words, to_gradescope
    from grader.report.result import Result, Submission
    from grader.whole_file import write_whole_file

    names = [path.relative_to(folder).as_posix() for path in sorted(Path(folder).rglob("*"))]
    there = ", ".join(clean(name, 100) for name in names[:5]) or "no file"
    reason = f"No notebook was handed in ({there}). Hand in the notebook file itself."
    most = read_rubric(Options()).max_points
    nothing = Result(Submission("", "", ""), "ungradable", 0.0, most, reason=reason)
    path = Path(results)
    text = to_gradescope(nothing, notice=maximum_words(path, most))
    write_whole_file(path, text.encode())


if __name__ == "__main__":
    main(*sys.argv[1:4])
