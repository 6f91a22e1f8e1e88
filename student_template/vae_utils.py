"""The plots of the VAE notebook: the data, generated samples, and embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
import torch
from sklearn.manifold import TSNE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGE_SHAPE = (28, 28)


def visualize_mnist(data_loader: Any, num_rows: int = 2, num_cols: int = 5) -> None:
    """Show images picked at random from the data set of a loader, with their labels.

    Args:
        data_loader: Loader whose ``dataset[i]`` is an image, shape [1, 28, 28], and its label
        num_rows: Number of rows in the plot
        num_cols: Number of columns in the plot
    """
    dataset = data_loader.dataset
    count = min(num_rows * num_cols, len(dataset))
    picked = np.random.default_rng().choice(len(dataset), size=count, replace=False)
    images, labels = zip(*(dataset[int(index)] for index in picked), strict=True)
    _show_images(
        [_to_numpy(image) for image in images],
        [str(int(label)) for label in labels],
        num_rows,
        num_cols,
    )


def visualize_vae_samples(samples: Any, num_rows: int = 2, num_cols: int = 5) -> None:
    """Show the first generated images.

    Args:
        samples: Images, shape [num_samples, 28, 28]
        num_rows: Number of rows in the plot
        num_cols: Number of columns in the plot
    """
    images = list(_to_numpy(samples)[: num_rows * num_cols])
    _show_images(images, [""] * len(images), num_rows, num_cols)


def visualize_embeddings(vae: Any, x: torch.Tensor, y: torch.Tensor) -> None:
    """Show the posterior means of a batch in the plane, laid out by t-SNE and coloured by label.

    Args:
        vae: The model; its ``encoder(x)[0]`` are the means, shape [batch_size, latent_dim]
        x: Observations, shape [batch_size, obs_dim]
        y: Labels, shape [batch_size]
    """
    with torch.no_grad():
        means = _to_numpy(vae.encoder(x)[0]).astype(np.float64)
    usable = np.asarray(np.isfinite(means).all(axis=1))
    points = _embed(means[usable])
    labels = [str(label) for label in _to_numpy(y)[usable]]
    names = sorted(set(labels))

    figure = _empty_figure(10, 7)
    axes = figure.add_subplot()
    if names:
        colours = dict(zip(names, sns.color_palette("tab10", len(names)), strict=True))
        sns.scatterplot(
            x=points[:, 0], y=points[:, 1], hue=labels, hue_order=names, palette=colours, ax=axes
        )
        axes.legend(title="Label", loc="center left", bbox_to_anchor=(1, 0.5))
    left_out = int((~usable).sum())
    note = f" ({left_out} images left out: their means are not finite)" if left_out else ""
    axes.set_title("Posterior means, laid out by t-SNE" + note)
    axes.set_axis_off()


def _embed(means: np.ndarray) -> np.ndarray:
    """Lay out n points in the plane: shape [n, L] -> [n, 2]."""
    count, dim = means.shape
    if count < 4:  # too few for t-SNE: their first two coordinates say as much
        return np.pad(means, ((0, 0), (0, 2)))[:, :2]
    centred = means - means.mean(axis=0)
    scale = centred.std()
    # t-SNE can fail, or even end the process, on points that coincide. A tiny jitter keeps them
    # apart and is too small to be seen.
    jitter = np.random.default_rng(0).normal(size=means.shape)
    distinct = centred / (scale if scale > 0 else 1.0) + 1e-4 * jitter
    layout = TSNE(
        perplexity=min(30.0, (count - 1) / 3),
        init="pca" if dim >= 2 else "random",
        learning_rate="auto",
        random_state=0,
    )
    return np.asarray(layout.fit_transform(distinct))


def _show_images(images: list[np.ndarray], titles: list[str], num_rows: int, num_cols: int) -> None:
    """Put images of shape [28, 28] side by side, each under its title."""
    height, width = IMAGE_SHAPE
    across, down = width + 4, height + 10
    # One white sheet holds them all: to draw each by itself takes many times as long.
    sheet = np.ones((num_rows * down, num_cols * across))
    axes = _empty_figure(1.8 * num_cols, 2.0 * num_rows).add_subplot()
    for position, (image, title) in enumerate(zip(images, titles, strict=True)):
        row, column = divmod(position, num_cols)
        left, bottom = column * across, (row + 1) * down
        sheet[bottom - height : bottom, left : left + width] = image.reshape(IMAGE_SHAPE)
        if title:
            axes.text(left + width / 2, bottom - height - 2, title, ha="center", va="bottom")
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=1)
    axes.set_axis_off()


def _empty_figure(width: float, height: float) -> Figure:
    """The current figure if nothing is drawn in it yet, else a new one, of this size in inches."""
    figure = plt.gcf()
    if figure.axes:
        figure = plt.figure()
    figure.set_size_inches(width, height)
    return figure


def _to_numpy(values: Any) -> np.ndarray:
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().numpy()
    return np.asarray(values)
