"""torchvision's data sets and transforms import with and without its compiled operators."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from grader.candidate.patches import torchvision_fix
torchvision_fix.install()
torchvision_fix.install()
from torchvision import datasets, transforms
print(datasets.MNIST.__name__, transforms.ToTensor.__name__)
import torchvision
if torchvision.extension._has_ops():
    import torch
    torch.ops.torchvision.nms
"""


def test_data_sets_and_transforms_can_be_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["MNIST", "ToTensor"]
