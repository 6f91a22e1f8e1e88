"""Nothing is left behind: no folder and no process, also after the grader is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from tests.examiner.conftest import ROOT, SOLVED, Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def _processes_with(folder: Path) -> list[str]:
    """Processes whose environment names the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if os.fsencode(folder) in entry.read_bytes():
                found.append(entry.parent.name)
        except OSError:
            continue
    return found


def _wait(seconds: float, until: object) -> bool:
    deadline = time.monotonic() + seconds
    assert callable(until)
    while not until():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_grader_leaves_no_folder_and_no_process(tmp_path: Path, how: int) -> None:
    node = nbformat.read(SOLVED, as_version=4)
    node.cells.insert(
        0, nbformat.v4.new_code_cell("import time\nopen('asleep', 'w').close()\ntime.sleep(600)")
    )
    notebook = tmp_path / "hangs.ipynb"
    notebook.write_text(json.dumps(node), encoding="utf-8")
    place = tmp_path / "t"
    place.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", "from grader.cli.main import main; main()", str(notebook)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(place)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    running = _wait(240, lambda: list(place.glob("grade-*/run-*/work/asleep")))
    process.send_signal(how)
    process.wait(30)
    assert running
    assert _wait(20, lambda: not list(place.iterdir()))
    assert _wait(5, lambda: not _processes_with(place))


@pytest.mark.parametrize("seconds", [0.0, 0.3, 1.0])
def test_stopped_while_it_starts_says_so_and_leaves_nothing(tmp_path: Path, seconds: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", str(SOLVED)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert _wait(60, lambda: list(tmp_path.glob("grade-*")))
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert said == "Stopped.\n"
    assert process.returncode in (130, -signal.SIGINT)
    assert not list(tmp_path.iterdir())


def test_files_of_a_notebook_go_with_its_folder(run: Run, tmp_path: Path) -> None:
    outcome = run(
        "import os, tempfile\n"
        "open('model.pt', 'w').write('x')\n"
        "open(os.path.expanduser('~/note'), 'w').write('x')\n"
        "print(tempfile.NamedTemporaryFile(delete=False).name.replace('/', '|'))\n"
        "print(os.getcwd().replace('/', '|'))\n"  # as they are, such places are left out
    )
    assert outcome.run.status == "completed"
    assert outcome.executed is not None
    printed = nbformat.reads(outcome.executed, as_version=4).cells[0].outputs[0].text
    for line in printed.replace("|", "/").split():
        assert "/run-" in line
        assert not Path(line).exists()


def test_folders_within_folders_go_with_it_however_deep(run: Run) -> None:
    outcome = run("import os\nfor _ in range(1200):\n    os.mkdir('d')\n    os.chdir('d')")
    assert outcome.run.status == "completed"


def test_a_notebook_can_write_nowhere_else(run: Run, tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o777)
    assert run("open('/var/tmp/x', 'w')").run.status == "failed"
    run(f"open({str(tmp_path / 'open' / 'x')!r}, 'w')")  # /tmp is in the run's own folder
    assert not list((tmp_path / "open").iterdir())
