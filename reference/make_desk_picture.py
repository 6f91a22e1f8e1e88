"""Draw grader/docs/desk.png: a student's page in the desk, of the course of the other picture.

    python -m reference.make_course_picture --keep DIR
    python -m reference.make_desk_picture DIR [--student student_02]

It needs Chromium and Playwright. DIR is the folder that the first of the two has left.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from tests.desk.browser import chromium
from tests.desk.desk_process import running

PICTURE = Path(__file__).resolve().parents[1] / "grader" / "docs" / "desk.png"
_BY, _BOUNDARIES = "Dr. Noether", "30,36,42,48,54"


def main() -> None:
    """Open the desk on the graded course, and draw one student's page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--student", default="student_02")
    parser.add_argument("--picture", type=Path, default=PICTURE)
    parser.add_argument("--width", type=int, default=1240)
    parser.add_argument("--height", type=int, default=1100)
    given = parser.parse_args()
    options = ("--by", _BY, "--boundaries", _BOUNDARIES)
    with running(given.folder / "results", *options) as desk, chromium() as browser:
        page = browser.new_page(viewport={"width": given.width, "height": given.height})
        page.goto(desk.address)
        page.goto(f"{desk.origin}/student/{given.student}")
        page.screenshot(path=str(given.picture))
    with Image.open(given.picture) as image:
        small = image.convert("RGB").quantize(32, dither=Image.Dither.NONE)
    small.save(given.picture, optimize=True)


if __name__ == "__main__":
    main()
