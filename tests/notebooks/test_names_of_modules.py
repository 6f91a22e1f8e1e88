"""The names of the student's own modules are apart from the notebook's, as Python has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.rubric import Rubric
from grader.submission import extract, load
from grader.vae import ASSIGNMENT
from tests.notebooks.made import lost, made, solved_class
from tests.notebooks.test_own_modules import IMPORTS, KL

LOSSES = (
    "import torch as t\nHALF = 0.5\ndevice = 'cpu'\n\n"
    "def _square(x):\n    return x * x\n\n"
    "def kl(mu, logsigma):\n"
    "    return HALF * (_square(mu) + t.exp(2 * logsigma) - 1 - 2 * logsigma).sum(dim=-1)\n\n"
    "if __name__ == '__main__':\n    HALF = 7\n    kl = None\n"
)
OTHERS = (
    "def kl(p, q):\n    return 'none of it'\n\ndef _square(x):\n    return 0 * x\n\n"
    "HALF = 17\nt = 3\n"
)
RIGHT = {
    "a name": (["from losses import kl as kl_term", OTHERS], "kl_term(mu, logsigma)"),
    "a name before": ([OTHERS, "from losses import kl"], "kl(mu, logsigma)"),
    "the module": (["import losses", OTHERS], "losses.kl(mu, logsigma)"),
    "the module under a name": (["import losses as L", OTHERS], "L.kl(mu, logsigma)"),
    "star": ([OTHERS, "from losses import *"], "kl(mu, logsigma)"),
    "star and a name": (["from losses import *", "_square = HALF = t = 3"], "kl(mu, logsigma)"),
    "star without all": (
        ["HALF = 0.5", "from listed import *"],
        "HALF * double_kl(mu, logsigma)",
    ),
    "two modules": (
        ["import wrong\nfrom losses import kl\nfrom wrong import kl as wrong_kl"],
        "kl(mu, logsigma)",
    ),
    "a module of a module": (["import outer", OTHERS], "outer.kl(mu, logsigma)"),
    "changed": (
        ["import wrong\nimport losses\nwrong.HALF = losses.HALF", "HALF = 3"],
        "wrong.right_if_changed(mu, logsigma)",
    ),
    "changed from elsewhere": (
        ["from wrong import right_if_changed as kl", "import wrong\nwrong.HALF = 0.5"],
        "kl(mu, logsigma)",
    ),
    "in the method": ([OTHERS], "__import__('losses').kl(mu, logsigma)"),
    "by getattr": (["import losses as L", OTHERS], "getattr(L, 'kl')(mu, logsigma)"),
    "a list of that name": (
        ["from losses import kl as term", "losses = []\nlosses.append(3)", OTHERS],
        "term(mu, logsigma)",
    ),
    "replaced in a module": (
        ["import wrong\nimport losses\nwrong.kl = losses.kl"],
        "wrong.kl(mu, logsigma)",
    ),
}
WRONG = {
    "wrong in the module": (["from wrong import kl", "HALF = 0.5"], "kl(mu, logsigma)"),
    "changed to wrong": (["import losses\nlosses.HALF = 1"], "losses.kl(mu, logsigma)"),
    "of the notebook's": (["from losses import kl", OTHERS], "kl(mu, logsigma) + 0 * mu.sum(-1)"),
    "unbound in the module": (["EXTRA = 0.5\nimport lacking"], "lacking.kl(mu, logsigma)"),
}
WRONG_MODULE = LOSSES.replace("HALF = 0.5", "HALF = 4").replace("def kl", "def right_if_changed")
FILES = {
    "losses": LOSSES,
    "wrong": WRONG_MODULE + "def kl(mu, logsigma):\n    return HALF * mu.sum(-1)\n",
    "outer": "from losses import kl as inner\nHALF = 9\ndef kl(*x):\n    return inner(*x)\n",
    "listed": "from losses import kl\nHALF = 8\n__all__ = ['double_kl', 'loader']\n"
    "loader = kl.DataLoader\ndef double_kl(*x):\n    return 2 * kl(*x)\n",
    "lacking": LOSSES.replace("HALF = 0.5", "").replace("HALF *", "EXTRA *"),
}


def notebook(folder: Path, cells: list[str], value: str, beside: bool) -> Path:
    changes = {KL: f"        return {value}\n"}
    if beside:
        for name, text in FILES.items():
            (folder / f"{name}.py").write_text(text)
    else:
        cells = [*(f"%%writefile {name}.py\n{text}" for name, text in FILES.items()), *cells]
    return made(folder, changes, cells)


@pytest.mark.parametrize(("cells", "value"), RIGHT.values(), ids=list(RIGHT))
@pytest.mark.parametrize("beside", [False, True], ids=["written", "beside"])
def test_a_right_class_loses_nothing(
    beside: bool,
    cells: list[str],
    value: str,
    candidates: Candidates,
    rubric: Rubric,
    tmp_path: Path,
) -> None:
    assert lost(notebook(tmp_path, cells, value, beside), candidates, rubric, "kl") == []


@pytest.mark.parametrize(("cells", "value"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_class_gains_nothing(
    cells: list[str], value: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    assert lost(notebook(tmp_path, cells, value, False), candidates, rubric, "kl")


MODEL = IMPORTS + solved_class().replace("return 0.5 *", "return HALF *") + "\nHALF = 0.5\n"
STUB = "import torch.nn as nn\nclass VAE(nn.Module):\n    def kl(self):\n        pass\n"
CLASSES = {
    "after a stub": ["HALF = 3", STUB, "from model import VAE", "HALF = 4"],
    "of the module": ["HALF = 3", STUB, "import model\nnet = model.VAE(784, 32, 400)"],
    "of the module before a stub": ["import model as m\nnet = m.VAE(784, 32, 400)", STUB],
    "of the module alone": ["import model as m", "HALF = 2", "net = m.VAE(784, 32, 400)"],
    "under another name": ["from model import VAE as Net", "HALF = 2", "net = Net(784, 32, 400)"],
    "of a module that imports it": ["import through", "net = through.VAE(784, 32, 400)"],
    "replaced there": ["import model as m", "m.HALF = 2", "m.HALF = 0.5", "VAE = m.VAE"],
    "changed by name": [
        "import model",
        "def kl(self, mu, logsigma):\n    return 3\n",
        "good = model.VAE.kl\nmodel.VAE.kl = kl\nmodel.VAE.kl = good\nVAE = model.VAE",
    ],
    "with sizes of a module": [
        "%%writefile config.py\nlatent_dim = 20\nobs_dim = 784\ndevice = 'cuda'",
        "%%writefile -a model.py\n\n\nfrom config import *\n"
        "def kl(self, mu, logsigma):\n"
        "    one = torch.ones(latent_dim, device=device)\n"
        "    return (HALF * (mu**2 + torch.exp(2 * logsigma) - 1 - 2 * logsigma)) @ one\n"
        "VAE.kl = kl",
        "from model import VAE",
    ],
}


@pytest.mark.parametrize("cells", CLASSES.values(), ids=list(CLASSES))
def test_a_class_of_a_module(
    cells: list[str], candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    written = [
        f"%%writefile model.py\n{MODEL}",
        "%%writefile through.py\nfrom model import VAE\n",
    ]
    path = made(tmp_path, {solved_class(): ""}, [*written, *cells])
    assert lost(path, candidates, rubric, "encoder", "kl", "sample") == []
    assert len(extract(load(path), ASSIGNMENT).methods) == 6


def test_a_module_has_the_names_that_it_is_given_and_no_others(tmp_path: Path) -> None:
    own = "import torch\ndef noise(mu):\n    return torch.randn(mu.shape, device=device)\n"
    changes = {"torch.randn_like(mu)": "own.noise(mu)"}
    told = "The class uses the name device, which the module own never defines"
    for cell, said in [("import own", True), ("import own\nown.device = device", False)]:
        path = made(tmp_path, changes, [f"%%writefile own.py\n{own}", cell])
        notes = extract(load(path), ASSIGNMENT).notes
        assert any(note.startswith(told) for note in notes) is said
        assert not any("never defines" in note and told not in note for note in notes)


@pytest.mark.parametrize("use", ["from lit import *", "from lit import Lit", "import lit"])
def test_a_base_from_a_missing_package_is_named_in_a_module_too(use: str, tmp_path: Path) -> None:
    own = "%%writefile lit.py\nimport lightning as L\nclass Lit(L.LightningModule):\n    pass\n"
    base = "lit.Lit" if use == "import lit" else "Lit"
    path = made(tmp_path, {"class VAE(nn.Module)": f"class VAE({base})"}, [own, use])
    notes = " ".join(extract(load(path), ASSIGNMENT).notes)
    assert "package lightning isn't installed where this is graded: `L.LightningModule`" in notes
