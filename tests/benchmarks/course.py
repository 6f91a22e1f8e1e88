"""What the benchmarks of whole courses share: notebooks, data beside them, timed commands."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat

from grader.assets import asset
from grader.candidate.patches import torchvision_fix
from grader.vae.digits import shipped_folder

ROOT = Path(__file__).resolve().parents[2]


def hand_in(top: Path, count: int) -> list[Path]:
    """Real notebooks with slight differences below ``top/in``, a folder a student."""
    paths = []
    for number in range(count):
        node = nbformat.read(ROOT / "reference" / "vae_solved.ipynb", as_version=4)
        for cell in node.cells:
            cell.source = cell.source.replace("device = 'cuda'\n", "device = 'cpu'\n", 1)
            if "class VAE" in cell.source:
                cell.source += f"\n# handed in by student {number}\n"
        folder = top / "in" / f"student_{number:03d}"
        folder.mkdir(parents=True)
        nbformat.write(node, folder / "vae.ipynb")
        paths.append(folder / "vae.ipynb")
    return paths


def put_beside(folder: Path) -> None:
    """What a notebook expects in its folder: the digits and vae_utils."""
    raw = folder / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in shipped_folder().glob("*.gz"):
        (raw / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    (folder / "vae_utils.py").write_bytes(asset("student_template/vae_utils.py").read_bytes())


def help_imports(folder: Path) -> Path:
    """A folder for PYTHONPATH that gives other kernels our help to import torchvision."""
    folder.mkdir()
    fix = Path(torchvision_fix.__file__)
    (folder / fix.name).write_bytes(fix.read_bytes())
    (folder / "sitecustomize.py").write_text(
        "import torchvision_fix\ntorchvision_fix.install()\n", encoding="utf-8"
    )
    return folder


def timed(command: Sequence[str | Path], folder: Path, path: Path, threads: int = 0) -> float:
    """Seconds that a command takes, which must succeed.

    Args:
        command: what to start.
        folder: where.
        path: its PYTHONPATH.
        threads: how many it may compute with; 0 leaves that to it.
    """
    own = str(Path(command[0]).parent)  # where an environment's other commands are
    search = f"{own}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PYTHONPATH": str(path), "PATH": search}
    if threads:
        environment |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    seconds = time.perf_counter() - started
    assert done.returncode == 0, (done.stdout + done.stderr).decode("utf-8", "replace")[-3000:]
    return seconds


def grade_command(top: Path, name: str, *options: str) -> list[str | Path]:
    """Grades ``top/in`` into ``top/name``."""
    return [sys.executable, "-m", "grader", top / "in", "--out", top / name, *options]
