"""A run finds the modules beside the notebook, and a shell's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from grader.candidate.patches.file_commands import carry_out
from tests.examiner.conftest import Run


def test_modules_beside_are_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("from a_helper import HALF\n")
    (tmp_path / "a_helper.py").write_text("HALF = 0.5\n")
    (tmp_path / "not_asked_for.py").write_text("HALF = 0.4\n")
    outcome = run(
        "import helpers\nassert helpers.HALF == 0.5",
        "import os\nassert len([f for f in os.listdir() if f.endswith('.py')]) == 3",
    )
    assert outcome.run.status == "completed", outcome.run.error


WRITE = "%%writefile models/own.py\nHALF = 0.5"
READ = "from models.own import HALF\nassert HALF == 0.5"


@pytest.mark.parametrize(
    "made",
    [
        "!mkdir -p models",
        "%mkdir models",
        "mkdir models",
        "%%bash\n# a folder\nset -e\nmkdir -p models data && touch models/__init__.py",
        "%%sh\nmkdir -p a/b; mv a models",
        "folder = 'models'\n!mkdir -p {folder}",
        "for folder in ['data', 'models']:\n    !mkdir -p $folder",
        "get_ipython().system('mkdir models')",
        "import os\nos.system('mkdir -p models')",
        "import subprocess\nsubprocess.run(['mkdir', 'models'], check=True)",
        "import subprocess\nassert subprocess.check_output('mkdir models', shell=True) == b''",
        "!mkdir old && cp -r old models && rm -rf old\nimport os\nassert not os.path.exists('old')",
    ],
)
def test_folders_that_a_shell_makes(made: str, run: Run) -> None:
    outcome = run(made, WRITE, READ)
    assert outcome.run.status == "completed", outcome.run.error


def test_files_that_a_shell_writes(run: Run) -> None:
    outcome = run(
        "%%bash\nmkdir models\ncat > models/own.py <<'EOF'\nHALF = 0.25\nEOF\n"
        "cat >> models/own.py <<EOF\nHALF *= 2\nEOF\nrm -f none models/*.txt",
        READ,
        "!echo 'ONE = 1' > one.py\nimport one\nassert one.ONE == 1",
        "!rm one.py\n!cp models/own.py two.py\nimport two, os\nassert not os.path.exists('one.py')",
    )
    assert outcome.run.status == "completed", outcome.run.error


@pytest.mark.parametrize(
    "line",
    [
        "rm -rf ..",
        "rm -rf .",
        "rm -rf /",
        "mkdir ../x",
        "touch ~/x",
        "mkdir a | b",
        "cp a link/b",
        "cp -r d d/e",
    ],
)
def test_only_the_own_folder_is_touched(line: str, tmp_path: Path, monkeypatch: Any) -> None:
    work, beside = tmp_path / "work", tmp_path / "beside"
    work.mkdir()
    beside.mkdir()
    (work / "a").touch()
    (work / "d" / "e").mkdir(parents=True)
    (work / "link").symlink_to(beside)
    monkeypatch.chdir(work)
    before = sorted(tmp_path.rglob("*"))
    assert not carry_out(line, work)
    assert sorted(tmp_path.rglob("*")) == before
