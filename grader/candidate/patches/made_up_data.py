"""Data sets without files and loaders without workers, for code beside the class that wants data.

What it computes from data can't matter to a right method: that works for any data.
"""

from __future__ import annotations

import sys
from typing import Any

import torch

from grader.candidate.patches import loaders

IMAGES = 256


def install() -> None:
    """Have loaders load in this process, and torchvision's data sets, once imported, hold these."""
    loaders.load_in_process()
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
