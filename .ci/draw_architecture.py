"""Draw the packages of the grader as its import contract has them: `grader/docs/architecture.svg`.

    python .ci/draw_architecture.py          # writes the picture
    python .ci/draw_architecture.py --check  # fails where it is not as the contract is

A box's words are the first sentence of the package's docstring, so the picture can't say anything
else than the code does.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from textwrap import wrap
from xml.sax.saxutils import escape

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "grader" / "docs" / "architecture.svg"

WIDTH, MARGIN, GAP = 960, 24, 10
ROW, UNTRUSTED = 62, 250
"""Height of a row; width of the side that student code runs on."""

WAYS = {
    "a notebook": ("#b45309", ("cli", "course", "submission", "examiner", "protocol", "candidate")),
    "a tensor": ("#1d4ed8", ("candidate", "protocol", "examiner", "kit", "vae")),
    "a point": ("#15803d", ("vae", "examiner", "report", "platforms", "course", "cli")),
}


def layers() -> list[list[str]]:
    """Return the rows of the contract from the top, each with its packages."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layered,) = (contract for contract in contracts if contract["type"] == "layers")
    rows = ([name.strip("() ") for name in row.split("|")] for row in layered["layers"])
    return [[name.removeprefix("grader.") for name in row] for row in rows]


def words(name: str) -> str:
    """Return the first sentence of a package's docstring, without its full stop."""
    path = ROOT / "grader" / name
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(source.read_text("utf-8"))) or ""
    return text.split("\n\n")[0].replace("\n", " ").split(". ")[0].rstrip(".")


def box(x: float, y: float, width: float, height: float, name: str, fill: str) -> str:
    """Return a box with the name of a package and its words."""
    lines = wrap(words(name), int((width - 70) / 5.9))[: int((height - 22) / 13)]
    texts = "".join(
        f'<text x="{x + 10:g}" y="{y + 34 + 13 * n:g}" class="words">{escape(line)}</text>'
        for n, line in enumerate(lines)
    )
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" fill="{fill}"/>'
        f'<text x="{x + 10:g}" y="{y + 18:g}" class="name">{escape(name)}</text>{texts}'
    )


def badge(x: float, y: float, colour: str, text: object) -> str:
    """Return a disc with a number: which stop of a way this is."""
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="10" fill="{colour}"/>'
        f'<text x="{x:g}" y="{y + 4:g}" class="stop">{text}</text>'
    )


def picture() -> str:
    """Return the whole picture as SVG."""
    rows = layers()
    trusted = WIDTH - 2 * MARGIN - UNTRUSTED - 2 * GAP
    places: dict[str, tuple[float, float]] = {}
    parts = []
    for number, row in enumerate(rows):
        y = 60 + number * (ROW + GAP)
        shared = "protocol" in row
        whole = WIDTH - 2 * MARGIN if shared else trusted
        width = (whole - GAP * (len(row) - 1)) / len(row)
        for place, name in enumerate(row):
            x = MARGIN + place * (width + GAP)
            fill = "#ede9fe" if shared else "#fef3c7" if name == "vae" else "#e0f2fe"
            parts.append(box(x, y, width, ROW, name, fill))
            places[name] = (x + width - 16, y + 16)
    bottom = next(n for n, row in enumerate(rows) if "protocol" in row)
    right, height = WIDTH - MARGIN - UNTRUSTED, bottom * (ROW + GAP) - GAP
    parts.append(box(right, 60, UNTRUSTED, height, "candidate", "#fee2e2"))
    places["candidate"] = (right + UNTRUSTED - 16, 76)
    badges = dict.fromkeys(places, 0)
    legend = 84 + len(rows) * (ROW + GAP)
    for turn, (what, (colour, stops)) in enumerate(WAYS.items()):
        for number, name in enumerate(stops, 1):
            x, y = places[name]
            parts.append(badge(x - 24 * badges[name], y, colour, number))
            badges[name] += 1
        parts.append(badge(MARGIN + 10 + 230 * turn, legend - 5, colour, ""))
        parts.append(
            f'<text x="{MARGIN + 26 + 230 * turn}" y="{legend}" class="name">'
            f"the way of {escape(what)}</text>"
        )
    total = 110 + len(rows) * (ROW + GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}" width="{WIDTH}" '
        f'height="{total}" font-family="system-ui, sans-serif"><style>'
        ".name{font-size:14px;font-weight:600}.words{font-size:11px;fill:#374151}"
        ".side{font-size:13px;fill:#6b7280}.stop{font-size:11px;fill:white;text-anchor:middle}</style>"
        f'<rect width="{WIDTH}" height="{total}" fill="white"/>'
        f'<text x="{MARGIN}" y="42" class="side">trusted: a row imports the rows below it, never '
        "one above</text>"
        f'<text x="{right}" y="42" class="side">untrusted: runs student code</text>'
        f"{''.join(parts)}</svg>\n"
    )


def main() -> int:
    """Write the picture, or tell whether it is as it should be."""
    drawn = picture()
    if "--check" in sys.argv[1:]:
        return 0 if PICTURE.exists() and PICTURE.read_text("utf-8") == drawn else 1
    PICTURE.write_text(drawn, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
