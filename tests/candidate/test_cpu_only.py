"""Code that names CUDA computes on the CPU, however it names it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

EXPRESSIONS = (
    "torch.zeros(2, device='cuda')",
    "torch.randn(2, 3, device='cuda:0')",
    "torch.ones(2, device=torch.device('cuda'))",
    "torch.ones(2, device=0)",
    "torch.rand(2, pin_memory=True)",
    "torch.normal(0.0, 1.0, (2,), device='cuda')",
    "torch.tensor([1.0], device='cuda')",
    "torch.as_tensor([1.0], device='cuda')",
    "torch.arange(3, device='cuda')",
    "torch.linspace(0, 1, 3, device='cuda')",
    "torch.randn_like(torch.zeros(2), device='cuda')",
    "torch.empty_like(torch.zeros(2), device='cuda')",
    "torch.eye(2, device='cuda')",
    "torch.randperm(3, device='cuda')",
    "torch.zeros(2).to('cuda')",
    "torch.zeros(2).to('cuda', torch.float64)",
    "torch.zeros(2).to(0)",
    "torch.zeros(2).to(device='cuda', dtype=torch.float64)",
    "torch.zeros(2).to(torch.zeros(1, dtype=torch.float64))",
    "torch.zeros(2).to(torch.float64)",
    "torch.Tensor.to(torch.zeros(2), 'cuda')",
    "torch.zeros(2).cuda()",
    "torch.zeros(2).cuda(0, non_blocking=True)",
    "torch.zeros(2).pin_memory()",
    "torch.zeros(2).type('torch.cuda.FloatTensor')",
    "torch.zeros(2).type(torch.cuda.FloatTensor)",
    "torch.zeros(2).new_zeros(3, device='cuda')",
    "torch.zeros(2).new_tensor([1.0], device='cuda')",
    "torch.zeros(2).new_full((2,), 1.0, device='cuda')",
    "torch.cuda.FloatTensor(2).normal_()",
    "torch.randn(2, generator=torch.Generator('cuda').manual_seed(0), device='cuda')",
    "torch.nn.Linear(2, 2, device='cuda').weight",
    "torch.nn.Linear(2, 2).cuda().weight",
    "torch.nn.Linear(2, 2).to('cuda')(torch.zeros(1, 2, device='cuda'))",
    "torch.nn.Linear(2, 2).to(torch.device('cuda', 0), torch.float64).weight",
    "torch.nn.Parameter(torch.zeros(2)).to('cuda')",
    "(torch.set_default_device('cuda'), torch.zeros(2))[1]",
    "(torch.set_default_tensor_type('torch.cuda.DoubleTensor'), torch.zeros(2))[1]",
    "inside(lambda: torch.zeros(2))",
    "(torch.cuda.manual_seed(0), torch.cuda.synchronize(), torch.zeros(2))[2]",
    "torch.zeros(2, device='cuda:1')",
    "torch.zeros(2).to(torch.cuda.current_device())",
    "torch.zeros(2, device=torch.accelerator.current_accelerator())",
    "torch.zeros(2).to(torch.accelerator.current_accelerator().type)",
    "torch.zeros(2, device=torch.accelerator.current_device_index())",
    "(torch.accelerator.synchronize(), torch.accelerator.set_device_index(0), torch.zeros(2))[2]",
    "(torch.cuda.device('cuda').__enter__(), torch.zeros(2))[1]",
    "torch.zeros(2).xpu()",
    "torch.nn.Linear(2, 2).xpu().weight",
    "torch.zeros(2).type('torch.mps.FloatTensor')",
    "torch.xpu.FloatTensor(2).normal_()",
    "(torch.xpu.set_device(0), torch.zeros(2))[1]",
    "torch.zeros(2) + torch.mps.current_allocated_memory()",
)
OF_EACH = (
    "torch.zeros(2, device='{0}')",
    "torch.randn(2, 3, device='{0}:0')",
    "torch.ones(2, device=torch.device('{0}'))",
    "torch.ones(2, device=torch.device('{0}', 1))",
    "torch.randn_like(torch.zeros(2), device='{0}')",
    "torch.zeros(2).to('{0}')",
    "torch.zeros(2).to('{0}', non_blocking=True)",
    "torch.zeros(2).to(device=torch.device('{0}'), dtype=torch.float64)",
    "torch.zeros(2).new_zeros(3, device='{0}')",
    "torch.nn.Linear(2, 2, device='{0}').weight",
    "torch.nn.Linear(2, 2).to('{0}')(torch.zeros(1, 2, device='{0}'))",
    "torch.randn(2, generator=torch.Generator('{0}').manual_seed(0), device='{0}')",
    "torch.bernoulli(torch.zeros(2), generator=torch.Generator(device='{0}'))",
    "(torch.set_default_device('{0}'), torch.zeros(2))[1]",
    "inside(lambda: torch.zeros(2), '{0}')",
)
OF_EACH_MODULE = (
    "(torch.{0}.manual_seed(0), torch.zeros(2))[1]",
    "(torch.{0}.synchronize(), torch.{0}.empty_cache(), torch.zeros(2))[2]",
    "torch.zeros(2) if not torch.{0}.is_available() else torch.zeros(2, device='meta')",
    "torch.zeros(2) + torch.{0}.device_count()",
)
DEVICES = ("mps", "xpu", "hpu", "npu", "mtia", "ipu", "xla")
MODULES = ("cuda", "mps", "xpu", "hpu", "npu")

PREPARATION = """
import torch
from grader.candidate.patches import cpu_only
cpu_only.install()
def inside(make, device='cuda'):
    with torch.device(device):
        return make()
"""


def test_every_way_to_name_a_device_gives_tensors_on_the_cpu() -> None:
    expressions = [
        *EXPRESSIONS,
        *(expression.format(device) for expression in OF_EACH for device in DEVICES),
        *(expression.format(module) for expression in OF_EACH_MODULE for module in MODULES),
    ]
    assert printed(f"({expression}).device" for expression in expressions) == {"cpu"}


def test_no_other_device_is_said_to_be_there() -> None:
    questions = [
        *(f"torch.{name}.is_available()" for name in (*MODULES, "accelerator", "backends.mps")),
        "torch.manual_seed(0).device.type != 'cpu'",
        "torch.zeros(2, device='meta').device.type != 'meta'",
        "torch.zeros(2).to('meta').device.type != 'meta'",
    ]
    assert printed(questions) == {"False"}


def test_torchscript_knows_the_functions_that_take_a_device() -> None:
    made_with_zeros_like = "torch.jit.script(torch.nn.functional.gumbel_softmax)"
    assert printed([f"{made_with_zeros_like}(torch.zeros(1), hard=True).item()"]) == {"1.0"}


def printed(expressions: Iterable[str]) -> set[str]:
    """What the expressions print in a process in which the CPU stands for all devices."""
    program = "\n".join([PREPARATION, *(f"print({expression})" for expression in expressions)])
    command = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split("\n")) - {""}
