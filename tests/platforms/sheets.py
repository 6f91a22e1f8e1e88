"""What tests of platforms' sheets share: cells read back, and a notice that all may have."""

from __future__ import annotations

import csv
import io


def read_cells(content: bytes, delimiter: str = ",") -> list[list[str]]:
    """Return the rows of a sheet that was filled."""
    text = content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def notice_of_maximum(sheet: str) -> str:
    """Return what is said where a sheet's maximum is 60 and the rubric's sum 7.5."""
    return (
        f"The {sheet}'s maximum is 60 points, and 7.5 are the most that are given here: "
        "points are written as they are, so full marks are 7.5 of 60 there. Set the maximum to 7.5 "
        "on the platform, or grade with a rubric of as many points."
    )
