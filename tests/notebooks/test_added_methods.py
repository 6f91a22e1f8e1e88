"""A method may come to the class in any way; its rules and its place are known all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.rubric import Rubric
from grader.submission import extract, load, read_rules
from grader.vae import ASSIGNMENT
from tests.notebooks.made import lost, made

BODY = (
    "    variance = torch.exp(2 * logsigma)\n"
    "    return 0.5 * (mu**2 + variance - 1 - 2 * logsigma).sum(dim=-1)\n"
)
KL = "def kl_divergence(self, mu, logsigma):\n" + BODY
ANNOTATED = KL.replace("self", "self: VAE")
UNWRITTEN = {
    "        variance = torch.exp(2 * logsigma)\n"
    "        return 0.5 * (mu**2 + variance - 1 - 2 * logsigma).sum(dim=-1)\n": (
        "        raise NotImplementedError\n"
    )
}

WAYS = {
    "assignment": KL + "VAE.kl_divergence = kl_divergence",
    "assignment of several": KL + "VAE.kl_divergence, VAE.more = kl_divergence, 1",
    "setattr": KL + "setattr(VAE, 'kl_divergence', kl_divergence)",
    "setattr in a loop": KL + "for f in [kl_divergence]:\n    setattr(VAE, f.__name__, f)",
    "setattr in a comprehension": KL + "[setattr(VAE, f.__name__, f) for f in (kl_divergence,)]",
    "patch that reads an annotation": "def patch(f):\n"
    "    setattr(f.__annotations__['self'], f.__name__, f)\n    return f\n@patch\n" + ANNOTATED,
    "patch that reads a text": "def patch(f):\n"
    "    kind = globals()[next(iter(f.__annotations__.values()))]\n"
    "    setattr(kind, f.__name__, f)\n@patch\n" + ANNOTATED.replace("VAE", "'VAE'"),
    "patch by type hints": "import typing\ndef patch(f):\n"
    "    owner = typing.get_type_hints(f)['self']\n    owner.kl_divergence = f\n@patch\n"
    + ANNOTATED,
    "patch by the signature": "import inspect\ndef patched(keep=True):\n    def wrap(f):\n"
    "        first = next(iter(inspect.signature(f).parameters.values()))\n"
    "        setattr(first.annotation, f.__name__, f)\n        return f\n    return wrap\n"
    "@patched()\n" + ANNOTATED,
    "patch that names the class": "def patch(f):\n    setattr(VAE, f.__name__, f)\n    return f\n"
    "@patch\n" + KL,
    "call of what names the class": "def patch(f):\n    VAE.kl_divergence = f\n"
    + KL
    + "patch(kl_divergence)",
    "call with a name": "def add(name, f):\n    setattr(VAE, name, f)\n"
    + KL
    + "add('kl_divergence', kl_divergence)",
    "lambda that names the class": "method = lambda f: setattr(VAE, f.__name__, f)\n@method\n" + KL,
    "object that names the class": "class Method:\n    def __call__(self, f):\n"
    "        setattr(VAE, f.__name__, f)\nmethod = Method()\n@method\n" + KL,
    "fastcore's patch": "from fastcore.basics import patch\n@patch\n" + ANNOTATED,
    "fastcore's patch_to": "from fastcore.all import *\n@patch_to(VAE)\n" + KL,
    "d2l's add_to_class": "from d2l import torch as d2l\n@d2l.add_to_class(VAE)\n" + KL,
    "d2l's add_to_class by name": "from d2l.torch import add_to_class\n@add_to_class(VAE)\n" + KL,
    "a missing package's patch": "import gone\n@gone.tools.patch\n" + ANNOTATED,
    "jdc": f"%%add_to VAE\n{KL}\n",
    "jdc, and its time": f"%%time\n%%add_to VAE\n# mine\ndef more(self):\n    return 1\n{KL}",
    "decorator by keyword": "def method(cls=None):\n    def wrap(f):\n"
    "        setattr(cls, f.__name__, f)\n        return f\n    return wrap\n@method(cls=VAE)\n"
    + KL,
    "function that is given the class": "def complete(cls):\n    def kl(self, mu, logsigma):\n"
    + BODY.replace("    ", "        ")
    + "    cls.kl_divergence = kl\n    return cls\ncomplete(VAE)",
    "function that is given both": KL + "def add(cls, function):\n"
    "    setattr(cls, function.__name__, function)\nadd(VAE, kl_divergence)",
    "function that is given both by name": KL + "def add(owner, **named):\n"
    "    for name, f in named.items():\n        setattr(owner, name, f)\n"
    "add(owner=VAE, kl_divergence=kl_divergence)",
    "function whose result is the class": KL + "def complete(cls):\n"
    "    cls.kl_divergence = kl_divergence\n    return cls\nVAE = complete(VAE)",
    "helper of the notebook": KL + "class Registry:\n    def put(self, kind, f):\n"
    "        setattr(kind, f.__name__, f)\nRegistry().put(VAE, kl_divergence)",
    "mixin as a base": "class Divergence:\n    "
    + KL.replace("\n    ", "\n        ")
    + "\nVAE = type('VAE', (Divergence, VAE), {})",
    "partial": "import functools\n" + KL + "functools.partial(setattr, VAE)('kl_divergence', "
    "kl_divergence)",
}


TOLD_BY_RUNNING = WAYS.pop("partial")


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_a_method_that_is_added_counts(
    way: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    assert lost(made(tmp_path, UNWRITTEN, after=[way]), candidates, rubric, "kl") == []


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_a_method_that_is_added_keeps_the_rules(way: str, tmp_path: Path) -> None:
    forbidden = way.replace(
        "variance = torch.exp(2 * logsigma)", "variance = torch.distributions.Normal(0, 1).scale"
    )
    assert forbidden != way
    code = extract(load(made(tmp_path, UNWRITTEN, after=[forbidden])), ASSIGNMENT)
    assert {finding.task for finding in read_rules(code, None)} == {"kl"}


def test_other_decorators_of_a_missing_package_change_nothing(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    cells = ["import gone", "@gone.patch\ndef half(x):\n    return x / 2"]
    changes = {
        "    def kl_divergence": "    @gone.extend\n    def kl_divergence",
        "class VAE": "@gone.register\nclass VAE",
    }
    path = made(tmp_path, changes, cells, ["gone.add_to(1)"])
    assert lost(path, candidates, rubric, "kl") == []


def test_what_trains_is_no_change_of_the_class(tmp_path: Path) -> None:
    train = (
        "def train(cls):\n    vae = cls(784, 32)\n    vae.count = 1\n"
        "    vae.elbo(torch.rand(2, 784)).mean().backward()\ntrain(VAE)"
    )
    code = extract(load(made(tmp_path, last=[train])), ASSIGNMENT)
    assert "train(VAE)" not in code.text
