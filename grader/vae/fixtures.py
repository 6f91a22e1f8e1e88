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
    """All-zero weights of a model."""
    units = {"D": sizes.obs, "L": sizes.latent, "H": sizes.hidden}
    found: dict[str, np.ndarray] = {}
    for layer in spec.LAYERS:
        shape = (units[layer.outputs], units[layer.inputs])
        found[f"{layer.name}.weight"] = np.zeros(shape)
        found[f"{layer.name}.bias"] = np.zeros(shape[0])
    return found


def random_weights(
    rng: np.random.Generator, sizes: Sizes, layers: Collection[str] = LAYERS
) -> dict[str, np.ndarray]:
    """Normal weights of these layers, an order of magnitude larger than fresh ones, with biases.

    The scale keeps every layer's outputs near 1, so that nothing saturates.
    """
    found = {}
    for name, weight in zeros(sizes).items():
        if name.split(".")[0] not in layers:
            continue
        scale = 0.5 if weight.ndim == 1 else 1.2 / np.sqrt(weight.shape[1])
        found[name] = as_single(scale * rng.standard_normal(weight.shape))
    return found


def binary_rows(rng: np.random.Generator, rows: int, sizes: Sizes) -> np.ndarray:
    """Distinct rows of zeros and ones, ``[rows, D]``, where ``D`` allows it."""
    return (rng.random((rows, sizes.obs)) < rng.uniform(0.2, 0.8, (rows, 1))).astype(np.float64)


def normal(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    """Normal draws, rounded to single precision."""
    return as_single(scale * rng.standard_normal(shape))
