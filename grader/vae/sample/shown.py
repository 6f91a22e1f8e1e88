"""A decoder that shows what samples are made of.

It writes the z that it is given, in binary, into most pixels, as probabilities of 0 and 1. The
other pixels have probabilities between, another in each sample. So what comes back tells which z
was drawn, and how often a pixel of each probability is 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from grader.kit.check import Exam, Lost, Steps
from grader.kit.observation import Returned, Value
from grader.kit.outputs import one_step_from, values
from grader.kit.probe import Call, Probe, Stubs
from grader.vae import fixtures
from grader.vae.sample.models import POSTERIOR, elsewhere

_SIZES = fixtures.FULL
_BITS, _SCALE, _OFFSET = 20, 65536.0, 8.0
"""Numbers between -8 and 8 are told apart where they differ by a 65536th."""
LEVELS = np.linspace(0, 1, 21)
_COUNT, _CALLS = 500, 2
_SHOWN = _BITS * _SIZES.latent
_MIXED = np.random.default_rng(6).permutation(_SIZES.obs)
PLACES = np.sort(_MIXED[_SHOWN:])
"""Pixels whose probabilities don't depend on z: all over the image."""
_WRITTEN = np.sort(_MIXED[:_SHOWN])
_SOURCE = f"""
position = 0

def decoder(self, z):
    global position
    rows = z.reshape(-1, {_SIZES.latent})
    place = position + torch.arange(len(rows))
    position += len(rows)
    levels = (place[:, None] + torch.arange({len(PLACES)})) % noise.numel()
    whole = ((rows.detach() + {_OFFSET}) * {_SCALE}).round().clamp(0, {2**_BITS - 1}).long()
    bits = (whole[..., None] >> torch.arange({_BITS})) & 1
    theta = torch.zeros(len(rows), {_SIZES.obs}, dtype=z.dtype)
    theta[:, {_WRITTEN.tolist()}] = bits.reshape(len(rows), -1).to(z.dtype)
    theta[:, {PLACES.tolist()}] = noise[levels].to(z.dtype)
    return theta.reshape(*z.shape[:-1], {_SIZES.obs})

def encoder(self, x):
    whole = torch.zeros(*x.shape[:-1], {_SIZES.latent}, dtype=x.dtype)
    return whole + {POSTERIOR[0]}, whole + {POSTERIOR[1]}
"""
_STUBS = Stubs(_SOURCE, ("decoder", "encoder"), LEVELS)


@dataclass(frozen=True, eq=False)
class Shown:
    """Samples ``pixels [calls, rows, D]``.

    Attributes:
        heard: what the decoder and the encoder were given first, by ``method.argument``.
    """

    pixels: np.ndarray
    heard: Mapping[str, Value]

    @property
    def decodes(self) -> bool:
        """Whether the class's decoder is called at all."""
        return "decoder.z" in self.heard

    @property
    def encodes(self) -> bool:
        """Whether the class's encoder is called."""
        return "encoder.x" in self.heard

    @cached_property
    def thetas(self) -> np.ndarray:
        """The probabilities of those pixels, ``[calls, rows, n]``."""
        return self._shared if self.shares_theta else self._own

    @cached_property
    def shares_theta(self) -> bool:
        """Whether all samples of a call have the probabilities of one, and so its z."""
        heard = self.heard.get("decoder.z")
        if heard is None or heard.array is None or heard.array.size != _SIZES.latent:
            return False
        # One z that was heard first may be that of the first sample alone.
        x = self.constants.ravel()
        own, shared = (np.corrcoef(x, t.ravel())[0, 1] for t in (self._own, self._shared))
        return bool(abs(shared) > abs(own) + 0.1)

    @property
    def _own(self) -> np.ndarray:
        calls, rows, _ = self.pixels.shape
        return levels_at(np.arange(calls * rows).reshape(calls, rows))

    @property
    def _shared(self) -> np.ndarray:
        calls, rows, _ = self.pixels.shape
        return levels_at(np.repeat(np.arange(calls)[:, None], rows, axis=1))

    @property
    def constants(self) -> np.ndarray:
        """The pixels whose probabilities don't depend on z, ``[calls, rows, n]``."""
        return self.pixels[..., PLACES]

    @cached_property
    def latents(self) -> np.ndarray | None:
        """The z behind each sample, ``[calls, rows, L]``, or None where pixels don't show them."""
        heard = self.heard.get("decoder.z")
        z = None if heard is None else heard.array
        if z is not None and z.shape == (self.pixels.shape[1], _SIZES.latent):
            return z[None].astype(np.float64)
        shown = self.pixels[..., _WRITTEN]
        numbers = np.unique(shown)
        if len(numbers) != 2:
            return None
        ones = shown == numbers[1]
        for bits in (ones, ~ones):
            digits = bits.reshape(*shown.shape[:2], _SIZES.latent, _BITS)
            written = (digits @ 2.0 ** np.arange(_BITS)) / _SCALE - _OFFSET
            if np.mean(np.abs(written) < 7) > 0.95:  # else the highest digits are random
                return np.asarray(written)
        return None


def levels_at(place: np.ndarray) -> np.ndarray:
    """Return the probabilities ``[..., n]`` of samples that the decoder met at such places."""
    return LEVELS[(place[..., None] + np.arange(len(PLACES))) % len(LEVELS)]


def show(exam: Exam) -> Steps[Shown]:
    """Ask for samples of the decoder that shows what they are made of.

    Raises:
        Lost: they can't be read.
    """
    del exam  # there is nothing to draw
    call = Call("sample", {"num_samples": _COUNT}, repeat=_CALLS, heard=True)
    (outcome,) = (
        yield Probe(_SIZES, fixtures.zeros(_SIZES), (call,), _STUBS, spare=elsewhere(_SIZES))
    ).outcomes
    images = [_image(value) for value in values(outcome, "sample")]
    rows = min(map(len, images))
    if not rows:
        raise Lost("There are no samples.")
    assert isinstance(outcome, Returned)
    return Shown(np.stack([image[:rows] for image in images]), outcome.heard)


def _image(value: Value) -> np.ndarray:
    """Return samples ``[rows, D]``, however many there are."""
    array = value.array if value.array is not None else np.zeros(0)
    if array.ndim > 1 and array.size and array.size % _SIZES.obs == 0:
        rows = array.T if array.shape == (_SIZES.obs, _COUNT) else array
        return np.asarray(rows.reshape(-1, _SIZES.obs), np.float64)
    return one_step_from(value, "x", (_COUNT, _SIZES.obs))
