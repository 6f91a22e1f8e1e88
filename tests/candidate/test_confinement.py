"""What a confined process can and can't do, tried on this machine."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.candidate import confinement
from grader.candidate.confinement import (
    Profile,
    UnconfinedError,
    allowed_paths,
    landlock,
    mount_namespace,
    seccomp,
)
from grader.candidate.trials import try_all
from grader.cli import doctor
from grader.examiner.confinement import missing_from, refusal
from grader.examiner.forkserver_client import RootForkServer
from grader.protocol import limits
from grader.protocol.replies import LAYERS
from grader.vae import ASSIGNMENT

ROOT = Path(__file__).resolve().parents[2]
linux = pytest.mark.skipif(sys.platform != "linux", reason="student code is confined on Linux only")


def inside(work: Callable[[], object], profile: Profile | None = None) -> object:
    """What ``work`` returns, or the class of what it raises, in a confined fork."""

    def run() -> str:
        confinement.confine(profile or Profile())
        try:
            return json.dumps(work())
        except BaseException as error:
            return json.dumps(type(error).__name__)

    return json.loads(confinement.in_fork(run))


def wrong(folder: Path) -> list[str]:
    """What goes otherwise than it should of all that student code could try."""
    outside = folder / "outside"
    outside.write_text("untouched")
    tried = try_all(outside, ROOT / "rubric.yaml")
    assert len(tried) > 30
    return [words for words, must_work, error in tried if (error is None) != must_work]


@linux
def test_nothing_is_missing_here() -> None:
    assert missing_from(confinement.layers()) == ()
    assert [layer.split(":")[0] for layer in confinement.layers()] == list(LAYERS)


@linux
def test_every_trial_of_the_doctor_goes_as_it_should() -> None:
    observations = doctor.observe()
    assert len(observations) > 30
    assert [seen for seen in observations if not seen.as_it_should] == []


@linux
@pytest.mark.parametrize("name", ["rubric.yaml", "reference/vae.py", "grader/vae/expected.py"])
def test_the_project_is_out_of_sight(name: str) -> None:
    assert inside((ROOT / name).read_text) == "PermissionError"


@linux
def test_the_project_can_not_be_imported() -> None:
    assert inside(lambda: __import__("grader.vae.expected") and None) == "ModuleNotFoundError"
    assert inside(lambda: [n for n in sys.modules if n.startswith("grader")]) == []


@linux
@pytest.mark.parametrize("module", ["torch.nn.utils.prune", "sqlite3", "scipy.special"])
def test_packages_can_be_imported_later(module: str) -> None:
    import torch  # noqa: F401 - as in the warm process: with CUDA it takes more than the limit

    def import_afresh() -> str:
        for name in [name for name in sys.modules if name.startswith(module)]:
            del sys.modules[name]
        return __import__(module).__name__

    assert inside(import_afresh) == module.partition(".")[0]


@linux
def test_a_folder_of_its_own_is_writable_and_nothing_beside_it(tmp_path: Path) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    profile = Profile(writable=(str(own),))

    def write_and_rename() -> str:
        (own / "a").write_text("mine")
        (own / "folder").mkdir()
        os.replace(own / "a", own / "folder" / "a")
        os.replace(own / "folder" / "a", own / "b")
        return (own / "b").read_text()

    assert inside(write_and_rename, profile) == "mine"
    assert inside((other / "a").touch, profile) == "PermissionError"
    assert inside(lambda: os.link(own / "b", other / "b"), profile) in (
        "PermissionError",
        "OSError",
    )
    assert list(other.iterdir()) == []
    # A link in the place of a kernel's socket would lead the examiner elsewhere.
    assert inside(lambda: os.symlink("/", own / "link"), profile) == "PermissionError"


@linux
def test_a_kernel_listens_in_its_own_folder_and_answers(tmp_path: Path) -> None:
    path = str(tmp_path / "shell")
    answers: list[bytes] = []

    def serve() -> str:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen()
            line, _ = server.accept()
            line.sendall(b"ready")
        return "served"

    def ask() -> None:
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as line:
                    line.connect(path)
                    answers.append(line.recv(5))
                    return
            except (FileNotFoundError, ConnectionRefusedError):
                pass

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    profile = Profile(writable=(str(tmp_path),), unix_sockets=True)
    assert inside(serve, profile) == "served"
    asking.join(5)
    assert answers == [b"ready"]


@linux
def test_a_kernel_can_not_connect_to_others(tmp_path: Path) -> None:
    path = str(tmp_path / "service")

    def connect() -> None:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(path)

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        profile = Profile(writable=(str(tmp_path),), unix_sockets=True)
        assert inside(connect, profile) == "PermissionError"


@linux
def test_a_missing_layer_stops_strangers_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(*arguments: object) -> bytes:
        raise OSError("no such thing here")

    monkeypatch.setattr(seccomp, "bpf_program", none)
    assert missing_from(confinement.layers()) == ("system calls",)

    def strict() -> str:
        try:
            confinement.confine(Profile())
        except UnconfinedError as error:
            return ", ".join(error.missing)
        return "ran"

    said = refusal((confinement.in_fork(strict),))
    assert "missing: system calls" in said
    assert "--trust" in said
    assert said.count(". ") == 0
    layers = confinement.in_fork(lambda: "\n".join(confinement.confine(Profile(), trust=True)))
    assert "files" in layers
    assert "system calls" not in layers


@linux
@pytest.mark.parametrize("version", range(1, 8))
def test_older_versions_of_landlock_suffice(
    version: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if landlock.version() < version:
        pytest.skip("this kernel's Landlock is older")
    monkeypatch.setattr(landlock, "version", lambda: version)
    assert wrong(tmp_path) == []


@linux
def test_without_landlock_a_view_of_the_disk_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    if "files" in missing_from(confinement.layers()):
        pytest.skip("this container forbids namespaces as well")
    assert any("Landlock" not in layer for layer in confinement.layers())
    assert wrong(tmp_path) == []
    assert inside((ROOT / "rubric.yaml").read_text) in ("PermissionError", "FileNotFoundError")
    assert inside(lambda: __import__("sqlite3").__name__) == "sqlite3"


@linux
def test_root_without_mounts_takes_an_empty_root(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise PermissionError("no mounts here")

    if os.geteuid() != 0:
        pytest.skip("only root may change its root")
    monkeypatch.setattr(landlock, "version", lambda: 0)
    monkeypatch.setattr(mount_namespace, "_own_mounts", refuse)
    assert missing_from(confinement.layers()) == ()
    assert confinement.layers()[0] == "files: an empty root"
    assert inside((ROOT / "rubric.yaml").read_text) == "FileNotFoundError"
    assert inside(lambda: os.listdir("/")) == []


@linux
def test_a_folder_is_measured_whatever_is_done_to_hide_its_size(tmp_path: Path) -> None:
    assert not limits.is_overfull(str(tmp_path), 1 << 20)
    assert not limits.is_overfull(str(tmp_path / "gone"), 1 << 20)
    (tmp_path / "large").write_bytes(bytes(2 << 20))
    assert limits.is_overfull(str(tmp_path), 1 << 20)
    assert not limits.is_overfull(str(tmp_path), 8 << 20)
    (tmp_path / "link").symlink_to("/")
    assert not limits.is_overfull(str(tmp_path), 8 << 20)
    for number in range(300):
        (tmp_path / f"empty-{number}").touch()
    assert limits.is_overfull(str(tmp_path), (2 << 20) + 300 * 4096)


@linux
def test_too_deep_a_folder_counts_as_too_much(tmp_path: Path) -> None:
    before = os.getcwd()
    try:
        os.chdir(tmp_path)
        for _ in range(20):
            os.mkdir("d" * 250)
            os.chdir("d" * 250)
    finally:
        os.chdir(before)
    assert limits.is_overfull(str(tmp_path), 8 << 20)


@linux
def test_a_process_is_killed_when_its_folder_overflows(tmp_path: Path) -> None:
    """The warm process measures the folder that a request names."""
    own = tmp_path / "own"
    own.mkdir()
    grade = tmp_path / "grade"
    grade.mkdir()
    warm = RootForkServer(str(grade), "tests.candidate.hoarder")
    try:
        wire, control = warm.fork({"folder": str(own), "limits": {"folder_bytes": 1 << 20}})
        with wire, control:
            control.settimeout(20)
            news = b""
            while part := control.recv(4096):
                news += part
    finally:
        warm.close()
    assert b'"signal": 9' in news
    assert len(list(own.iterdir())) < 10_000


def test_what_is_hidden_is_left_out_of_what_is_readable(tmp_path: Path) -> None:
    for name in ("packages/torch", "packages/grader/checks", "packages/numpy"):
        (tmp_path / name).mkdir(parents=True)
    packages = str(tmp_path / "packages")
    found = allowed_paths.split([packages], (f"{packages}/grader",))
    assert sorted(found.readable) == [f"{packages}/numpy", f"{packages}/torch"]
    assert found.listable == (packages,)
    assert allowed_paths.split([packages], ("/elsewhere",)).readable == (packages,)
    assert allowed_paths.split([packages], (packages,)).readable == ()


def test_an_environment_inside_the_checkout_stays_readable() -> None:
    inside_checkout = "/home/me/checkout/.venv/lib"
    assert allowed_paths.split([inside_checkout], ("/home/me/checkout",)).readable == (
        inside_checkout,
    )


def test_the_shipped_notebooks_are_known_by_their_hash() -> None:
    for name in ("reference/vae_solved.ipynb", "student_template/vae.ipynb"):
        sha256 = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
        known = sha256 in ASSIGNMENT.shipped_notebooks
        assert known, f"{name} has changed: its hash is {sha256}"
    assert all(re.fullmatch("[0-9a-f]{64}", known) for known in ASSIGNMENT.shipped_notebooks)
