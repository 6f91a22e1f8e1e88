"""What the assignment's notebook finds around it: MNIST without network, and quick plots.

A process that runs student code imports this module by its name (`Assignment.kernel_module`).
Everything is arranged in that process; no file is patched.
"""

from __future__ import annotations

import importlib.util
import inspect
import linecache
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial, wraps
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from grader.assets import asset
from grader.vae.digits import IMAGE_SHAPE, WHOLE, Digits, read_digits, shipped_folder

TSNE_STEPS = 250
"""The fewest that scikit-learn allows: enough to see the digits apart, a quarter of the cost."""


def prepare() -> None:
    """Do what every kernel needs, before the forks."""
    provide_plots()
    for train in (True, False):
        read_digits(shipped_folder(), train)


def provide_data(folder: Path, whole: bool) -> None:
    """Make `datasets.MNIST` hold the digits of a folder, ``whole`` to the length of MNIST."""
    provide_digits(read_digits(folder, True), read_digits(folder, False), whole)


def provide_rows(rows: np.ndarray) -> None:
    """Make `datasets.MNIST` hold these images ``[N, 784]`` of bytes, if it can be had."""
    digits = Digits(rows.reshape(-1, *IMAGE_SHAPE), np.zeros(len(rows), np.uint8))
    with suppress(ImportError):
        provide_digits(digits, digits)


def rehearse() -> None:
    """Draw and embed, which is slow the first time: for the fonts."""
    import matplotlib.pyplot as plt
    import vae_utils  # type: ignore[import-not-found]
    from IPython.core.pylabtools import print_figure

    vae_utils.visualize_vae_samples(torch.zeros(1, 28, 28))
    model = SimpleNamespace(encoder=lambda x: (x, x))
    vae_utils.visualize_embeddings(model, torch.rand(8, 4), torch.arange(8) % 2)
    for number in plt.get_fignums():
        print_figure(plt.figure(number))
    plt.close("all")


def provide_plots() -> None:
    """Make ``import vae_utils`` find the students' own module, with a shorter t-SNE.

    The points and the method stay; only the number of gradient steps is smaller.
    """
    spec = importlib.util.spec_from_file_location(
        "vae_utils", asset("student_template/vae_utils.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    steps = "max_iter" if "max_iter" in inspect.signature(module.TSNE).parameters else "n_iter"
    module.TSNE = partial(module.TSNE, **{steps: TSNE_STEPS})
    sys.modules["vae_utils"] = module
    linecache.getlines(module.__file__)  # for tracebacks: a confined kernel can't read it


def provide_digits(training: Digits, test: Digits, whole: bool = False) -> None:
    """Make ``datasets.MNIST`` hold these digits, whatever root, split and download are asked for.

    ``whole`` repeats them to the length of MNIST. Subclasses with files of their own
    (FashionMNIST, KMNIST, ...) are left as they are.
    """
    from torchvision.datasets import MNIST

    tensors = {
        train: (torch.from_numpy(d.images.copy()), torch.from_numpy(d.labels.astype("int64")))
        for train, d in ((True, training), (False, test))
    }

    def only_mnist(ours: Callable[[Any], Any], theirs: Callable[[Any], Any]) -> Callable:
        @wraps(theirs)
        def method(self: Any) -> Any:
            return (ours if self.resources is MNIST.resources else theirs)(self)

        return method

    def load(self: Any) -> tuple[torch.Tensor, torch.Tensor]:
        images, labels = tensors[bool(self.train)]
        if whole:
            rows = torch.arange(WHOLE[bool(self.train)]) % len(images)
            return images[rows], labels[rows]
        return images.clone(), labels.clone()

    mnist: Any = MNIST
    mnist._check_legacy_exist = only_mnist(lambda self: False, mnist._check_legacy_exist)
    mnist._check_exists = only_mnist(lambda self: True, mnist._check_exists)
    mnist._load_data = only_mnist(load, mnist._load_data)
    mnist.download = only_mnist(lambda self: None, mnist.download)
    mnist.__getitems__ = _rows


def _rows(dataset: Any, indices: list[int]) -> list[Any]:
    """Return items ``(image, label)`` for a loader at once, the same as one at a time.

    Most of what a step of training takes is otherwise to make each image a tensor by itself.
    """
    from torchvision.datasets import MNIST
    from torchvision.transforms import ToTensor

    as_usual = type(dataset).__getitem__ is MNIST.__getitem__ and dataset.data.dtype is torch.uint8
    transforms = (type(dataset.transform), type(dataset.target_transform))
    if not as_usual or transforms != (ToTensor, type(None)):
        return [dataset[index] for index in indices]
    images = dataset.data[indices].unsqueeze(1).to(torch.get_default_dtype()).div(255)
    return list(zip(images.unbind(), dataset.targets[indices].tolist(), strict=True))
