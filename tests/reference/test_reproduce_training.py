"""Reading MNIST, and that training as the notebook does it lowers the loss."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from grader.vae.digits import read_digits, shipped_folder
from reference.reproduce_training import main, read_images, train
from reference.vae import VAE


def test_images_are_rows_in_the_unit_interval() -> None:
    images = read_images(shipped_folder())
    assert images.shape == (len(read_digits(shipped_folder(), True).images), 784)
    assert (images.min(), images.max()) == (0, 1)
    assert images.unique().mul(255).round().div(255).equal(images.unique())


def test_wrong_data_ends_in_one_sentence(tmp_path: Path) -> None:
    missing = CliRunner().invoke(main, ["--data", str(tmp_path)])
    too_few = CliRunner().invoke(main, ["--data", str(shipped_folder())])
    assert missing.exit_code == too_few.exit_code == 1
    assert "give a folder with MNIST's four files" in missing.output
    assert "60000 images, not 640" in too_few.output


def test_training_starts_at_the_coin_flip_and_learns() -> None:
    torch.manual_seed(0)
    images = torch.zeros(256, 784)
    images[:, :300] = 1.0
    losses = [loss for _, _, loss in train(VAE(784, 8, 64), images, epochs=10)]
    assert len(losses) == 20
    assert losses[0] == pytest.approx(784 * math.log(2), abs=20)
    assert losses[-1] < losses[0] - 100
