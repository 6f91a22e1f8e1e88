"""Whether what checks say in their own words is true: types, shapes, rows, gradients, calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.oracle.images import sample, sampler
from tests.oracle.network import near
from tests.oracle.statements import Method, at_either_size, restart
from tests.variant_bank import METHOD_OF_TASK

Said = re.Match[str]
_TYPES = {
    "tuple": tuple,
    "list": list,
    "dict": dict,
    "NumPy array": np.ndarray,
    "Python number": float,
    "object of type ellipsis": type(...),
}


def arguments(method: Method, model: Any, rows: int = 7) -> dict[str, Any]:
    """What the method gets, by the names of its arguments."""
    pixels, dims = model.linear1.in_features, model.linear21.out_features
    numbers = torch.randn(rows, dims)
    posterior = {"mu": numbers, "logsigma": 0.5 * torch.randn(rows, dims)}
    by_task: dict[str, dict[str, Any]] = {
        "encoder": {"x": (torch.rand(rows, pixels) > 0.5).float()},
        "elbo": {"x": (torch.rand(rows, pixels) > 0.5).float()},
        "decoder": {"z": numbers},
        "sample": {"num_samples": rows},
    }
    return by_task.get(method.variant.task, posterior)


def ask(method: Method, model: Any, given: dict[str, Any]) -> Any:
    """What the method gives, from generators that start anew."""
    restart()
    return getattr(model, METHOD_OF_TASK[method.variant.task])(**given)


def _part(value: Any, name: str) -> Any:
    """The one of several results that a sentence names."""
    return value[("mu", "logsigma").index(name)] if name in ("mu", "logsigma") else value


def _numbers(value: Any) -> Tensor:
    """All numbers of a result, ``[rows, ...]`` or as they come."""
    if isinstance(value, dict):
        value = next(iter(value.values()))
    if isinstance(value, (tuple, list)):
        parts = [torch.as_tensor(part).detach().float() for part in value]
        return torch.cat([part.reshape(len(part), -1) for part in parts if part.ndim > 0], -1)
    return torch.as_tensor(value).detach().float()


def _asked(method: Method) -> tuple[Any, dict[str, Any], Any]:
    model = method.model()
    given = arguments(method, model)
    return model, given, ask(method, model, given)


def _changed(method: Method, said: Said) -> bool:
    model = method.model()
    given = arguments(method, model)
    kept = given[said[1]].clone()
    with torch.no_grad():
        ask(method, model, given)
    return not torch.equal(given[said[1]], kept)


def _typed(method: Method, said: Said) -> bool:
    value = _part(_asked(method)[2], said[1])
    return isinstance(value, _TYPES[said[2]])


def _dtype(method: Method, said: Said) -> bool:
    value = _part(_asked(method)[2], said[1] if method.variant.task == "encoder" else "")
    return str(value.dtype) == f"torch.{said[2]}"


def _shaped(method: Method, said: Said) -> bool:
    """Whether there are as many axes as stated, and the shape is no right one, in some batch."""
    model = method.model()
    pixels, dims = model.linear1.in_features, model.linear21.out_features
    wide = {"encoder": (dims,), "reparam": (dims,), "decoder": (pixels,), "sample": (pixels,)}
    axes = len([word for word in said[3].split(", ") if word])
    for rows in (1, 7, 2500):
        value = ask(method, model, arguments(method, model, rows))
        value = _part(value, said[1] if method.variant.task == "encoder" else "")
        shape = tuple(torch.as_tensor(value).shape)
        if len(shape) == axes and shape != (rows, *wide.get(method.variant.task, ())):
            return True
    return False


def _rows_matter(method: Method, _: Said) -> bool:
    """Whether one row's result changes when others do, with the same random numbers."""
    for rows in (7, 600):
        given = arguments(method, method.model(), rows)
        for start in (given, {name: value.abs() for name, value in given.items()}):
            before = _fresh(method, start)
            if before.ndim == 0 or len(before) != rows:
                return True  # no row has a result of its own
            for row in (0, 1, rows // 2, rows - 1):
                others = (torch.arange(rows) != row)[:, None]
                moved = {k: torch.where(others, 0.9 * v + 0.05, v) for k, v in start.items()}
                if not near(_fresh(method, moved)[row], before[row], 1e-4):
                    return True
    return False


def _number_matters(method: Method, _: Said) -> bool:
    """Whether the first rows' results change when there are fewer."""
    # A bound draws: torch gives the first of so many rows the same numbers.
    rows, fewer = (32, 16) if method.variant.task == "elbo" else (7, 3)
    given = arguments(method, method.model(), rows)
    before = _fresh(method, given)
    after = _fresh(method, {name: value[:fewer] for name, value in given.items()})
    return not near(after, before[:fewer], 1e-4)


def _fresh(method: Method, given: dict[str, Any]) -> Tensor:
    """What the first call of a new model gives."""
    return _numbers(ask(method, method.model(), {k: v.clone() for k, v in given.items()}))


def _slope(method: Method, name: str) -> Tensor | None:
    """The gradient of all that comes, in an argument or a parameter."""
    model = method.model()
    given = arguments(method, model)
    leaves = {**dict(model.named_parameters()), **given}
    leaf = leaves[name].requires_grad_()
    passed = {k: v.clone() if isinstance(v, Tensor) else v for k, v in given.items()}
    value = ask(method, model, passed)
    parts = value if isinstance(value, tuple) else (value,)
    total = sum(p.cos().sum() for p in parts if isinstance(p, Tensor) and p.requires_grad)
    if not isinstance(total, Tensor):
        return None
    return torch.autograd.grad(total, [leaf], allow_unused=True)[0]


def _no_gradient(method: Method, said: Said) -> bool:
    slope = _slope(method, said[1])
    return slope is None or not slope.any()


def _no_use(method: Method, said: Said) -> bool:
    slope = _slope(method, said[1])
    return slope is None or not bool(slope.any()) or not bool(slope.isfinite().all())


def _same_rows(method: Method, said: Said) -> bool:
    value = _part(_asked(method)[2], said[1])
    return near(value, value[:1].expand(value.shape), 1e-4)


def _none(method: Method, _: Said) -> bool:
    return _asked(method)[2] is None


def _no_noise(method: Method, _: Said) -> bool:
    model = method.model()
    given = arguments(method, model)
    call = getattr(model, METHOD_OF_TASK[method.variant.task])
    return torch.equal(call(**given), call(**given))


def _other_numbers(method: Method, _: Said) -> bool:
    x = sample(sampler(method), 50).x
    return not bool(((x == 0) | (x == 1)).all())


def _same_latents(method: Method, _: Said) -> bool:
    """Whether two calls have the same z, whatever their order and signs."""
    model = sampler(method)
    one, two = (sample(model, 60) for _ in range(2))
    if not two.z:  # images that are kept have a z that is kept
        return torch.equal(one.x, two.x)
    numbers = [images.z[0].abs().flatten().sort()[0] for images in (one, two)]
    return near(*numbers, 1e-4)


SENTENCES: tuple[tuple[str, Callable[[Method, Said], bool]], ...] = (
    (r"The caller's (\w+) is changed in place", _changed),
    (r"(\S+|The \w+) should be a tensor, and is an? ([^.]+)\.", _typed),
    (r"(\w+) has dtype (\w+) where", _dtype),
    (r"(\S+) should have shape \[(.*?)\], and has \[(.*?)\]", _shaped),
    (r"The \w+ should have shape \[()(.*?)\], one number a row, and has \[(.*?)\]", _shaped),
    (r"What comes for a row changes when other rows", _rows_matter),
    (r"What comes for a row depends on how many rows", _number_matters),
    (r"No gradient leads from .+? to (\w+(?:\.weight|\.bias)?)\.", _no_gradient),
    (r"The gradient of `\w+` in ([\w.]+) is zero or not finite\.", _no_use),
    (r"Every row of a batch has the same (\w+)\.", _same_rows),
    (r"`\w+` returns None", _none),
    (r"z is the same in every draw", _no_noise),
    (r"x holds other numbers than 0 and 1", _other_numbers),
    (r"Two calls give the very same latent variables\.", _same_latents),
)
"""What a check's message begins with, and what must be so where it does."""


def _with(is_so: Callable[[Method, Said], bool], said: Said, method: Method) -> bool:
    return is_so(method, said)


def speaks(method: Method, message: str) -> bool | None:
    """Whether what a message begins with is true; None where none of the sentences is there."""
    for pattern, is_so in SENTENCES:
        said = re.match(pattern, message)
        if said:
            return at_either_size(method, partial(_with, is_so, said))
    return None
