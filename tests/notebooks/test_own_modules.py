"""Helpers and classes may stand in files: written by cells, or handed in beside the notebook."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from grader.assets import asset
from grader.examiner.client import Candidates
from grader.examiner.rubric import Rubric
from grader.submission import extract, load, read_rules
from grader.submission.files import files_of
from grader.submission.template import own_template
from grader.vae import ASSIGNMENT
from tests.notebooks.made import lost, made, solved_class

HALF = {"return 0.5 *": "HALF; return 0.5 *"}
IMPORTS = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n"
HELPERS = (
    "import torch\n\nHALF = 0.5\n\n"
    "def variance_of(logsigma):\n    return torch.exp(2 * logsigma)\n\n"
    "class Terms:\n    def __init__(self, mu, logsigma):\n"
    "        self.all = mu**2 + variance_of(logsigma) - 1 - 2 * logsigma\n"
)
KL = (
    "        variance = torch.exp(2 * logsigma)\n"
    "        return 0.5 * (mu**2 + variance - 1 - 2 * logsigma).sum(dim=-1)\n"
)
BY_NAME = {KL: "        return HALF * Terms(mu, logsigma).all.sum(dim=-1)\n"}
BY_MODULE = {KL: "        return helpers.HALF * helpers.Terms(mu, logsigma).all.sum(dim=-1)\n"}
BY_ALIAS = {KL: "        return H * T(mu, logsigma).all.sum(dim=-1)\n"}
IN_METHOD = {
    KL: "        from helpers import HALF as h, Terms\n"
    "        return h * Terms(mu, logsigma).all.sum(dim=-1)\n"
}
BASE = {"class VAE(nn.Module)": "class VAE(helpers.Base)"}

# What is written to helpers.py, the cells before the class, and the changes of the class.
USES = {
    "names": (HELPERS, ["from helpers import HALF, Terms"], BY_NAME),
    "star": (HELPERS, ["from helpers import *"], BY_NAME),
    "module": (HELPERS, ["import helpers"], BY_MODULE),
    "module under another name": (
        HELPERS,
        ["import helpers as more\nhelpers = more"],
        BY_MODULE,
    ),
    "other names": (HELPERS, ["from helpers import HALF as H, Terms as T"], BY_ALIAS),
    "in a method": (HELPERS, [], IN_METHOD),
    "reloaded": (
        HELPERS,
        ["import importlib, helpers\nimportlib.reload(helpers)"],
        BY_MODULE,
    ),
    "by importlib": (
        HELPERS,
        ["import importlib\nhelpers = importlib.import_module('helpers')"],
        BY_MODULE,
    ),
    "run": (HELPERS, ["%run helpers.py"], BY_NAME),
    "executed": (HELPERS, ["exec(open('helpers.py').read())"], BY_NAME),
}
CLASSES = {
    "the class": (IMPORTS + solved_class(), "from helpers import VAE"),
    "the class of a module": (IMPORTS + solved_class(), "import helpers\nVAE = helpers.VAE"),
    "the class under another name": (
        IMPORTS + solved_class().replace("class VAE", "class Net"),
        "from helpers import Net as VAE",
    ),
    "the class as a base": (
        IMPORTS + solved_class().replace("class VAE", "class Base"),
        "import helpers\nclass VAE(helpers.Base):\n    pass",
    ),
    "the class that is used from there": (
        IMPORTS + solved_class(),
        "import helpers\nmodel = helpers.VAE(784, 32, 400)",
    ),
}


def write(cell: str) -> list[str]:
    return ["%%writefile helpers.py\n" + cell]


@pytest.mark.parametrize(("text", "cells", "changes"), USES.values(), ids=list(USES))
@pytest.mark.parametrize("beside", [False, True], ids=["written", "beside"])
def test_helpers_in_a_file(
    beside: bool,
    text: str,
    cells: list[str],
    changes: dict[str, str],
    candidates: Candidates,
    rubric: Rubric,
    tmp_path: Path,
) -> None:
    if beside:
        (tmp_path / "helpers.py").write_text(text)
    else:
        cells = [*write(text), *cells]
    assert lost(made(tmp_path, changes, cells), candidates, rubric, "kl") == []


@pytest.mark.parametrize(("text", "cell"), CLASSES.values(), ids=list(CLASSES))
@pytest.mark.parametrize("beside", [False, True], ids=["written", "beside"])
def test_a_class_in_a_file(
    beside: bool, text: str, cell: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    cells = [cell] if beside else [*write(text), cell]
    if beside:
        (tmp_path / "helpers.py").write_text(text)
    path = made(tmp_path, {solved_class(): ""}, cells)
    assert lost(path, candidates, rubric, "encoder", "kl") == []
    code = extract(load(path), ASSIGNMENT)
    assert len(code.methods) == 6
    assert "return self.linear21(hidden)" in code.sources["encoder"]


def test_files_in_folders_and_in_pieces(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    cells = [
        "%%writefile src/__init__.py\n",
        "%%writefile ./src/halves.py\nHALF = 0.4\n",
        "%%writefile src/halves.py\nONE = 1\n",
        "%%file -a src/halves.py\nHALF = ONE / 2\n",
        "import sys\nsys.path.append('src')\n"
        "from src.halves import HALF\nimport src.halves as again",
        "import halves",
    ]
    changes = {"return 0.5 *": "return (HALF + again.HALF + halves.HALF) / 3 *"}
    assert lost(made(tmp_path, changes, cells), candidates, rubric, "kl") == []


def test_a_class_that_is_written_piece_by_piece(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    head, *methods = solved_class().split("\n    def ")
    cells = [
        "!mkdir -p models",
        f"%%writefile models/model.py\n{IMPORTS}{head}",
        *(f"%%writefile -a models/model.py\n\n    def {method}" for method in methods),
        "%%writefile -a models/model.py\nHALF = 0.5",
        "import sys\nsys.path.insert(0, 'models')\nfrom model import VAE",
    ]
    path = made(tmp_path, {solved_class(): ""}, cells)
    assert lost(path, candidates, rubric, "encoder", "kl") == []
    assert len(extract(load(path), ASSIGNMENT).methods) == 6


TEXT = f"'''{HELPERS}'''"
WRITERS = {
    "write_text": f"from pathlib import Path\nPath('helpers.py').write_text({TEXT})",
    "write_bytes": f"import pathlib\npathlib.Path('helpers.py').write_bytes({TEXT}.encode())",
    "write": f"open('helpers.py', 'w').write({TEXT})",
    "with": f"text = {TEXT}\nwith open('helpers.py', mode='w') as file:\n    file.write(text)",
    "print": f"with open('helpers.py', 'w') as f: print({TEXT}.strip(), file=f)",
    "writelines": f"f = open('helpers.py', 'wt')\nf.writelines(['# mine\\n', {TEXT}])\nf.close()",
    "pieces": "f = open('helpers.py', 'w'); f.write('import torch\\n')\n"
    f"f.write({TEXT.replace('import torch', '')}); f.close()",
    "joined": "name = 'helpers'\nfrom pathlib import Path\npath = Path('.') / f'{name}.py'\n"
    f"import textwrap\npath.write_text(textwrap.dedent({TEXT}))",
    "os.path": "import os\nwith open(os.path.join(os.getcwd(), 'helpers.py'), 'w') as f:\n"
    f"    f.write('\\n'.join(['import torch', {TEXT}]))",
    "heredoc": f"%%bash\nset -e\ncat > helpers.py <<'EOF'\n{HELPERS}EOF\nls",
    "heredoc first": f"%%sh\ncat << END >helpers.py\n{HELPERS}END",
    "echo": "!echo 'import torch' > helpers.py\n!echo \"HALF = 0.5\" >> helpers.py",
    "tee": f"%%bash\ntee helpers.py <<EOF\n{HELPERS}EOF",
}


@pytest.mark.parametrize("writer", WRITERS.values(), ids=list(WRITERS))
def test_helpers_that_code_writes(
    writer: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    changes = {"return 0.5 *": "return helpers.HALF *"} if "!echo" in writer else BY_MODULE
    path = made(tmp_path, changes, [writer, "import helpers"])
    assert lost(path, candidates, rubric, "kl") == []
    assert any(
        "is helpers.py, which cell " in note for note in extract(load(path), ASSIGNMENT).notes
    )


def test_code_writes_and_imports_in_one_cell(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    cells = [
        "def half():\n    return 0.4",
        "def half():\n    return 0.5",
        "import inspect\nwith open('own.py', 'w') as f: f.write(inspect.getsource(half))\n"
        "with open('own.py', 'a') as f: f.write('ONE = 1')\nimport own",
        "open('own.py', 'w').write('def half(): return 7')",
    ]
    path = made(tmp_path, {"return 0.5 *": "return own.ONE * own.half() *"}, cells)
    assert lost(path, candidates, rubric, "kl") == []


@pytest.mark.parametrize(
    "cell",
    [
        "x = 'y' * 1 + 'y'\n" + "x = x + x\n" * 60 + "open('a.py', 'w').write(x)\n" * 1000,
        "%%bash\n" + "cat > a.py <<A\n" * 10_000,
        "'a.py' " * 20_000,
        "open('a.py', 'a').write('" + "y" * 9_000 + "')\n" + "open('a.py', 'a').write(z)\n" * 900,
    ],
)
def test_hostile_writers_cost_little(cell: str, tmp_path: Path) -> None:
    notebook = load(made(tmp_path, before=[cell]))
    started = time.process_time()
    files_of(notebook, ASSIGNMENT)
    assert time.process_time() - started < 5


def test_what_is_written_elsewhere_is_no_module(tmp_path: Path) -> None:
    cells = [
        "open('a.py').read if False else None\nopen('a.txt', 'w').write('HALF = 0.5')",
        "def never():\n    open('a.py', 'w').write('HALF = 0.5')",
        "x = 'y' + 'y'\n" + "x = x + x\n" * 60 + "open('a.py', 'w').write(x)",
    ]
    path = made(tmp_path, {"return 0.5 *": "return HALF *"}, [*cells, "from a import HALF"])
    assert "HALF = 0.5" not in extract(load(path), ASSIGNMENT).text


def test_modules_import_each_other(candidates: Candidates, rubric: Rubric, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from b import one\nHALF = one() / 2\nimport a\n")
    (tmp_path / "b.py").write_text("import a\ndef one():\n    return 1\n")
    path = made(tmp_path, {"return 0.5 *": "return a.HALF *"}, ["import a"])
    assert lost(path, candidates, rubric, "kl") == []


def test_a_file_is_named_where_it_counts(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text(HELPERS)
    path = made(tmp_path, BY_NAME, ["from helpers import HALF, Terms"])
    assert any(
        "is helpers.py, which lies beside" in note for note in extract(load(path), ASSIGNMENT).notes
    )


@pytest.mark.parametrize("use", ["helpers.variance_of", "variance_of", "variance"])
@pytest.mark.parametrize("beside", [False, True], ids=["written", "beside"])
def test_rules_hold_in_files_too(beside: bool, use: str, tmp_path: Path) -> None:
    text = HELPERS.replace(
        "return torch.exp(2 * logsigma)",
        "return torch.distributions.Normal(0, torch.exp(logsigma)).variance",
    )
    imports = (
        "import helpers\nfrom helpers import variance_of\n"
        "from helpers import variance_of as variance"
    )
    changes = {
        "variance = torch.exp(2 * logsigma)": f"v = {use}(logsigma)",
        "+ variance -": "+ v -",
    }
    cells = [imports] if beside else [*write(text), imports]
    if beside:
        (tmp_path / "helpers.py").write_text(text)
    code = extract(load(made(tmp_path, changes, cells)), ASSIGNMENT)
    assert "kl" in {finding.task for finding in read_rules(code, None)}


@pytest.mark.parametrize("kind", ["link", "large", "pipe", "folder"])
def test_only_ordinary_files_are_read(kind: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("HALF = 0.5\n")
    file = tmp_path / "in" / "helpers.py"
    file.parent.mkdir()
    if kind == "link":
        file.symlink_to(secret)
    elif kind == "large":
        file.write_text("HALF = 0.5\n" + "#" * 200_000)
    elif kind == "pipe":
        os.mkfifo(file)
    else:
        file.mkdir()
    path = made(file.parent, {"return 0.5 *": "return HALF *"}, ["from helpers import HALF"])
    assert "HALF = 0.5" not in extract(load(path), ASSIGNMENT).text


@pytest.mark.parametrize("name", ["torch", "math", "numpy", "grader"])
def test_a_file_replaces_no_package(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").write_text("raise SystemExit('wrong')\n")
    code = extract(
        load(made(tmp_path, before=[f"import {name}\nHALF = {name}"], changes=HALF)), ASSIGNMENT
    )
    assert "SystemExit" not in code.text


@pytest.mark.parametrize("factor", ["0.5", "1.0"])
@pytest.mark.parametrize("use", ["vae_utils.half", "half"])
def test_what_a_student_adds_to_a_given_module_counts(
    factor: str, use: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    given = asset("student_template/vae_utils.py").read_text()
    (tmp_path / "vae_utils.py").write_text(f"{given}\n\ndef half():\n    return {factor}\n")
    path = made(tmp_path, {"return 0.5 *": f"return {use}() *"}, ["from vae_utils import half"])
    assert [it.split(":")[0] for it in lost(path, candidates, rubric, "kl")] == (
        [] if factor == "0.5" else ["kl.total"]
    )
    findings = read_rules(extract(load(path), ASSIGNMENT), own_template(ASSIGNMENT))
    assert not [finding for finding in findings if "missing" in finding.message]


def test_a_given_module_that_is_as_it_was_given_is_none_of_the_students(tmp_path: Path) -> None:
    given = asset("student_template/vae_utils.py").read_text()
    (tmp_path / "vae_utils.py").write_text(f"{given}\n\ndef more():\n    return 1\n")
    code = extract(load(made(tmp_path)), ASSIGNMENT)
    assert not code.program.modules.bound
