"""The zip that Gradescope makes an autograder of: the grader, ``setup.sh``, ``run_autograder``."""

from __future__ import annotations

import io
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from grader.assets import asset
from grader.batch.find import best_notebook

DISTRIBUTION = "vae-grader"
_FIXED_DATE = (2000, 1, 1, 0, 0, 0)
_LEFT_OUT = ("__pycache__", ".mypy_cache", "docs")

_SETUP = """\
#!/usr/bin/env bash
# Runs once, when Gradescope builds the image of the autograder.
set -euo pipefail
apt-get update
apt-get install -y python3-pip python3-venv
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install --no-cache-dir torch torchvision \\
    --index-url https://download.pytorch.org/whl/cpu
/autograder/venv/bin/pip install --no-cache-dir -r /autograder/source/requirements.txt
"""

_RUN = """\
#!/usr/bin/env bash
# Runs for each submission. Without results.json Gradescope says that the autograder failed, which
# is right where the grader itself did: that is no zero.
set -uo pipefail
cd /autograder
export PYTHONPATH=/autograder/source OMP_NUM_THREADS=1
python=/autograder/venv/bin/python
notebook=$($python -m grader.batch.bundle submission "$(mktemp -d)") || exit 1
# Gradescope's box is a container that may not allow confinement, and holds one submission alone.
$python -m grader.cli "$notebook" --no-run --trust --gradescope results/results.json
[ -s results/results.json ]
"""


def gradescope_bundle() -> bytes:
    """The zip's bytes; the same grader gives the same bytes.

    Notebooks are not executed there: the box has half a core and 768 MB.
    """
    package = Path(__file__).resolve().parents[1]
    files = {"setup.sh": _SETUP.encode(), "run_autograder": _RUN.encode()}
    files["requirements.txt"] = "\n".join((*_requirements(), "")).encode()
    for path in sorted(package.rglob("*")):
        if path.is_file() and not any(part in _LEFT_OUT for part in path.parts):
            files[f"grader/{path.relative_to(package).as_posix()}"] = path.read_bytes()
    files["grader/data/rubric.yaml"] = asset("rubric.yaml").read_bytes()
    template = asset("student_template")
    for path in sorted(template.iterdir()):
        if path.is_file():
            files[f"grader/data/student_template/{path.name}"] = path.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, _FIXED_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            executable = name in ("setup.sh", "run_autograder")
            info.external_attr = (0o100755 if executable else 0o100644) << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def _requirements() -> list[str]:
    """What the grader needs, from its metadata, or in a checkout from pyproject.toml."""
    try:
        found = requires(DISTRIBUTION) or []
        return [line for line in found if "extra ==" not in line]
    except PackageNotFoundError:
        text = asset("pyproject.toml").read_text(encoding="utf-8")
        block = text.split("\ndependencies = [", 1)[1].split("\n]", 1)[0]
        lines = (line.strip().rstrip(",") for line in block.splitlines())
        return [line[1:-1] for line in lines if line.startswith('"')]


def main(folder: str, unpacked: str) -> None:
    """Print the path of the notebook to grade, as `run_autograder` asks for it."""
    found = best_notebook(Path(folder), Path(unpacked))
    print(found.path if found else Path(folder) / "vae.ipynb")


if __name__ == "__main__":
    main(*sys.argv[1:3])
