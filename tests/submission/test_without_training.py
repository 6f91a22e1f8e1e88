"""What a training loop binds for the class is there without the training."""

from __future__ import annotations

from grader.submission.slices import Slice
from grader.submission.wider import wider
from tests.submission.build import CLASS, execute, sliced

WEIGHTED = CLASS.replace("return x.sum(-1)", "return weight * x.sum(-1)")
STEP = "        opt.zero_grad(); loss = -vae.elbo(x).mean(); loss.backward(); opt.step()\n"
MODEL = "vae = VAE(784, 32)\nopt = torch.optim.Adam(vae.parameters())"


def widened(loop: str, *before: str) -> Slice:
    return next(wider(sliced("from torch import nn", *before, WEIGHTED, MODEL, loop)))


def weight(loop: str, *before: str) -> object:
    """The weight that the class meets; no model, optimiser or data is there to be used."""
    part = widened(loop, *before)
    wanted = [cell for cell in part.cells if "weight" in cell.source and "class" not in cell.source]
    made = Slice(tuple(wanted), part.program, part.definition)
    return execute(made, loader=[1, 2, 3]).get("weight")


def test_a_weight_that_is_annealed_ends_as_in_training() -> None:
    loop = "for epoch in range(5):\n    weight = min(1, epoch / 2)\n    for x in loader:\n" + STEP
    assert weight(loop) == 1
    assert weight(loop, "weight = 0.0") == 1
    assert "backward" not in widened(loop).text


def test_what_heads_of_loops_and_blocks_bind_is_bound() -> None:
    assert weight("for weight, x in enumerate(loader):\n" + STEP) == 2
    assert weight("for x in (weight := [1, 2]):\n" + STEP) == [1, 2]
    with_bar = "import io\nwith io.StringIO('bar') as weight:\n    for x in loader:\n" + STEP
    assert weight(with_bar) is not None


def test_a_loop_without_an_end_ends() -> None:
    loop = "weight = 0\nwhile True:\n    weight += 1\n    for x in loader:\n" + STEP
    loop += "    if loss < 3:\n        break"
    assert weight(loop) == 500


def test_a_function_that_trains_is_called_for_the_globals_that_it_binds() -> None:
    function = "def train(epochs):\n    global weight\n    for weight in range(epochs):\n"
    function += "      for x in loader:\n" + STEP
    assert weight(function + "train(4)") == 3
    assert weight(function + "for more in [2, 3]:\n    train(more)") == 2


def test_what_comes_from_a_model_is_left_out() -> None:
    loop = "for x in loader:\n    weight = 2\n    loss = -vae.elbo(x).mean()\n"
    loop += "    best = loss.item()\n    weight = best / best\n    loss.backward()"
    assert weight(loop) == 2
    assert "best" not in widened(loop).text


def test_lines_keep_their_numbers() -> None:
    loop = "for x in loader:\n    weight = 2;" + STEP.strip() + "\n\nafter = weight"
    lines = next(c.source for c in widened(loop).cells if "after" in c.source).split("\n")
    assert lines.index("after = weight") == 3
    short = "for weight in [1, 2]: a = weight; b = a; vae.elbo(b).backward(); c = b; weight = c"
    assert weight(short) == 2
