"""Base classes of packages that aren't installed.

One base of a class is torch's module, unless the class names that too, and others add nothing. What
a model of Lightning has without a trainer is so simple that it can be had all the same; what a
trainer would give it is idle.
"""

from __future__ import annotations

import inspect
import sys
from argparse import Namespace
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import torch

from grader.candidate.patches.simple_packages import Settings

_LIGHTNING = frozenset(["lightning", "pytorch_lightning"])
_OF_TRAINER = (
    *("trainer", "fabric", "logger", "loggers", "optimizers", "lr_schedulers", "manual_backward"),
    *("toggle_optimizer", "untoggle_optimizer", "clip_gradients", "all_gather"),
)


class Addition:
    """A base that adds nothing, whatever it is given."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def __init_subclass__(cls, **_: Any) -> None:
        """Take settings, ``class Net(nn.Module, HubMixin, tags=["vae"])``."""
        super().__init_subclass__()


class Module(Addition, torch.nn.Module):
    """A base that may be a kind of torch's modules."""


class LightningModule(Module):
    """What a model of Lightning has while no trainer has it."""

    current_epoch = global_step = global_rank = local_rank = 0
    on_gpu = False
    automatic_optimization = True

    def log(self, *_: Any, **__: Any) -> None:
        """Take note of nothing."""

    log_dict = print = freeze = unfreeze = log

    @cached_property
    def hparams(self) -> Settings:
        """What `save_hyperparameters` has kept."""
        return Settings()

    def save_hyperparameters(self, *chosen: Any, ignore: Any = (), **_: Any) -> None:
        """Keep the arguments of the constructor that calls this, or those that are chosen."""
        arguments = inspect.getargvalues(sys._getframe(1))
        given = {name: arguments.locals[name] for name in arguments.args[1:]}
        given.update(arguments.locals.get(arguments.keywords or "", {}))
        whole = [one for one in chosen if isinstance(one, (Mapping, Namespace))]
        for one in whole:
            given = dict(one if isinstance(one, Mapping) else vars(one))
        names = given if whole or not chosen else chosen
        left_out = [ignore] if isinstance(ignore, str) else ignore or ()
        self.hparams.update({name: given[name] for name in names if name not in left_out})

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return next((weight.device for weight in self.parameters()), torch.device("cpu"))

    @property
    def dtype(self) -> torch.dtype:
        """The type of its weights."""
        return next((weight.dtype for weight in self.parameters()), torch.get_default_dtype())


def standing_for(base: Any, package: str | None, bases: tuple[Any, ...]) -> type:
    """Return what stands for ``base``, of this package, among all bases of a class."""
    if any(isinstance(other, type) and issubclass(other, torch.nn.Module) for other in bases):
        return type("Addition", (Addition,), {})  # there may be several
    kind = type(base)
    absent = [other for other in bases if isinstance(other, kind)]
    main = next((other for other in absent if other._missing in _LIGHTNING), absent[-1])
    if base is not main:
        return type("Addition", (Addition,), {})
    if package in _LIGHTNING:
        return type("LightningModule", (LightningModule,), dict.fromkeys(_OF_TRAINER, base))
    return Module


def initialise(model: Any) -> None:
    """Do what ``Base.__init__(model)`` is there for."""
    if isinstance(model, torch.nn.Module) and "_modules" not in vars(model):
        torch.nn.Module.__init__(model)
