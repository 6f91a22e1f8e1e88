"""What later cells do to libraries doesn't reach the class; what earlier ones do, does."""

from __future__ import annotations

import pytest

from tests.submission.build import kept, sliced

IMPORTS = "import torch, numpy as np\nimport torch.nn.functional as F\nfrom torch import Tensor"
CLASS = """class VAE:
    def sample(self, n):
        F.relu, np.random.randn(3), Tensor.sum, torch.special
        return torch.randn(n) * torch.exp(helper(SCALE))"""
HELPERS = "def helper(x): return x\nSCALE = [1]"
USE = "vae = VAE(784, 2)\nfor x in train_loader:\n    vae.elbo(x)"
ALWAYS = [*IMPORTS.split("\n"), "class VAE:", *HELPERS.split("\n")]

BREAKING = [
    "torch.randn = None",
    "torch.exp = 3",
    "F.relu = None",
    "torch.Tensor.sum = None",
    "Tensor.sum = 0",
    "del torch.randn",
    "delattr(torch, 'randn')",
    "setattr(torch, 'randn', None)",
    "np.random.randn = None",
    "torch.special.expit = None",
    "torch.nn.functional.relu = None",
]
REPLACING = [
    "torch.randn = lambda *a: None",
    "torch.randn, torch.exp = 1, 2",
    "setattr(torch, 'randn', len)",
    "torch.set_default_dtype(torch.float64)",
    "torch.set_default_device('meta')",
    "np.random.randn = np.random.rand",
    "torch.randn += 1",
    "for n in ('randn', 'exp'): setattr(torch, n, None)",
    "if True: torch.exp = 3",
    "with x: F.relu = None",
]


@pytest.mark.parametrize("change", [*BREAKING, *REPLACING])
def test_a_change_of_a_library_counts_until_the_class_is_used(change: str) -> None:
    first = change.split("\n")[0]
    assert first in kept(sliced(IMPORTS, change, CLASS, HELPERS, USE))
    assert sorted(kept(sliced(IMPORTS, CLASS, HELPERS, USE, change))) == sorted(ALWAYS)
    assert sorted(kept(sliced(IMPORTS, CLASS, HELPERS, change))) == sorted(ALWAYS)
    between = kept(sliced(IMPORTS, CLASS, HELPERS, change, USE))
    assert (first in between) == (change in REPLACING)


@pytest.mark.parametrize(
    "use",
    [
        USE,
        "Model = VAE\nm = Model(1)",
        "def train():\n    return VAE(1)\ntrain()",
        "def make(): return VAE(1)\ndef train(): make()\nif True:\n    train()",
        "print(VAE(784, 2))",
    ],
)
def test_every_use_of_the_class_ends_it(use: str) -> None:
    change = "torch.randn = torch.rand"
    assert change in kept(sliced(IMPORTS, CLASS, HELPERS, change, use))
    assert change not in kept(sliced(IMPORTS, CLASS, HELPERS, use, change))


@pytest.mark.parametrize("alias", ["G = F", "G = torch.nn.functional", "G = torch\nH = G"])
def test_a_part_of_a_library_by_another_name_is_one(alias: str) -> None:
    name = "H" if "H" in alias else "G"
    change = f"{name}.relu = None"
    uses = f"class VAE:\n    def elbo(self, x): return {name}.relu(x)"
    assert change in kept(sliced(IMPORTS, alias, change, uses, USE))
    assert change not in kept(sliced(IMPORTS, alias, uses, USE, change))


@pytest.mark.parametrize("binding", ["torch = None", "F = 3", "F = len", "def F(): pass"])
def test_a_library_keeps_its_name(binding: str) -> None:
    assert sorted(kept(sliced(IMPORTS, CLASS, HELPERS, USE, binding))) == sorted(ALWAYS)
    assert binding in kept(sliced(IMPORTS, CLASS, HELPERS, binding, USE))


@pytest.mark.parametrize(
    "statement",
    [
        "VAE.elbo = len",
        "setattr(VAE, 'elbo', None)",
        "del VAE.elbo",
        "SCALE.append(1)",
        "SCALE[0] = 1",
        "helper.scale = 3",
    ],
)
def test_what_is_done_to_the_class_and_its_helpers_counts_to_the_end(statement: str) -> None:
    assert statement in kept(sliced(IMPORTS, CLASS, HELPERS, USE, statement))


REBINDINGS = [
    "def helper(x): return 2",
    "helper = len",
    "SCALE = [2]",
    "for SCALE in [1, 2]: pass",
]


@pytest.mark.parametrize("statement", REBINDINGS)
def test_what_a_name_is_bound_to_after_the_last_use_is_for_itself(statement: str) -> None:
    assert statement not in kept(sliced(IMPORTS, CLASS, HELPERS, USE, statement))
    if not statement.startswith("for"):
        assert statement in kept(sliced(IMPORTS, CLASS, HELPERS, USE, statement, "vae.sample(3)"))
        assert statement in kept(sliced(IMPORTS, CLASS, HELPERS, statement))


@pytest.mark.parametrize(
    "statement", ["sum = 0", "for sum in [1, 2]: pass", "def sum(x): pass", "from numpy import *"]
)
def test_a_builtin_that_is_replaced_after_the_last_use_stays(statement: str) -> None:
    uses = "class VAE:\n    def elbo(self, x): return sum(x)"
    assert statement not in kept(sliced(IMPORTS, uses, USE, statement))


def test_a_helper_that_a_later_cell_puts_into_a_library() -> None:
    uses = "class VAE:\n    def elbo(self, x): return torch.squared(x)"
    put = "torch.squared = lambda x: x**2"
    assert put in kept(sliced(IMPORTS, uses, put, USE))


KEPT = [
    ("old = torch.randn", "torch.randn = len", "torch.randn = old"),
    ("a, old = 1, torch.randn", "torch.randn = len", "torch.randn = old"),
    ("old = getattr(torch, 'randn')", "setattr(torch, 'randn', len)", "torch.randn = old"),
    ("torch.old = torch.randn", "torch.randn = len", "setattr(torch, 'randn', torch.old)"),
    ("K = {}\nK['f'] = F.relu", "F.relu = len", "F.relu = K['f']"),
]


@pytest.mark.parametrize(("keep", "replace", "back"), KEPT)
def test_what_is_replaced_for_a_first_try_is_put_back(keep: str, replace: str, back: str) -> None:
    test = "print(VAE(784, 2).sample(3))"
    cells = [IMPORTS, CLASS, HELPERS, keep, replace, test, back, USE]
    assert {keep.split("\n")[0], replace, back} <= set(kept(sliced(*cells)))
    assert back not in kept(sliced(IMPORTS, CLASS, HELPERS, keep, USE, replace, test, back))


@pytest.mark.parametrize("back", ["torch.randn = len", "torch.randn = other", "F.relu = old"])
def test_what_is_put_in_its_place_later_is_no_return(back: str) -> None:
    cells = ["old, other = torch.randn, len", "torch.randn = abs", USE, back]
    assert back not in kept(sliced(IMPORTS, CLASS, HELPERS, *cells))


def test_contents_of_what_a_library_holds() -> None:
    uses = "class VAE:\n    def elbo(self, x): return held['x']"
    put = "held['x'] = 1"
    assert put in kept(sliced(IMPORTS, "held = torch.held", uses, USE, put))


def test_a_later_import_counts() -> None:
    late = kept(sliced("import torch.nn as nn", CLASS, HELPERS, IMPORTS, USE))
    assert set(IMPORTS.split("\n")) <= set(late)
