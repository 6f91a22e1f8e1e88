"""MNIST from disk: the small data set that the grader ships, or a folder of the user's own."""

from __future__ import annotations

import gzip
import zlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from grader.assets import asset
from grader.assignment import DataError, DataSet

IMAGE_SHAPE = (28, 28)
UNSIGNED_BYTES = 8
NAMES = {True: "train", False: "t10k"}
WHOLE = {True: 60_000, False: 10_000}
"""Images of MNIST for training, and for tests."""
MAX_BYTES = 100_000_000


class Digits(NamedTuple):
    """Images ``[N, 28, 28]`` and labels ``[N]``, both of unsigned bytes."""

    images: np.ndarray
    labels: np.ndarray


def shipped_folder() -> Path:
    """Return the folder of the small data set."""
    return asset("mnist")


@lru_cache(maxsize=4)  # read once, for all submissions of a course
def read_digits(folder: Path, train: bool) -> Digits:
    """Read the training or the test set of MNIST from its original files, gzipped or not.

    The files may also lie in ``raw`` or ``MNIST/raw`` below it, where torchvision puts them.

    Raises:
        DataError: a file is missing, damaged, or holds something else.
    """
    name = NAMES[train]
    images = _read_idx(_find(folder, f"{name}-images", "idx3-ubyte"), 3)
    labels = _read_idx(_find(folder, f"{name}-labels", "idx1-ubyte"), 1)
    if images.shape[1:] != IMAGE_SHAPE or len(images) != len(labels) or not len(images):
        raise DataError(
            f"{folder} holds no MNIST: its files of {name} have {len(labels)} labels for images "
            f"of shape {list(images.shape)}; give a folder with the four original files"
        )
    return Digits(images, labels)


def _find(folder: Path, stem: str, kind: str) -> Path:
    for place in (folder, folder / "raw", folder / "MNIST" / "raw"):
        for name in (f"{stem}-{kind}", f"{stem}.{kind}"):
            for path in (place / name, place / f"{name}.gz"):
                if path.is_file():
                    return path
    raise DataError(f"{folder} holds no {stem}-{kind}.gz: give a folder with MNIST's four files")


def _read_idx(path: Path, axes: int) -> np.ndarray:
    """Return the array of an IDX file (the layout is described at http://yann.lecun.com/exdb/mnist/)."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(MAX_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} can't be read: fetch the original file again") from error
    start = 4 + 4 * axes
    if content[:4] != bytes((0, 0, UNSIGNED_BYTES, axes)) or len(content) < start:
        raise DataError(f"{path} is no file of MNIST: fetch the original file again")
    shape = np.frombuffer(content, ">u4", axes, 4).tolist()
    values = np.frombuffer(content, np.uint8, offset=start)
    if len(values) != np.prod(shape, dtype=object):
        raise DataError(f"{path} is cut short: fetch the original file again")
    return values.reshape(shape)


MNIST = DataSet(
    name="MNIST",
    source="torchvision",
    full_count=WHOLE[True],
    amount_words=("digits?", "elbos?", "nll", "bce"),
    folder=shipped_folder,
    read=read_digits,
)
