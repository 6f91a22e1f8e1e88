"""What a candidate sends back: a description of what a method returned, and its numbers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from grader.candidate.patches import idle_modules
from grader.protocol.jobs import Json
from grader.protocol.replies import Encoded, Form, Reply
from grader.protocol.wire import DTYPES, MAX_DIMS, Message, pack

MAX_NUMBERS = 2 << 20
MAX_ITEMS = 16


class Outbox:
    """Collects a message's arrays and sends it."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._arrays: list[np.ndarray] = []

    def attach(self, array: np.ndarray) -> int:
        """Add an array to the next message, and return its index."""
        self._arrays.append(array)
        return len(self._arrays) - 1

    def send(self, reply: Reply) -> None:
        """Send a message with the arrays that were attached."""
        data = memoryview(pack(Message(reply.to_json(), tuple(self._arrays))))
        self._arrays = []
        while data:
            data = data[os.write(self._fd, data) :]


def plain(tensor: torch.Tensor) -> np.ndarray:
    """Return a tensor's numbers as an array that can be sent."""
    tensor = tensor.detach().resolve_conj().resolve_neg()
    if tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.dtype is torch.bfloat16:
        tensor = tensor.float()
    return tensor.cpu().numpy()


def encode(value: Any, outbox: Outbox, depth: int) -> Json:
    """Return a description of what a method returned; numbers go into the payload."""
    return _encoded(value, outbox, depth).to_json()


def _encoded(value: Any, outbox: Outbox, depth: int) -> Encoded:
    if value is None:
        return Encoded("none")
    if isinstance(value, (tuple, list)) and depth == 0 and value:
        # A list of numbers is one array to a person, a list of tensors several values, or rows.
        if all(isinstance(item, (int, float, list)) for item in value):
            return replace(_encoded(np.asarray(value), outbox, depth), form="list")
        if len(value) > MAX_ITEMS:
            return _encoded_rows(value, outbox)
        form: Form = "tuple" if isinstance(value, tuple) else "list"
        return Encoded(form, items=[encode(item, outbox, 1) for item in value])
    if isinstance(value, Mapping) and depth == 0 and 0 < len(value) <= MAX_ITEMS:
        return Encoded("dict", items=[encode(item, outbox, 1) for item in value.values()])
    form = "tensor"
    if isinstance(value, torch.Tensor):
        if value.is_meta or value.numel() > MAX_NUMBERS:
            return Encoded("unreadable", type="tensor")
        dtype, array = str(value.dtype).removeprefix("torch."), plain(value)
    elif isinstance(value, (bool, int, float, np.ndarray, np.generic)):
        form, array = "number" if np.ndim(value) == 0 else "ndarray", np.asarray(value)
        dtype = array.dtype.name
    elif isinstance(value, idle_modules.Idle):
        value.refuse()
    else:
        return _other(value)
    if array.dtype.name not in DTYPES or array.size > MAX_NUMBERS or array.ndim > MAX_DIMS:
        return Encoded("unreadable", type=dtype[:100])
    return Encoded(form, outbox.attach(array), type=dtype)


def _encoded_rows(value: Any, outbox: Outbox) -> Encoded:
    """Describe a long list: one of tensors that are all alike is a single array."""
    tensors = [item for item in value if isinstance(item, torch.Tensor)]
    are_alike = len({(tensor.shape, tensor.dtype) for tensor in tensors}) == 1
    if are_alike and len(tensors) == len(value) and len(value) * value[0].numel() <= MAX_NUMBERS:
        return replace(_encoded(torch.stack(tensors), outbox, 1), form="list")
    return _other(value)


def _other(value: Any) -> Encoded:
    return Encoded("other", type=type(value).__name__[:100])
