"""The plots must come out whatever a student's model returns, and never end the process."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import matplotlib
import numpy as np
import pytest
import torch

matplotlib.use("Agg")
from matplotlib import pyplot as plt

SOURCE = Path(__file__).resolve().parents[2] / "student_template" / "vae_utils.py"


@pytest.fixture(scope="module")
def plots() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vae_utils", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def no_figures_left() -> Iterator[None]:
    plt.close("all")
    yield
    plt.close("all")


def loader_of(count: int) -> SimpleNamespace:
    return SimpleNamespace(
        dataset=[(torch.full((1, 28, 28), i / 50), i % 10) for i in range(count)]
    )


def embed(plots: ModuleType, means: torch.Tensor, labels: torch.Tensor | None = None) -> plt.Axes:
    """Plot these posterior means and draw the figure, with warnings as errors."""
    model = SimpleNamespace(encoder=lambda x: (means, torch.zeros_like(means)))
    labels = torch.arange(len(means)) % 10 if labels is None else labels
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plots.visualize_embeddings(model, torch.zeros(len(means), 4), labels)
        plt.gcf().canvas.draw()
    [axes] = plt.gcf().axes
    return axes


DOWN, ACROSS = 38, 32
"""From an image to the one below it and to the next, in pixels."""


def drawn(count: int, num_cols: int = 5) -> tuple[list[float], list[str]]:
    """The shades of the images in the current figure, and the titles over them.

    They are what there is on an otherwise white sheet.
    """
    [axes] = plt.gcf().axes
    [sheet] = (np.array(image.get_array()) for image in axes.images)
    places = [divmod(position, num_cols) for position in range(count)]
    images = [
        sheet[(row + 1) * DOWN - 28 : (row + 1) * DOWN, column * ACROSS : column * ACROSS + 28]
        for row, column in places
    ]
    shades = [float(image[0, 0]) for image in images]
    for image, shade in zip(images, shades, strict=True):
        assert np.array_equal(image, np.full((28, 28), shade))
        image[:] = 1
    assert np.all(sheet == 1)
    return shades, [text.get_text() for text in axes.texts]


def test_mnist_shows_distinct_images_with_their_labels(plots: ModuleType) -> None:
    plots.visualize_mnist(loader_of(40))
    shades, titles = drawn(10)
    assert len(set(shades)) == 10
    assert titles == [str(round(50 * shade) % 10) for shade in shades]


def test_images_lie_apart_each_under_its_title(plots: ModuleType) -> None:
    plots.visualize_mnist(loader_of(40), num_rows=3, num_cols=4)
    plt.gcf().canvas.draw()
    [axes] = plt.gcf().axes
    assert len(drawn(12, num_cols=4)[0]) == len(axes.texts) == 12
    to_sheet = axes.transData.inverted()
    for position, text in enumerate(axes.texts):
        row, column = divmod(position, 4)
        left, top = column * ACROSS, (row + 1) * DOWN - 28
        box = text.get_window_extent().transformed(to_sheet)
        assert left < box.x0 < box.x1 < left + 28
        # Rows are counted downwards: over its own image and below the one above.
        assert top - 10 < min(box.y0, box.y1) < max(box.y0, box.y1) < top


def test_a_data_set_smaller_than_the_grid_is_shown_whole(plots: ModuleType) -> None:
    plots.visualize_mnist(loader_of(3), num_rows=2, num_cols=2)
    assert sorted(drawn(3, num_cols=2)[1]) == ["0", "1", "2"]


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (10, 10), (20, 10)])
def test_the_first_samples_are_shown_in_order(plots: ModuleType, count: int, shown: int) -> None:
    samples = np.arange(count)[:, None, None] / count * np.ones((28, 28))
    plots.visualize_vae_samples(samples)
    assert drawn(shown)[0] == pytest.approx([i / count for i in range(shown)])


def test_samples_may_be_a_tensor_with_a_gradient_or_nan(plots: ModuleType) -> None:
    plots.visualize_vae_samples(torch.full((10, 28, 28), float("nan"), requires_grad=True))
    plt.gcf().canvas.draw()
    sheet = plt.gcf().axes[0].images[0].get_array()
    assert np.isnan(np.asarray(sheet)).sum() == 10 * 28 * 28


def test_plots_do_not_draw_over_each_other(plots: ModuleType) -> None:
    plots.visualize_vae_samples(np.zeros((10, 28, 28)))
    plots.visualize_vae_samples(np.ones((10, 28, 28)))
    assert len(plt.get_fignums()) == 2


def test_an_empty_figure_is_used(plots: ModuleType) -> None:
    plt.figure(figsize=(3, 3))
    embed(plots, torch.randn(2, 5))
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 31, 92])
def test_any_number_of_points_is_embedded(plots: ModuleType, count: int) -> None:
    axes = embed(plots, torch.randn(count, 6, requires_grad=True))
    assert axes.collections[0].get_offsets().shape == (count, 2)
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == [str(label) for label in range(min(count, 10))]


@pytest.mark.parametrize(
    "means",
    [
        pytest.param(torch.zeros(120, 8), id="all at zero"),
        pytest.param(torch.full((120, 8), 1e6), id="all far from zero"),
        pytest.param(torch.randn(4, 8).repeat(30, 1), id="four places"),
        pytest.param(torch.zeros(120, 1), id="one dimension, all at zero"),
        pytest.param(torch.linspace(-1, 1, 120)[:, None], id="one dimension"),
        pytest.param(torch.randn(120, 8) * 1e-30, id="tiny"),
        pytest.param(torch.randn(120, 8) * 1e30, id="huge"),
        pytest.param(torch.eye(120)[:, :8] * 1e8, id="outliers"),
    ],
)
def test_points_that_coincide_are_embedded(plots: ModuleType, means: torch.Tensor) -> None:
    offsets = np.asarray(embed(plots, means).collections[0].get_offsets())
    assert offsets.shape == (120, 2)
    assert np.isfinite(offsets).all()


def test_groups_lie_apart(plots: ModuleType) -> None:
    torch.manual_seed(0)
    labels = torch.arange(100) % 2
    means = 10.0 * labels[:, None] + torch.randn(100, 6)
    points = np.asarray(embed(plots, means, labels).collections[0].get_offsets())
    first, second = points[labels == 0], points[labels == 1]
    gap = np.linalg.norm(first.mean(axis=0) - second.mean(axis=0))
    assert gap > 2 * max(first.std(axis=0).max(), second.std(axis=0).max())


def test_means_that_are_not_finite_are_left_out_and_counted(plots: ModuleType) -> None:
    means = torch.randn(20, 5)
    means[3, 1] = float("nan")
    means[7, 2] = float("inf")
    axes = embed(plots, means)
    assert axes.collections[0].get_offsets().shape == (18, 2)
    assert "2 images left out" in axes.get_title()


def test_a_diverged_model_gives_an_empty_plot_that_says_so(plots: ModuleType) -> None:
    axes = embed(plots, torch.full((20, 5), float("nan")))
    assert not axes.collections
    assert "20 images left out" in axes.get_title()


def test_more_than_ten_labels_are_coloured(plots: ModuleType) -> None:
    axes = embed(plots, torch.randn(3, 4), torch.tensor([10, 11, 12]))
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["10", "11", "12"]


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_tensors_on_the_gpu_are_plotted(plots: ModuleType) -> None:
    axes = embed(plots, torch.randn(12, 5, device="cuda"), torch.arange(12, device="cuda"))
    assert axes.collections[0].get_offsets().shape == (12, 2)
