"""The small data set, and reading MNIST's files."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from grader.vae.digits import DataError, Digits, read_digits, shipped_folder
from reference.make_small_mnist import PER_DIGIT, first_of_each, main, write_idx


@pytest.mark.parametrize("train", [True, False])
def test_shipped_digits_are_balanced_and_of_mnists_shape(train: bool) -> None:
    digits = read_digits(shipped_folder(), train)
    assert digits.images.shape == (10 * PER_DIGIT[train], 28, 28)
    assert digits.images.dtype == np.uint8
    assert (digits.images.min(), digits.images.max()) == (0, 255)
    assert np.bincount(digits.labels).tolist() == [PER_DIGIT[train]] * 10
    # Ink lies in the middle: the borders of real MNIST digits are as good as empty.
    assert digits.images[:, :2].mean() < 1
    assert digits.images[:, 10:18, 10:18].mean() > 60


def test_shipped_digits_are_small_and_say_their_licence() -> None:
    files = list(shipped_folder().iterdir())
    assert sum(file.stat().st_size for file in files) <= 1_000_000
    assert "Attribution-ShareAlike 3.0" in (shipped_folder() / "LICENCE.md").read_text("utf-8")


def test_making_it_again_gives_the_same(tmp_path: Path) -> None:
    """The same content: how it is compressed differs from one release of Python to the next."""
    result = CliRunner().invoke(
        main, ["--data", str(shipped_folder()), "--out", str(tmp_path / "again")]
    )
    assert result.exit_code == 0, result.output
    again = sorted((tmp_path / "again").iterdir())
    assert [file.name for file in again] == [
        file.name for file in sorted(shipped_folder().glob("*.gz"))
    ]
    for file in again:
        content = gzip.decompress(file.read_bytes())
        assert content == gzip.decompress((shipped_folder() / file.name).read_bytes())


def test_missing_data_is_said_without_a_traceback(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--data", str(tmp_path), "--out", str(tmp_path)])
    assert result.exit_code == 1
    assert "give a folder with MNIST's four files" in result.output


def test_first_of_each_keeps_the_order() -> None:
    labels = np.array([1, 0, 1, 2, 0, 2, 1], np.uint8)
    images = np.arange(7, dtype=np.uint8).reshape(7, 1, 1)
    kept = first_of_each(Digits(images, labels), 1)
    assert kept.images.ravel().tolist() == [0, 1, 3]


def test_plain_files_in_torchvisions_place_are_read(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in shipped_folder().glob("*.gz"):
        (raw / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    for train in (True, False):
        ours, theirs = read_digits(tmp_path, train), read_digits(shipped_folder(), train)
        np.testing.assert_array_equal(ours.images, theirs.images)
        np.testing.assert_array_equal(ours.labels, theirs.labels)


def _damaged(folder: Path, name: str, content: bytes) -> Path:
    shutil.copytree(shipped_folder(), folder, dirs_exist_ok=True)
    (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"no gzip", "can't be read"),
        (gzip.compress(b"short"), "is no file of MNIST"),
        (gzip.compress(bytes((0, 0, 8, 3)) + bytes(8)), "is no file of MNIST"),
        (gzip.compress(bytes((0, 0, 8, 3)) + b"\xff" * 12 + bytes(9)), "is cut short"),
        (gzip.compress(bytes((0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2)) + bytes(4)), "1, 2"),
    ],
    ids=["no gzip", "short", "no numbers", "cut", "shape"],
)
def test_damaged_files_are_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    folder = _damaged(tmp_path, "train-images-idx3-ubyte.gz", content)
    with pytest.raises(DataError, match=expected):
        read_digits(folder, True)


def test_images_and_labels_must_be_as_many(tmp_path: Path) -> None:
    shutil.copytree(shipped_folder(), tmp_path, dirs_exist_ok=True)
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", np.zeros(3, np.uint8))
    with pytest.raises(DataError, match="3 labels"):
        read_digits(tmp_path, True)
