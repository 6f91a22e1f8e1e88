"""Training sanity: right and wrong classes, and replies that are not to be believed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.assignment import Assignment
from grader.examiner import training_run
from grader.examiner.sandbox import Sandbox
from grader.examiner.training_verdict import contradiction, fall_words, judge
from grader.protocol.devices import cuda_devices
from grader.protocol.wire import Message
from grader.report.result import CheckResult, TaskResult, Training
from grader.submission.extract import extract
from grader.submission.load import load
from grader.submission.slices import Slice
from grader.vae import ASSIGNMENT, spec
from tests.examiner.conftest import SOLVED
from tests.warm_servers import Servers

Train = Callable[..., Training]
SANITY = ASSIGNMENT.training()


@pytest.fixture
def train(
    servers: Servers,
    monkeypatch: pytest.MonkeyPatch,
) -> Train:
    """Train the solved class, after replacing text in it, on the CPU."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    solved = extract(load(SOLVED), ASSIGNMENT)

    def execute(
        *changes: tuple[str, str], images: int = 640, code: Slice | None = None
    ) -> Training:
        code = code or solved
        cells = code.cells
        for old, new in changes:
            assert any(old in cell.source for cell in cells)
            cells = tuple(replace(cell, source=cell.source.replace(old, new)) for cell in cells)
        sandbox = Sandbox(with_images(images), servers[1], servers[2])
        return training_run.train(replace(code, cells=cells), sandbox)

    return execute


def with_images(count: int) -> Assignment:
    """The assignment with no more than so many images to train on."""
    data = ASSIGNMENT.data()

    def read(folder: Path, train: bool) -> tuple[np.ndarray, ...]:
        return tuple(array[:count] for array in data.read(folder, train))

    return replace(ASSIGNMENT, data=lambda: replace(data, read=read))


def advice(training: Training, elbo_is_right: bool) -> str | None:
    """What is said of a training where all checks passed, or none of the ELBO's did."""
    tasks = [
        TaskResult(
            task.id,
            "",
            0.0,
            0.0,
            tuple(
                CheckResult(
                    c.id, "", 0.0, 1.0, "passed" if elbo_is_right or task.id != "elbo" else "failed"
                )
                for c in ASSIGNMENT.checks()
                if c.task == task.id
            ),
        )
        for task in spec.TASKS
    ]
    return contradiction(training, tasks, ASSIGNMENT)


def test_right_solution_falls_as_expected(train: Train) -> None:
    result = train()
    assert (result.status, result.device, result.steps) == ("completed", "cpu", SANITY.steps)
    assert result.first_loss == pytest.approx(550, abs=15)
    assert np.mean(result.losses[-10:]) == pytest.approx(206, abs=6)  # type: ignore[arg-type]
    assert result.fell
    assert result.finite
    assert result.steps_per_second is not None
    assert advice(result, elbo_is_right=True) is None
    assert "alone" in (advice(result, elbo_is_right=False) or "")


@pytest.mark.parametrize(
    "change",
    [
        ("-cross_entropy.sum(dim=-1) -", "cross_entropy.sum(dim=-1) -"),
        ("-cross_entropy.sum(dim=-1) -", "-cross_entropy.mean(dim=-1) -"),
        ("-cross_entropy.sum(dim=-1) -", "-cross_entropy.detach().sum(dim=-1) -"),
    ],
    ids=["sign", "mean", "detached"],
)
def test_wrong_objective_does_not_fall_like_that(train: Train, change: tuple[str, str]) -> None:
    result = train(change)
    assert result.fell is not True
    assert advice(result, elbo_is_right=True) is not None


USES = {
    "device": "assert x.device.type == device.type == str(device), device",
    "batch_size": "assert len(x) == batch_size, batch_size",
    "obs_dim": "assert x.shape[1] == obs_dim, obs_dim",
    "latent_dim": "assert self.linear21.out_features == latent_dim, latent_dim",
    "hidden_dim": "assert self.linear1.out_features == hidden_dim, hidden_dim",
    "vae": "assert vae is self",
}
FIRST_OF_ELBO = "mu, logsigma = self.encoder(x)"


@pytest.mark.parametrize("name", spec.NOTEBOOK_NAMES)
def test_names_that_the_notebook_binds_fit_the_training(train: Train, name: str) -> None:
    result = train((FIRST_OF_ELBO, f"{USES[name]}; {FIRST_OF_ELBO}"))
    assert (result.status, result.error) == ("completed", None)
    assert result.fell


def test_the_name_of_the_batch_follows_its_size(train: Train) -> None:
    use = (FIRST_OF_ELBO, f"{USES['batch_size']}; {FIRST_OF_ELBO}")
    assert train(use, images=50).status == "completed"


def test_names_are_bound_before_the_class_is_made(train: Train) -> None:
    names = ", ".join(name for name in spec.NOTEBOOK_NAMES if name != "vae")
    result = train(("class VAE(nn.Module):", f"class VAE(nn.Module):\n    known = [{names}]"))
    assert (result.status, result.error) == ("completed", None)


NOTEBOOK_USES = {
    "epoch of the training loop": "w = min(1.0, (epoch + 1) / max_epochs); assert w <= 1",
    "step of the training loop": "assert step == 0 and display_step == 100",
    "number of batches": "assert num_batches == 20, num_batches",
    "loader": "assert len(train_loader.dataset) == 640 and train_loader.batch_size == 32",
    "weight from a loop": "assert beta == 0.5",
    "batch of the loop": "assert images.shape[1] == 784",
}
LATER_CELLS = (
    "num_batches = len(train_loader)",
    "for epoch in range(1, 3):\n    for images, _ in train_loader:\n"
    "        images = images.flatten(1)\n        beta = epoch / 2\n"
    "        -vae.elbo(images).mean(-1).backward()",
)


@pytest.mark.parametrize("use", NOTEBOOK_USES.values(), ids=NOTEBOOK_USES.keys())
def test_names_that_later_cells_bind_are_bound(train: Train, tmp_path: Path, use: str) -> None:
    node = nbformat.read(SOLVED, as_version=4)
    for cell in node.cells:
        cell.source = cell.source.replace(FIRST_OF_ELBO, f"{use}; {FIRST_OF_ELBO}")
    node.cells += [nbformat.v4.new_code_cell(source) for source in LATER_CELLS]
    nbformat.write(node, tmp_path / "vae.ipynb")
    result = train(code=extract(load(tmp_path / "vae.ipynb"), ASSIGNMENT))
    assert (result.status, result.error) == ("completed", None)
    assert result.fell


@pytest.mark.parametrize(
    "change",
    [
        ("super().__init__()", "torch.set_default_dtype(torch.float64); super().__init__()"),
        (
            "self.linear4 = nn.Linear(hidden_dim, obs_dim)",
            "self.linear4 = nn.Linear(hidden_dim, obs_dim); self.double()",
        ),
    ],
    ids=["default", "model"],
)
def test_images_have_the_dtype_of_the_model(train: Train, change: tuple[str, str]) -> None:
    result = train(change)
    assert (result.status, result.error, result.fell) == ("completed", None, True)


COMPILED = {
    "decorator": ("    def elbo(self", "    @torch.compile\n    def elbo(self"),
    "with options": ("    def elbo(self", "    @torch.compile(dynamic=True)\n    def elbo(self"),
    "compiler": ("    def elbo(self", "    @torch.compiler.disable\n    def elbo(self"),
    "in the constructor": (
        "super().__init__()",
        "super().__init__(); self.elbo = torch.compile(self.elbo); self.compile()",
    ),
}


@pytest.mark.parametrize("change", COMPILED.values(), ids=COMPILED.keys())
def test_what_is_compiled_is_trained_as_it_is(train: Train, change: tuple[str, str]) -> None:
    result = train(change)
    assert (result.status, result.error, result.fell) == ("completed", None, True)


def test_a_class_that_asks_for_cuda_is_trained_without(train: Train) -> None:
    result = train(("torch.randn_like(mu)", "torch.randn_like(mu, device='cuda').cuda()"))
    assert (result.status, result.device) == ("completed", "cpu")


def test_a_class_that_knows_the_notebooks_sizes_alone_is_trained_in_these(train: Train) -> None:
    result = train(
        ("noise = torch.randn_like(mu)", "noise = torch.randn(len(mu), 32).reshape(-1, 32)"),
        ("F.relu(self.linear3(z))", "F.relu(self.linear3(z)).reshape(-1, 400)"),
    )
    assert (result.status, result.error, result.fell) == ("completed", None, True)


def test_a_class_may_write_files_while_it_is_trained(train: Train) -> None:
    trained = train(
        ("self.latent_dim = latent_dim", "self.latent_dim = latent_dim; self.log = open('l', 'w')")
    )
    assert trained.status == "completed", trained.error


@pytest.mark.parametrize("name", ["/kaggle/working/l", "/content/l", "/tmp/l"])
def test_a_class_may_write_where_a_notebook_may(train: Train, name: str) -> None:
    trained = train((FIRST_OF_ELBO, f"open({name!r}, 'a').write('x'); {FIRST_OF_ELBO}"))
    assert (trained.status, trained.error) == ("completed", None)


def test_what_is_refused_is_told_as_the_graders_doing(train: Train) -> None:
    trained = train((FIRST_OF_ELBO, f"open('/home/ada/l', 'a'); {FIRST_OF_ELBO}"))
    assert trained.status == "failed"
    assert any(note.startswith("This may be no error of yours: ") for note in trained.notes)
    assert train((FIRST_OF_ELBO, f"1 / 0; {FIRST_OF_ELBO}")).notes == ()


def test_the_shell_is_there_in_training(train: Train) -> None:
    asked = (
        "from IPython import get_ipython; from IPython.core.getipython import get_ipython as other"
    )
    trained = train(
        (FIRST_OF_ELBO, f"{asked}; assert None not in (get_ipython(), other()); {FIRST_OF_ELBO}")
    )
    assert (trained.status, trained.error) == ("completed", None)


def test_exception_is_told_with_its_place(train: Train) -> None:
    result = train(("hidden = F.relu(self.linear3(z))", "hidden = F.relu(self.linear1(z))"))
    assert result.status == "failed"
    assert result.fell is None
    assert result.error is not None
    assert "(cell 13, line" in result.error


def test_no_error_names_a_place_of_the_graders(train: Train) -> None:
    result = train((FIRST_OF_ELBO, f"import os; open(os.getcwd() + '/log'); {FIRST_OF_ELBO}"))
    assert result.status == "failed"
    assert "grade-" not in (result.error or "")


def test_process_that_ends_itself(train: Train) -> None:
    result = train(("noise = torch.randn_like(mu)", "import os; os._exit(4)"))
    assert result.status == "killed"
    assert result.error == "The training ended its process: it left Python with exit status 4."


def test_training_without_end(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_run, "SECONDS", 1.0)
    monkeypatch.setattr(training_run, "START_SECONDS", 1.0)
    result = train(("noise = torch.randn_like(mu)", "while True: pass"))
    assert result.status == "timed_out"


def test_losses_that_are_no_numbers() -> None:
    judged = judge(Training("completed"), np.array([543.0, np.nan, np.inf] * 20), SANITY)
    assert judged.finite is False
    assert judged.fell is False
    assert judged.losses[:3] == (543.0, None, None)
    assert judged.last_loss is None


@given(
    st.lists(st.floats(150, 700), min_size=40, max_size=40),
    st.lists(st.floats(180, 240), min_size=10, max_size=10),
)
def test_what_is_said_of_the_losses_is_what_was_judged(
    before: list[float], last: list[float]
) -> None:
    losses = np.array([*before, *last])
    judged = judge(Training("completed", steps=50), losses, SANITY)
    words = fall_words(judged, SANITY)
    first, mean = (float(w) for w in re.findall(r"starts at (\S+) and ends at (\S+),", words)[0])
    assert first == pytest.approx(before[0], abs=0.006)
    assert mean == pytest.approx(np.mean(last), abs=0.011)
    pairs = re.findall(r"between (\d+) and (\d+)", words)
    low, high, end_low, end_high = (float(number) for pair in pairs for number in pair)
    assert judged.fell == (low <= first <= high and end_low <= mean <= end_high)


def test_the_last_loss_alone_is_not_what_is_told() -> None:
    losses = np.array([545.0, *[240.0] * 48, 209.0])
    judged = judge(Training("completed", steps=50), losses, SANITY)
    assert judged.fell is False
    assert "209" not in fall_words(judged, SANITY)
    assert "236.90, the mean of the last 10 steps" in fall_words(judged, SANITY)
    assert fall_words(judged, SANITY) in (advice(judged, elbo_is_right=True) or "")
    assert "finite" in fall_words(judge(judged, np.array([545.0, np.inf] * 25), SANITY), SANITY)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "trained"},
        {"kind": "trained", "seconds": "x", "device": "cpu", "notes": []},
        {"kind": "trained", "seconds": 1, "device": "cpu", "notes": [], "error": 3},
    ],
)
def test_nonsense_is_not_believed(body: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        training_run.read_reply(Message(body, (np.zeros(3),)), ASSIGNMENT)


def test_text_is_cleaned_and_fields_are_capped() -> None:
    body = {"kind": "trained", "seconds": 2.0, "device": "\x1b[2J", "notes": ["a\x07b"]}
    result = training_run.read_reply(Message(body, (np.full(10_000, 5.0),)), ASSIGNMENT)
    assert result.device == "cpu"
    assert result.notes == ("ab",)
    assert result.steps == SANITY.steps


@pytest.mark.cuda
@pytest.mark.skipif(not cuda_devices(), reason="no GPU here")
def test_training_on_cuda(tmp_path: Path, servers: Servers) -> None:
    code = extract(load(SOLVED), ASSIGNMENT)
    use = f"{USES['device']}; {FIRST_OF_ELBO}"
    cells = (replace(c, source=c.source.replace(FIRST_OF_ELBO, use)) for c in code.cells)
    result = training_run.train(
        replace(code, cells=tuple(cells)), Sandbox(ASSIGNMENT, servers[1], tmp_path)
    )
    print(result)
    assert result.status == "completed"
    assert result.device == "cuda"
    assert result.fell
