"""Builds the model of the student's class that a question asks for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
import torch

from grader.protocol.jobs import Question, Stubs

Array = Callable[[int], np.ndarray]
"""Returns an array of a question by its index."""

Heard = dict[str, Any]
"""Arguments of stubs, by ``method.name``."""


class ChangedInitError(Exception):
    """The constructor, which is given, does not make the layers that it should."""


def construct(
    kind: Any, question: Question, names: dict[str, int], array: Array, heard: Heard
) -> Any:
    """Return a model with the examiner's weights in its layers, and with its stubs.

    ``names`` are the sizes by name; the stubs will put into ``heard`` what they are given.
    """
    model = _instance(kind, question, names)
    spare = {name: i for name, i in question.spare.items() if hasattr(model, name.split(".")[0])}
    with torch.no_grad():
        for name, index in {**question.weights, **spare}.items():
            _set_weight(model, name, torch.from_numpy(array(index).copy()))
    if question.stubs is not None:
        _put_stubs(kind, question.stubs, array, heard)
    return model


def _instance(kind: Any, question: Question, names: dict[str, int]) -> Any:
    """Return a model of these sizes; a bare one if it can't be built and needs no layer."""
    try:
        return kind(*question.sizes)
    except Exception:
        if question.weights or not issubclass(kind, torch.nn.Module):
            raise
    model = kind.__new__(kind)
    torch.nn.Module.__init__(model)
    for name, size in names.items():
        setattr(model, name, size)
    return model


def _set_weight(model: Any, name: str, weight: torch.Tensor) -> None:
    """Put a weight into a layer.

    Raises:
        ChangedInitError: there is no such layer, it has no such weight, or one of another shape.
    """
    layer, _, parameter = name.partition(".")
    _undo_weight_norm(getattr(model, layer, None))
    target = getattr(getattr(model, layer, None), parameter, None)
    if not isinstance(target, torch.Tensor):
        raise ChangedInitError(_without(model, layer, parameter))
    if target.shape != weight.shape:
        shapes = f"{list(target.shape)} where {list(weight.shape)} is due"
        raise ChangedInitError(f"{name} has shape {shapes}")
    target.copy_(weight)


def _without(model: Any, layer: str, parameter: str) -> str:
    """Return why a model has no such weight in words: for want of it, or of the layer."""
    if not hasattr(model, layer):
        return f"{layer} is missing"
    found = getattr(model, layer)
    if isinstance(found, torch.nn.Linear):
        return f"{layer} has no {parameter}"
    if found is None:
        return f"{layer} is None"
    kind = type(found).__name__
    return f"{layer} is {'an' if kind[0] in 'AEIOUaeiou' else 'a'} {kind} and no Linear"


def _put_stubs(kind: Any, stubs: Stubs, array: Array, heard: Heard) -> None:
    """Replace methods of the class."""
    noise = torch.from_numpy(array(stubs.noise).copy())
    names: dict[str, Any] = {"torch": torch, "noise": noise}
    exec(compile(stubs.source, "stubs", "exec"), names)
    for method in stubs.methods:
        setattr(kind, method, _hearing(names[method], heard))


def _hearing(stub: Callable[..., Any], heard: Heard) -> Callable[..., Any]:
    """Return a stub that writes down what it is given, the first time."""
    _, *parameters = inspect.signature(stub).parameters

    @wraps(stub)
    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        given = dict(zip(parameters, arguments, strict=False)) | named
        for name, argument in given.items():
            heard.setdefault(f"{stub.__name__}.{name}", argument)
        return stub(self, *arguments, **named)

    return method


def _undo_weight_norm(layer: Any) -> None:
    """Give a layer its weight back, of which direction and length are parameters of their own.

    It can hold any weight (Salimans and Kingma 2016, eq. 2), and computes the same with it.
    """
    if isinstance(getattr(layer, "weight_g", None), torch.Tensor):
        torch.nn.utils.remove_weight_norm(layer)
    parametrize = torch.nn.utils.parametrize
    if isinstance(layer, torch.nn.Module) and parametrize.is_parametrized(layer, "weight"):
        chain: Any = layer.parametrizations["weight"]  # type: ignore[index]
        if {type(step).__name__ for step in chain} == {"_WeightNorm"}:
            with torch.enable_grad():  # or the weight that is left would need none
                parametrize.remove_parametrizations(layer, "weight")
