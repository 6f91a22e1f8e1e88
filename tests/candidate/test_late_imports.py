"""Packages that few use are there as soon as somebody uses them, and not before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

DO_WITHOUT = {
    "optimisers": """
layer = torch.nn.Linear(2, 2)
for kind in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop):
    optimiser = kind(layer.parameters(), lr=0.1)
    optimiser.zero_grad()
    layer(torch.rand(3, 2)).sum().backward()
    optimiser.step()
torch.optim.lr_scheduler.StepLR(optimiser, 1).step()
""",
    "torchvision": "import torchvision.datasets, torchvision.transforms, torchvision.ops",
    "a seed": "torch.manual_seed(0)",
}
USE = {
    "an attribute": "torch._dynamo.config.suppress_errors = True",
    "a module of it": "import torch._dynamo.config",
    "a name of it": "from torch._dynamo import optimize",
    "a name of its utilities": "from torch._dynamo.utils import counters",
    "it by another name": "import torch._dynamo as d; d.reset()",
    "it after an optimiser": DO_WITHOUT["optimisers"] + "torch._dynamo.config.verbose = False",
    "it after torchvision": "import torchvision.ops; torch._dynamo.config.verbose = False",
    "it beside an import that goes on": "from torch._dynamo.eval_frame import optimize",
}
MODELS = {
    "nothing of torchvision's models": ("import torchvision; torchvision.datasets", False),
    "a function of theirs": ("import torchvision; torchvision.models.resnet18", True),
    "a module of theirs": ("import torchvision.models.resnet", True),
    "a name of theirs": ("from torchvision.models import resnet18", True),
    "them by another name": ("from torchvision import models as m; m.vgg11", True),
    "a name of a module": ("from torchvision.models.resnet import resnet18", True),
    "all of theirs": ("from torchvision.models import *; resnet18", True),
    "the names of theirs": ("import torchvision; 'vgg11' in dir(torchvision.models) or 1/0", True),
    "where they lie": (
        "import inspect, os, pkgutil, torchvision; it = torchvision.models\n"
        "assert os.path.isfile(it.__file__) and inspect.getfile(it) == it.__file__\n"
        "assert 'resnet' in [found.name for found in pkgutil.iter_modules(it.__path__)]",
        False,
    ),
    "where a module of theirs lies": (
        "import importlib, torchvision\nkept = torchvision.models\nkept.resnet18\n"
        "assert importlib.import_module('torchvision.models.resnet').__file__\n"
        "assert kept.__file__ == importlib.import_module('torchvision.models').__file__",
        True,
    ),
    "their weights": ("import torchvision; torchvision.models.resnet18(weights=None)", True),
}
PROGRAM = """
import json, os, sys
import torch
from grader.candidate.patches import late_imports, torchvision_fix
late_imports.install()
torchvision_fix.install()
imported = {}
for name, source in json.load(sys.stdin).items():
    read, write = os.pipe()
    if os.fork() == 0:
        try:
            exec(source, {"torch": torch})
            is_real = late_imports.is_imported(PACKAGE)
            if is_real and PACKAGE == "torchvision.models":
                import torchvision.models.resnet
                assert torchvision.models is sys.modules["torchvision.models"]
                assert torchvision.models.resnet18 is torchvision.models.resnet.resnet18
                torchvision.ops.nms
            elif is_real:
                import torch._dynamo.utils
                assert torch._dynamo is sys.modules["torch._dynamo"]
                assert torch._dynamo.utils is sys.modules["torch._dynamo.utils"]
                assert torch._dynamo.config is sys.modules["torch._dynamo.config"]
                assert torch._dynamo.eval_frame.config is torch._dynamo.config
                torch._dynamo.eval_frame, torch._dynamo.utils.counters
                exec(OPTIMISE, {"torch": torch})
            os.write(write, json.dumps(is_real).encode())
        except BaseException as error:
            os.write(write, json.dumps(repr(error)).encode())
        os._exit(0)
    os.close(write)
    imported[name] = json.loads(os.read(read, 10000))
    os.wait()
print(json.dumps(imported))
""".replace("OPTIMISE", repr(DO_WITHOUT["optimisers"]))


def imported(package: str, sources: dict[str, str]) -> dict[str, bool | str]:
    """By name of a source whether it brings the real package, or what it raises."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("PACKAGE", repr(package))],
        input=json.dumps(sources),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, bool | str] = json.loads(done.stdout)
    return found


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no forks")


def test_the_compiler_is_imported_for_who_uses_it_alone() -> None:
    expected = dict.fromkeys(DO_WITHOUT, False) | dict.fromkeys(USE, True)
    assert imported("torch._dynamo", {**DO_WITHOUT, **USE}) == expected


def test_models_are_imported_for_who_uses_them_alone() -> None:
    sources = {name: source for name, (source, _) in MODELS.items()}
    expected = {name: is_used for name, (_, is_used) in MODELS.items()}
    assert imported("torchvision.models", sources) == expected
