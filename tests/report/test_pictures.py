"""Plots are decoded and encoded anew; what is no plot is left out."""

from __future__ import annotations

import base64
import io
import json

import pytest
from PIL import Image

from grader.report.pictures import MAX_WIDTH, pictures_of
from tests.made_plots import executed, png


def test_pictures_are_made_anew() -> None:
    (picture,) = pictures_of(executed(png(secret="a secret")))
    assert (picture.cell, picture.width, picture.height) == (2, 8, 4)
    content = base64.b64decode(picture.uri.partition(",")[2])
    assert b"a secret" not in content
    with Image.open(io.BytesIO(content)) as image:
        assert image.getpixel((0, 0)) == (255, 255, 255)
    (wide,) = pictures_of(executed(png((2 * MAX_WIDTH, 40))))
    assert (wide.width, wide.height) == (MAX_WIDTH, 20)


def test_a_picture_is_told_in_words() -> None:
    data = {"image/png": png(), "text/plain": ["<Figure size 900x400 with 10 Axes>"]}
    cells = [
        {"cell_type": "markdown", "source": ["# Autoencoder\n", "words\n", "## Samples <b>"]},
        {"cell_type": "code", "outputs": [{"output_type": "display_data", "data": data}]},
    ]
    (picture,) = pictures_of(json.dumps({"cells": cells}))
    assert picture.shows == "Figure of 10 plots under the heading Samples <b>"
    (bare,) = pictures_of(executed(png()))
    assert bare.shows == "Plot"


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "no base64!",
        7,
        ["x", 1],
        base64.b64encode(b"GIF89a").decode(),
        png()[:60],
        base64.b64encode(b"<svg onload='alert(1)'/>").decode(),
    ],
)
def test_what_is_no_picture_is_left_out(encoded: object) -> None:
    assert pictures_of(executed(encoded)) == ()


@pytest.mark.parametrize("text", ["", "[]", '{"cells": 3}', '{"cells": [1]}', "[" * 100_000])
def test_what_is_no_notebook_has_no_pictures(text: str) -> None:
    assert pictures_of(text) == ()


def test_a_picture_of_too_many_pixels_is_left_out() -> None:
    file = io.BytesIO()
    Image.new("1", (20_000, 1_000)).save(file, "PNG")
    assert pictures_of(executed(base64.b64encode(file.getvalue()).decode())) == ()
