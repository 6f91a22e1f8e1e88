"""What a notebook finds around it in the grader: MNIST without network, loaders without workers,
and plots that cost little. Everything is arranged in the kernel's process; no file is patched.
See also `grader.candidate.patches.plots`.
"""

from __future__ import annotations

import importlib.util
import inspect
import linecache
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial, wraps
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from grader.assets import asset
from grader.vae.digits import WHOLE, Digits

TSNE_STEPS = 250
"""The fewest that scikit-learn allows: enough to see the digits apart, a quarter of the cost."""

LOOP_BATCHES, LOOP_IMAGES = 101, 24_000
"""Batches of a loop that is cut short: a history of every hundredth step has an entry. So it is
until so many images were seen, and then a loop ends after `FEW_BATCHES`."""
FEW_BATCHES, SHORT_LOOP = 5, 10
"""A loop of no more than `SHORT_LOOP` batches is never cut."""


def rehearse() -> None:
    """Do once what is slow the first time: the fonts, the optimiser's imports, the embedding."""
    import matplotlib.pyplot as plt
    import torch
    import torch._dynamo  # which the first step of an optimiser imports
    import vae_utils
    from IPython.core.pylabtools import print_figure

    vae_utils.visualize_vae_samples(torch.zeros(1, 28, 28))
    model = SimpleNamespace(encoder=lambda x: (x, x))
    vae_utils.visualize_embeddings(model, torch.rand(8, 4), torch.arange(8) % 2)
    for number in plt.get_fignums():
        print_figure(plt.figure(number))
    plt.close("all")


def vae_utils_path() -> Path:
    """The module of plots that students receive with the notebook."""
    return asset("student_template/vae_utils.py")


def provide_vae_utils() -> None:
    """Make ``import vae_utils`` find the students' own module, with a shorter t-SNE.

    The points and the method stay; only the number of gradient steps is smaller.
    """
    spec = importlib.util.spec_from_file_location("vae_utils", vae_utils_path())
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    steps = "max_iter" if "max_iter" in inspect.signature(module.TSNE).parameters else "n_iter"
    module.TSNE = partial(module.TSNE, **{steps: TSNE_STEPS})
    sys.modules["vae_utils"] = module
    linecache.getlines(module.__file__)  # for tracebacks: a confined kernel can't read it


def provide_mnist(training: Digits, test: Digits, whole: bool = False) -> None:
    """Make ``datasets.MNIST`` hold these digits, whatever root, split and download are asked for.

    ``whole`` repeats them to the length of MNIST. Subclasses with files of their own
    (FashionMNIST, KMNIST, ...) are left as they are.
    """
    import torch
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
    """Items ``(image, label)`` for a loader, the same as it would get one at a time, but at once.

    Most of what a step of training takes is otherwise to make each image a tensor by itself.
    """
    import torch
    from torchvision.datasets import MNIST
    from torchvision.transforms import ToTensor

    as_usual = type(dataset).__getitem__ is MNIST.__getitem__ and dataset.data.dtype is torch.uint8
    transforms = (type(dataset.transform), type(dataset.target_transform))
    if not as_usual or transforms != (ToTensor, type(None)):
        return [dataset[index] for index in indices]
    images = dataset.data[indices].unsqueeze(1).to(torch.get_default_dtype()).div(255)
    return list(zip(images.unbind(), dataset.targets[indices].tolist(), strict=True))


def load_in_process() -> None:
    """Make every `torch.utils.data.DataLoader` load in the kernel itself, without workers."""
    from torch.utils.data import DataLoader

    construct = DataLoader.__init__
    parameters = inspect.signature(construct)
    without_workers = {
        "num_workers": 0,
        "pin_memory": False,
        "pin_memory_device": "",
        "timeout": 0,
        "multiprocessing_context": None,
        "prefetch_factor": None,
        "persistent_workers": False,
    }

    @wraps(construct)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        given = parameters.bind(self, *args, **kwargs)
        for name, value in without_workers.items():
            if name in given.arguments:
                given.arguments[name] = value
        construct(*given.args, **given.kwargs)

    DataLoader.__init__ = __init__  # type: ignore[method-assign]


def cut_loops() -> None:
    """End loops over loaders early: with so many images they would take minutes.

    Batches are counted and not seconds, so that two gradings agree.
    """
    from torch.utils.data import DataLoader

    iterate = DataLoader.__iter__
    left = LOOP_IMAGES

    @wraps(iterate)
    def __iter__(self: Any) -> Iterator[Any]:  # noqa: N807
        nonlocal left
        size = self.batch_size or 1
        most = LOOP_BATCHES if left > 0 else FEW_BATCHES
        with suppress(TypeError):  # some data sets have no length
            most = len(self) if len(self) <= SHORT_LOOP else most
        for batch in islice(iterate(self), most):
            left -= size
            yield batch

    DataLoader.__iter__ = __iter__  # type: ignore[method-assign, assignment]
