"""Notebooks that count on 60,000 images, and runs that the grader's surroundings stop."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from grader.examiner.run_causes import cause
from grader.examiner.run_explanations import (
    CellFailure,
    hide_folders,
    may_need_more_data,
    names_amounts,
)
from grader.examiner.run_outcome import RunOutcome, choose_outcome
from grader.examiner.runner import Runner
from grader.report.result import NO_ERROR
from grader.report.result import Run as Came
from grader.submission.load import load
from grader.vae import ASSIGNMENT
from tests.examiner.conftest import solved_cells
from tests.warm_servers import Servers

Start = Callable[..., Came]
DATA = ASSIGNMENT.data()
COUNTS = (640, 150)


@pytest.fixture(scope="module")
def runner(servers: Servers) -> Iterator[Runner]:
    warm, _, folder = servers
    with Runner(warm, folder, ASSIGNMENT) as found:
        yield found


@pytest.fixture
def run(runner: Runner, tmp_path: Path) -> Start:
    """The entry of a notebook of these cells, behind imports and the loaders of MNIST."""

    def execute(*cells: str) -> Came:
        imports, loaders, *_ = solved_cells()
        cells = (imports, loaders, *cells)
        node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        path = tmp_path / "vae.ipynb"
        path.write_text(json.dumps(node), encoding="utf-8")
        return runner.start_run(load(path)).result(300).run

    return execute


LOADER = "torch.utils.data.DataLoader"
COUNTING = (
    "a, b = torch.utils.data.random_split(train_loader.dataset, [50000, 10000])\n"
    f"x, y = next(iter({LOADER}(b, 128)))\nassert len(x) == 128",
    "assert len(train_loader.dataset) == 60000 and len(test_loader.dataset) == 10000",
    f"part = torch.utils.data.Subset(train_loader.dataset, range(50000))\n"
    f"for x, y in {LOADER}(part, 128, shuffle=True):\n    pass\nassert len(part) == 50000",
    f"full = {LOADER}(test_loader.dataset, batch_size=1000, drop_last=True)\n"
    "for x, y in full:\n    last = x\nprint(last.shape)",
    "history = []\nfor epoch in range(3):\n    for step, (x, y) in enumerate(train_loader):\n"
    "        if (step + 1) % 100 == 0:\n            history.append(step)\nprint(history[-1])",
    "images = train_loader.dataset.data[:50000].float() / 255\n"
    "valid = train_loader.dataset.data[50000:].float() / 255\n"
    "print(valid.view(len(valid), -1).mean(0).max().item() / len(valid))\n"
    "assert images.shape == (50000, 28, 28)",
    f"sampler = torch.utils.data.SubsetRandomSampler(range(50000, 60000))\n"
    f"x, y = next(iter({LOADER}(train_loader.dataset, 128, sampler=sampler)))",
)


def test_code_that_counts_on_the_size_of_mnist_works(run: Start) -> None:
    for cell in COUNTING[:1]:
        came = run(cell)
        assert came.status == "completed", (cell, came)
        assert "Cell 3 counts on the size of MNIST" in came.notes[0]
    came = run(*COUNTING)
    assert came.status == "completed", came


def test_loops_are_cut_short_and_every_hundredth_step_is_seen(run: Start) -> None:
    came = run(
        "assert len(train_loader.dataset) == 60000",
        "counts = [sum(1 for _ in train_loader) for _ in range(3)]\n"
        "assert counts == [101, 101, 5], counts",
        f"assert sum(len(x) for x, y in {LOADER}(test_loader.dataset, 1000)) == 10000",
    )
    assert came.status == "completed", came


def test_what_no_run_here_can_reach_is_said_to_be_none_of_the_students(run: Start) -> None:
    came = run("final_loss = 230.0", "assert final_loss < 120, 'train longer'")
    assert (came.status, came.cell) == ("failed", 4)
    assert came.notes[0].startswith(NO_ERROR)
    assert "small part of MNIST, 640 images for training and 150 for tests" in came.notes[0]


def test_an_assert_that_speaks_of_no_amount_is_not_excused(run: Start) -> None:
    came = run("def check(right, why=''):\n    assert right, why", "check(1 == 2, 'debug')")
    assert (came.status, came.cell, came.notes) == ("failed", 4, ())


def test_a_name_that_no_loop_binds_is_not_excused(run: Start) -> None:
    came = run("del nn\nlayer = nn.Linear(2, 2)")
    assert (came.status, came.cell, came.notes) == ("failed", 3, ())
    came = run("for x, y in []:\n    last = x", "print(last)")
    assert came.status == "failed"
    assert came.notes[0].startswith(NO_ERROR)


def test_a_long_line_is_read_at_once() -> None:
    """A pattern over a student's text may take for ever."""
    source = "# MNIST\nfor x in []:\n    last = x\n"
    failure = CellFailure("NameError", "name 'x' is not defined")
    assert may_need_more_data(failure, [source], ASSIGNMENT)
    assert not may_need_more_data(failure, [f"{source}{'for x ' * 20_000}"], ASSIGNMENT)


def test_an_error_of_the_class_says_nothing_of_data(run: Start) -> None:
    came = run(
        "class VAE(nn.Module):\n    def elbo(self, x):\n        raise ValueError('no')",
        "VAE().elbo(3)",
    )
    assert (came.status, came.cell, came.notes) == ("failed", 4, ())


TRAINING = (
    "for step, (x, y) in enumerate(train_loader):\n    x = x.view(len(x), {width})\n"
    "    loss = -model.{method}(x).mean()"
)


@pytest.mark.parametrize(("width", "method"), [(700, "forward"), (784, "forwards")])
def test_an_error_of_the_students_in_a_training_loop_is_not_excused(
    width: int, method: str, run: Start
) -> None:
    came = run("model = nn.Linear(784, 1)", TRAINING.format(width=width, method=method))
    assert (came.status, came.cell, came.notes) == ("failed", 4, ())


def test_a_shape_that_comes_of_few_images_is_excused() -> None:
    few = "RuntimeError: shape '[100, 64]' is invalid for input of size {}"
    small = RunOutcome(Came("failed", cell=4, error=few.format(640)), may_need_more_data=True)
    large = RunOutcome(Came("failed", cell=4, error=few.format(6464)))
    assert choose_outcome(small, large, DATA, COUNTS).run.notes[0].startswith(NO_ERROR)


@pytest.mark.parametrize(
    ("small", "large", "status", "cell"),
    [
        (3, None, "completed", None),
        (3, 5, "failed", 5),
        (3, 3, "failed", 3),
        (5, 3, "failed", 5),
    ],
)
def test_the_run_that_got_further_counts(
    small: int, large: int | None, status: str, cell: int | None
) -> None:
    first = RunOutcome(Came("failed", cell=small, error="first"), may_need_more_data=True)
    second = Came("failed", cell=large, error="second") if large else Came("completed")
    chosen = choose_outcome(first, RunOutcome(second), DATA, COUNTS).run
    assert (chosen.status, chosen.cell) == (status, cell)
    repeats = any("repeat 640" in note for note in chosen.notes)
    assert repeats == (chosen.error != "first")
    assert any(note.startswith(NO_ERROR) for note in chosen.notes) == (chosen.error == "first")


@pytest.mark.parametrize(
    ("name", "text", "counts"),
    [
        ("StopIteration", "", True),
        ("AssertionError", "", True),
        ("NameError", "name 'loss' is not defined", True),
        ("NameError", "name 'lost' is not defined", False),
        ("NotImplementedError", "", False),
        ("ImportError", "cannot import name 'x'", False),
        ("SyntaxError", "invalid syntax", False),
        ("AttributeError", "'Net' object has no attribute 'los'", False),
        ("AttributeError", "'NoneType' object has no attribute 'loss'", True),
        ("TypeError", "forward() takes 2 positional arguments but 3 were given", False),
        ("TypeError", "'>' not supported between 'NoneType' and 'int'", True),
    ],
)
def test_which_errors_may_come_of_few_images(name: str, text: str, counts: bool) -> None:
    sources = ["dataset = datasets.MNIST", "for x in loader:\n    loss = 1", "loss"]
    failure = CellFailure(name, text, "", "Cell In[3], line 1")
    assert may_need_more_data(failure, sources, ASSIGNMENT) == counts
    assert not may_need_more_data(failure, ["loss", "loss"], ASSIGNMENT)
    inside = CellFailure(name, text, "", "Cell In[3], line 1, in VAE.elbo(self)")
    assert not may_need_more_data(inside, sources, ASSIGNMENT)


@pytest.mark.parametrize(
    ("name", "text", "source", "names"),
    [
        ("AssertionError", "debug", "assert 1==2, 'debug'", False),
        ("AssertionError", "", "assert isinstance(vae, nn.Module)", False),
        ("AssertionError", "", "assert not torch.isnan(mu).any()", False),
        ("AssertionError", "", "print(len(x))\nassert False, 'TODO'", False),
        ("ValueError", "boom", "raise ValueError('boom')", False),
        ("TypeError", "can only concatenate str", "'a' + 1", False),
        ("AssertionError", "too few images", "assert ok, message", True),
        ("AssertionError", "", "assert len(x) == 128", True),
        ("AssertionError", "", "assert (\n    n_batches\n    > 3\n)", True),
        ("AssertionError", "", "assert n == 60_000", True),
        ("AssertionError", "", "for x in y:\n    assert x.shape[0] == 128", True),
        ("AssertionError", "train longer", "assert a < b, 'train longer'", True),
        ("AssertionError", "", "assert final_loss < best", True),
        ("AssertionError", "", "%time\nassert train_size > 3", True),
        ("ValueError", "num_samples should be a positive integer", "make()", True),
        ("TypeError", "unsupported: 'NoneType' and 'int'", "best + 1", True),
        ("StopIteration", "", "next(it)", True),
        ("IndexError", "list index out of range", "a[b]", True),
        ("NameError", "name 'last' is not defined", "last", True),
    ],
)
def test_whether_what_failed_speaks_of_amounts(
    name: str, text: str, source: str, names: bool
) -> None:
    lines = source.splitlines()
    number = next((at for at, one in enumerate(lines, 1) if "assert" in one), 1)
    pointed = f"----> {number} {lines[number - 1]}"
    trace = f"{name}   Traceback (most recent call last)\nCell In[3], line {number}\n{pointed}\n"
    assert names_amounts(CellFailure(name, text, source, trace), DATA) == names


@pytest.mark.parametrize(
    ("name", "text", "source", "words"),
    [
        ("URLError", "<urlopen error [Errno -3] name resolution>", "", "no network"),
        ("RuntimeError", "Error downloading train-images-idx3-ubyte.gz", "", "MNIST alone"),
        ("ModuleNotFoundError", "No module named 'wandb'", "", "not installed"),
        ("PermissionError", "[Errno 13] Permission denied: '/home'", "", "its own folder"),
        ("OSError", "[Errno 1] Operation not permitted", "", "no programs"),
        ("FileNotFoundError", "[Errno 2] No such file: 'train.csv'", "", "no file but"),
        ("NameError", "name 'dbutils' is not defined", "", "Databricks"),
        ("StdinNotImplementedError", "raw_input was called", "", "to answer"),
        ("AssertionError", "", "assert torch.cuda.is_available()", "CPU alone"),
        ("AssertionError", "Torch not compiled with CUDA enabled", "", "CPU alone"),
        ("MemoryError", "", "", "memory"),
    ],
)
def test_what_the_surroundings_lack_is_said(name: str, text: str, source: str, words: str) -> None:
    note = cause(CellFailure(name, text, source), ASSIGNMENT) or ""
    assert note.startswith(NO_ERROR)
    assert words in note


@pytest.mark.parametrize("name", ["ValueError", "RuntimeError", "TypeError", "AssertionError"])
def test_nothing_is_said_of_surroundings_that_lack_nothing(name: str) -> None:
    failure = CellFailure(name, "mat1 and mat2 shapes cannot be multiplied", "vae.elbo(x)")
    assert cause(failure, ASSIGNMENT) is None


def test_no_message_names_a_place_of_the_graders(tmp_path: Path) -> None:
    import torch

    text = (
        f"No such file: '{tmp_path}/work/data.csv' in {tmp_path}/home/x.py, "
        f"{torch.__file__} and {Path(__file__).parents[2]}/grader/candidate/kernel.py"
    )
    cleaned = hide_folders(text, tmp_path)
    assert cleaned == (
        "No such file: 'data.csv' in ~/home/x.py, torch/__init__.py and grader/candidate/kernel.py"
    )
