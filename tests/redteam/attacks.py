"""Makes whole notebooks out of the red team's small files.

Each file in ``notebooks`` says in its first lines what it tries and what honest code with the same
answers would lose, and holds the cells of the attack. The notebook around it has the assignment's
imports, what an attacker may know of the machine, and a right class ``Honest`` to inherit from.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = Path(__file__).parent / "notebooks"
IMPORTS = (
    "import numpy as np\nimport torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
)


@dataclass(frozen=True)
class Attack:
    """One hostile notebook: its cells, and the points that each task must lose."""

    name: str
    tries: str
    loses: dict[str, float]
    cells: tuple[str, ...]
    metadata: dict[str, object]
    beside: tuple[str, ...]
    file: str = "vae.ipynb"


def attacks() -> list[Attack]:
    """All of the red team's notebooks."""
    return [_read(path) for path in sorted(NOTEBOOKS.glob("*.py"))]


def _read(path: Path) -> Attack:
    text = path.read_text()
    front = dict(
        re.findall(r"^# (Tries|Loses|Metadata|Beside|Deep|File): (.*)$", text, re.MULTILINE)
    )
    body = text.split("\n", 2)[2]
    cells = re.split(r"(?m)^# In\[\d+\]:\n", body)
    loses = {}
    if front["Loses"] != "nothing":
        loses = {task: float(n) for task, n in (e.split() for e in front["Loses"].split(", "))}
    if "Deep" in front:
        bracket, times = front["Deep"].split()
        closing = ")" * int(times) if bracket == "(" else ""
        cells.append(f"y = {bracket * int(times)}1{closing}")
    return Attack(
        path.stem,
        front["Tries"],
        loses,
        tuple(cells),
        json.loads(front.get("Metadata", "{}")),
        tuple(front["Beside"].split(", ")) if "Beside" in front else (),
        front.get("File", "vae.ipynb").encode().decode("unicode_escape"),
    )


def write_notebook(attack: Attack, folder: Path, known: dict[str, object]) -> Path:
    """The attack's whole notebook; ``known`` are names that it finds bound."""
    for name in attack.beside:
        (folder / name).write_text("raise SystemExit('shadowed')\n")
    constants = "".join(f"{name} = {value!r}\n" for name, value in known.items())
    sources = (IMPORTS, constants, _honest("Honest"), *attack.cells)
    return write_cells(folder / attack.file, sources, attack.metadata)


def write_honest(folder: Path) -> Path:
    """A right solution."""
    return write_cells(folder / "vae.ipynb", (IMPORTS, _honest("VAE")), {})


def write_cells(path: Path, sources: tuple[str, ...], metadata: dict[str, object]) -> Path:
    """A notebook of code cells."""
    cells = [
        {"cell_type": "code", "source": s, "metadata": {}, "outputs": [], "execution_count": None}
        for s in sources
    ]
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(notebook))
    return path


def _honest(name: str) -> str:
    source = (ROOT / "reference" / "vae.py").read_text()
    return source[source.index("class VAE") :].replace("class VAE", f"class {name}")
