"""Executed notebooks with plots, for the tests of pages."""

from __future__ import annotations

import base64
import io
import json

from PIL import Image, PngImagePlugin


def png(size: tuple[int, int] = (8, 4), secret: str = "") -> str:
    file = io.BytesIO()
    info = PngImagePlugin.PngInfo()
    if secret:
        info.add_text("Comment", secret)
    Image.new("RGBA", size, (255, 0, 0, 0)).save(file, "PNG", pnginfo=info)
    return base64.b64encode(file.getvalue()).decode()


def executed(*encoded: object) -> str:
    outputs = [{"output_type": "display_data", "data": {"image/png": data}} for data in encoded]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": ""}, {"outputs": outputs}]})
