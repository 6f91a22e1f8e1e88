"""Gradients of what a method returned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch


def vector_jacobian_products(
    value: Any, cotangents: list[np.ndarray], inputs: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor | None]:
    """Return vector-Jacobian products of a method's value; None where no graph leads to an input.

    A value with as many numbers as its cotangent but another shape is met in order, one with
    another number of them by ones. Several values that are one tensor are one after the other in
    each row, or else the first of all rows comes first.
    """
    products = []
    items = list(value.values()) if isinstance(value, Mapping) else value
    items = items if isinstance(items, (tuple, list)) else [items]
    numbers = sum(cotangent.size for cotangent in cotangents)
    if isinstance(value, torch.Tensor) and len(cotangents) > 1 and value.numel() == numbers:
        in_rows = value.ndim > 1 and len(value) == len(cotangents[0])
        cotangents = [np.concatenate(cotangents, axis=1 if in_rows else 0)]
    for item, cotangent in zip(items, cotangents, strict=False):
        if not isinstance(item, torch.Tensor) or not item.requires_grad:
            continue
        vector = torch.from_numpy(cotangent.copy()).to(item.dtype)
        if vector.numel() == item.numel():
            vector = vector.reshape(item.shape)
        else:
            vector = torch.ones_like(item)
        products.append((item * vector).sum())
    if not products:
        return dict.fromkeys(inputs)
    # A scalar's gradient, for torch imports a computer algebra system to look at given cotangents.
    total = torch.stack(products).sum()
    try:
        gradients = torch.autograd.grad(
            total, list(inputs.values()), allow_unused=True, retain_graph=True
        )
    except RuntimeError as error:
        if "checkpoint" not in str(error):
            raise
        return _accumulated(total, inputs)  # the one way that such a checkpoint allows
    return dict(zip(inputs, gradients, strict=True))


def _accumulated(
    total: torch.Tensor, inputs: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor | None]:
    """Return gradients as training takes them."""
    for tensor in inputs.values():
        tensor.grad = None
    total.backward()
    return {name: tensor.grad for name, tensor in inputs.items()}
