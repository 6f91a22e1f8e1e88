"""From what a candidate returned to arrays that can be judged, or the reason why not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grader.candidate.observation import Failure, Outcome, Returned, Value
from grader.checks.verdict import Lost

Shape = tuple[int, ...]


def lost_by(failure: Failure, method: str) -> Lost:
    """What a student reads when a call gave nothing."""
    where = f" (cell {failure.cell}, line {failure.line})" if failure.cell else ""
    evidence = {"cell": failure.cell, "line": failure.line, "exception": failure.type or None}
    about = {
        "load": "The code of class VAE can't be executed",
        "construct": "VAE(obs_dim, latent_dim, hidden_dim) can't be built",
        "call": f"`{method}`",
        "backward": f"The gradient of what `{method}` returned",
    }[failure.stage]
    if failure.kind == "raised" and failure.type == "NotImplementedError":
        return Lost(f"`{method}` is not implemented{where}.", evidence=evidence)
    if failure.kind == "raised":
        verb = "raised" if failure.stage in ("call", "load") else "failed with"
        link = ": " if failure.stage in ("load", "construct") else f" {verb} "
        text = f": {failure.text}" if failure.text else ""
        return Lost(f"{about}{link}{failure.type}{text}{where}.", evidence=evidence)
    if failure.stage == "load":
        about = f"Loading class VAE for `{method}`"
    if failure.kind == "timed_out":
        return Lost(
            f"{about} did not finish within {failure.text}.",
            "Look for a loop that does not end, or a very slow one.",
            evidence=evidence,
        )
    if failure.kind == "died":
        return Lost(f"{about} ended the process: {failure.text}.", evidence=evidence)
    return Lost(f"{about} disturbed the grader's channel ({failure.text}).", evidence=evidence)


def values(outcome: Outcome, method: str) -> tuple[Value, ...]:
    """What a method returned, a value for each repetition.

    Raises:
        Lost: it returned nothing.
    """
    if isinstance(outcome, Failure):
        raise lost_by(outcome, method)
    for value in outcome.values:
        if value.form == "none":
            raise Lost(f"`{method}` is not implemented: it returns None.")
    return outcome.values


def gradients(outcome: Outcome, method: str) -> dict[str, np.ndarray | None]:
    """Gradients by name, in double precision.

    Raises:
        Lost: the call or its backward pass failed.
    """
    values(outcome, method)
    assert isinstance(outcome, Returned)
    if outcome.backward is not None:
        raise lost_by(outcome.backward, method)
    return {
        name: None if gradient is None else gradient.astype(np.float64)
        for name, gradient in outcome.gradients.items()
    }


def shape_words(shape: Shape) -> str:
    return f"[{', '.join(map(str, shape))}]"


def shape_fits(actual: Shape, wanted: Shape) -> bool:
    """Whether a shape is the wanted one; axes that happen to have size 1 may be dropped."""
    return actual == wanted or actual == tuple(n for n in wanted if n != 1)


def tensor(value: Value, name: str) -> np.ndarray:
    """The numbers of a value that should be a real tensor, in double precision.

    NumPy arrays and lists of numbers are no tensors: the training loop could not use them.

    Raises:
        Lost: it is something else.
    """
    if value.form == "tensor" and value.array is not None and "complex" not in value.type:
        return value.array.astype(np.float64)
    what = {
        "number": "a Python number",
        "ndarray": "a NumPy array",
        "list": "a list",
        "tuple": "a tuple",
        "none": "None",
        "unreadable": f"a tensor of type {value.type} that can't be read",
        "tensor": f"a tensor of type {value.type}",
    }.get(value.form, f"an object of type {value.type}")
    raise Lost(f"{name} should be a tensor, and is {what}.")


def tensor_of_shape(value: Value, name: str, shape: Shape) -> np.ndarray:
    """A tensor's numbers in the wanted shape.

    Raises:
        Lost: it is no tensor, or has another shape.
    """
    array = tensor(value, name)
    if not shape_fits(array.shape, shape):
        raise Lost(
            f"{name} should have shape {shape_words(shape)}, and has {shape_words(array.shape)}.",
            evidence={"wanted_shape": list(shape), "shape": list(array.shape)},
        )
    return array.reshape(shape)


def pair(value: Value, names: Sequence[str]) -> tuple[Value, Value]:
    """The two parts of a value that should be a pair; a tensor ``[2, ...]`` unpacks into one too.

    Raises:
        Lost: it is something else.
    """
    wanted = f"a pair ({names[0]}, {names[1]})"
    if value.form in ("tuple", "list") and value.items:
        if len(value.items) == 2:
            return value.items[0], value.items[1]
        raise Lost(f"The method should return {wanted}, and returns {len(value.items)} values.")
    array = value.array
    if value.form == "tensor" and array is not None and array.ndim == 3 and len(array) == 2:
        return Value("tensor", array[0], type=value.type), Value(
            "tensor", array[1], type=value.type
        )
    raise Lost(f"The method should return {wanted}, and returns a single value.")
