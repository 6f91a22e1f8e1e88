"""Sizes of the model under test."""

from __future__ import annotations

from typing import NamedTuple


class Sizes(NamedTuple):
    """Units of the model, in the order of the constructor: observed, latent, hidden."""

    obs: int
    latent: int
    hidden: int
