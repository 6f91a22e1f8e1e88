"""A module that is written more than once counts as a kernel has it that runs all cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.rubric import Rubric
from grader.submission import extract, load
from grader.vae import ASSIGNMENT
from tests.notebooks.made import lost, made, solved_class
from tests.notebooks.test_own_modules import KL

RIGHT = (
    "%%writefile losses.py\nimport torch\nHALF = 0.5\ndef kl(mu, logsigma):\n"
    "    return HALF * (mu**2 + torch.exp(2 * logsigma) - 1 - 2 * logsigma).sum(dim=-1)\n"
)
WRONG = RIGHT.replace("0.5", "5")
MORE = "%%writefile -a losses.py\nHALF = 0.5"
RELOAD = "import importlib\nimportlib.reload(losses)"
AUTO = "%load_ext autoreload\n%autoreload 2"

BY_MODULE, BY_NAME = "losses.kl(mu, logsigma)", "kl(mu, logsigma)"
WHOLE, NAME = "import losses", "from losses import kl"
COUNTS = {
    "written twice, then imported": ([WRONG, RIGHT, WHOLE], BY_MODULE, True, False),
    "added to": ([WRONG, MORE, NAME], BY_NAME, True, False),
    "added to later": ([WRONG, WHOLE, MORE], BY_MODULE, False, True),
    "nothing reloads": ([WRONG, WHOLE, RIGHT], BY_MODULE, False, True),
    "nothing reloads the right one": ([RIGHT, NAME, WRONG, NAME], BY_NAME, True, True),
    "the same again": ([RIGHT, WHOLE, RIGHT], BY_MODULE, True, False),
    "reloaded": ([WRONG, WHOLE, RIGHT, RELOAD], BY_MODULE, True, False),
    "reloaded by name": (
        [WRONG, WHOLE, RIGHT, "from importlib import reload\nlosses = reload(losses)"],
        BY_MODULE,
        True,
        False,
    ),
    "reloaded, added to": ([WRONG, WHOLE, MORE, RELOAD], BY_MODULE, True, False),
    "reloaded to the wrong one": ([RIGHT, WHOLE, WRONG, RELOAD], BY_MODULE, False, False),
    "reloaded, and the old name kept": (
        [RIGHT, f"{WHOLE}\n{NAME}", WRONG.replace("kl(", "kl2("), f"{RELOAD}\nlosses.HALF = 0.5"],
        BY_NAME,
        True,
        False,
    ),
    "reloaded, and imported again": (
        [WRONG, f"{WHOLE}\n{NAME}", RIGHT, f"{RELOAD}\n{NAME}"],
        BY_NAME,
        True,
        False,
    ),
    "reloaded without a change": (
        [RIGHT, WHOLE, "losses.HALF = 7", RELOAD],
        BY_MODULE,
        True,
        False,
    ),
    "forgotten": (
        [WRONG, WHOLE, RIGHT, "import sys\ndel sys.modules['losses']\nimport losses"],
        BY_MODULE,
        True,
        False,
    ),
    "by itself": ([AUTO, WRONG, NAME, RIGHT, "1 + 1"], BY_NAME, True, False),
    "by itself, to the wrong one": ([AUTO, RIGHT, WHOLE, WRONG, "1"], BY_MODULE, False, False),
    "no longer by itself": (
        [AUTO, "%autoreload 0", RIGHT, WHOLE, WRONG, "1"],
        BY_MODULE,
        True,
        True,
    ),
}


@pytest.mark.parametrize(("cells", "value", "right", "noted"), COUNTS.values(), ids=list(COUNTS))
def test_what_counts(
    cells: list[str],
    value: str,
    right: bool,
    noted: bool,
    candidates: Candidates,
    rubric: Rubric,
    tmp_path: Path,
) -> None:
    path = made(tmp_path, {KL: f"        return {value}\n"}, cells)
    assert (lost(path, candidates, rubric, "kl") == []) is right
    notes = extract(load(path), ASSIGNMENT).notes
    assert any("writes losses.py once more" in note for note in notes) is noted


def test_a_class_is_said_to_be_defined_where_its_text_stands(tmp_path: Path) -> None:
    file = "%%writefile net.py\nimport torch, torch.nn as nn, torch.nn.functional as F\n"
    first = ["import net\nfrom net import VAE"]
    again = [*first, "from net import VAE"]
    later = [f"{file}{solved_class()}\nMORE = 1", "import importlib\nimportlib.reload(net)"]
    for cells, said in [(again, ""), ([*first, *later, "VAE = net.VAE"], "cells 4 and 6")]:
        path = made(tmp_path, {solved_class(): ""}, [file + solved_class(), *cells])
        notes = " ".join(extract(load(path), ASSIGNMENT).notes)
        assert ("is defined in" in notes) is bool(said)
        assert said in notes
