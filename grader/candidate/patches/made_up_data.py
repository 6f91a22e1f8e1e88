"""Data sets without files and loaders without workers, for code beside the class that wants data.

What it computes from data can't matter to a right method: that works for any data.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import torch

IMAGES = 256


def install() -> None:
    """Have loaders load in this process, and torchvision's data sets, once imported, hold these."""
    loader = torch.utils.data.DataLoader
    if not hasattr(loader.__init__, "__wrapped__"):
        loader.__init__ = _in_process(loader.__init__)  # type: ignore[method-assign]
    datasets: Any = sys.modules.get("torchvision.datasets")
    for kind in vars(datasets).values() if datasets else ():
        if isinstance(kind, type) and issubclass(kind, datasets.VisionDataset):
            for name, function in (("init", _digits), ("len", _count), ("getitem", _item)):
                setattr(kind, f"__{name}__", function)


def _digits(self: Any, *_: Any, train: bool = True, **named: Any) -> None:
    """Make up digits, whatever data set is asked for."""
    generator = torch.Generator().manual_seed(int(train))
    bright = torch.rand(IMAGES, 28, 28, generator=generator)
    self.data = (255 * (bright - 0.8).clamp(min=0) / 0.2).to(torch.uint8)
    self.targets = torch.arange(IMAGES) % 10
    self.train = train
    self.transform = named.get("transform")
    self.target_transform = named.get("target_transform")


def _count(self: Any) -> int:
    return IMAGES


def _item(self: Any, index: int) -> tuple[Any, Any]:
    from PIL import Image

    image: Any = Image.fromarray(self.data[index].numpy())
    label: Any = int(self.targets[index])
    if self.transform is not None:
        image = self.transform(image)
    if self.target_transform is not None:
        label = self.target_transform(label)
    return image, label


def _in_process(construct: Callable[..., None]) -> Callable[..., None]:
    parameters = inspect.signature(construct)
    usual = {
        name: parameters.parameters[name].default
        for name in (
            "num_workers",
            "pin_memory",
            "timeout",
            "multiprocessing_context",
            "prefetch_factor",
            "persistent_workers",
        )
    }

    @wraps(construct)
    def __init__(*given: Any, **named: Any) -> None:  # noqa: N807
        bound = parameters.bind(*given, **named)
        bound.arguments.update((n, v) for n, v in usual.items() if n in bound.arguments)
        construct(*bound.args, **bound.kwargs)

    return __init__
