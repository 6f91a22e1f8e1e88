"""Record what the grader says about every notebook that the tests know, and tell what has changed.

    python tests/golden.py record FILE     # in the tree before a change of structure
    python tests/golden.py compare FILE    # in the tree after it

Both grade the variants, the solved and the empty notebook, the worked one and the red team's with
the command `grade`, and keep points, statuses, messages and misconceptions. Nothing of the grader
is imported but what `variant_bank` needs, so that a recording outlives a redesign. Exit status of
``compare``: 0 where nothing differs.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

WHOLE = {
    "solved": "reference/vae_solved.ipynb",
    "template": "student_template/vae.ipynb",
    "worked": "tests/notebooks/worked_student.ipynb",
}
# Names that the red team's notebooks find bound; nothing is there, for this is no test of theirs.
KNOWN = {"ROOT": "/nowhere", "CANARY": "/nowhere/canary", "PORT": 9, "NEIGHBOUR": "/nowhere/vae"}


def write_notebooks(folder: Path) -> None:
    """Every notebook, in a file or a folder that is called after it."""
    from tests.redteam.attacks import attacks, write_notebook
    from tests.variant_bank import all_variants, notebook_with

    for name, path in WHOLE.items():
        shutil.copy(ROOT / path, folder / f"{name}.ipynb")
    for variant in all_variants():
        notebook = notebook_with(variant, device="cuda" if variant.cuda else "cpu")
        nbformat.write(notebook, folder / f"{variant.label}.ipynb")
    for attack in attacks():
        own = folder / f"redteam-{attack.name}"
        own.mkdir()
        write_notebook(attack, own, KNOWN)


def graded(folder: Path, out: Path) -> dict[str, Any]:
    """What is said of each notebook in a folder, by its name."""
    command = [sys.executable, "-m", "grader", str(folder), "--out", str(out), "--no-run"]
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
    if done.returncode == 2:
        sys.exit("The grader refused; see above.")
    results = sorted((out / "results").glob("*.json"))
    return {path.stem: _verdicts(json.loads(path.read_text("utf-8"))) for path in results}


def _verdicts(result: dict[str, Any]) -> dict[str, Any]:
    """What must not change of one result."""
    checks = [check for task in result["tasks"] for check in task["checks"]]
    words = ("points", "status", "message", "hint", "misconception")
    return {
        **{name: result[name] for name in ("status", "points", "reason", "advice")},
        **{check["id"]: {word: check[word] for word in words} for check in checks},
        "rules": [[rule["id"], rule["status"], rule["message"]] for rule in result["rules"]],
    }


def differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Each thing that is said otherwise, in a line."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, {}), after.get(name, {})
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                yield f"{name}, {key}:\n  - {old.get(key)}\n  + {new.get(key)}"


def main() -> int:
    """Record or compare, as the command line says."""
    if len(sys.argv) != 3 or sys.argv[1] not in ("record", "compare"):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as scratch:
        notebooks, out = Path(scratch) / "notebooks", Path(scratch) / "out"
        notebooks.mkdir()
        write_notebooks(notebooks)
        found = graded(notebooks, out)
    file = Path(sys.argv[2])
    if sys.argv[1] == "record":
        file.write_text(json.dumps(found, indent=1, sort_keys=True), "utf-8")
        print(f"{len(found)} notebooks are recorded in {file}.")
        return 0
    changed = list(differences(json.loads(file.read_text("utf-8")), found))
    print("\n".join([*changed, f"{len(found)} notebooks, {len(changed)} differences."]))
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
