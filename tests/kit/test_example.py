"""Numbers are shown as they print on any machine, or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from grader.kit.example import Example, printed_numbers


def test_short_numbers_are_printed_as_they_are() -> None:
    printed = printed_numbers("kl", np.array([1.0]), np.array([0.5]))
    assert printed == ("kl.tolist()", "[1.0]", "[0.5]")


def test_other_numbers_are_rounded() -> None:
    printed = printed_numbers("kl", np.array([2.195]), np.array([np.e]), 2)
    assert printed is None  # 2.195 may be rounded either way
    printed = printed_numbers("kl", np.array([2.1946]), np.array([np.e]), 2)
    assert printed == ("kl.double().round(decimals=2).tolist()", "[2.19]", "[2.72]")


@pytest.mark.parametrize(("got", "right"), [(0.50001, 0.5), (0.5, 0.5), (np.nan, np.nan)])
def test_numbers_that_read_the_same_are_not_shown(got: float, right: float) -> None:
    assert printed_numbers("kl", np.array([got]), np.array([right])) is None


def test_what_is_no_number_is_shown() -> None:
    printed = printed_numbers("kl", np.array([np.nan, np.inf]), np.array([0.5, 0.5]))
    assert printed == ("kl.tolist()", "[nan, inf]", "[0.5, 0.5]")


def test_a_small_number_whose_sign_is_not_known_is_not_shown() -> None:
    rooms = (0.01, 0.0)
    assert printed_numbers("z.mean()", np.array(0.001), np.array(3.0), 1, rooms) is None
    assert printed_numbers("z.mean()", np.array(2.01), np.array(3.0), 1, rooms) is not None


def test_lines_name_the_device_where_one_is_given() -> None:
    lines = ("tiny = {class}(1, 1, 1)<.to(device)>", "x = torch.tensor([[1.0]]<, device>)")
    example = Example(lines, "tiny.f(x)", "1", "2")
    assert example.code("VAE") == "tiny = VAE(1, 1, 1)\nx = torch.tensor([[1.0]])\nprint(tiny.f(x))"
    assert "Net(1, 1, 1).to(device)\nx = torch.tensor([[1.0]], device=device)" in example.code(
        "Net", "device"
    )
