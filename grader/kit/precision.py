"""The precision that candidates compute with."""

from __future__ import annotations

import numpy as np


def as_single(array: np.ndarray) -> np.ndarray:
    """Round to single precision, so that both sides compute with the very same numbers."""
    return np.asarray(array, np.float64).astype(np.float32).astype(np.float64)
