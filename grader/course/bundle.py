"""The zip that Gradescope makes an autograder of: the grader, ``setup.sh``, ``run_autograder``."""

from __future__ import annotations

import io
import re
import sys
import zipfile
from importlib.metadata import requires
from pathlib import Path

import yaml

from grader.assets import asset
from grader.composition import Options, read_rubric
from grader.course.find import best_notebook
from grader.examiner.rubric import default_path
from grader.untrusted_text import clean

DISTRIBUTION = "vae-grader"
_FIXED_DATE = (2000, 1, 1, 0, 0, 0)
_TEMPLATE = "given_out.ipynb"
_LEFT_OUT = ("__pycache__", ".mypy_cache", "docs")

_SETUP = """\
#!/usr/bin/env bash
# Runs once, when Gradescope builds the image of the autograder.
set -euo pipefail
apt-get update
apt-get install -y python3-pip python3-venv
python3 -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' || {
    echo "The grader needs Python 3.10 to 3.13, and this image has $(python3 --version):" \\
        "choose the base image Ubuntu 22.04 or later." >&2
    exit 1
}
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install --no-cache-dir {torch} \\
    --index-url https://download.pytorch.org/whl/cpu
/autograder/venv/bin/pip install --no-cache-dir -r /autograder/source/requirements.txt
"""

_RUN = """\
#!/usr/bin/env bash
# Runs for each submission. Without results.json Gradescope says that the autograder failed, which
# is right where the grader itself did: that is no zero.
set -uo pipefail
cd /autograder
export PYTHONPATH=/autograder/source OMP_NUM_THREADS=1
python=/autograder/venv/bin/python
notebook=$($python -m grader.course.bundle submission "$(mktemp -d)" results/results.json) || exit 1
# Gradescope's box is a container that may not allow confinement, and holds one submission alone.
[ -z "$notebook" ] ||
    $python -m grader "$notebook" --no-run --trust --gradescope results/results.json
[ -s results/results.json ]
"""


def gradescope_bundle(rubric: Path | None = None) -> bytes:
    """The zip's bytes; the same grader gives the same bytes.

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
    setup = _SETUP.replace("{torch}", torch)
    files = {"setup.sh": setup.encode(), "run_autograder": _RUN.encode()}
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
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, _FIXED_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            executable = name in ("setup.sh", "run_autograder")
            info.external_attr = (0o100755 if executable else 0o100644) << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def _with_its_template(rubric: Path) -> dict[str, bytes]:
    """A rubric and the template that it names, side by side."""
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
    """The files below a folder, under another name for it."""
    inside = ((path, path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return {
        f"{name}/{short.as_posix()}": path.read_bytes()
        for path, short in inside
        if not any(part in _LEFT_OUT for part in short.parts)
    }


def _requirements() -> list[str]:
    """What the grader needs, from a checkout's pyproject.toml, or else from its metadata."""
    try:
        text = asset("pyproject.toml").read_text(encoding="utf-8")
    except FileNotFoundError:
        found = requires(DISTRIBUTION) or []
        return [line for line in found if "extra ==" not in line]
    block = text.split("\ndependencies = [", 1)[1].split("\n]", 1)[0]
    lines = (line.strip().rstrip(",") for line in block.splitlines())
    return [line[1:-1] for line in lines if line.startswith('"')]


def _pins() -> dict[str, list[str]]:
    """The versions that are known to work, by the package's name; one for each range of Pythons."""
    found: dict[str, list[str]] = {}
    for line in asset("constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            found.setdefault(_name(line), []).append(line)
    return found


def _name(requirement: str) -> str:
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def main(folder: str, unpacked: str, results: str) -> None:
    """Print the path of the notebook to grade, as `run_autograder` asks for it.

    Where there is none, ``results`` is written at once, and nothing is printed.
    """
    found = best_notebook(Path(folder), Path(unpacked))
    if found is not None:
        print(found.path)
        return
    from grader.platforms.gradescope_results import maximum_words, to_gradescope
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
