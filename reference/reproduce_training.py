"""Train the worked solution on MNIST as the notebook does, beside the figures of the assignment.

    python -m reference.reproduce_training --data DIR

DIR holds MNIST's four original files. Shuffling and weights differ from run to
run with ``--seed``, so the losses agree with the published ones in size, not in their digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import torch

from grader.vae.digits import WHOLE, DataError, read_digits
from reference.vae import VAE

LATENT_DIM, HIDDEN_DIM = 32, 400
BATCH_SIZE = 128
DISPLAY_STEP = 100

PUBLISHED = (
    (547.75, 200.59, 159.51, 145.97, 141.61),
    (135.38, 127.44, 120.24, 119.29, 117.13),
    (121.99, 119.00, 117.61, 116.08, 115.12),
    (110.60, 117.49, 113.87, 111.42, 108.46),
    (110.54, 113.24, 107.76, 109.34, 109.93),
)
"""The loss at steps 0, 100, 200, 300 and 400 of each epoch, as the assignment prints it."""


def read_images(folder: Path) -> torch.Tensor:
    """Read the training images: pixels in [0, 1], shape [N, D].

    Raises:
        DataError: a file is missing, damaged, or holds something else.
    """
    images = read_digits(folder, train=True).images
    return torch.from_numpy(images.reshape(len(images), -1).astype(np.float32) / 255)


def train(vae: VAE, images: torch.Tensor, epochs: int) -> Iterator[tuple[int, int, float]]:
    """Train in place as the notebook does; yield the epoch, the step and the loss of every step."""
    optimiser = torch.optim.Adam(vae.parameters(), lr=1e-3)
    for epoch in range(epochs):
        for step, rows in enumerate(torch.randperm(len(images)).split(BATCH_SIZE)):
            optimiser.zero_grad()
            loss = -vae.elbo(images[rows]).mean(-1)
            loss.backward()
            optimiser.step()
            yield epoch, step, loss.item()


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder of MNIST.")
@click.option("--seed", default=0, show_default=True, help="Seed of the weights and the noise.")
def main(data: Path, seed: int) -> None:
    """Train the worked solution for five epochs and print its losses beside the published ones."""
    try:
        images = read_images(data)
    except DataError as error:
        raise click.ClickException(f"{error}.") from error
    if len(images) != WHOLE[True]:
        raise click.ClickException(f"{data} must hold {WHOLE[True]} images, not {len(images)}.")
    torch.manual_seed(seed)
    vae = VAE(images.shape[1], LATENT_DIM, HIDDEN_DIM)
    losses: list[float] = []
    for epoch, step, loss in train(vae, images, len(PUBLISHED)):
        if step == 0:
            losses.clear()
            click.echo(f"Epoch {epoch}")
        losses.append(loss)
        if step % DISPLAY_STEP == 0:
            published = PUBLISHED[epoch][step // DISPLAY_STEP]
            click.echo(f"  step {step:3}  loss = {loss:.2f}  (published {published:.2f})")
    click.echo(
        f"Average loss of the last epoch: {math.fsum(losses) / len(losses):.2f} (109 to 112)"
    )


if __name__ == "__main__":
    main()
