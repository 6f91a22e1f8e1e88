"""Messages between examiner and candidate: JSON and raw tensor bytes, never pickle.

A frame is two big-endian 64-bit lengths, a UTF-8 JSON header and a payload. The header is
``{"body": {...}, "arrays": [{"dtype": "float32", "shape": [7, 3]}, ...]}``; the payload holds the
arrays' bytes, C-contiguous and little-endian, one after the other. A reader believes nothing: sizes
are checked before memory is taken.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

DTYPES = frozenset(
    ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
)
MAX_HEADER = 4 << 20
MAX_ANSWER_HEADER = 1 << 20
"""A candidate's answer says less than its job, and JSON takes many times its length as objects."""

MAX_PAYLOAD = 32 << 20
MAX_ARRAYS = 4096
MAX_DIMS = 8

_LENGTHS = struct.Struct(">QQ")


class WireError(Exception):
    """What came is no message."""


@dataclass(frozen=True)
class Message:
    """A JSON object and the arrays that it refers to by index."""

    body: Mapping[str, Any]
    arrays: tuple[np.ndarray, ...] = field(default=())


def pack(message: Message) -> bytes:
    """Return the frame of a message.

    Raises:
        WireError: an array's dtype is not one of `DTYPES`.
    """
    arrays = [np.asarray(array, order="C") for array in message.arrays]
    for array in arrays:
        if array.dtype.name not in DTYPES:
            raise WireError(f"arrays of {array.dtype.name} are not sent")
    shapes = [{"dtype": array.dtype.name, "shape": array.shape} for array in arrays]
    header = json.dumps({"body": message.body, "arrays": shapes}).encode()
    lengths = _LENGTHS.pack(len(header), sum(array.nbytes for array in arrays))
    return b"".join((lengths, header, *(array.reshape(-1).view(np.uint8).data for array in arrays)))


def unpack(read: Callable[[int], bytes], max_header: int = MAX_HEADER) -> Message:
    """Read one frame; ``read(n)`` returns exactly ``n`` bytes or raises.

    Raises:
        WireError: the frame breaks the format or a size limit.
    """
    header_size, payload_size = _LENGTHS.unpack(read(_LENGTHS.size))
    if header_size > max_header or payload_size > MAX_PAYLOAD:
        raise WireError("a message is too large")
    try:
        header = json.loads(read(header_size), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WireError("a header is not JSON") from error
    if not isinstance(header, dict) or not isinstance(header.get("body"), dict):
        raise WireError("a header has no body")
    layout = _layout(header.get("arrays"), payload_size)
    payload = read(payload_size)
    arrays, offset = [], 0
    for dtype, shape, size in layout:
        flat = np.frombuffer(payload, dtype, math.prod(shape), offset)
        # NumPy reads any byte as a bool, and then counts with it: only 0 and 1 may come in.
        if dtype == np.bool_ and np.any(flat.view(np.uint8) > 1):
            raise WireError("an array of bool holds other bytes than 0 and 1")
        try:
            arrays.append(flat.reshape(shape))
        except ValueError as error:  # no numbers at all, in a shape too large to be written down
            raise WireError("an array's shape holds a size that can't be") from error
        offset += size
    return Message(header["body"], tuple(arrays))


def read_exactly(fd: int, count: int) -> bytes:
    """Return ``count`` bytes from a descriptor.

    Raises:
        EOFError: it ends before.
    """
    parts = []
    while count:
        part = os.read(fd, min(count, 1 << 20))
        if not part:
            raise EOFError("the other side is gone")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _layout(entries: Any, payload_size: int) -> list[tuple[np.dtype, tuple[int, ...], int]]:
    """Return dtype, shape and bytes of each array, checked before the payload is read."""
    if not isinstance(entries, list) or len(entries) > MAX_ARRAYS:
        raise WireError("a header's arrays are not a short list")
    layout: list[tuple[np.dtype, tuple[int, ...], int]] = []
    total = 0
    for entry in entries:
        dtype_name = entry.get("dtype") if isinstance(entry, dict) else None
        shape = entry.get("shape") if isinstance(entry, dict) else None
        if not isinstance(dtype_name, str) or dtype_name not in DTYPES:
            raise WireError("an array has a dtype that is not sent")
        if not isinstance(shape, list) or len(shape) > MAX_DIMS:
            raise WireError("an array's shape is not a short list")
        if not all(type(n) is int and 0 <= n <= MAX_PAYLOAD for n in shape):
            raise WireError("an array's shape holds a size that can't be")
        dtype = np.dtype(dtype_name).newbyteorder("<")
        size = math.prod(shape) * dtype.itemsize
        total += size
        layout.append((dtype, tuple(shape), size))
    if total != payload_size:
        raise WireError("the arrays and the payload differ in size")
    return layout
