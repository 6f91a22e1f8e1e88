"""What a run is measured against: a notebook's own statements in a warm process, without a kernel.

A service of a warm process (see `forkserver`). Figures are drawn after each cell, for
that is what the statements ask for.
"""

from __future__ import annotations

import io
import json
import os
import time
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt

from grader.vae import notebook_environment


def prepare() -> None:
    """It is forked from the process that kernels are forked from; as warm as for many of them."""
    notebook_environment.rehearse()


def become(wire: int, request: dict[str, Any]) -> None:
    """Execute the notebook that ``request`` names and send the CPU seconds that it took."""
    matplotlib.use("agg")
    data = Path(request["data"])
    notebook_environment.provide_data(data, whole=False)
    cells = json.loads(Path(request["notebook"]).read_text("utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    started = time.process_time()
    names: dict[str, Any] = {"__name__": "__main__"}
    for source in sources:
        exec(compile(source, "cell", "exec"), names)
        for number in plt.get_fignums():
            plt.figure(number).savefig(io.BytesIO(), dpi=72, bbox_inches="tight")
        plt.close("all")
    os.write(wire, json.dumps(time.process_time() - started).encode())
