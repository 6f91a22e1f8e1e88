"""What is said of exceptions, each raised for real, and how long it takes to find the words."""

from __future__ import annotations

import math
import string
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from torch import nn
from torch.nn import functional

from grader.kit.exceptions import catalogue, told

RAISING = yaml.safe_load(Path(__file__).with_name("raising.yaml").read_text("utf-8"))

WRITTEN = [
    ("cuda", "AssertionError", "Torch not compiled with CUDA enabled"),
    ("cuda", "RuntimeError", "Found no NVIDIA driver on your system."),
    ("devices", "RuntimeError", "Expected all tensors to be on the same device, but found two"),
    ("dtype_found", "RuntimeError", "expected scalar type Float but found Double"),
    ("numpy_of_cuda", "TypeError", "can't convert cuda:0 device type tensor to numpy. Use Tensor."),
    ("script", "RuntimeError", "Could not get name of python class object"),
    ("unbound", "UnboundLocalError", "local variable 'q' referenced before assignment"),
    ("memory", "RuntimeError", "CUDA out of memory. Tried to allocate 2 GiB"),
]
"""What can't be raised here: other machines, older versions."""


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear1 = nn.Linear(9, 4)

    def loop(self, x: Any) -> Any:
        return self.loop(x)

    def kw(self, mu: Any, logsigma: Any) -> Any:
        return mu


class Hasty(nn.Module):
    def __init__(self) -> None:
        self.layer = nn.Linear(1, 1)


def early() -> Any:
    if math.pi < 3:
        late = 1
    return late


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("id", "code", "says"), RAISING, ids=lambda value: str(value)[:40])
def test_an_exception_is_told_in_plain_words(id: str, code: str, says: str) -> None:
    names = {
        "torch": torch,
        "nn": nn,
        "F": functional,
        "np": np,
        "math": math,
        "Net": Net,
        "Hasty": Hasty,
    }
    names |= {"early": early, "net": Net(), "x": torch.rand(2, 9) / 2 + 0.4}
    names |= {"g": torch.rand(2, 3, requires_grad=True)}
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        exec(code, names)
    found = told(type(caught.value).__name__, str(caught.value), "encoder")
    assert (found.id, found.says) == (id, says), str(caught.value)
    assert found.hint


@pytest.mark.parametrize(("id", "type", "text"), WRITTEN)
def test_so_is_what_cannot_be_raised_here(id: str, type: str, text: str) -> None:
    assert told(type, text, "encoder").id == id


def test_every_entry_is_tried() -> None:
    tried = {id for id, *_ in RAISING} | {id for id, *_ in WRITTEN}
    assert {known.id for known in catalogue()} == tried


def test_words_name_only_fields_that_there_are() -> None:
    given = {"method", "near", "values"}
    for known in catalogue():
        for words in (known.says, known.hint, known.near):
            fields = {field for _, field, *_ in string.Formatter().parse(words) if field}
            named = {field.removeprefix("a_") for field in fields}
            assert named <= given | known.pattern.groupindex.keys(), known.id


def test_a_name_that_was_probably_meant_takes_the_place_of_the_hint() -> None:
    text = "'VAE' object has no attribute 'liner1'"
    assert told("AttributeError", text, "encoder", "linear1").hint == "Did you mean `linear1`?"
    assert "Compare the name" in told("AttributeError", text, "encoder").hint


def test_what_nobody_knows_has_no_words() -> None:
    assert told("ValueError", "my own {words}", "encoder").says == ""


@pytest.mark.parametrize(
    "part", ["a", "9", " ", "'", "[9, ", "(9,9) ", "_", "-1, ", "\n", "'a' and "]
)
def test_finding_the_words_takes_no_longer_for_a_text_that_means_harm(part: str) -> None:
    beginnings = [known.pattern.pattern for known in catalogue()]
    plain = [text.replace("\\", "").partition("(?P")[0] for text in beginnings]
    started = time.perf_counter()
    for beginning in plain:
        for type in ("RuntimeError", "TypeError", "AttributeError", "ValueError"):
            told(type, beginning + part * 10**5, "encoder")
    assert time.perf_counter() - started < 5.0
