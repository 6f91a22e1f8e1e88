"""A class under another name counts where the template's own stays as it was given."""

from __future__ import annotations

import pytest

from tests.submission.build import sliced

NAMES = {
    "encoder": "x",
    "sample_with_reparam": "mu, logsigma",
    "decoder": "z",
    "kl_divergence": "mu, logsigma",
    "elbo": "x",
    "sample": "num_samples",
}
INIT = "    def __init__(self, obs_dim, latent_dim, hidden_dim=100):\n        super().__init__()\n"
TRAIN = "vae = {}(784, 32)\nfor x in [1]:\n    vae.elbo(x).backward()"


def kind(head: str, body: str, *names: str, more: str = "") -> str:
    """A class with these methods, or with all."""
    methods = (
        f"    def {name}(self, {NAMES[name]}{more}):\n        {body}\n" for name in names or NAMES
    )
    return f"class {head}:\n{INIT}{''.join(methods)}"


STUB = kind("VAE(nn.Module)", "raise NotImplementedError")
WRITTEN = kind("VAE(nn.Module)", "return self.f() + 1")
PART = kind("VAE(nn.Module)", "return self.f() + 1", "encoder", "decoder")
REST = ("sample_with_reparam", "kl_divergence", "elbo", "sample")


@pytest.mark.parametrize(
    ("cells", "graded", "reason"),
    [
        ([STUB, kind("MyVAE(VAE)", "return self.f()")], "MyVAE", "most methods are written"),
        (
            [STUB, kind("MyVAE(VAE)", "return self.f()"), TRAIN.format("MyVAE")],
            "MyVAE",
            "most methods are written there, and the notebook trains it",
        ),
        ([PART, kind("VAE2(VAE)", "return self.f()", *REST)], "VAE2", "most methods are written"),
        (
            [
                STUB,
                kind("VAE1(VAE)", "return self.f()", "encoder", "decoder"),
                kind("VAE2(VAE1)", "return self.f()", *REST),
            ],
            "VAE2",
            "most methods",
        ),
        ([STUB, "Base = VAE", kind("MyVAE(Base)", "return self.f()")], "MyVAE", "most methods"),
        ([STUB, kind("MyVAE(nn.Module)", "return self.f()")], "MyVAE", "most methods"),
        (
            [STUB, kind("K", "return self.f()"), "MyVAE = type('MyVAE', (K, VAE), {})"],
            "MyVAE",
            "most methods",
        ),
        (
            [WRITTEN, kind("MyVAE(VAE)", "return self.f()", "elbo"), TRAIN.format("MyVAE")],
            "MyVAE",
            "as many methods are written there, and the notebook trains it",
        ),
        (
            [WRITTEN, "vae = VAE(7, 3)", kind("B(VAE)", "return self.f()"), TRAIN.format("B")],
            "B",
            "as many methods",
        ),
    ],
)
def test_a_class_by_another_name_is_graded(cells: list[str], graded: str, reason: str) -> None:
    code = sliced(*cells)
    assert code.assignment.class_name == graded
    (note,) = [note for note in code.notes if "in the place of VAE" in note]
    assert note.startswith(f"The class {graded} in cell ")
    assert reason in note
    assert [rival.assignment.class_name for rival in code.rivals] == ["VAE"]
    assert "it earns more points than" in "".join(code.rivals[0].notes)


@pytest.mark.parametrize(
    "cells",
    [
        # an exercise beside the class
        [WRITTEN, kind("Beta(VAE)", "return self.f()", "elbo"), TRAIN.format("VAE")],
        [WRITTEN, kind("Beta(VAE)", "return self.f()", "elbo")],
        [
            WRITTEN,
            TRAIN.format("VAE"),
            kind("Beta(VAE)", "return self.f()", "elbo"),
            TRAIN.format("Beta"),
        ],
        # of another kind: its methods take labels
        [STUB, kind("CVAE(VAE)", "return self.f()", more=", y"), TRAIN.format("CVAE")],
        # another class beside one that is begun
        [PART, kind("Net(nn.Module)", "return self.f()"), TRAIN.format("Net")],
        # the class itself
        [STUB, kind("MyVAE(VAE)", "return self.f()"), "VAE = MyVAE", TRAIN.format("MyVAE")],
        [kind("Base(nn.Module)", "return self.f()"), "class VAE(Base): pass"],
        [STUB, "Model = VAE", TRAIN.format("Model")],
    ],
)
def test_the_class_by_its_name_is_graded(cells: list[str]) -> None:
    code = sliced(*cells)
    assert code.assignment.class_name == "VAE"
    assert not any("in the place of" in note for note in code.notes)
    assert code.rivals == ()


@pytest.mark.parametrize(
    ("cells", "graded", "rivals"),
    [
        ([WRITTEN, TRAIN, WRITTEN.replace("1", "2"), TRAIN], 3, [1]),
        ([WRITTEN, TRAIN, WRITTEN.replace("1", "2")], 1, [3]),
        ([WRITTEN, TRAIN, WRITTEN.replace("1", "2"), TRAIN, STUB], 3, [1]),
        ([WRITTEN, WRITTEN.replace("1", "2"), TRAIN], 2, []),
        ([WRITTEN, TRAIN, PART, TRAIN], 1, []),
        ([WRITTEN, TRAIN, WRITTEN, TRAIN], 3, []),
        (
            [WRITTEN, TRAIN, WRITTEN.replace("1", "2"), TRAIN, WRITTEN.replace("1", "3"), TRAIN],
            5,
            [3, 1],
        ),
    ],
)
def test_what_was_trained_or_is_there_at_the_end_may_count(
    cells: list[str], graded: int, rivals: list[int]
) -> None:
    code = sliced(*(cell.format("VAE") if cell is TRAIN else cell for cell in cells))
    assert code.methods["elbo"].cell == graded
    assert [rival.methods["elbo"].cell for rival in code.rivals] == rivals
    for rival in code.rivals:
        told = "".join(rival.notes)
        assert f"it earns more points than the one in cell {graded}, line 1." in told
