"""The file to upload to a platform that grades by itself: the grader, and what runs it there."""

from __future__ import annotations

import re
from importlib.metadata import requires
from pathlib import Path

import yaml

from grader.assets import asset
from grader.composition import ASSIGNMENT, Options, read_rubric
from grader.examiner.rubric import default_path
from grader.platforms import PLATFORMS
from grader.platforms.platform import Product

_TEMPLATE = "given_out.ipynb"
_LEFT_OUT = ("__pycache__", ".mypy_cache", "docs")
BUNDLES = {platform.name: platform.bundle for platform in PLATFORMS if platform.bundle}


def make_bundle(platform: str, rubric: Path | None = None) -> bytes:
    """Return the bytes of the file for a platform; the same grader gives the same bytes.

    Notebooks are not executed there, for which such boxes are too small.

    Args:
        platform: one of `BUNDLES`.
        rubric: what to grade by there; by default the assignment's own.

    Raises:
        grader.examiner.rubric.RubricError: the rubric can't be used.
    """
    rubric = rubric or default_path()
    points = read_rubric(Options(rubric))
    package = Path(__file__).resolve().parents[1]
    pins = _pins()
    wanted = [
        line
        for need in sorted(_requirements(), key=_name)
        for line in pins.get(_name(need), [need])
    ]
    files = _below(package, "grader")
    files["grader/data/constraints.txt"] = asset("constraints.txt").read_bytes()
    files |= _with_its_template(rubric)
    files |= _below(asset("student_template"), "grader/data/student_template")
    product = Product(
        files,
        "\n".join((*wanted, "")).encode(),
        " ".join(pins[name][0] for name in ("torch", "torchvision")),
        points,
        ASSIGNMENT,
    )
    return BUNDLES[platform](product)


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
