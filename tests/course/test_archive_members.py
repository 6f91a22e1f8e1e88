"""Tars and nested archives: the same limits as for zips, and a word for what can't be read."""

from __future__ import annotations

import gzip
import io
import os
import random
import tarfile
import zipfile
from pathlib import Path

import pytest

from grader.course import archive_members as members
from grader.course import unpack as archives
from grader.course.archives import SubmissionsError, list_files
from tests.course.layouts import RAR, SEVEN_ZIP, notebook, tarred, zipped

NOTEBOOK = notebook("x = 1")


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    return folder


def tar_of(path: Path, infos: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for info, content in infos:
            info.size = len(content) if info.isreg() else info.size
            archive.addfile(info, io.BytesIO(content) if content else None)
    return path


def info(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (info("../evil.ipynb"), "leads out of the archive"),
        (info("a/../../evil.ipynb"), "leads out of the archive"),
        (info("/etc/evil.ipynb"), "absolute"),
        (info("a.ipynb", tarfile.SYMTYPE, "/etc/passwd"), "is a link"),
        (info("a.ipynb", tarfile.LNKTYPE, "/etc/passwd"), "is a link"),
        (info("a.ipynb", tarfile.LNKTYPE, "../good.ipynb"), "is a link"),
        (info("a.ipynb", tarfile.LNKTYPE, "later.ipynb"), "is a link"),
        (info("a.ipynb", tarfile.LNKTYPE, "a.ipynb"), "is a link"),
        (info("a.ipynb", tarfile.CHRTYPE), "no ordinary file"),
        (info("a.ipynb", tarfile.FIFOTYPE), "no ordinary file"),
    ],
)
def test_what_is_no_file_here_is_left_out(
    tmp_path: Path, unpacked: Path, member: tarfile.TarInfo, why: str
) -> None:
    content = b"evil" if member.isreg() else b""
    good = (info("good.ipynb"), NOTEBOOK.encode())
    path = tar_of(tmp_path / "x.tar.gz", [good, (member, content)])
    found = list_files(path, unpacked)
    assert [file.name for file in found.files if file.path] == ["good.ipynb"]
    assert len(found.notices) == 1
    assert why in found.notices[0]
    assert [path.name for path in unpacked.rglob("*.*")] == ["file.ipynb"]
    assert not (tmp_path / "evil.ipynb").exists()


def test_a_hard_link_has_the_bytes_of_the_member_that_it_names(
    tmp_path: Path, unpacked: Path
) -> None:
    members = [
        (info("ps1/ada/vae.ipynb"), NOTEBOOK.encode()),
        (info("ps1/gil/final.ipynb", tarfile.LNKTYPE, "./ps1/ada/vae.ipynb"), b""),
        (info("ps1/gil/again.ipynb", tarfile.LNKTYPE, "ps1/gil/final.ipynb"), b""),
    ]
    found = list_files(tar_of(tmp_path / "x.tar.gz", members), unpacked)
    assert found.notices == ()
    paths = [file.path for file in found.files]
    assert [path.read_text() for path in paths if path] == [NOTEBOOK] * 3
    assert len({*paths}) == 3


def test_hard_links_count_against_the_limits(
    tmp_path: Path, unpacked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", int(2.5 * len(NOTEBOOK)))
    links = [(info(f"{at}.ipynb", tarfile.LNKTYPE, "a.ipynb"), b"") for at in range(3)]
    path = tar_of(tmp_path / "x.tar", [(info("a.ipynb"), NOTEBOOK.encode()), *links])
    found = list_files(path, unpacked)
    assert [bool(file.path) for file in found.files] == [True, False, False, True]


def test_a_bomb_within_a_tar_ends_it(
    tmp_path: Path, unpacked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "RATIO_FROM_BYTES", 500_000)
    bomb = tarred({"a.ipynb": NOTEBOOK, "b.bin": bytes(3_000_000), "c.ipynb": NOTEBOOK})
    course = {"ada.tar.gz": bomb, "bob.ipynb": NOTEBOOK}
    (tmp_path / "x.zip").write_bytes(zipped(course))
    found = list_files(tmp_path / "x.zip", unpacked)
    assert {file.name for file in found.files if file.path} == {"ada.tar.gz/a.ipynb", "bob.ipynb"}
    assert "as a bomb does" in found.notices[0]
    assert sum(path.stat().st_size for path in unpacked.rglob("*.*")) < 100_000


def test_a_tar_is_read_no_further_than_its_limit(
    tmp_path: Path, unpacked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "MAX_STREAM_BYTES", 2_000_000)
    (tmp_path / "in").mkdir()
    content = tarred({"a.bin": os.urandom(3_000_000), "vae.ipynb": NOTEBOOK}, "w")
    (tmp_path / "in" / "ada.tar").write_bytes(content)
    found = list_files(tmp_path / "in", unpacked)
    assert "unpacks to more than 2 MB" in found.notices[0]
    assert [file.path for file in found.files if file.name == "ada.tar"] == [None]


def test_a_packed_file_that_unpacks_to_too_much(
    tmp_path: Path, unpacked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 1_000_000)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "vae.ipynb.gz").write_bytes(gzip.compress(b" " * 1_500_000))
    found = list_files(tmp_path / "in", unpacked)
    assert "unpacks to more than 1 MB" in found.notices[0]
    assert list(unpacked.iterdir()) == []


def test_archives_within_archives_are_opened_three_deep(tmp_path: Path, unpacked: Path) -> None:
    content = zipped({"vae.ipynb": NOTEBOOK})
    for _ in range(4):
        content = zipped({"in.zip": content})
    (tmp_path / "x.zip").write_bytes(content)
    found = list_files(tmp_path / "x.zip", unpacked)
    assert [file.name for file in found.files] == ["in.zip/in.zip/in.zip"]
    assert "lies in too many archives" in found.notices[0]


def test_an_archive_that_holds_itself_ends(tmp_path: Path, unpacked: Path) -> None:
    many = zipped({f"{number}.zip": zipped({"a.txt": "a"}) for number in range(50)})
    (tmp_path / "x.zip").write_bytes(zipped({f"{number}.zip": many for number in range(20)}))
    assert len(list_files(tmp_path / "x.zip", unpacked).files) == 1000


def test_as_many_files_as_a_folder_may_have(
    tmp_path: Path, unpacked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_FILES", 5)
    (tmp_path / "in").mkdir()
    files = {f"{number}.txt": "x" for number in range(9)}
    (tmp_path / "in" / "a.tar").write_bytes(tarred(files, "w"))
    (tmp_path / "in" / "b.zip").write_bytes(zipped(files))
    notices = list_files(tmp_path / "in", unpacked).notices
    assert "a.tar can't be read to its end (it holds too many files)" in notices[0]
    assert "more than" in notices[1]


@pytest.mark.parametrize(("content", "kind"), [(SEVEN_ZIP, "7z"), (RAR, "rar")])
def test_what_no_library_here_reads_is_named(
    tmp_path: Path, unpacked: Path, content: bytes, kind: str
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada.zip").write_bytes(content)  # by its content, whatever its name says
    found = list_files(tmp_path / "in", unpacked)
    assert f"{kind} archives aren't read: unpack it in its place" in found.notices[0]
    (tmp_path / "course").write_bytes(content)
    with pytest.raises(SubmissionsError, match="archives aren't read: unpack it"):
        list_files(tmp_path / "course", unpacked)


@pytest.mark.parametrize("how", ["zip", "w", "w:gz", "w:bz2", "w:xz"])
def test_damage_anywhere_ends_in_a_sentence(tmp_path: Path, unpacked: Path, how: str) -> None:
    files = {f"s{number}/vae.ipynb": NOTEBOOK + " " * number * 100 for number in range(6)}
    content = zipped(files) if how == "zip" else tarred(files, how)
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "ada.zip"
    chance = random.Random(5)
    for attempt in range(120):
        own = unpacked / str(attempt)
        own.mkdir()
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 8)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged[: chance.randint(1, len(damaged))])
        found = list_files(tmp_path / "in", own)
        assert all(notice.endswith(("left out.", "counts.")) for notice in found.notices)
        assert found.files or found.traces


def test_a_damaged_course_is_refused(tmp_path: Path, unpacked: Path) -> None:
    content = tarred({"ada/vae.ipynb": NOTEBOOK * 50})
    (tmp_path / "x.tar.gz").write_bytes(content[: len(content) // 2])
    with pytest.raises(SubmissionsError, match="download it again"):
        list_files(tmp_path / "x.tar.gz", unpacked)


def test_a_zip_of_scripts_and_data_is_unpacked_as_far_as_it_is_needed(
    tmp_path: Path, unpacked: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("vae.ipynb", NOTEBOOK)
        archive.writestr("data/train.bin", bytes(range(256)) * 1000)
        archive.writestr("plot.png", b"\x89PNG")
        archive.writestr("report.pdf", b"%PDF-1.7")
    found = list_files(tmp_path / "x.zip", unpacked)
    assert len(found.files) == 4
    assert [path.name for path in unpacked.rglob("*.*")] == ["file.ipynb"]
