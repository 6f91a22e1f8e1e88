"""Modules lie in folders, as Python finds them; never outside of what is the student's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.rubric import Rubric
from grader.submission import extract, load
from grader.submission.beside import python_files, search_path
from grader.vae import ASSIGNMENT
from tests.notebooks.made import lost, made, solved_class
from tests.notebooks.test_own_modules import HELPERS, IMPORTS, KL

FORMULA = "return {}HALF * {}Terms(mu, logsigma).all.sum(dim=-1)\n"
LAYOUTS = {
    "a package": (
        {"utils/__init__.py": "", "utils/losses.py": HELPERS},
        "import utils.losses as m",
    ),
    "without __init__": ({"utils/losses.py": HELPERS}, "from utils import losses as m"),
    "by its whole name": ({"utils/losses.py": HELPERS}, "import utils.losses\nm = utils.losses"),
    "a package's names": (
        {"utils/__init__.py": "from .losses import *\n", "utils/losses.py": HELPERS},
        "import utils as m",
    ),
    "two dots": (
        {
            "a/__init__.py": "",
            "a/b/__init__.py": "",
            "a/b/c.py": "from ..losses import HALF, Terms\nfrom . import d\n",
            "a/b/d.py": "HALF = 3",
            "a/losses.py": HELPERS,
        },
        "from a.b import c as m",
    ),
    "sys.path": (
        {"src/losses.py": HELPERS},
        "import sys\nsys.path.append('src')\nimport losses as m",
    ),
    "sys.path, absolute": (
        {"src/losses.py": HELPERS},
        "import os, sys\nsys.path.insert(0, os.path.abspath('./src'))\nimport losses as m",
    ),
    "a folder around": (
        {"../src/losses.py": HELPERS},
        "import sys\nsys.path.append('../src')\nimport losses as m",
    ),
    "the folder around": (
        {"../src/losses.py": HELPERS},
        "import sys\nfrom pathlib import Path\nsys.path.append(str(Path.cwd().parent))\n"
        "from src import losses as m",
    ),
}


def laid_out(folder: Path, files: dict[str, str]) -> Path:
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    for name, text in files.items():
        path = notebooks / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return notebooks


@pytest.mark.parametrize(("files", "imports"), LAYOUTS.values(), ids=list(LAYOUTS))
def test_where_python_finds_modules(
    files: dict[str, str], imports: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    changes = {KL: "        " + FORMULA.format("m.", "m.")}
    path = made(laid_out(tmp_path, files), changes, ["HALF = 3", imports])
    assert lost(path, candidates, rubric, "kl") == []


def test_a_class_in_a_package(candidates: Candidates, rubric: Rubric, tmp_path: Path) -> None:
    model = IMPORTS + "from .layers import HALF\n" + solved_class().replace("0.5 *", "HALF *")
    files = {"models/vae.py": model, "models/layers.py": "HALF = 0.5\n"}
    path = made(laid_out(tmp_path, files), {solved_class(): ""}, ["from models.vae import VAE"])
    assert lost(path, candidates, rubric, "encoder", "kl") == []


def test_not_everything_is_the_students_own(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret.py").write_text("")
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "losses.py").write_text("")
    ada = tmp_path / "ada"
    ada.mkdir()
    (ada / "link").symlink_to(elsewhere)
    (ada / "linked.py").symlink_to(elsewhere / "secret.py")
    assert python_files(ada, "import link, linked\nsys.path.append('../bob')") == []


def test_what_python_does_not_find_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "losses.py").write_text("HALF = 0.5\n")
    path = made(tmp_path, {"return 0.5 *": "return HALF *"}, ["src = 1\nfrom losses import HALF"])
    assert "HALF = 0.5" not in extract(load(path), ASSIGNMENT).text


def test_search_path() -> None:
    code = "sys.path += ['lib', \"../src\"]\n%cd work\nx = 'no'\nos.chdir(os.path.join('a', 'b'))"
    folders = {"", "lib", "../src", "src", "work", "a", "b", "a/b"}
    assert set(search_path(code)) == folders


@pytest.mark.parametrize("folder", ["", "hw", "hw/notebooks"])
def test_an_environment_may_lie_beside_the_notebook(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "hw" / ".venv" / "lib" / "python3" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "fancy_layers.py").write_text("")
    monkeypatch.syspath_prepend(packages)
    (tmp_path / folder).mkdir(exist_ok=True)
    path = made(tmp_path / folder)
    (path.parent / "own_layers.py").write_text("")
    monkeypatch.syspath_prepend(path.parent)
    files = extract(load(path), ASSIGNMENT).program.files
    assert files.is_installed("fancy_layers")
    assert not files.is_installed("own_layers")
