"""Contents as files and in one SQLite file are the same to whoever uses them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course.contents import Contents
from grader.course.folder_contents import FolderContents
from grader.course.shard_contents import shard_contents
from grader.course.sqlite_contents import NAME, SqliteContents
from grader.course.writing import StoreError

FOLDERS = [
    Path("results"),
    Path("history/a-unfinished"),
    Path("history/a-unfinished/lower"),
    Path("history/a"),
    Path("history/b"),
]
ALL_FOLDERS = [*FOLDERS, Path("history"), Path(".")]

Step = tuple[str, tuple[object, ...]]
paths = st.builds(
    lambda folder, name: folder / name,
    st.sampled_from(FOLDERS),
    st.sampled_from(["x.json", "Ä 0.json", "x.json.json", "z"]),
)
steps = st.one_of(
    st.tuples(st.just("write"), st.tuples(paths, st.binary(max_size=5000))),
    st.tuples(st.just("read"), st.tuples(paths, st.none() | st.integers(1, 100))),
    st.tuples(st.just("exists"), st.tuples(paths)),
    st.tuples(st.just("names"), st.tuples(st.sampled_from(ALL_FOLDERS))),
    st.tuples(st.just("folders"), st.tuples(st.sampled_from(ALL_FOLDERS))),
    st.tuples(
        st.just("rename_folder"), st.tuples(st.sampled_from(FOLDERS), st.sampled_from(FOLDERS))
    ),
    st.tuples(st.just("flush"), st.just(())),
    st.just(("reopen", ())),
)


def outcome(contents: Contents, step: Step) -> object:
    """What comes of a step, be it an error."""
    name, arguments = step
    try:
        return getattr(contents, name)(*arguments)
    except (StoreError, FileNotFoundError) as error:
        return type(error)


def _is_into_itself(step: Step) -> bool:
    if step[0] != "rename_folder":
        return False
    folder, other = step[1]
    assert isinstance(folder, Path)
    assert isinstance(other, Path)
    return folder.is_relative_to(other) or other.is_relative_to(folder)


@given(st.lists(steps.filter(lambda step: not _is_into_itself(step)), max_size=40))
def test_both_kinds_do_the_same(done: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as top:
        file = Path(top, "sqlite", NAME)
        file.parent.mkdir()
        folder, sqlite = FolderContents(Path(top, "files")), SqliteContents(file)
        for step in done:
            if step[0] == "reopen":
                sqlite.close()
                sqlite = SqliteContents(file)
            else:
                assert outcome(folder, step) == outcome(sqlite, step), step
        sqlite.close()


@given(st.lists(st.tuples(paths, st.binary(max_size=50)), max_size=20), st.integers(0, 20))
def test_a_shard_sees_its_own_before_what_was_kept(
    written: list[tuple[Path, bytes]], own: int
) -> None:
    with tempfile.TemporaryDirectory() as top:
        before, plain = SqliteContents(Path(top, NAME)), FolderContents(Path(top, "files"))
        for path, content in written:
            plain.write(path, content)
        for path, content in written[own:]:
            before.write(path, content)
        before.close()
        shard = shard_contents(Path(top), "1-of-2")
        for path, content in written[:own]:
            if not before_has(written[own:], path):
                shard.write(path, content)
        for path, _ in written:
            assert shard.read(path) == plain.read(path)
            assert shard.exists(path)
        for folder in ALL_FOLDERS:
            assert shard.names(folder) == plain.names(folder)
            assert shard.folders(folder) == plain.folders(folder)
        shard.close()


def before_has(written: list[tuple[Path, bytes]], path: Path) -> bool:
    """Whether a path was written, too."""
    return any(path == other for other, _ in written)


@pytest.fixture(params=["files", "sqlite"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Contents]:
    """Contents of either kind."""
    kinds: dict[str, Callable[[], Contents]] = {
        "files": lambda: FolderContents(tmp_path),
        "sqlite": lambda: SqliteContents(tmp_path / NAME),
    }
    contents = kinds[request.param]()
    yield contents
    contents.close()


def test_a_stamp_changes_with_the_content(made: Contents) -> None:
    path = Path("results/ada.json")
    none = made.stamp(path)
    made.write(path, b"one")
    one = made.stamp(path)
    assert one == made.stamp(path) != none
    made.write(path, b"another")
    assert made.stamp(path) not in (one, none)


def test_a_person_is_told_where_it_is(made: Contents) -> None:
    place = made.place(Path("results/ada.json"))
    assert "results/ada.json" in place
    assert str(made.folder) in place
