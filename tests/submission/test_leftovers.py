"""Advice names the lines of plots, displays and debuggers in methods, and no others."""

from __future__ import annotations

import pytest

from grader.submission.leftovers import find_leftovers
from tests.submission.build import sliced

HEAD = "import matplotlib.pyplot as plt\nimport torch.nn as nn\nfrom tqdm import tqdm\nimport pdb"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("display(x)", "a display"),
        ("breakpoint()", "a debugger"),
        ("pdb.set_trace()", "a debugger"),
        ("from ipdb import set_trace; set_trace()", "a debugger"),
        ("import IPython; IPython.embed()", "a debugger"),
        ("input('?')", "a question"),
        ("plt.imshow(x); plt.show()", "a plot"),
        ("import seaborn as sns; sns.heatmap(x)", "a plot"),
        ("for _ in tqdm(x): pass", "a progress bar"),
        ("show(x)", "a plot"),
    ],
)
def test_the_line_is_named(line: str, what: str) -> None:
    source = f"class VAE(nn.Module):\n    def elbo(self, x):\n        {line}\n        return x\n"
    told = find_leftovers(sliced(HEAD, "def show(x):\n    plt.imshow(x)", source))
    assert len(told) == 1
    assert f"hold {what} (cell {2 if line == 'show(x)' else 3}" in told[0]
    assert line == "show(x)" or "line 3)" in told[0]


@pytest.mark.parametrize(
    "line",
    [
        "input = x; return input.view(-1)",
        "return self.display(x)",
        "return nn.functional.relu(x)",
        "print(x)",
    ],
)
def test_what_a_method_needs_is_no_leftover(line: str) -> None:
    source = f"class VAE(nn.Module):\n    def elbo(self, x):\n        {line}\n"
    assert find_leftovers(sliced(HEAD, source, "plt.show(); display(VAE)")) == ()


def test_an_own_function_of_that_name_counts_as_own() -> None:
    source = "class VAE:\n    def elbo(self, x):\n        return display(x)\n"
    assert find_leftovers(sliced("def display(x): return x", source)) == ()
