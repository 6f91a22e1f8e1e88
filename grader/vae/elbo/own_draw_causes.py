"""What is wrong with a draw of elbo's own, read off the z that the decoder got.

The candidate's generator starts anew in every model, so that the same noise is behind batches of
one size. Whatever spread makes it the same in two posteriors is the one that the method uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from grader.vae.elbo.causes import DRAW, LIKELIHOOD, ROWS, Causes, cause
from grader.vae.elbo.facts import Seen
from grader.vae.elbo.fits import fits

_SPREADS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = MappingProxyType(
    {
        "": np.exp,
        "drawn_with_log_variance": lambda s: np.exp(0.5 * s),
        "drawn_with_variance_for_deviation": lambda s: np.exp(2 * s),
        "drawn_with_exp_forgotten": lambda s: s,
        "drawn_without_spread": np.ones_like,
    }
)
"""What the noise is multiplied with, by the misconception; the right one first."""
_ROOM = 0.3
"""Of the spread of a few draws, around what it should be."""
_NONE = 1e-4


def own_draw_causes(first: Seen, second: Seen) -> Causes | None:
    """Return what is wrong with draws that a method makes itself, None if that can't be said.

    Args:
        first: a batch; ``second`` another one, of as many rows and another posterior.
    """
    if first.asks("sample_with_reparam") or not (first.shows_one_draw and second.shows_one_draw):
        return ()
    centred = [seen.decoded - seen.posterior[0] for seen in (first, second)]
    if all(np.max(np.abs(part)) < _NONE for part in centred):
        return ()  # mu itself, which is told elsewhere
    if fits(first.decoded, second.decoded, 1e-5):
        return (cause("drawn_from_prior", DRAW | LIKELIHOOD),)
    for name, spread in _SPREADS.items():
        with np.errstate(all="ignore"):
            noise, again = (
                part / spread(seen.posterior[1])
                for part, seen in zip(centred, (first, second), strict=True)
            )
        if np.all(np.isfinite(noise)) and np.all(np.isfinite(again)) and fits(noise, again, 1e-3):
            return (*((cause(name, DRAW),) if name else ()), *_of_noise(noise))
    return None


def _of_noise(noise: np.ndarray) -> Causes:
    """Return what is wrong with noise ``[B, L]`` that should be standard normal."""
    latent = noise.shape[1]
    if np.max(np.ptp(noise, axis=0)) < _NONE:
        return (cause("one_draw_for_batch", DRAW | ROWS),)
    if latent > 1 and np.max(np.ptp(noise, axis=1)) < _NONE:
        return (cause("drawn_with_one_draw_for_dimensions", DRAW),)
    without = np.max(np.abs(noise), axis=0) < _NONE
    if np.any(without):
        return (cause("noise_missing", DRAW, some=int(without.sum()), all=latent),)
    copies = [
        n for n in range(1, latent) if any(fits(noise[:, n], noise[:, m], 1e-3) for m in range(n))
    ]
    if copies:
        return (cause("noise_repeated", DRAW, some=len(copies), all=latent),)
    spread = float(noise.std())
    # A few draws show a half or a double, but no tenth.
    if noise.size >= 40 and abs(spread - 1) > _ROOM:
        return (cause("noise_scale", DRAW, weight=f"{spread:.1g}"),)
    return ()
