"""Models and data that the examiner makes up: weights far from initialisation, binary rows."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from grader.kit.precision import as_single as as_single
from grader.vae import spec
from grader.vae.sizes import Sizes

LAYERS = tuple(layer.name for layer in spec.LAYERS)
FULL = Sizes(*spec.FULL_SIZES)
"""The assignment's own sizes."""


def zeros(sizes: Sizes) -> dict[str, np.ndarray]:
    """Return all-zero weights of a model."""
    units = {"D": sizes.obs, "L": sizes.latent, "H": sizes.hidden}
    weights: dict[str, np.ndarray] = {}
    for layer in spec.LAYERS:
        shape = (units[layer.outputs], units[layer.inputs])
        weights[f"{layer.name}.weight"] = np.zeros(shape)
        weights[f"{layer.name}.bias"] = np.zeros(shape[0])
    return weights


def random_weights(
    rng: np.random.Generator, sizes: Sizes, layers: Collection[str] = LAYERS
) -> dict[str, np.ndarray]:
    """Return normal weights and biases of these layers, ten times as large as fresh ones.

    The scale keeps every layer's outputs near 1, so that nothing saturates.
    """
    weights = {}
    for name, weight in zeros(sizes).items():
        if name.split(".")[0] in layers:
            scale = 0.5 if weight.ndim == 1 else 1.2 / np.sqrt(weight.shape[1])
            weights[name] = as_single(scale * rng.standard_normal(weight.shape))
    return weights


def binary_rows(rng: np.random.Generator, rows: int, sizes: Sizes) -> np.ndarray:
    """Return distinct rows of zeros and ones, ``[rows, D]``, where ``D`` allows it."""
    return (rng.random((rows, sizes.obs)) < rng.uniform(0.2, 0.8, (rows, 1))).astype(np.float64)


def normal(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    """Return normal draws, rounded to single precision."""
    return as_single(scale * rng.standard_normal(shape))
