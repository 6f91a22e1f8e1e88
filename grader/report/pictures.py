"""The plots of an executed notebook, encoded anew: pixels come through and nothing else."""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Any

from grader.untrusted_text import clean

MAX_PICTURES = 24
MAX_ENCODED = 6_000_000
MAX_PIXELS = 16_000_000
MAX_WIDTH = 1200
_MOST_OF_HEADING = 80
_FORMATS = {f"image/{name}": name.upper() for name in ("png", "jpeg", "gif", "webp")}
"""What Pillow calls the formats that are shown."""


@dataclass(frozen=True)
class Picture:
    """A picture of a notebook.

    Attributes:
        cell: the one that put it out, from 1.
        uri: it as a PNG in a data URI.
        width: in pixels.
        height: in pixels.
        shows: what it is, for who can't see it: how many plots, and the heading above its cell.
    """

    cell: int
    uri: str
    width: int
    height: int
    shows: str = "Plot"


def pictures_of(executed: str) -> tuple[Picture, ...]:
    """Return the pictures in the outputs of a notebook file's text, in order.

    What can't be decoded, or is far larger than any plot, is left out.
    """
    try:
        cells = json.loads(executed)["cells"]
        encoded = [
            (number, output["data"][kind], _FORMATS[kind], _shown(cells, number, output["data"]))
            for number, cell in enumerate(cells, 1)
            for output in cell.get("outputs", ())
            for kind in [next((k for k in _FORMATS if k in output.get("data", ())), None)]
            if kind is not None
        ]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ()
    pictures = starmap(_picture, encoded[:MAX_PICTURES])
    return tuple(picture for picture in pictures if picture is not None)


def _shown(cells: Sequence[Any], number: int, data: Mapping[str, Any]) -> str:
    """Return what a picture shows, as far as its notebook says."""
    plots = re.search(r"with (\d{1,3}) Axes", "".join(data.get("text/plain", "")))
    words = f"Figure of {plots[1]} plots" if plots and plots[1] != "1" else "Plot"
    above = ("".join(c["source"]) for c in cells[:number] if c.get("cell_type") == "markdown")
    headings = [line for text in above for line in re.findall(r"(?m)^#{1,6} +(.+)$", text)]
    heading = clean(headings[-1], _MOST_OF_HEADING).strip(" #") if headings else ""
    return f"{words} under the heading {heading}" if heading else words


def _picture(cell: int, data: Any, name: str, shows: str) -> Picture | None:
    """Return the pixels of a base64 picture in a new one of ours; None if that can't be done."""
    from PIL import Image

    if isinstance(data, list) and all(isinstance(line, str) for line in data):
        data = "".join(data)
    if not isinstance(data, str) or len(data) > MAX_ENCODED:
        return None
    try:
        content = base64.b64decode("".join(data.split()), validate=True)
        with Image.open(io.BytesIO(content), formats=[name]) as image:
            if image.width * image.height > MAX_PIXELS:
                return None
            pixels = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, binascii.Error, Image.DecompressionBombError):
        return None
    if pixels.width > MAX_WIDTH:
        height = max(1, round(pixels.height * MAX_WIDTH / pixels.width))
        pixels = pixels.resize((MAX_WIDTH, height))
    # Plots are meant for white paper; a new image carries none of the old one's metadata.
    plot = Image.new("RGB", pixels.size, "white")
    plot.paste(pixels, mask=pixels)
    file = io.BytesIO()
    # To look for the smallest encoding would take longer than all the checks together.
    plot.save(file, "PNG", compress_level=4)
    uri = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
    return Picture(cell, uri, plot.width, plot.height, shows)
