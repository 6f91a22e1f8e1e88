"""The slice holds what the class needs, and neither data nor training."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.submission.errors import Ungradable
from grader.submission.extract import extract
from grader.submission.load import load
from grader.submission.rules import read_rules
from grader.vae import ASSIGNMENT
from tests.submission.build import CLASS, execute, kept, notebook, sliced

ROOT = Path(__file__).parents[2]
NN = "import torch.nn as nn"
DEVICE = "device = 'cuda'"
TRAIN = "vae = VAE(4, 2).to(device)\nfor x in train_loader:\n    loss = -vae.elbo(x)\n"


def vae(*methods: str) -> str:
    return "class VAE:\n" + "\n".join(
        f"    {line}" for text in methods for line in text.split("\n")
    )


@pytest.mark.parametrize(
    ("cells", "statements"),
    [
        pytest.param(
            [NN, CLASS.replace("VAE", "VAE(nn.Module)"), TRAIN],
            [NN, "class VAE(nn.Module):"],
            id="plain",
        ),
        pytest.param(
            ["K = 1\nJ = 2", vae("def elbo(self, x): return K"), "K = 3"],
            ["class VAE:", "K = 3"],
            id="globals as they end up",
        ),
        pytest.param(
            ["K = 1", vae("def elbo(self, x, k=K): return k"), "K = 3"],
            ["K = 1", "class VAE:"],
            id="defaults as they were",
        ),
        pytest.param(
            [
                "loss = 1\nmu = 2",
                vae("def elbo(self, x):\n    loss = x\n    mu = x\n    return loss"),
            ],
            ["class VAE:"],
            id="locals",
        ),
        pytest.param(
            ["mu = 0.5", vae("def elbo(self, x): return mu"), "vae = VAE()\nmu = vae.encoder(1)"],
            ["mu = 0.5", "class VAE:"],
            id="what a run binds doesn't count",
        ),
        pytest.param(
            ["def g(): return h()\ndef h(): return 1", vae("def elbo(self, x): return g()")],
            ["def g(): return h()", "def h(): return 1", "class VAE:"],
            id="helpers of helpers",
        ),
        pytest.param(
            ["latent_dim = 2\nC = 1 / latent_dim", vae("def elbo(self, x): return C")],
            ["latent_dim = 2", "C = 1 / latent_dim", "class VAE:"],
            id="constant of a notebook name",
        ),
        pytest.param(
            ["try:\n    import a\nexcept ImportError:\n    pass", vae("def elbo(self, x): a")],
            ["try:", "class VAE:"],
            id="try",
        ),
        pytest.param(
            ["K = 0", "if 1:\n    K = 1", vae("def elbo(self, x): return K")],
            ["K = 0", "if 1:", "class VAE:"],
            id="conditional binder",
        ),
        pytest.param(
            ["K = 0", "for K in [1]:\n    pass", vae("def elbo(self, x): return K")],
            ["K = 0", "class VAE:"],
            id="simple before loop",
        ),
        pytest.param(
            ["for K in [1]:\n    pass", vae("def elbo(self, x): return K")],
            ["for K in [1]:", "class VAE:"],
            id="loop if nothing else",
        ),
        pytest.param(
            ["from math import *\nfrom os import *", vae("def elbo(self, x): return pi + sum(x)")],
            ["from math import *", "from os import *", "class VAE:"],
            id="star for the unbound",
        ),
        pytest.param(
            ["from math import *\nfrom os import *", vae("def elbo(self, x): return sum(x)")],
            ["from math import *", "class VAE:"],
            id="numeric star for builtins",
        ),
        pytest.param(
            ["sum = 3", vae("def elbo(self, x): return sum(x)"), "del sum"],
            ["class VAE:"],
            id="builtin restored",
        ),
        pytest.param(
            [vae("pass"), "def f(self, x): return x\nVAE.elbo = f\ndel f"],
            ["class VAE:", "def f(self, x): return x", "VAE.elbo = f"],
            id="assigned method",
        ),
        pytest.param(
            [vae("pass"), "def f(self, x): return x", "setattr(VAE, 'elbo', f)", "print(VAE)"],
            ["class VAE:", "def f(self, x): return x", "setattr(VAE, 'elbo', f)"],
            id="setattr",
        ),
        pytest.param(
            [vae("def f(self): pass"), "del VAE.f", "delattr(VAE, 'g')"],
            ["class VAE:", "del VAE.f", "delattr(VAE, 'g')"],
            id="deleted method",
        ),
        pytest.param(
            [vae("def elbo(self, x): pass"), "VAE.elbo.__doc__ = 'x'", "VAE.elbo(None, 1)"],
            ["class VAE:", "VAE.elbo.__doc__ = 'x'"],
            id="docstring set later",
        ),
        pytest.param(
            ["H = {}\nL = []", vae("def elbo(self, x): return H, L"), "H['a'] = 1\nL.append(2)"],
            ["H = {}", "L = []", "class VAE:", "H['a'] = 1", "L.append(2)"],
            id="contents",
        ),
        pytest.param(
            ["L = []", vae("def elbo(self, x): return L"), "for i in range(3):\n    L.append(i)"],
            ["L = []", "class VAE:"],
            id="contents in a loop",
        ),
        pytest.param(
            [
                "import torch\ntorch.set_default_dtype(torch.float64)\ntorch.manual_seed(0)",
                vae("def elbo(self, x): return torch.ones(1)"),
            ],
            ["import torch", "torch.set_default_dtype(torch.float64)", "class VAE:"],
            id="default dtype",
        ),
        pytest.param([vae("a = 1"), vae("b = 1")], ["class VAE:"], id="last definition"),
        pytest.param(
            [vae("a = 1"), "class VAE(VAE): pass"],
            ["class VAE:", "class VAE(VAE): pass"],
            id="extended",
        ),
        pytest.param(["class M: pass", "VAE = M"], ["class M: pass", "VAE = M"], id="alias"),
        pytest.param(
            [vae("pass"), "M = VAE", "M.elbo = len"],
            ["class VAE:", "M = VAE", "M.elbo = len"],
            id="via alias",
        ),
        pytest.param([vae("pass"), "VAE = VAE(1, 2)"], ["class VAE:"], id="replaced by instance"),
        pytest.param(["if 1:\n    class VAE: pass"], ["if 1:"], id="nested definition"),
        pytest.param(
            ["def make():\n    global VAE\n    class VAE: pass\n    VAE.k = 1", "make()", TRAIN],
            ["def make():", "make()"],
            id="made by a function",
        ),
        pytest.param(
            [
                "def set_up():\n    global K\n    K = 1\nset_up()",
                vae("def elbo(self, x): return K"),
                "def train():\n    global K\n    K = VAE(1, 2)\ntrain()",
            ],
            ["def set_up():", "set_up()", "class VAE:", "def train():"],
            id="globals of functions",
        ),
        pytest.param(
            [
                "def f(s): pass",
                "def g(s): pass",
                vae("pass"),
                "for n in ('f',):\n    setattr(VAE, n, globals()[n])",
                "VAE.h = eval('lambda s: g(s)')",
            ],
            [
                "def f(s): pass",
                "def g(s): pass",
                "class VAE:",
                "for n in ('f',):",
                "VAE.h = eval('lambda s: g(s)')",
            ],
            id="names in texts",
        ),
        pytest.param(["exec('class VAE: pass')"], ["exec('class VAE: pass')"], id="exec"),
        pytest.param(
            [
                "def add(c):\n    return lambda f: setattr(c, f.__name__, f)",
                vae("pass"),
                "@add(VAE)\ndef elbo(self, x): return x",
            ],
            ["def add(c):", "class VAE:", "def elbo(self, x): return x"],
            id="decorator",
        ),
    ],
)
def test_slice(cells: list[str], statements: list[str]) -> None:
    assert kept(sliced(*cells)) == statements


def test_notebook_names_are_left_to_the_grader() -> None:
    part = sliced(DEVICE, NN, vae("def elbo(self, x): return x.to(device)"), TRAIN)
    assert kept(part) == ["class VAE:"]
    assert part.uses_notebook_names == {"device"}


def test_a_function_called_early_finds_its_globals() -> None:
    part = sliced(
        "K = 1", "def f(): return K", "C = f()", vae("def elbo(self, x): return C"), "K = 'late'"
    )
    assert execute(part)["C"] == 1


def test_future_annotations_need_no_names() -> None:
    part = sliced("from __future__ import annotations", vae("def elbo(self, x: Nowhere): pass"))
    assert execute(part)["VAE"]
    assert part.notes == ()


@pytest.mark.parametrize(
    ("cells", "method", "place"),
    [
        ([vae("def elbo(self, x):\n    return x")], "elbo", (1, 2, 3)),
        ([vae("@staticmethod\ndef elbo(x): return x")], "elbo", (1, 2, 3)),
        (["def f(s, x): return x", vae("elbo = f")], "elbo", (1, 1, 1)),
        (["class B:\n    def elbo(s, x): pass", "class VAE(B): pass"], "elbo", (1, 2, 2)),
        (["class B:\n    def elbo(s, x): pass", "VAE = B"], "elbo", (1, 2, 2)),
        ([vae("pass"), "def f(s, x): pass\nVAE.elbo = f"], "elbo", (2, 1, 1)),
        ([vae("pass"), "VAE.elbo = lambda s, x: x"], "elbo", (2, 1, 1)),
        ([vae("pass"), "def f(s, x): pass\nsetattr(VAE, 'elbo', f)"], "elbo", (2, 1, 1)),
        ([vae("def elbo(s, x): pass"), "class VAE(VAE):\n    k = 1"], "elbo", (1, 2, 2)),
        ([vae("def elbo(s, x): pass"), "del VAE.elbo"], "elbo", None),
        ([vae("def encoder(s, x): pass")], "elbo", None),
        ([vae("if 1:\n    def elbo(s, x): pass")], "elbo", (1, 3, 3)),
    ],
)
def test_methods(cells: list[str], method: str, place: tuple[int, int, int] | None) -> None:
    found = sliced(*cells).methods.get(method)
    assert (found and (found.cell, found.line, found.end_line)) == place


def test_text_and_sources() -> None:
    part = sliced("import os, sys\nK = 1", "md:text", vae("def elbo(self, x):\n    return K"))
    assert part.text == "# cell 1\nK = 1\n\n# cell 3\n" + vae(
        "def elbo(self, x):\n    return K\n"
    ).rstrip(" ")
    assert part.sources["elbo"] == "    def elbo(self, x):\n        return K"
    assert "sample" not in part.sources


@pytest.mark.parametrize(
    ("cells", "part"),
    [
        (["x = 1"], "no class VAE: hand in"),
        (["class Vae: pass"], "but Vae"),
        (["class VariationalAutoencoder: pass"], "VariationalAutoencoder"),
        (["class VAE:\n    def f(self:\n        pass"], "Cell 1.*line 2"),
        (["x = 1", "class VAE:\n    return 1"], "Cell 2.*line 2"),
        (["def f(:"], "cell 1 has a syntax error"),
    ],
)
def test_no_class(cells: list[str], part: str) -> None:
    with pytest.raises(Ungradable, match=part):
        sliced(*cells)


def test_a_broken_redefinition_leaves_the_earlier_class() -> None:
    part = sliced(vae("def elbo(self, x): pass"), "class VAE:\n    x = = 1")
    assert part.methods["elbo"].cell == 1
    assert any("cell 1 was graded" in note for note in part.notes)


@pytest.mark.parametrize(
    ("cells", "part"),
    [
        (["x = (", vae("pass")], "Cell 1 has a syntax error"),
        ([vae("def elbo(self, x): return nothing")], "nothing, which the notebook never defines"),
        ([vae("def elbo(self, y): return x"), "x = VAE().encoder(1)"], "global name x"),
        ([vae("pass"), "VAE = VAE(1)"], "no class"),
    ],
)
def test_notes(cells: list[str], part: str) -> None:
    assert any(part in note for note in sliced(*cells).notes)


HOSTILE = {
    "parentheses": ["(" * 100_000],
    "minus": ["x=" + "-" * 100_000 + "1"],
    "attributes": ["x=a" + ".b" * 20_000],
    "sum": ["x=1" + "+1" * 90_000],
    "calls": ["f" + "()" * 3_000],
    "null": ["x=1\0"],
    "long line": ["x='" + "a" * 190_000 + "'"],
    "shell lines": ["!ls\nx=1\n" * 900],
    "conditions": ["if c: K=K+1"] * 1_200,
    "changes": ["if c: K=[]"] * 900 + ["K.append(1)"] * 900,
    "aliases": [CLASS] + ["VAE=VAE"] * 1_900,
    "subclasses": [CLASS] + ["class VAE(VAE): pass"] * 1_900,
    "helpers": [f"def f{i}(x): return f{i + 1}(x)" for i in range(1_500)] + ["K = f0"],
    "calls of calls": ["def f0(x): return x"]
    + [f"def f{i}(x): return f{i - 1}(f{i - 1}(x))" for i in range(1, 60)]
    + ["K = f59(len)"],
    "bases": [f"class C{i + 1}(C{i}): pass" for i in range(1_500)] + ["K = C1500"],
    "copies": ["x = (1,)"] + ["x = (*x, *x, *x)"] * 1_000 + ["K = x"],
    "texts": ["x = 'a'"] + ["x = x + x"] * 1_000 + ["K = x"],
    "executed again": [f"x = {'y=1;' * 20_000!r}"] + ["exec(x)"] * 1_800 + ["K = 1"],
    "executed in itself": ["x = 'exec(x)'", "exec(x)", "K = 1"],
    "executed": [f"exec({'exec(' + repr('x=1;' * 5_000) + ')'!r})", "K = 1"],
}


@pytest.mark.parametrize("cells", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_code_is_met_quickly(cells: list[str]) -> None:
    start = time.process_time()
    part = sliced(*cells, vae("def elbo(self, x): return K"))
    assert part.methods["elbo"]
    read_rules(part, None)
    assert time.process_time() - start < 10  # a second or so on an idle machine


@pytest.mark.parametrize(
    "cells",
    [
        ["x = 1"] * 10_000,
        ["class VAE: x = [" + "1, " * 100_000 + "]"],
        ["if c: " + "=".join(f"a{i}" for i in range(20)) + "=1"] * 900
        + ["if c: " + "+".join(f"a{i}" for i in range(20)) + ";K=1"] * 900,
    ],
    ids=["cells", "characters", "tangle"],
)
def test_far_too_much_code_is_turned_away(cells: list[str]) -> None:
    with pytest.raises(Ungradable, match="far more code"):
        sliced(*cells, vae("def elbo(self, x): return K"))


LOG = "epoch 1 loss 110.00\n" * 13_000


@pytest.mark.parametrize(
    ("cell", "note"),
    [
        (f'log = """{LOG}"""', ""),
        (f"'''{LOG}'''\nx = 1", ""),
        ("# " + LOG.replace("\n", "\n# "), ""),
        ("log = [" + LOG.replace("epoch", "'").replace("\n", "',") + "]", ""),
        (LOG, "Cell 2 holds far more than code"),
        (f"exec('x = 1')\nlog = '''{LOG}'''", "Cell 2 holds far more than code"),
        (f"log = '''{LOG * 10}'''", "Cell 2 holds far more than code"),
        ("x = (" + "110.0, " * 40_000 + ")", "Cell 2 holds far more than code"),
        ("110.0\n" * 3_000, "Cell 2 holds far more than code"),
        (LOG[:2000], "Cell 2 has a syntax error"),
    ],
)
def test_a_pasted_log_does_no_harm(cell: str, note: str) -> None:
    part = sliced("K = 1", cell, vae("def elbo(self, x): return K"))
    assert part.methods["elbo"]
    assert kept(part)[0] == "K = 1"
    assert "\n".join(part.notes).startswith(note)
    assert len(part.notes) == (1 if note else 0)


@settings(max_examples=100)
@given(
    cells=st.lists(
        st.text(max_size=30)
        | st.sampled_from(
            [
                CLASS,
                "VAE = 1",
                "VAE = VAE",
                "VAE.elbo = x",
                "del VAE",
                "x = y",
                "class VAE(VAE): pass",
                "VAE = type('VAE', (VAE,), {'elbo': x})",
                "for x in VAE: x.elbo = VAE",
                "def x(VAE): return VAE",
                "VAE = x(VAE)",
                "@x\nclass VAE: exec('def elbo(s): pass')",
                "torch.x = VAE = None",
            ]
        ),
        max_size=6,
    )
)
def test_any_cells_are_sliced_or_turned_away(cells: list[str]) -> None:
    try:
        part = extract(notebook(*(cell.replace("md:", "") for cell in cells)), ASSIGNMENT)
    except Ungradable:
        return
    assert part.cells
    assert part.text
    read_rules(part, None)


def test_the_solved_notebook_keeps_the_class_and_its_imports() -> None:
    part = extract(load(ROOT / "reference" / "vae_solved.ipynb"), ASSIGNMENT)
    assert set(part.methods) == {
        "encoder",
        "sample_with_reparam",
        "decoder",
        "kl_divergence",
        "elbo",
        "sample",
    }
    assert all(line.startswith(("import", "from", "class VAE")) for line in kept(part))
    assert part.notes == ()
