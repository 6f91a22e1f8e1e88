"""Reading MNIST, and that training as the notebook does it lowers the loss."""

from __future__ import annotations

import gzip
import math
import struct
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from reference.reproduce_training import IMAGES, main, read_images, train
from reference.vae import VAE


def idx(pixels: bytes, *shape: int) -> bytes:
    return struct.pack(">4B3I", 0, 0, 8, 3, *shape) + pixels


def test_images_are_rows_in_the_unit_interval(tmp_path: Path) -> None:
    path = tmp_path / IMAGES
    path.write_bytes(gzip.compress(idx(bytes([0, 255, 51, 102, 0, 0]), 3, 1, 2)))
    expected = torch.tensor([[0.0, 1.0], [0.2, 0.4], [0.0, 0.0]])
    torch.testing.assert_close(read_images(path), expected)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"no gzip", "give a folder", id="not gzip"),
        pytest.param(gzip.compress(idx(b"", 0, 1, 1))[:-9], "give a folder", id="cut gzip"),
        pytest.param(gzip.compress(b"labels" * 9), "IDX", id="not images"),
        pytest.param(gzip.compress(idx(b"123", 2, 1, 2)), "cut short", id="too few pixels"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / IMAGES
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read_images(path)


def test_wrong_data_ends_in_one_sentence(tmp_path: Path) -> None:
    missing = CliRunner().invoke(main, ["--data", str(tmp_path)])
    (tmp_path / IMAGES).write_bytes(gzip.compress(idx(bytes(4), 2, 1, 2)))
    too_few = CliRunner().invoke(main, ["--data", str(tmp_path)])
    assert missing.exit_code == too_few.exit_code == 1
    assert f"give a folder that holds {IMAGES}" in missing.output
    assert "60000 images, not 2" in too_few.output


def test_training_starts_at_the_coin_flip_and_learns() -> None:
    torch.manual_seed(0)
    images = torch.zeros(256, 784)
    images[:, :300] = 1.0
    losses = [loss for _, _, loss in train(VAE(784, 8, 64), images, epochs=10)]
    assert len(losses) == 20
    assert losses[0] == pytest.approx(784 * math.log(2), abs=20)
    assert losses[-1] < losses[0] - 100
