"""Classroom 50 runs this in the student's checkout; the grader lies beside it.

Exit status 0 is a result, whatever the points; another one is the grader's own failure, and the
runner then says so instead of giving points.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
TORCH = "{torch}"
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"


def is_there(requirement: str) -> bool:
    """Return whether a package is installed, in whatever version."""
    try:
        version(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0])
    except PackageNotFoundError:
        return False
    return True


def is_installed() -> bool:
    """Install what the grader needs, unless the machine has it; return whether it is there."""
    requirements = HERE / "requirements.txt"
    if all(map(is_there, requirements.read_text(encoding="utf-8").splitlines())):
        return True
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    for wanted in ([*TORCH.split(), "--index-url", TORCH_INDEX], ["-r", str(requirements)]):
        if subprocess.run([*pip, *wanted], cwd=HERE, check=False).returncode:
            print("::error::pip could not install what the grader needs: its words are above.")
            return False
    return True


def main() -> int:
    """Grade the checkout; return the exit status."""
    if not (3, 10) <= sys.version_info[:2] < (3, 14):
        print(
            f"::error::The grader needs Python 3.10 to 3.13, and this is {sys.version.split()[0]}: "
            'put "python": "3.13" into the runtime of the assignment.'
        )
        return 1
    if not is_installed():
        return 1
    checkout = Path.cwd()
    result, body = checkout / "result.json", checkout / "release-body.md"
    for path in (result, body):
        path.unlink(missing_ok=True)
    # Not in the checkout, whose files Python would import as if they were the grader's; and without
    # the report, for the log takes lines that start with two colons as commands.
    subprocess.run(
        [
            *(sys.executable, "-m", "grader", "box", str(checkout)),
            *("--classroom50", str(result), "--release-body", str(body)),
        ],
        cwd=HERE,
        env={**os.environ, "PYTHONPATH": str(HERE), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return 0 if result.is_file() else 1


if __name__ == "__main__":
    sys.exit(main())
