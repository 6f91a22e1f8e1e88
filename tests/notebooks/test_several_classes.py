"""Of several classes the one with the methods is graded, and which one it was is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.rubric import Rubric
from grader.submission import extract, load
from grader.vae import ASSIGNMENT
from tests.notebooks.made import lost, made, solved_class

STUB = "class VAE(nn.Module):\n    pass  # TODO: a bigger one"
TRY_END = "\nexcept Exception:\n    pass"
UNWRITTEN = (
    "class VAE(nn.Module):\n"
    "    def __init__(self, obs_dim, latent_dim, hidden_dim=100):\n"
    "        super().__init__()\n"
    "        self.linear1 = nn.Linear(obs_dim, hidden_dim)\n"
    + "".join(
        f"    def {name}(self, x, y=None):\n        '''Given.'''\n        {body}\n"
        for name, body in {
            "encoder": "raise NotImplementedError('write this')",
            "sample_with_reparam": "pass",
            "decoder": "...",
            "kl_divergence": "return None",
            "elbo": "elbo = None\n        return elbo",
            "sample": "print('to do')\n        raise NotImplementedError",
        }.items()
    )
)
EXPERIMENT = "class VAE(VAE):\n    def elbo(self, x):\n        return 2 * super().elbo(x)"
TRAIN = (
    "vae = VAE(784, 32, 400)\nopt = torch.optim.Adam(vae.parameters())\n"
    "for x in [torch.rand(4, 784)]:\n    loss = -vae.elbo(x).mean()\n    loss.backward()\n"
    "    opt.step()"
)
IN_FUNCTION = (
    "def fit(model, steps):\n    opt = torch.optim.Adam(model.parameters())\n"
    "    for _ in range(steps):\n        (-model.elbo(torch.rand(4, 784)).mean()).backward()\n"
)


def other(factor: str) -> str:
    """A whole class with another ELBO."""
    return solved_class().replace("return -cross_entropy", f"return {factor} - cross_entropy")


CASES = {
    "a stub at the end": {"last": [STUB]},
    "the template's cell at the end": {"last": [UNWRITTEN]},
    "the template's cell right after": {"after": [UNWRITTEN]},
    "the template's cell before": {"before": [UNWRITTEN]},
    "an experiment at the end": {"last": [other("7")]},
    "an experiment on top of it": {"last": [EXPERIMENT]},
    "an experiment that was tried and not trained": {
        "last": [other("7") + "\nVAE(784, 32).elbo(torch.rand(4, 784))"]
    },
    "a first version that was trained too": {"before": [other("7"), TRAIN]},
    "a first version that was not trained": {"before": [other("7")]},
    "a stub under a name's alias": {"last": ["class Small(nn.Module):\n    pass\nVAE = Small"]},
    "a stub that may be defined": {"last": ["try:\n    " + STUB.replace("\n", "\n    ") + TRY_END]},
    "helpers anew beside an experiment": {
        "changes": {"return 0.5 *": "return half() *"},
        "before": ["def half():\n    return 0.5"],
        "last": ["def half():\n    return 'a half'\n\n" + other("half()")],
    },
    "a constant after the template's cell": {
        "changes": {"return 0.5 *": "return HALF *"},
        "after": [UNWRITTEN, "HALF = 0.5"],
    },
}


VERSIONS = [other(str(number)) for number in range(20)]
CASES |= {
    "twenty stubs at the end": {"last": [STUB] * 20},
    "twenty templates' cells at the end": {"last": [UNWRITTEN] * 20},
    "twenty experiments at the end": {"last": VERSIONS},
    "twenty experiments on top of it": {"last": [EXPERIMENT] * 20},
    "twenty earlier versions and a stub": {"before": VERSIONS, "last": [STUB]},
    "twenty earlier versions that were trained": {
        "before": [cell for version in VERSIONS for cell in (version, TRAIN)]
    },
}


def test_of_many_definitions_their_number_and_ends_are_told(tmp_path: Path) -> None:
    code = extract(load(made(tmp_path, last=VERSIONS)), ASSIGNMENT)
    assert (
        "The class VAE is defined in 21 cells, the first of them cell 4 and the last cell 28. The "
        "one in cell 4, line 1, was graded: most methods are written there, and the notebook "
        "trains it."
    ) in code.notes


def test_of_many_untrained_the_last_with_most_methods_is_graded(tmp_path: Path) -> None:
    path = made(tmp_path, last=[*VERSIONS, EXPERIMENT, *[UNWRITTEN] * 20])
    path.write_text(path.read_text().replace(".backward()", ".item()"))
    assert "return 2 * super()" in extract(load(path), ASSIGNMENT).sources["elbo"]


@pytest.mark.parametrize("cells", CASES.values(), ids=list(CASES))
def test_the_class_that_is_written_and_trained_is_graded(
    cells: dict[str, list[str]], tmp_path: Path
) -> None:
    code = extract(load(made(tmp_path, **cells)), ASSIGNMENT)  # type: ignore[arg-type]
    source = code.sources["elbo"]
    assert "return -cross_entropy" in source, source
    told = [note for note in code.notes if "The class VAE is defined in " in note]
    assert len(told) == 1, code.notes
    assert f"The one in cell {code.methods['elbo'].cell}," in told[0]
    assert "half" not in code.text or "return 0.5" in code.text or "HALF = 0.5" in code.text


STEPS = "\n".join(f"    {line}" for line in TRAIN.split("\n")[1:])
MAKERS = {
    "a function": "def make():\n    return VAE(784, 32, 400)\n"
    + TRAIN.replace("VAE(784, 32, 400)", "make()"),
    "a function that trains": f"def main():\n    vae = VAE(784, 32, 400)\n{STEPS}\nmain()",
    "a class that takes the class": "class Trainer:\n    def __init__(self, kind):\n"
    "        self.model = kind(784, 32)\n    def fit(self):\n"
    "        self.model.elbo(torch.rand(4, 784)).mean().backward()\n"
    "vae = Trainer(VAE).fit()",
    "a class": "class Trainer:\n    def __init__(self):\n"
    "        self.model = VAE(784, 32)\n    def fit(self):\n"
    "        self.model.elbo(torch.rand(4, 784)).mean().backward()\n"
    "trainer = Trainer()\ntrainer.fit()",
}


@pytest.mark.parametrize("trained", MAKERS.values(), ids=list(MAKERS))
def test_a_class_that_is_made_out_of_sight_is_trained_all_the_same(
    trained: str, tmp_path: Path
) -> None:
    path = made(tmp_path, after=[trained, other("7"), "VAE(784, 2)"])
    book = json.loads(path.read_text())
    end = next(n for n, cell in enumerate(book["cells"]) if cell["source"] == "VAE(784, 2)")
    path.write_text(json.dumps({**book, "cells": book["cells"][: end + 1]}))
    code = extract(load(path), ASSIGNMENT)
    assert "return -cross_entropy" in code.sources["elbo"]
    assert "and the notebook trains it" in "".join(code.notes)


@pytest.mark.parametrize(
    ("cells", "part"),
    [
        ({"before": [IN_FUNCTION], "last": [other("7"), "fit(VAE(784, 32), 3)"]}, "return 7 -"),
        ({"last": [other("7"), TRAIN]}, "return 7 -"),
        ({"last": [other("7"), TRAIN.replace("vae", "other")]}, "return 7 -"),
        (
            {"last": [TRAIN.replace("vae", "first"), other("7"), "VAE(784, 32)", TRAIN]},
            "return 7 -",
        ),
        ({"after": [EXPERIMENT]}, "return 2 * super()"),
    ],
)
def test_the_last_that_is_trained_is_graded(
    cells: dict[str, list[str]], part: str, tmp_path: Path
) -> None:
    code = extract(load(made(tmp_path, **cells)), ASSIGNMENT)  # type: ignore[arg-type]
    assert part in code.sources["elbo"]


@pytest.mark.parametrize(
    "cells",
    [
        {"last": [other("7"), TRAIN]},
        {"last": [EXPERIMENT, TRAIN, other("7"), TRAIN, UNWRITTEN]},
        {"before": [other("7"), TRAIN], "last": [other("8"), TRAIN]},
        {
            "before": [UNWRITTEN],
            "changes": {
                "class VAE(nn.Module)": "class MyVAE(VAE)",
                "super().__init__()": "nn.Module.__init__(self)",
            },
        },
    ],
)
def test_of_classes_that_are_written_and_trained_the_right_one_counts(
    cells: dict[str, list[str]], candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    path = made(tmp_path, **cells)  # type: ignore[arg-type]
    assert lost(path, candidates, rubric, "kl", "elbo") == []


def test_points_of_two_classes_are_not_added(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    wrong_kl = solved_class().replace("return 0.5 *", "return 5 *")
    assert lost(
        made(tmp_path, {"return -cross": "return 7 - cross"}, after=[TRAIN, wrong_kl, TRAIN]),
        candidates,
        rubric,
        "kl",
        "elbo",
    )


def test_one_class_is_no_news(tmp_path: Path) -> None:
    code = extract(load(made(tmp_path, last=["class Other(nn.Module):\n    pass"])), ASSIGNMENT)
    assert code.notes == ()


def test_a_session_has_the_latest(tmp_path: Path) -> None:
    notebook = load(made(tmp_path, last=[other("7")]))
    assert "return 7 -" in extract(notebook, ASSIGNMENT, latest=True).sources["elbo"]
    assert "return -cross" in extract(notebook, ASSIGNMENT).sources["elbo"]
