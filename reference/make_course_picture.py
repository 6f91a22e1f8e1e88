"""Draw grader/docs/course.png: the page of a course of 24, made of the variants that tests use.

    python -m reference.make_course_picture [--keep DIR] [--width 390]

It needs Chromium. The picture shows the top of the page; --keep leaves the whole grading in DIR.
"""

from __future__ import annotations

import argparse
import ast
import random
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import nbformat
from PIL import Image

from grader.vae.spec import TASK_IDS
from reference.make_report_picture import fill_block
from tests.variant_bank import METHOD_OF_TASK, Variant, load_variants

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "grader" / "docs" / "course.png"
STUDENTS = 24
RIGHT = {"encoder": 0.97, "reparam": 0.8, "decoder": 0.95, "kl": 0.7, "elbo": 0.6, "sample": 0.8}
"""How likely a method is right."""
NO_RUN_ALL, NO_NOTEBOOK = (6, 17), 19
BY_HAND = """
- student: student_09
  target: total
  points: 52
  reason: explained the rest in the oral exam
"""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def hand_in(folder: Path) -> None:
    """Write a course: a right or a wrong variant of each method for each student."""
    chance = random.Random(13)
    for number in range(1, STUDENTS + 1):
        student = folder / f"student_{number:02d}"
        student.mkdir(parents=True)
        if number == NO_NOTEBOOK:
            (student / "vae.pdf").touch()
            continue
        notebook = nbformat.read(ROOT / "reference" / "vae_solved.ipynb", 4)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for place, cell in enumerate(code, 1):
            cell.execution_count = None if number in NO_RUN_ALL else place
            if "class VAE" in cell.source:
                for task in TASK_IDS:
                    cell.source = _filled(cell.source, _variant(task, chance))
        nbformat.write(notebook, student / "vae.ipynb")


def _variant(task: str, chance: random.Random) -> Variant:
    """Return a variant that fits into the method's block alone."""
    right = chance.random() < RIGHT[task]
    fitting = [
        variant
        for variant in load_variants(task)
        if variant.right == right and not (variant.prelude or variant.extra or variant.after)
    ]
    return chance.choice(fitting)


def _filled(source: str, variant: Variant) -> str:
    """Return the class with the variant's statements in the method's block."""
    first = ast.parse(variant.code).body[0]
    assert isinstance(first, ast.FunctionDef)
    body = textwrap.dedent("\n".join(variant.code.splitlines()[first.body[0].lineno - 1 :]))
    return fill_block(source, METHOD_OF_TASK[variant.task], body)


def draw(page: Path, picture: Path, width: int, height: int) -> None:
    """Draw what a browser shows of a page, with few colours, for a small file."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"This needs one of {', '.join(BROWSERS)}.")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser,
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
                *("--no-first-run", "--disable-background-networking", "--disable-sync"),
                *("--disable-component-update", "--hide-scrollbars"),
                f"--user-data-dir={profile}",
                f"--window-size={width},{height}",
                f"--screenshot={picture}",
                page.resolve().as_uri(),
            ],
            check=True,
            capture_output=True,
        )
    with Image.open(picture) as image:
        small = image.convert("RGB").quantize(32, dither=Image.Dither.NONE)
    small.save(picture, optimize=True)


def main() -> None:
    """Grade the course, and draw its page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="leave submissions and grading here")
    parser.add_argument("--picture", type=Path, default=PICTURE)
    parser.add_argument("--width", type=int, default=1240)
    parser.add_argument("--height", type=int, default=1710)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        top = given.keep or Path(temporary)
        out = top / "results"
        if not (top / "submissions").exists():
            hand_in(top / "submissions")
        out.mkdir(parents=True, exist_ok=True)
        (out / "overrides.yaml").write_text(BY_HAND, encoding="utf-8")
        grade = (sys.executable, "-m", "grader", top / "submissions", "--out", out, "--no-run")
        done = subprocess.run(grade, cwd=ROOT, check=False)
        if done.returncode not in (0, 1):
            sys.exit("The course could not be graded.")
        draw(out / "report" / "index.html", given.picture, given.width, given.height)


if __name__ == "__main__":
    main()
