"""Copies of the project that a submission could import, and that must be hidden."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest

from grader.candidate.confinement import allowed_paths, other_copies
from tests.redteam.attacks import IMPORTS, write_cells

ROOT = Path(__file__).resolve().parents[2]
linux = pytest.mark.skipif(sys.platform != "linux", reason="student code is confined on Linux only")
STEALS = """
import glob, importlib, os, sys
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        for place in PLACES:
            sys.path.insert(0, place)
        sys.meta_path[:] = [finder for finder in sys.meta_path if "grader" not in str(type(finder))]
        try:
            module = importlib.import_module("grader.vae.expected")
        except (ImportError, OSError):
            for place in PLACES:
                source = os.path.join(place, "grader", "vae", "expected.py")
                try:
                    return torch.tensor([float(len(open(source).read()))])
                except OSError:
                    pass
            return None
        return torch.as_tensor(module.kl(mu.detach().numpy(), logsigma.detach().numpy()))
"""


def package(folder: Path, name: str = "grader") -> Path:
    """Something that is recognised as this project's package."""
    made = folder / name
    (made / "checks").mkdir(parents=True)
    (made / "__init__.py").touch()
    (made / "checks" / "__init__.py").touch()
    shutil.copy(ROOT / "grader" / "vae" / "expected.py", made / "checks")
    return made


def found(*searched: Path, readable: tuple[Path, ...] = ()) -> set[str]:
    """What is hidden because of these folders."""
    everywhere = set(other_copies.find([], []))
    return set(other_copies.find(map(str, searched), map(str, readable))) - everywhere


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of packages, one of them somebody else's."""
    folder = tmp_path / "lib" / "python3.11" / "site-packages"
    (folder / "numpy" / "checks").mkdir(parents=True)
    (folder / "numpy" / "checks" / "other.py").touch()
    return folder


@pytest.mark.parametrize("name", ["grader", "~rader", "grader_old"])
def test_a_package_on_the_search_path(site: Path, name: str) -> None:
    assert found(site) == set()
    own = package(site, name)
    assert found(site) == {str(own)}


def test_a_package_without_sources(site: Path) -> None:
    checks = site / "renamed" / "checks" / "__pycache__"
    checks.mkdir(parents=True)
    (checks / "expected.cpython-311.pyc").touch()
    assert found(site) == {str(site / "renamed")}


def test_what_a_link_leads_to(site: Path, tmp_path: Path) -> None:
    real = package(tmp_path / "elsewhere", "grader")
    (site / "grader").symlink_to(real)
    assert found(site) == {str(real)}
    (tmp_path / "path").symlink_to(site)
    assert found(tmp_path / "path") == {str(real)}


def test_a_whole_checkout_and_what_a_build_left_there(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    package(checkout)
    (checkout / "rubric.yaml").touch()
    assert found(checkout) == {str(checkout)}
    stale = tmp_path / "stale"
    built = package(stale / "build" / "lib")
    assert found(stale) == {str(built)}


def test_a_folder_of_packages_is_not_hidden_with_a_rubric_in_it(site: Path) -> None:
    own = package(site)
    (site / "rubric.yaml").touch()
    for name, inside in (("student_template", "vae.ipynb"), ("reference", "vae.py")):
        (site / name).mkdir()
        (site / name / inside).touch()
    beside = {str(site / name) for name in ("rubric.yaml", "student_template", "reference")}
    assert found(site) == {str(own), *beside}


def test_other_pythons_and_environments_in_what_is_readable(tmp_path: Path) -> None:
    hidden = {
        package(tmp_path / "python3.9" / "dist-packages"),
        package(tmp_path / "python3" / "site-packages"),
        package(tmp_path / "environment" / "lib" / "python3.12" / "site-packages"),
        package(tmp_path / "checkout"),
        package(tmp_path),
    }
    assert found(readable=(tmp_path,)) == set(map(str, hidden))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("checkout.pth", "{checkout}\n"),
        ("checkout.pth", "# a comment\n\nimport os\n../../../checkout\n"),
        ("vae-grader.egg-link", "{checkout}\n."),
        ("__editable___vae_grader_0_1_0_finder.py", "MAPPING = {{'grader': '{checkout}/grader'}}"),
        ("vae_grader-0.1.0.dist-info/direct_url.json", '{{"url": "file://{checkout}"}}'),
        ("vae_grader-0.1.0.dist-info/RECORD", "../../../checkout/grader,,\n"),
    ],
)
def test_what_an_installation_refers_to(site: Path, tmp_path: Path, name: str, text: str) -> None:
    own = package(tmp_path / "checkout")
    (site / name).parent.mkdir(exist_ok=True)
    (site / name).write_text(text.format(checkout=tmp_path / "checkout"))
    assert found(site) == {str(own)}


@pytest.mark.parametrize("name", ["vae.egg", "vae.zip", "vae_grader-0.1.0-py3-none-any.whl"])
def test_archives(site: Path, name: str) -> None:
    with zipfile.ZipFile(site / name, "w") as archive:
        archive.writestr("grader/vae/expected.py", "")
    with zipfile.ZipFile(site / "other.zip", "w") as archive:
        archive.writestr("numpy/__init__.py", "")
    (site / "broken.zip").write_bytes(b"PK")
    assert found(site) == found(site / name) == {str(site / name)}


def test_an_egg_that_is_a_folder(site: Path) -> None:
    own = package(site / "vae_grader-0.1.0-py3.11.egg")
    assert found(site) == {str(own)}


def test_nothing_of_python_itself_is_hidden() -> None:
    torch = str(Path(np.__file__).parents[1] / "torch")
    hidden, readable = allowed_paths.project(), allowed_paths.installation().readable
    # The environment may lie within the checkout, which is hidden around it.
    assert [path for path in (torch, *map(str, Path(torch).parents)) if path in readable]
    assert torch not in hidden
    assert os.path.realpath(sys.base_prefix) not in hidden


GRADE = """
import sys
from pathlib import Path
from grader.examiner import home
from grader.composition import Options, make_grader
import grader
assert grader.__file__.startswith(sys.argv[2]), grader.__file__
if sys.argv[3] != "landlock":
    home.WORKER = "tests.redteam.no_landlock"
with make_grader(Options()) as grading:
    graded = grading.grade(Path(sys.argv[1]))
    print(graded.result.points, [t.points for t in graded.result.tasks if t.id == "kl"][0])
    print(graded.result.run.status, graded.result.run.error)
    print("LEAK" if "LEAKED" in (graded.executed or "") else "tight", grading.candidates.layers)
"""
IN_THE_RUN = """
import os
for place in PLACES:
    for name in ("grader/vae/expected.py", "rubric.yaml", "grader/data/rubric.yaml"):
        try:
            print("LEAK" + "ED", place, name, len(open(os.path.join(place, name)).read()))
        except OSError as error:
            print(type(error).__name__)
try:
    import grader.vae.expected
    print("LEAK" + "ED by an import")
except ModuleNotFoundError as error:
    print(error)
"""


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A fresh environment that sees the packages of the one that tests run in."""
    venv.create(tmp_path / "venv", symlinks=True)
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    named = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (site / "all.pth").write_text("\n".join(named))
    return tmp_path / "venv"


def graded(environment: Path, layer: str, tmp_path: Path, *places: Path) -> str:
    """What a grading in the checkout says of a notebook that steals."""
    honest = (ROOT / "reference" / "vae.py").read_text()
    honest = honest[honest.index("class VAE") :].replace("class VAE", "class Honest")
    known = f"PLACES = {list(map(str, places))!r}\n"
    cells = (IMPORTS + known, honest, STEALS, IN_THE_RUN)
    path = write_cells(tmp_path / "vae.ipynb", cells, {})
    command = [environment / "bin" / "python", "-c", GRADE, path, ROOT, layer]
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@linux
@pytest.mark.parametrize("layer", ["landlock", pytest.param("no landlock", marks=pytest.mark.slow)])
def test_a_copy_beside_the_one_that_runs_tells_a_submission_nothing(
    environment: Path, layer: str, tmp_path: Path
) -> None:
    (site,) = (environment / "lib").glob("python*/site-packages")
    shutil.copytree(ROOT / "grader", site / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "rubric.yaml", site)
    told = graded(environment, layer, tmp_path, site)
    assert told.startswith("55.0 0.0\ncompleted None\ntight"), told
    assert ("Landlock" in told) == (layer == "landlock")


@linux
@pytest.mark.slow
@pytest.mark.parametrize("how", [(), ("-e",)], ids=["installed", "editable"])
def test_an_installation_beside_the_checkout_tells_a_submission_nothing(
    environment: Path, how: tuple[str, ...], tmp_path: Path
) -> None:
    for builder in ("hatchling", "editables"):
        pytest.importorskip(builder, reason="installing without a network needs it")
    clone = tmp_path / "clone"
    kept = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", "shared")
    shutil.copytree(ROOT, clone, ignore=kept)
    python = str(environment / "bin" / "python")
    subprocess.run([python, "-m", "ensurepip"], check=True, capture_output=True)
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--force-reinstall"]
    install = [python, "-m", "pip", "install", *options, *how, str(clone)]
    subprocess.run(install, check=True, capture_output=True)
    (site,) = (environment / "lib").glob("python*/site-packages")
    for layer in ("landlock", "no landlock"):
        told = graded(environment, layer, tmp_path, site, clone)
        assert told.startswith("55.0 0.0\ncompleted None\ntight"), told


@linux
def test_the_doctor_sees_a_copy_that_is_not_hidden(environment: Path, tmp_path: Path) -> None:
    (site,) = (environment / "lib").glob("python*/site-packages")
    shutil.copytree(ROOT / "grader", site / "grader")
    (tmp_path / "outside").touch()
    outside, rubric = str(tmp_path / "outside"), str(ROOT / "rubric.yaml")
    look = f"""
from pathlib import Path
from grader.candidate import trials
for words, _, error in trials.try_all(Path({outside!r}), Path({rubric!r})):
    print(words, error is None)
"""
    blind = (
        "from grader.candidate.confinement import other_copies\nother_copies.find = lambda *_: ()"
    )
    for code, works in ((look, False), (blind + look, True)):
        command = [str(environment / "bin" / "python"), "-c", code]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert f"import any copy of the grader {works}" in done.stdout, done.stdout + done.stderr
