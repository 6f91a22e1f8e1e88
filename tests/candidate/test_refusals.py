"""What confinement refuses is said in those words, and told apart from errors of a method."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.candidate.refusals import refused
from grader.examiner.client import Candidates
from grader.kit.outputs import lost_by
from tests.candidate.asking import CALLS, failures

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="student code is confined on Linux")

(ELBO,) = (call for call in CALLS if call.method == "elbo")

STEPS = {
    "program": (
        "import os; os.fork()",
        "import multiprocessing; multiprocessing.Process(target=print).start()",
        "from concurrent.futures import ProcessPoolExecutor; ProcessPoolExecutor(2).submit(abs, 1)",
        "list(torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), num_workers=2))",
    ),
    "network": (
        "import urllib.request; urllib.request.urlopen('http://example.com')",
        "import socket; socket.create_connection(('127.0.0.1', 80))",
        "import socket; socket.gethostbyname('example.com')",
        "torch.hub.load_state_dict_from_url('https://example.com/vae.pth')",
    ),
    "file": (
        "open('/etc/passwd')",
        "open('/log.txt', 'w')",
        "import os; os.makedirs('/mnt/drive')",
        "torch.save(x, '/usr/vae.pt')",
    ),
    "rights": ("import os; os.chown('a', 0, 0)",),
    "room": (
        "open('x', 'wb').write(bytes(20 << 20))",
        "np.save('x', np.zeros(4 << 20))",
        "torch.save(torch.zeros(6 << 20), 'x.pt')",
    ),
    "absent": (
        "torch.load('weights.pt')",
        "import os; open(os.path.join(os.getcwd(), 'weights.pt'))",
        "torch.save(x, 'models/vae.pt')",
    ),
}


@pytest.fixture(scope="module")
def candidates() -> Iterator[Candidates]:
    with Candidates() as candidates:
        yield candidates


def told(candidates: Candidates, step: str, folder: Path) -> tuple[str, str]:
    """What is refused, and how it is said, of an ELBO with this step."""
    steps = "".join(f"        {part}\n" for part in step.split("; "))
    source = f"class VAE(Honest):\n    def elbo(self, x):\n{steps}        return 1\n"
    failure = failures(candidates, source, folder, (ELBO,))[0]
    return failure.refused, str(lost_by(failure, "elbo"))


@pytest.mark.parametrize(
    ("kind", "step"), [(kind, step) for kind, steps in STEPS.items() for step in steps]
)
def test_what_is_refused_is_said(
    kind: str, step: str, candidates: Candidates, tmp_path: Path
) -> None:
    what, words = told(candidates, step, tmp_path)
    assert what == kind
    assert words.startswith("`elbo` couldn't be checked (cell 4, line ")
    assert "a check" in words
    assert "scratch-" not in words
    assert "raised" not in words


@pytest.mark.parametrize(
    "step",
    [
        "self.nothing",
        "raise PermissionError('mine')",
        "raise OSError",
        "1 / 0",
        "raise KeyError('program')",
    ],
)
def test_errors_of_a_method_are_its_own(step: str, candidates: Candidates, tmp_path: Path) -> None:
    what, words = told(candidates, step, tmp_path)
    assert what == ""
    assert words.startswith("`elbo` stops ")


def test_no_name_that_chance_chose_is_told(candidates: Candidates, tmp_path: Path) -> None:
    _, words = told(candidates, "self.share_memory()", tmp_path)
    assert "shared memory object </torch> in read-write mode" in words


PASSED_OVER = (
    "import subprocess; subprocess.run(['nvidia-smi'], check=True)",
    "import subprocess; a = 'A100' in subprocess.run('nvidia-smi', shell=True,"
    " capture_output=True, text=True).stdout",
    "import subprocess; subprocess.check_output('git log', shell=True).decode()",
    "import subprocess; subprocess.getoutput('nvidia-smi -L').startswith('GPU 0')",
    "import os; os.popen('ls').read()",
    "import os; os.system('mkdir -p logs; touch logs/a'); open('logs/a').read()",
)


def test_programs_are_passed_over(candidates: Candidates, tmp_path: Path) -> None:
    steps = "; ".join(PASSED_OVER)
    body = "".join(f"        {part}\n" for part in steps.split("; "))
    body = body.replace("mkdir -p logs\n        touch", "mkdir -p logs; touch")
    source = f"class VAE(Honest):\n    def elbo(self, x):\n{body}        return 1\n"
    assert failures(candidates, source, tmp_path, (ELBO,)) == []


def test_a_global_that_comes_from_a_program_is_bound(
    candidates: Candidates, tmp_path: Path
) -> None:
    source = """
import subprocess
FAST = 'A100' in subprocess.run('nvidia-smi', shell=True, capture_output=True, text=True).stdout
class VAE(Honest):
    fast = FAST
"""
    assert failures(candidates, source, tmp_path) == []


def test_what_is_made_of_a_refusal_is_one_and_what_comes_after_it_is_none(
    candidates: Candidates, tmp_path: Path
) -> None:
    source = """
class VAE(Honest):
    def elbo(self, x):
        try:
            open('/etc/passwd')
        except OSError:
            {}
        return self.nothing
"""
    for what_then, kind in (("raise ValueError('no data')", "file"), ("pass", "")):
        found = failures(candidates, source.format(what_then), tmp_path, (ELBO,))
        assert {failure.refused for failure in found} == {kind}


def test_an_exception_that_is_no_good_says_nothing() -> None:
    class OddError(Exception):
        def __str__(self) -> str:
            raise ValueError

    first, second = OddError(), OddError()
    first.__cause__, second.__cause__ = second, first
    assert refused(first) is None
