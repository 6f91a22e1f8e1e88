"""A candidate's own folder: empty at first, nobody else's, capped, and gone with it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from grader.candidate import scratch
from grader.examiner import home
from grader.examiner.client import Candidates
from grader.examiner.forkserver_client import GraderError
from grader.examiner.processes import Process
from grader.kit.observation import Returned
from grader.kit.probe import Probe
from grader.protocol import folders, limits
from grader.protocol.limits import Limits
from grader.vae import fixtures
from tests.candidate.asking import CALLS, SIZES, failures, sliced

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="student code is confined on Linux")

(ELBO,) = (call for call in CALLS if call.method == "elbo")
MEGABYTE = 1 << 20

LEAVES_A_NOTE = """
import os
class VAE(Honest):
    def elbo(self, x):
        found = len(os.listdir('.')) + os.path.exists(os.path.expanduser('~/note'))
        open('note', 'w').write('x')
        return torch.full((len(x),), float(found))
"""


@pytest.fixture(scope="module")
def candidates() -> Iterator[Candidates]:
    with Candidates() as candidates:
        yield candidates


def elbo_of(step: str) -> str:
    """A class with a step in its ELBO, which is an expression."""
    return f"import os, time\nclass VAE(Honest):\n    def elbo(self, x):\n        {step}\n"


def values(candidates: Candidates, source: str, folder: Path, probes: int = 2) -> set[float]:
    """What the ELBO returns in some probes of one candidate."""
    weights = fixtures.random_weights(np.random.default_rng(0), SIZES)
    code = sliced(source, folder)
    found = candidates.ask([Probe(SIZES, weights, (ELBO,))] * probes, code)
    outcomes = [outcome for observation in found for outcome in observation.outcomes]
    arrays = [o.values[0].array for o in outcomes if isinstance(o, Returned)]
    return {float(number) for array in arrays if array is not None for number in array}


def own_folders(candidates: Candidates) -> list[Path]:
    return sorted(candidates.home.folder.glob("scratch-*"))


def test_each_candidate_and_each_probe_finds_it_empty(
    candidates: Candidates, tmp_path: Path
) -> None:
    for _ in range(2):
        assert values(candidates, LEAVES_A_NOTE, tmp_path) == {0.0}


def test_one_that_was_left_alone_is_handed_out_again_and_no_other(tmp_path: Path) -> None:
    spare = scratch.Folders()
    alone, written, emptied = (spare.take(str(tmp_path)) for _ in range(3))
    assert os.stat(alone).st_mode & 0o777 == 0o700
    time.sleep(0.02)  # times come in ticks
    for folder in (written, emptied):
        (Path(folder) / "note").write_text("x")
    (Path(emptied) / "note").unlink()
    for folder in (alone, written, emptied):
        spare.give_back(folder)
    assert os.listdir(tmp_path) == [Path(alone).name]
    assert spare.take(str(tmp_path)) == alone
    assert spare.take(str(tmp_path)) not in (alone, written, emptied)


def test_what_was_put_there_at_once_is_found_too(tmp_path: Path) -> None:
    spare = scratch.Folders()
    folder = spare.take(str(tmp_path))
    made = os.stat(folder)
    (Path(folder) / "note").write_text("x")
    os.utime(folder, ns=(made.st_atime_ns, made.st_mtime_ns))
    spare.give_back(folder)
    assert os.listdir(tmp_path) == []


def test_one_that_somebody_has_looked_into_is_no_more_handed_out(tmp_path: Path) -> None:
    spare = scratch.Folders()
    folder = spare.take(str(tmp_path))
    os.utime(folder, ns=(1, os.stat(folder).st_mtime_ns))
    spare.give_back(folder)
    assert spare.take(str(tmp_path)) != folder


def test_it_is_gone_after_the_candidate_whatever_is_in_it(tmp_path: Path) -> None:
    step = """
        for number in range(60):
            os.makedirs('deep/' * 9 + str(number))
            os.chdir('deep')
        os.mkdir('closed', 0)
        open('file', 'w').write('x')
        os.link('file', 'link')
        return x.sum(1)
"""
    with Candidates() as candidates:
        assert failures(candidates, elbo_of(step.strip()), tmp_path, (ELBO,)) == []
        deadline = time.monotonic() + 10
        while own_folders(candidates) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert own_folders(candidates) == []
        folder = candidates.home.folder
    assert not folder.exists()


def test_it_is_gone_after_a_kill(tmp_path: Path) -> None:
    class Killed(Candidates):
        def _begin(self, job: bytes) -> Process:
            channel = super()._begin(job)
            assert channel.pid is not None
            time.sleep(0.3)
            os.kill(channel.pid, signal.SIGKILL)
            return channel

    step = "open('note', 'w').write('x'); time.sleep(60)"
    with Killed() as candidates:
        found = failures(candidates, elbo_of(step), tmp_path, (ELBO,))
        assert {failure.kind for failure in found} == {"died"}
        deadline = time.monotonic() + 10
        while own_folders(candidates) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert own_folders(candidates) == []


@pytest.mark.parametrize(
    "step",
    [
        "[open(str(n), 'wb').write(bytes(1 << 20)) for n in range(100)]",
        "[os.mkdir(str(n)) for n in range(10 ** 4)]",
        "[os.link('f', str(n)) for n in range(10 ** 6 * open('f', 'w').write('x'))]",
    ],
)
def test_one_that_holds_too_much_ends_the_candidate(step: str, tmp_path: Path) -> None:
    with Candidates(limits=Limits(folder_bytes=8 * MEGABYTE, folder_files=200)) as candidates:
        found = failures(candidates, elbo_of(f"{step}; time.sleep(60)"), tmp_path, (ELBO,))
    assert {failure.text for failure in found} == {"it wrote more into its folder than it may"}


def test_a_full_disk_ends_who_may_have_filled_it_and_is_not_held_against_him(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "WORKER", "tests.candidate.full_disk")
    with Candidates() as candidates, pytest.raises(GraderError, match="disk"):
        failures(candidates, elbo_of("time.sleep(60)"), tmp_path, (ELBO,))


@pytest.mark.parametrize(
    "what", ["os.symlink('/', 'a')", "os.mkfifo('a')", "os.mknod('a', 0o20666)"]
)
def test_nothing_that_leads_out_of_it_can_be_made(
    what: str, candidates: Candidates, tmp_path: Path
) -> None:
    found = failures(candidates, elbo_of(what), tmp_path, (ELBO,))
    assert {failure.type for failure in found} == {"PermissionError"}


def test_room_that_is_taken_shows_in_the_length_of_a_file(
    candidates: Candidates, tmp_path: Path
) -> None:
    takes = "os.posix_fallocate(os.open('a', os.O_CREAT | os.O_RDWR), 0, 1 << 20)"
    shows = "assert os.stat('a').st_size == 1 << 20"
    assert failures(candidates, elbo_of(f"{takes}; {shows}; return 1"), tmp_path, (ELBO,)) == []
    hidden = "libc = __import__('ctypes').CDLL(None, use_errno=True); open('b', 'w').close()"
    keeps_size = "assert libc.fallocate(os.open('b', os.O_RDWR), 1, 0, 1 << 20) == -1"
    assert (
        failures(candidates, elbo_of(f"{hidden}; {keeps_size}; return 1"), tmp_path, (ELBO,)) == []
    )


def test_nobody_sees_anothers(candidates: Candidates, tmp_path: Path) -> None:
    theirs = candidates.home.folder / "scratch-12345678"
    theirs.mkdir()
    (theirs / "note").write_text("x")
    for what in (f"open('{theirs}/note')", f"os.listdir('{theirs}')", "os.listdir('..')"):
        found = failures(candidates, elbo_of(what), tmp_path, (ELBO,))
        assert {failure.type for failure in found} == {"PermissionError"}
    folders.remove(str(theirs))


def test_folders_are_removed_however_deep_they_lie(tmp_path: Path) -> None:
    folder, back = tmp_path / "folder", os.getcwd()
    folder.mkdir()
    kept = tmp_path / "kept"
    kept.write_text("x")
    os.chdir(folder)
    try:
        for _ in range(1200):
            os.mkdir("d")
            os.symlink(kept, "link")
            os.chdir("d")
    finally:
        os.chdir(back)
    folders.clear(str(folder))
    assert os.listdir(folder) == []
    folders.remove(str(folder))
    assert not folder.exists()
    assert kept.read_text() == "x"
    folders.remove(str(folder))


def test_what_others_need_of_the_disk_is_half_of_what_is_free_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for free, least in ((10 * MEGABYTE, 5 * MEGABYTE), (1 << 40, 256 * MEGABYTE)):
        monkeypatch.setattr(limits, "room", lambda folder, free=free: free)
        assert limits.least_room(str(tmp_path)) == least
