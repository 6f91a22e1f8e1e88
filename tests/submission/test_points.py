"""What a grading makes of where code stands: whole notebooks, and the points of each task."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.grading import Grader
from grader.examiner.rubric import Rubric
from grader.report.result import Result
from grader.report.task_state import next_step
from grader.vae import ASSIGNMENT
from tests.redteam.attacks import IMPORTS, ROOT, write_cells

FULL = {"encoder": 10, "reparam": 10, "decoder": 10, "kl": 5, "elbo": 15, "sample": 10}
_SOURCE = (ROOT / "reference" / "vae.py").read_text()
RIGHT = _SOURCE[_SOURCE.index("class VAE") :]
USE = "vae = VAE(784, 2)\nvae.elbo(torch.zeros(3, 784))"
METHODS = {
    "sample_with_reparam": """def sample_with_reparam(self, mu, logsigma):
    return torch.distributions.Normal(mu, torch.exp(logsigma)).rsample()""",
    "kl_divergence": """def kl_divergence(self, mu, logsigma):
    normal = torch.distributions.Normal
    posterior, prior = normal(mu, torch.exp(logsigma)), normal(0.0, 1.0)
    return torch.distributions.kl_divergence(posterior, prior).sum(1)""",
    "sample": """def sample(self, num_samples):
    z = torch.randn(num_samples, self.latent_dim)
    return torch.distributions.Bernoulli(self.decoder(z)).sample()""",
}


def inside(head: str, body: str) -> str:
    return head + "\n" + "\n".join(f"    {line}" for line in body.split("\n"))


BROKEN = inside("class Net(Right):", "\n".join(METHODS.values()))
BASE = RIGHT.replace("class VAE", "class Right")
LOSSES = {"reparam", "kl", "sample"}


def graded(
    candidates: Candidates, rubric: Rubric, folder: Path, *cells: str
) -> tuple[Result, set[str]]:
    """The result of a notebook, and the tasks without points."""
    path = write_cells(folder / "vae.ipynb", (IMPORTS, *cells), {})
    result = Grader(ASSIGNMENT, candidates, rubric).grade(path).result
    assert result.status == "graded"
    assert all(task.points in (0, FULL[task.id]) for task in result.tasks), result
    return result, {task.id for task in result.tasks if task.points == 0}


ONE_LINERS = {
    "a class": [BROKEN.replace("Net", "VAE")],
    "type": [BROKEN, "VAE = type('VAE', (Net,), {})"],
    "new_class": [BROKEN, "import types\nVAE = types.new_class('VAE', (Net,))"],
    "a factory": [inside("def make():", BROKEN + "\nreturn Net"), "VAE = make()"],
    "global": [inside("def make():", "global VAE\n" + BROKEN.replace("Net", "VAE")), "make()"],
    "a decorator": [
        inside("def swap(kind):", BROKEN + "\nreturn Net"),
        "@swap\nclass VAE(Right):\n    pass",
    ],
    "bases": [BROKEN, "class Middle(Net): pass\nclass VAE(Middle): pass"],
    "an alias": [BROKEN, "VAE = Net"],
    "assigned": [
        "class VAE(Right): pass",
        *METHODS.values(),
        *(f"VAE.{name} = {name}" for name in METHODS),
    ],
    "exec": [f"exec({BROKEN.replace('Net', 'VAE')!r})"],
    "exec in the class": [inside("class VAE(Right):", f"exec({chr(10).join(METHODS.values())!r})")],
    "a loop": [inside("for _ in range(1):", BROKEN.replace("Net", "VAE"))],
}
HIDDEN = {
    "exec of what is computed": [
        "code = " + repr("\n".join(METHODS.values())) + ".strip()",
        "class VAE(Right): exec(code)",
    ],
    "a namespace": [
        "space = {'torch': torch}\nexec(" + repr("\n".join(METHODS.values())) + ", space)",
        "class VAE(Right): pass",
        *(f"VAE.{name} = space['{name}']" for name in METHODS),
    ],
    "a lookup": [
        *METHODS.values(),
        "class VAE(Right):\n    def __getattribute__(self, name):\n"
        "        found = {f.__name__: f for f in (sample_with_reparam, kl_divergence, sample)}\n"
        "        if name in found:\n            return lambda *a: found[name](self, *a)\n"
        "        return super().__getattribute__(name)",
    ],
}


@pytest.mark.parametrize("cells", ONE_LINERS.values(), ids=ONE_LINERS.keys())
def test_no_form_of_the_class_switches_the_rule_off(
    cells: list[str], candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    result, lost = graded(candidates, rubric, tmp_path, BASE, *cells, USE)
    assert (lost, result.points) == (LOSSES, 35)
    assert all(task.location for task in result.tasks)
    assert "back into the class" not in next_step(result)


@pytest.mark.parametrize("cells", HIDDEN.values(), ids=HIDDEN.keys())
def test_what_the_source_hides_is_charged_where_it_runs(
    cells: list[str], candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    result, lost = graded(candidates, rubric, tmp_path, BASE, *cells, USE)
    assert lost >= LOSSES
    assert {task.id for task in result.tasks} - lost >= {"encoder", "decoder"}
    assert "back into the class" not in next_step(result)
    (rule,) = [rule for rule in result.rules if rule.id == "no_distributions"]
    assert "It costs the points of" in rule.consequence


DEBUGGING = {
    "a function": "def {name}(): return torch.distributions.Normal(0, 1).sample()\nprint({name}())",
    "a class": "class A:\n    def {name}(self): return torch.distributions.Normal(0, 1).sample()",
    "a lambda": "{name} = lambda: torch.distributions.Normal(0, 1).sample()",
}


@pytest.mark.parametrize("name", ["x", "mu", "z", "theta", "kl", "weight", "elbo", "sample"])
@pytest.mark.parametrize("cell", DEBUGGING.values(), ids=DEBUGGING.keys())
def test_a_debugging_cell_costs_a_right_class_nothing(
    cell: str, name: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    result, lost = graded(candidates, rubric, tmp_path, RIGHT, cell.format(name=name), USE)
    assert (lost, result.points) == (set(), 60)


LAST_CELLS = [
    "torch.randn = None\ntorch.exp = 3\nF.relu = None\ntorch.sigmoid = None",
    "torch.Tensor.sum = torch.Tensor.exp = lambda *a, **k: 0",
    "del torch.randn, torch.exp",
    "torch.set_default_dtype(torch.float64)\ntorch.randn_like = torch.rand_like",
    "for name in ('randn', 'exp', 'bernoulli'): setattr(torch, name, None)",
    "torch = F = np = None",
]


@pytest.mark.parametrize("cell", LAST_CELLS)
def test_a_last_cell_that_breaks_torch_costs_nothing(
    cell: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    result, lost = graded(candidates, rubric, tmp_path, RIGHT, USE, cell)
    assert (lost, result.points) == (set(), 60)


def test_torch_set_up_before_and_helpers_after_are_what_the_class_relies_on(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    relies = RIGHT.replace("torch.exp(logsigma)", "torch.scale(spread(logsigma))", 1)
    assert relies != RIGHT
    before = "torch.scale = lambda x: x"
    after = "def spread(x): return torch.exp(x)"
    for cells in ([before, relies, after, USE], [relies, before, after, USE]):
        result, lost = graded(candidates, rubric, tmp_path, *cells)
        assert (lost, result.points) == (set(), 60)


DEVICES = [
    "torch.device('mps')",
    "'xpu:0'",
    "'cuda:1'",
    "torch.device('hpu')",
    "'npu'",
    "torch.accelerator.current_accelerator()",
    "'mps' if torch.backends.mps.is_available() else 'cpu'",
    "torch.cuda.current_device()",
]


@pytest.mark.parametrize("device", DEVICES)
def test_a_class_made_for_another_device_is_graded_on_the_cpu(
    device: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    cell = (
        "if not torch.cuda.is_available():\n    raise RuntimeError('a GPU, please')\n"
        "assert torch.backends.mps.is_available() or torch.xpu.is_available()\n"
        f"torch.manual_seed(0)\ntorch.mps.manual_seed(0)\ntorch.xpu.synchronize()\n{RIGHT}"
    )
    noise = f"torch.randn(mu.shape, device={device}).to(GPU)"
    moved = cell.replace("torch.randn_like(mu)", noise)
    moved = moved.replace("self.linear1(x)", "self.to(GPU).linear1(x.to(GPU))")
    assert noise in moved
    assert "self.to(GPU)" in moved
    result, lost = graded(candidates, rubric, tmp_path, f"GPU = {device}", moved, USE)
    assert (lost, result.points) == (set(), 60)
