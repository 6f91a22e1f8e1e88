"""What a run says of notebooks that work, fail, hang, flood and die."""

from __future__ import annotations

import gc
import time
from typing import Any

import nbformat
import pytest

from grader.examiner import notebook_outputs
from tests.examiner.conftest import Run, solved_cells


def _text(executed: str | None, index: int = -1) -> str:
    """What a cell printed."""
    assert executed is not None
    cell = nbformat.reads(executed, as_version=4).cells[index]
    return "".join(output.get("text", "") for output in cell.outputs)


def test_solved_notebook_completes_with_losses_and_pictures(run: Run) -> None:
    outcome = run(*solved_cells())
    assert outcome.run.status == "completed"
    assert outcome.run.cell is None
    assert outcome.run.error is None
    assert outcome.run.seconds is not None
    assert outcome.executed is not None
    node = nbformat.reads(outcome.executed, as_version=4)
    nbformat.validate(node)
    assert [cell.execution_count for cell in node.cells] == list(range(1, 9))
    losses = [float(line.split("=")[1]) for line in _text(outcome.executed, 5).splitlines()[1::2]]
    assert losses[0] == pytest.approx(547, abs=15)
    assert len(losses) == 5
    assert losses[-1] < 300
    pictures = [
        "image/png" in output.get("data", {}) for cell in node.cells for output in cell.outputs
    ]
    assert sum(pictures) == 3


def test_class_in_cell_three_and_cells_around_it(run: Run) -> None:
    imports, loaders, pictures, vae, *rest = solved_cells()
    outcome = run(imports, "print('a debug cell')", vae, loaders, pictures, "", *rest)
    assert outcome.run.status == "completed"


def test_failing_training_cell_stops_the_run(run: Run) -> None:
    cells = solved_cells()
    cells[5] = "raise ValueError('the \x1b[31mloss\x1b[0m is\\x07 wrong')"
    outcome = run(*cells, tags=("raises-exception",))
    assert outcome.run.status == "failed"
    assert outcome.run.cell == 6
    assert outcome.run.error == "ValueError: the loss is wrong"
    assert outcome.executed is not None
    node = nbformat.reads(outcome.executed, as_version=4)
    assert node.cells[5].outputs[0].ename == "ValueError"
    assert node.cells[6].execution_count is None


def test_garbage_is_collected(run: Run) -> None:
    assert run("import gc", "assert gc.isenabled()").run.status == "completed"


def test_failing_imports_are_named(run: Run) -> None:
    outcome = run("import no_such_package", "1")
    assert (outcome.run.status, outcome.run.cell) == ("failed", 1)
    assert outcome.run.error == "ModuleNotFoundError: No module named 'no_such_package'"


@pytest.mark.parametrize(("python", "told"), [("3.10.0", False), ("3.99.1", True)])
def test_syntax_that_the_kernel_lacks_names_both_versions(
    run: Run, python: str, told: bool
) -> None:
    outcome = run("x = 1", "x = new syntax", python=python)
    assert (outcome.run.status, outcome.run.cell) == ("failed", 2)
    assert outcome.run.error is not None
    assert outcome.run.error.startswith("SyntaxError")
    assert any("Python 3.99.1 and the grader" in note for note in outcome.run.notes) == told


def test_tags_cannot_skip_a_cell(run: Run) -> None:
    outcome = run("print('executed')", tags=("skip-execution",))
    assert _text(outcome.executed) == "executed\n"


def test_an_exception_that_has_no_text(run: Run) -> None:
    assert run("raise RuntimeError").run.error == "RuntimeError"


def test_cell_without_end_is_ended(run: Run) -> None:
    started = time.monotonic()
    outcome = run("1", "while True:\n    pass", cell_seconds=1)
    assert (outcome.run.status, outcome.run.cell) == ("timed_out", 2)
    assert outcome.run.error == "Cell 2 ran longer than 1 seconds."
    assert time.monotonic() - started < 20  # not the 60 that a cell has by default


def test_cell_that_swallows_interrupts_is_ended(run: Run) -> None:
    stubborn = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass
"""
    outcome = run(stubborn, cell_seconds=1)
    assert (outcome.run.status, outcome.run.cell) == ("timed_out", 1)


def test_run_has_a_time_limit_of_its_own(run: Run) -> None:
    outcome = run(*["import time; time.sleep(0.4)"] * 20, seconds=1)
    assert outcome.run.status == "timed_out"
    assert outcome.run.error is not None
    assert "after 1 seconds" in outcome.run.error


@pytest.mark.parametrize(
    "flood",
    [
        "while True:\n    print('a line of text' * 100)",
        "from IPython.display import display\nwhile True:\n    display('x' * 10000)",
        pytest.param(
            "from IPython.display import clear_output\nwhile True:\n    clear_output()",
            marks=pytest.mark.slow,
        ),
    ],
    ids=["print", "display", "clear"],
)
def test_endless_output_ends_the_kernel(run: Run, flood: str) -> None:
    outcome = run("1", flood, cell_seconds=30)
    assert (outcome.run.status, outcome.run.cell) == ("killed", 2)
    assert outcome.run.error == "Cell 2 printed without end, so its kernel was ended."
    assert len(outcome.executed or "") < 3 * notebook_outputs.MAX_CELL_BYTES


def test_long_output_is_cut_and_said(run: Run) -> None:
    outcome = run("print('word ' * 500_000)", "print('short')")
    assert outcome.run.status == "completed"
    assert outcome.run.notes == (
        "Cell 1 put out more than the grader keeps; the rest was left out.",
    )
    assert "left out further output" in _text(outcome.executed, 0)[-100:]
    assert _text(outcome.executed, 1) == "short\n"


def test_kernel_that_leaves_is_noticed_and_not_waited_for(run: Run) -> None:
    run("1")  # the warm process has its imports done
    started = time.monotonic()
    outcome = run("1", "import os; os._exit(3)", "2")
    assert (outcome.run.status, outcome.run.cell) == ("killed", 2)
    assert outcome.run.error == "Cell 2 ended the kernel: it left Python with exit status 3."
    assert time.monotonic() - started < 20


def test_kernel_that_crashes_is_told_apart(run: Run) -> None:
    outcome = run("import ctypes; ctypes.string_at(0)")
    assert outcome.run.error == "Cell 1 ended the kernel: it crashed with a segmentation fault."


@pytest.mark.parametrize("end", ["import os; os._exit(3)", "exit()"])
def test_nothing_is_said_behind_the_back_of_a_kernel_that_ended(
    run: Run, end: str, caplog: pytest.LogCaptureFixture
) -> None:
    run(end, "1")
    gc.collect()  # when asyncio speaks of exceptions that nobody has looked at
    assert caplog.text == ""


def test_exit_in_a_cell(run: Run) -> None:
    assert run("import sys; sys.exit()").run.status == "failed"
    assert run("exit()", "import time; time.sleep(1)").run.status == "killed"


def test_three_hundred_cells(run: Run) -> None:
    outcome = run("n = 0", *["n += 1"] * 298, "print(n)")
    assert outcome.run.status == "completed"
    assert _text(outcome.executed) == "298\n"


def test_magics_work_and_shell_lines_are_passed_over(run: Run) -> None:
    outcome = run(
        "%matplotlib inline\n%load_ext autoreload\n%autoreload 2",
        "%%time\nx = 1",
        "!pip install torch\n%pip install numpy\nfiles = !ls\nprint(len(files))",
        "%%bash\nrm -rf /",
        "%%script cat\nx",
        "%killbgscripts",
        "%%python3\nimport os",
        "%%capture\nprint('unseen')",
        "import matplotlib.pyplot as plt\n%timeit -n 1 -r 1 x + 1",
    )
    assert outcome.run.status == "completed", outcome.run
    assert _text(outcome.executed, 2).endswith("0\n")
    for cell in (3, 4, 5, 6):
        assert "executes no shell commands" in _text(outcome.executed, cell)
    assert _text(outcome.executed, 7) == ""


def test_warnings_and_stderr_cost_nothing(run: Run) -> None:
    outcome = run("import sys, warnings\nwarnings.warn('x')\nprint('y', file=sys.stderr)")
    assert outcome.run.status == "completed"


def test_input_is_refused_and_does_not_hang(run: Run) -> None:
    outcome = run("input('name?')", cell_seconds=10)
    assert (outcome.run.status, outcome.run.cell) == ("failed", 1)


def test_what_lies_beside_and_vae_utils_are_all_that_is_importable(run: Run, tmp_path: Any) -> None:
    (tmp_path / "beside.py").write_text("answer = 42", encoding="utf-8")
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "helper.py").write_text("answer = 42", encoding="utf-8")
    assert run("import vae_utils, beside").run.status == "completed"
    assert run("import helper").run.error == "ModuleNotFoundError: No module named 'helper'"
    assert run("import reference.vae").run.status == "failed"


def test_mnist_is_found_whatever_is_asked_for(run: Run) -> None:
    outcome = run(
        "from torchvision import datasets, transforms\nimport torch",
        "a = datasets.MNIST('/nowhere', train=True)\n"
        "b = datasets.MNIST('./x', train=False, download=True, transform=transforms.ToTensor())",
        "x, y = b[0]\nassert x.shape == (1, 28, 28) and x.dtype == torch.float32\n"
        "assert 0 <= x.min() and x.max() == 1 and isinstance(y, int)\n"
        "assert len(a) == 640 and len(b) == 150 and set(a.targets.tolist()) == set(range(10))",
        "class Mine(datasets.MNIST):\n    pass\nassert len(Mine('data')) == 640",
    )
    assert outcome.run.status == "completed", outcome.run


def test_loaders_give_what_the_data_set_gives(run: Run) -> None:
    outcome = run(
        "import torch\nfrom torchvision import datasets, transforms\n"
        "from torch.utils.data import DataLoader, Subset",
        "class Darker(datasets.MNIST):\n    def __getitem__(self, index):\n"
        "        image, label = super().__getitem__(index)\n        return image / 2, label + 1\n"
        "tensor = transforms.ToTensor()\n"
        "turned = transforms.Compose([tensor, transforms.Normalize(0.5, 0.5)])\n"
        "sets = [datasets.MNIST('', transform=tensor),\n"
        "        datasets.MNIST('', False, transform=turned),\n"
        "        datasets.MNIST('', transform=tensor, target_transform=lambda label: -label),\n"
        "        Darker('', transform=tensor)]\n"
        "sets.append(Subset(sets[0], [5, 3, 8, 3]))",
        "for data in sets:\n    at = 0\n    for images, labels in DataLoader(data, 50):\n"
        "        assert labels.dtype == torch.int64 and images.is_contiguous()\n"
        "        for image, label in zip(images, labels):\n"
        "            right, its_label = data[at]\n            at += 1\n"
        "            assert torch.equal(image, right) and image.dtype == right.dtype\n"
        "            assert label == its_label\n    assert at == len(data)",
    )
    assert outcome.run.status == "completed", outcome.run


def test_loaders_start_no_process(run: Run) -> None:
    outcome = run(
        "import torch",
        "data = torch.utils.data.TensorDataset(torch.zeros(8, 2))\n"
        "loader = torch.utils.data.DataLoader(\n"
        "    data, 4, True, num_workers=2, pin_memory=True, persistent_workers=True,\n"
        "    prefetch_factor=2)\n"
        "assert [len(x) for x, in loader] == [4, 4]",
        "import multiprocessing\nassert not multiprocessing.active_children()",
    )
    assert outcome.run.status == "completed", outcome.run


def test_embeddings_of_identical_points_do_not_crash(run: Run) -> None:
    outcome = run(
        "import torch, vae_utils",
        "class Constant:\n"
        "    def encoder(self, x):\n"
        "        return torch.ones(len(x), 32), torch.zeros(len(x), 32)\n"
        "vae_utils.visualize_embeddings(Constant(), torch.rand(300, 784), torch.arange(300) % 10)",
    )
    assert outcome.run.status == "completed", outcome.run


def test_no_debugger_no_history_and_one_thread_to_compute(run: Run) -> None:
    outcome = run(
        "import sys, torch, os\n"
        "assert 'debugpy' not in sys.modules\n"
        "assert not get_ipython().history_manager.enabled\n"
        "assert torch.get_num_threads() == 1\n"
        "assert os.path.realpath(os.environ['HOME']) != '/root'",
    )
    assert outcome.run.status == "completed", outcome.run


@pytest.mark.parametrize(
    "message",
    ["'stream', {'nonsense': [1]}", "'display_data', {'data': 3}", "'error', {}"],
    ids=["stream", "display_data", "error"],
)
def test_a_kernel_cannot_forge_its_reply(run: Run, message: str) -> None:
    """Malformed messages end in an entry of the run, never in an exception of the grader's."""
    outcome = run(
        "1",
        "k = get_ipython().kernel\n"
        f"k.session.send(k.iopub_socket, {message}, parent=k.get_parent())",
        "2",
        cell_seconds=5,
    )
    assert (outcome.run.status, outcome.run.cell) == ("killed", 2)
    assert outcome.run.error is not None
    assert outcome.run.error.startswith("Cell 2 made the kernel answer as no kernel does (")
    assert outcome.executed is not None
    nbformat.validate(nbformat.reads(outcome.executed, as_version=4))
