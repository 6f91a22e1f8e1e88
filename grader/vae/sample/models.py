"""A model whose pixels show what was drawn.

Its weights make some pixels 1 exactly where a latent dimension lies above a threshold, so that the
steps of a sample show where its z lies, and which other samples have the same. The other pixels
have a fixed probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import logit

from grader.kit import statistics
from grader.vae import fixtures
from grader.vae.sizes import Sizes

THRESHOLDS = np.array((-3.1, -1.24, -0.38, 0.38, 1.24, 3.1))
"""The outermost show whether z is clipped; the others tell one z from another."""
THETAS = np.array((0.2, 0.35, 0.5, 0.65, 0.8))
"""Not far from a half, where averages of few draws are no longer close to normal."""
STEPS = len(THRESHOLDS)
SMALL = Sizes(24 * STEPS + 60, 24, 2 * 24 * STEPS + 1)
POSTERIOR = (2.0, -1.0)
"""Mean and log standard deviation that the encoder gives, whatever x is: far from the prior's."""
_ROUNDING = 4e-4
"""Twice as often as decoders that pass their checks may turn a theta of 0 or 1 into another."""
_SURE = 40.0
"""A logit whose theta is 0 or 1, and whose exponential is finite in single precision."""
_WITHIN = 16.0, -60.0
"""Logits whose theta is as good as 1 and 0, but neither, in single precision: a probability is
between them, and a method may insist on it."""
_STEEP, _OFFSET = 1e5, 20.0
_DECODER, _HEADS = ("linear3", "linear4"), ("linear21", "linear22")


def weights(sizes: Sizes, any_decoder: bool, within: bool = False) -> dict[str, np.ndarray]:
    """Return weights of the decoder: steps in z first, then pixels of fixed probability.

    A hidden unit is zero where z lies above its threshold, so no logit exceeds `_SURE`, and one
    more that the ReLU always holds at zero would move the fixed probabilities. ``within`` bounds, a
    second unit undoes what the first does far below the threshold, and logits are those of
    `_WITHIN`. With ``any_decoder`` hidden units are ``z + 20``, which suits the absolute value as
    well.
    """
    latent, steps = sizes.latent, sizes.latent * STEPS
    weights_by_name = {
        n: w for n, w in fixtures.zeros(sizes).items() if n.split(".")[0] in _DECODER
    }
    directions = np.repeat(np.eye(latent), STEPS, axis=0)
    at = np.tile(THRESHOLDS, latent)
    if any_decoder:
        weights_by_name["linear3.weight"][:latent] = np.eye(latent)
        weights_by_name["linear3.bias"][:latent] = _OFFSET
        weights_by_name["linear4.weight"][:steps, :latent] = _STEEP * directions
        weights_by_name["linear4.bias"][:steps] = -_STEEP * (_OFFSET + at)
    else:
        weights_by_name["linear3.weight"][: 2 * steps] = -np.tile(directions, (2, 1))
        sure, surely_not = _WITHIN if within else (_SURE, 0.0)
        weights_by_name["linear3.bias"][:steps] = at + sure / _STEEP
        weights_by_name["linear3.bias"][steps : 2 * steps] = at + surely_not / _STEEP
        weights_by_name["linear3.bias"][2 * steps] = -1.0
        weights_by_name["linear4.weight"][:steps, :steps] = -_STEEP * np.eye(steps)
        weights_by_name["linear4.weight"][:steps, steps : 2 * steps] = (
            within * _STEEP * np.eye(steps)
        )
        weights_by_name["linear4.weight"][steps:, 2 * steps] = 1.0
        weights_by_name["linear4.bias"][:steps] = sure
    weights_by_name["linear4.bias"][steps:] = logit(np.resize(THETAS, sizes.obs - steps))
    return {name: fixtures.as_single(weight) for name, weight in weights_by_name.items()}


def unsure_weights(sizes: Sizes) -> dict[str, np.ndarray]:
    """Return weights of a decoder that is sure of no pixel, and gives the same whatever z is."""
    weights_by_name = {
        n: w for n, w in fixtures.zeros(sizes).items() if n.split(".")[0] in _DECODER
    }
    weights_by_name["linear4.bias"][:] = logit(np.resize(THETAS, sizes.obs))
    return {name: fixtures.as_single(weight) for name, weight in weights_by_name.items()}


def elsewhere(sizes: Sizes) -> dict[str, np.ndarray]:
    """Return weights of an encoder whose posterior is far from the prior, whatever x is."""
    weights_by_name = {n: w for n, w in fixtures.zeros(sizes).items() if n.split(".")[0] in _HEADS}
    weights_by_name["linear21.bias"][:], weights_by_name["linear22.bias"][:] = POSTERIOR
    return weights_by_name


@dataclass(frozen=True)
class Samples:
    """Pixels ``[calls, rows, D]`` of a model with so many latent dimensions ``L`` that show."""

    pixels: np.ndarray
    latent: int

    @property
    def constants(self) -> np.ndarray:
        """The pixels ``[calls, rows, n]`` that have fixed probabilities."""
        return self.pixels[..., self.latent * STEPS :]

    @cached_property
    def thetas(self) -> np.ndarray:
        """Those probabilities, ``[n]``."""
        return np.resize(THETAS, self.constants.shape[-1])

    @cached_property
    def drawn(self) -> np.ndarray:
        """The constants of calls that are not the first again."""
        return anew(self.constants)

    @cached_property
    def scores(self) -> np.ndarray:
        """The same with mean 0 and variance 1."""
        return (self.drawn - self.thetas) / np.sqrt(self.thetas * (1 - self.thetas))

    @cached_property
    def above(self) -> np.ndarray:
        """Where pixels say that z exceeds a threshold, ``[calls, rows, L, STEPS]``."""
        steps = self.pixels[..., : self.latent * STEPS] > 0.5
        above = steps.reshape(*steps.shape[:2], self.latent, STEPS)
        # Pixels that are exactly inverted tell as much about z.
        inverted = above[..., 0].mean() < 0.5 < above[..., -1].mean()
        return ~above if inverted else above

    @cached_property
    def binary(self) -> bool:
        """Whether there are only zeros and ones."""
        return bool(np.all((self.pixels == 0) | (self.pixels == 1)))

    @cached_property
    def as_coins(self) -> Samples:
        """The same with 1 for the larger of two numbers and 0 for the other, if there are but two.

        Which numbers they should be is a check of its own.
        """
        if self.binary:
            return self
        numbers = np.unique(self.pixels)
        if len(numbers) != 2:
            return self
        return Samples(np.float64(self.pixels == numbers[1]), self.latent)

    @cached_property
    def exact(self) -> bool:
        """Whether z shows in every sample: what lies above a threshold is above all lower ones."""
        rising = self.above[..., 1:] & ~self.above[..., :-1]
        slips = statistics.frequency(int(rising.sum()), rising.size, _ROUNDING)
        return bool(rising.mean() <= _ROUNDING) or slips >= statistics.ALPHA


def anew(calls: np.ndarray, *forms: np.ndarray) -> np.ndarray:
    """Return calls without those that have the first one's samples again, in one of some forms.

    That they should not is a check of its own.
    """
    new = np.ones(len(calls), dtype=bool)
    for first in (calls[:1], *forms):
        same = np.all(calls[1:] == first, axis=tuple(range(2, calls.ndim)))
        new[1:] &= same.mean(1) <= 0.5
    return calls if new.all() else calls[new]
