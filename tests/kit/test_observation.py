"""The examiner's reading of what a candidate says, when that is nonsense."""

from __future__ import annotations

import json
import random
import struct
import tracemalloc
import unicodedata
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.kit.observation import (
    read_confinement,
    read_outcome,
    read_setup,
    read_touched,
)
from grader.protocol import wire
from grader.protocol.wire import DTYPES, MAX_ANSWER_HEADER, Message, WireError, pack, unpack
from grader.untrusted_text import clean

EXAMPLES, MESSAGES_AN_EXAMPLE = 250, 48
VALID = Message(
    {
        "kind": "returned",
        "values": [
            {"form": "tensor", "array": 0, "type": "float32"},
            {"form": "tuple", "items": [{"form": "number", "array": 1, "type": "bool"}]},
            {"form": "none"},
        ],
        "gradients": {"mu": 0, "logsigma": None},
        "backward": None,
        "touched": [],
    },
    (np.ones((2, 3), np.float32), np.array(True)),
)
ODD: tuple[object, ...] = (
    *(
        None,
        True,
        -1,
        0,
        1,
        2**31,
        2**63,
        10**30,
        1e300,
        "",
        "tensor",
        "\x1b[2J",
        "\ud800",
        "float32",
    ),
    *([], {}, [[]], {"form": "tensor"}, [0] * 20, [-1], [2**40, 2**40], [0, 2**25, 2**25, 2**25]),
    *("object", "complex64", "float128", "returned", "raised", "ready", "confined", {"array": 9}),
)


def reader(data: bytes, most: int = wire.MAX_PAYLOAD) -> Callable[[int], bytes]:
    """Reads from ``data`` like a channel; nobody may ask for more than ``most`` bytes at once."""
    at = 0

    def read(count: int) -> bytes:
        nonlocal at
        assert 0 <= count <= most
        part = data[at : at + count]
        at += count
        if len(part) < count:
            raise EOFError
        return part

    return read


def touched(message: Message) -> frozenset[str]:
    return read_touched(message, ("encoder", "elbo"))


def believe(data: bytes) -> bool:
    """Whether the examiner makes sense of the bytes; anything but a refusal is a crash."""
    try:
        message = unpack(reader(data), MAX_ANSWER_HEADER)
    except (WireError, EOFError):
        return False
    sense = True
    for read in (read_confinement, read_setup, lambda m: read_outcome(m, 3), touched):
        try:
            read(message)
        except WireError:
            sense = False
    return sense


def frame(header: bytes, payload: bytes) -> bytes:
    return struct.pack(">QQ", len(header), len(payload)) + header + payload


def nonsense(rng: random.Random) -> bytes:
    """A message that is wrong in a random way: in its bytes, its lengths or its words."""
    good = pack(VALID)
    match rng.randrange(6):
        case 0:
            return rng.randbytes(rng.randrange(64))
        case 1:
            data = bytearray(good)
            for _ in range(rng.randrange(1, 6)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            return bytes(data)
        case 2:
            return good[: rng.randrange(len(good))]
        case 3:
            lengths = [rng.choice((0, 1, 2**20, 2**32, 2**63, 2**64 - 1)) for _ in range(2)]
            return struct.pack(">QQ", *lengths) + good[16:]
        case 4:
            header = {"body": dict(VALID.body), "arrays": spoilt(rng)}
            return frame(json.dumps(header).encode(), rng.randbytes(rng.choice((0, 24, 25, 64))))
        case _:
            body = json.loads(json.dumps(VALID.body))
            spoil(body, rng)
            head = json.loads(good[16 : 16 + struct.unpack(">Q", good[:8])[0]])
            head["body"] = body
            return frame(json.dumps(head).encode(), good[-25:])


def spoilt(rng: random.Random) -> object:
    """A list of arrays that is wrong, or not a list."""
    if rng.random() < 0.2:
        return rng.choice(ODD)
    sizes = (0, 1, 2, 3, 24, 2**25, 2**62, -1, True, 1.5, None)
    return [
        {
            "dtype": rng.choice((*sorted(DTYPES), "O", "object", "S9", 3)),
            "shape": [rng.choice(sizes) for _ in range(rng.randrange(10))],
        }
        for _ in range(rng.randrange(4))
    ]


def spoil(body: dict[str, object], rng: random.Random) -> None:
    """Replace something somewhere in a message's body."""
    place: object = body
    while isinstance(place, (dict, list)) and place:
        key = rng.choice(list(place) if isinstance(place, dict) else range(len(place)))
        inner = place[key]  # type: ignore[index]
        if rng.random() < 0.4 or not isinstance(inner, (dict, list)):
            place[key] = rng.choice(ODD)  # type: ignore[index]
            return
        place = inner


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_nonsense_is_refused_and_never_a_crash(rng: random.Random) -> None:
    assert EXAMPLES * MESSAGES_AN_EXAMPLE >= 10_000
    for _ in range(MESSAGES_AN_EXAMPLE):
        believe(nonsense(rng))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(json_values, json_values, st.binary(max_size=40))
def test_any_json_is_refused_or_read(body: object, arrays: object, payload: bytes) -> None:
    believe(frame(json.dumps({"body": body, "arrays": arrays}).encode(), payload))


@settings(max_examples=300)
@given(st.text(max_size=2000), st.integers(1, 600))
def test_clean_text_is_harmless_everywhere(text: str, limit: int) -> None:
    found = clean(text, limit)
    assert len(found) <= limit
    assert all(unicodedata.category(c) not in ("Cc", "Cs") or c in "\t\n" for c in found)
    assert not set(found) & set("\u202e\u2066\u2028\ufeff\ufffe\uffff\r\x1b")
    found.encode()


def test_a_valid_message_comes_through() -> None:
    message = unpack(reader(pack(VALID)))
    outcome = read_outcome(message, 3)
    np.testing.assert_array_equal(outcome.values[0].array, VALID.arrays[0])
    assert outcome.values[1].items[0].array == np.array(True)


@pytest.mark.parametrize(
    "header",
    [
        b"[" * MAX_ANSWER_HEADER,
        b'{"body": {}, "arrays": [' + b"[]," * (MAX_ANSWER_HEADER // 3 - 20) + b"[]]}",
        b'{"body": {"values": [' + b"{}," * (MAX_ANSWER_HEADER // 3 - 20) + b'{}]}, "arrays": []}',
        b'{"body": {}, "arrays": ' + b"9" * 900_000 + b"}",
        b'{"body": {"kind": "' + b"\\u0001" * 150_000 + b'"}, "arrays": []}',
    ],
    ids=["depth", "arrays", "values", "digits", "text"],
)
def test_a_bomb_in_the_header_takes_little_memory(header: bytes) -> None:
    data = frame(header, b"")
    tracemalloc.start()
    try:
        assert not believe(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 << 20


@pytest.mark.parametrize("kind", ["confined", "unconfined", "ready", "returned", "raised"])
@pytest.mark.parametrize(
    "field", ["layers", "missing", "values", "gradients", "backward", "touched"]
)
@pytest.mark.parametrize("value", [3, None, "text", [3], [[]], {"a": 1}, [{"form": []}]], ids=str)
def test_fields_of_the_wrong_kind_are_refused_or_ignored(
    kind: str, field: str, value: object
) -> None:
    believe(frame(json.dumps({"body": {"kind": kind, field: value}, "arrays": []}).encode(), b""))


def test_an_empty_array_of_impossible_shape_is_refused_or_empty() -> None:
    shapes = ([0, 2**25, 2**25, 2**25], [2**25] * 7 + [0], [0] * 8)
    for shape in shapes:
        arrays = [{"dtype": "float64", "shape": shape}]
        believe(frame(json.dumps({"body": {}, "arrays": arrays}).encode(), b""))


def test_lengths_are_judged_before_anything_is_read() -> None:
    for lengths in ((2**63, 0), (10, 2**63), (MAX_ANSWER_HEADER + 1, 0), (0, wire.MAX_PAYLOAD + 1)):
        with pytest.raises(WireError, match="too large"):
            unpack(reader(struct.pack(">QQ", *lengths), most=16), MAX_ANSWER_HEADER)


def test_the_payload_is_not_read_unless_the_arrays_fill_it() -> None:
    header = b'{"body": {}, "arrays": [{"dtype": "float32", "shape": [1]}]}'
    data = struct.pack(">QQ", len(header), wire.MAX_PAYLOAD) + header
    with pytest.raises(WireError, match="differ in size"):
        unpack(reader(data, most=len(header)))
