"""Code that names CUDA computes on the CPU, however it names it."""

from __future__ import annotations

import subprocess
import sys
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
)

PREPARATION = """
import torch
from grader.candidate import cpu_only
cpu_only.install()
def inside(make):
    with torch.device('cuda'):
        return make()
"""


def test_every_way_to_name_cuda_gives_tensors_on_the_cpu() -> None:
    program = "\n".join([PREPARATION, *(f"print(({e}).device)" for e in EXPRESSIONS)])
    command = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["cpu"] * len(EXPRESSIONS)
