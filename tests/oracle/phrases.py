"""Functions that a report describes in words: 'relu(a) cut off at 6', '2x - 1'."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F  # noqa: N812 - the name that the notebook gives it
from torch import Tensor

_NUMBER = r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)"
_NAMES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": F.gelu,
    "silu": F.silu,
    "elu": F.elu,
    "selu": F.selu,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "hardsigmoid": F.hardsigmoid,
    "hardtanh": F.hardtanh,
    "hardswish": F.hardswish,
    "mish": F.mish,
    "exp": torch.exp,
    "log": torch.log,
    "sin": torch.sin,
    "cos": torch.cos,
}
_FORMS: tuple[tuple[str, Callable[..., Tensor]], ...] = (
    (r"the absolute value of (.+)", lambda e: e.abs()),
    (r"the logarithm of (.+)", lambda e: e.log()),
    (r"the exponential of (.+)", lambda e: e.exp()),
    (r"the square of (.+)", lambda e: e.square()),
    (r"the softmax of (.+) over each row", lambda e: e.softmax(-1)),
    (rf"(.+) clamped between {_NUMBER} and {_NUMBER}", lambda e, p, q: e.clamp(p, q)),
    (rf"(.+) cut off at {_NUMBER}", lambda e, p: e.clamp(max=p)),
    (rf"a leaky ReLU of (.+), with slope {_NUMBER}", lambda e, p: F.leaky_relu(e, p)),
    (r"(.+) divided by the length of each row", lambda e: e / e.norm(dim=-1, keepdim=True)),
    (r"(.+) with mean 0 and deviation 1 in each row", lambda e: _standardised(e)),
    (r"(.+) stretched to 0 and 1 in each row", lambda e: _stretched(e)),
    (r"(.+) less the mean of each row", lambda e: e - e.mean(-1, keepdim=True)),
    (r"(.+) from right to left", lambda e: e.flip(-1)),
    (r"(.+) rounded to a whole number", lambda e: e.round()),
)
_OVER_THE_BATCH: Mapping[str, Callable[[Tensor], Tensor]] = {
    "less its mean over the batch": lambda v: v - v.mean(0),
    "standardised over the batch": lambda v: (v - v.mean(0)) / v.std(0, unbiased=False),
    "divided by the number of rows": lambda v: v / len(v),
    "multiplied by the number of rows": lambda v: v * len(v),
    "turned into its softmax over the batch": lambda v: v.softmax(0),
}


def described(words: str, argument: Tensor) -> Tensor:
    """The function that words describe, of whatever stands in them as a, x or z.

    Raises:
        ValueError: such words are not known.
    """
    words = words.strip()
    for form, function in _FORMS:
        found = re.fullmatch(form, words)
        if found:
            inner, *numbers = found.groups()
            return function(described(inner, argument), *map(float, numbers))
    called = re.fullmatch(r"([a-z]+)\((.+)\)", words)
    if called and called[1] in _NAMES and _is_whole(called[2]):
        return _NAMES[called[1]](described(called[2], argument))
    words = words.replace(" times ", " * ")
    product = re.sub(r"(?<![a-z\d.])(\d+(?:\.\d+)?)\s*(?=[a-z(])", r"\1 * ", words)
    if not re.fullmatch(r"[a-z\d\s.()+*/-]+", product):
        raise ValueError(f"no function is known as {words!r}")
    names = {**_NAMES, "a": argument, "x": argument, "z": argument}
    try:
        value = eval(product, {"__builtins__": {}}, names)
    except (NameError, SyntaxError, TypeError) as error:
        raise ValueError(f"no function is known as {words!r}") from error
    return value if isinstance(value, Tensor) else torch.full_like(argument, float(value))


def _is_whole(words: str) -> bool:
    """Whether no bracket is closed that was not opened."""
    depths = [words[:n].count("(") - words[:n].count(")") for n in range(len(words) + 1)]
    return min(depths) == depths[-1] == 0


def _stretched(value: Tensor) -> Tensor:
    low, high = value.amin(-1, keepdim=True), value.amax(-1, keepdim=True)
    return (value - low) / (high - low)


def _standardised(value: Tensor) -> Tensor:
    return (value - value.mean(-1, keepdim=True)) / value.std(-1, keepdim=True)


def over_the_batch(words: str, value: Tensor) -> Tensor:
    """What words do with numbers ``[rows, width]`` along the batch.

    Raises:
        ValueError: such words are not known.
    """
    if words not in _OVER_THE_BATCH:
        raise ValueError(f"nothing is known as {words!r}")
    return _OVER_THE_BATCH[words](value)
