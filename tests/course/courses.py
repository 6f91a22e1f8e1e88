"""Courses for tests: handed in, graded by the command, read back, disturbed."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.process_memory import descendants

ROOT = Path(__file__).resolve().parents[2]
SOLVED = ROOT / "reference" / "vae_solved.ipynb"
MARK = "# YOUR CODE HERE"
SECONDS_TO_DIE = 10.0

BODIES = {
    "right": "pass",
    "wrong_elbo": "return x.sum(-1)",
    "exits": "import os; os._exit(0)",
    "hangs": "while True: pass",
}


def solution(number: int, kind: str = "right") -> str:
    """The solved notebook's text, different for each number; the ELBO starts with another body."""
    notebook = json.loads(SOLVED.read_text(encoding="utf-8"))
    cell = next(c for c in notebook["cells"] if "class VAE" in "".join(c["source"]))
    source = "".join(cell["source"])
    at = source.index(MARK, source.index("def elbo("))
    cell["source"] = f"{source[:at]}{BODIES[kind]}  # {number}\n        {source[at:]}"
    return json.dumps(notebook)


def handed_in(folder: Path, kinds: list[str]) -> Path:
    """A folder of submissions, a folder a student."""
    for number, kind in enumerate(kinds):
        path = folder / f"student_{number:03d}" / "vae.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(solution(number, kind), encoding="utf-8")
    return folder


def command(path: Path, out: Path, *options: str) -> list[str]:
    """The command that grades a course."""
    return [sys.executable, "-m", "grader", str(path), "--out", str(out), *options]


def grade(path: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Grade a course to its end."""
    return subprocess.run(
        command(path, out, *options), capture_output=True, text=True, timeout=3600, cwd=ROOT
    )


def results(out: Path) -> dict[str, dict[str, Any]]:
    """All results without what differs from one grading to the next: times."""
    found = {}
    for path in sorted((out / "results").glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        del data["seconds"]
        data["run"].pop("seconds")
        data["training"].pop("steps_per_second")
        found[path.stem] = data
    return found


def gradebook(out: Path) -> dict[str, dict[str, str]]:
    """The rows of the gradebook, by name."""
    with open(out / "gradebook.csv", encoding="utf-8-sig", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file, strict=True)}


def how_many(out: Path) -> int:
    """The number of results that are there."""
    return len(list((out / "results").glob("*.json")))


def wait_for_results(out: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until so many results are there, or the process has ended."""
    end = time.monotonic() + 600
    while process.poll() is None and time.monotonic() < end:
        if how_many(out) >= count:
            return
        time.sleep(0.01)


def killed_and_done(handed: Path, out: Path, kills: int, most: int, *options: str) -> None:
    """Grade, kill the grader at random moments, and let it finish in the end.

    Each time all results that are there must be whole, and nothing may live on.

    Args:
        handed: the course.
        out: the grading's folder.
        kills: how often.
        most: how many more results there may be before the next kill.
    """
    chance = random.Random(7)
    for _ in range(kills):
        process = subprocess.Popen(
            command(handed, out, *options),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        wait_for_results(out, how_many(out) + chance.randint(1, most), process)
        time.sleep(chance.random() / 5)  # less than it takes for all the others
        assert process.poll() is None, "it was done before it could be killed"
        family = descendants(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        for path in (out / "results").glob("*.json"):
            json.loads(path.read_text(encoding="utf-8"))
        assert have_ended(family)
    done = grade(handed, out, *options)
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    assert "are graded already" in done.stderr


def have_ended(family: set[int]) -> bool:
    """Whether all of these processes end soon."""
    end = time.monotonic() + SECONDS_TO_DIE
    while left := [pid for pid in family if Path(f"/proc/{pid}").exists()]:
        if time.monotonic() > end:
            print(f"still there: {left}")
            return False
        time.sleep(0.05)
    return True
