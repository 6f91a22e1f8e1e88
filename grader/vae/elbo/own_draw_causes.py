"""What is wrong with a draw of elbo's own, read off the z that the decoder got.

The candidate's generator starts anew in every model, so that the same noise is behind two batches.
Where the posterior is the prior, z is that noise; elsewhere it shows what is made of it.
"""

from __future__ import annotations

import numpy as np

from grader.vae.elbo.causes import DRAW, LIKELIHOOD, ROWS, Causes, cause
from grader.vae.elbo.facts import Seen
from grader.vae.elbo.fits import fits

_POWERS = {
    "drawn_with_log_variance": 0.5,
    "drawn_with_variance_for_deviation": 2.0,
}
_ROOM = 0.3
"""Of the spread of a few draws, around what it should be."""


def own_draw_causes(noisy: Seen, prior: Seen) -> Causes:
    """Return what is wrong with the draws of a method that makes them itself, if it is seen."""
    if noisy.asks("sample_with_reparam") or not (noisy.shows_one_draw and prior.shows_one_draw):
        return ()
    mu, logsigma = noisy.posterior
    z, noise = noisy.decoded, prior.decoded
    if fits(z, noise, 1e-4) and np.ptp(z) > 0:
        return (cause("drawn_from_prior", DRAW | LIKELIHOOD),)
    if np.max(np.ptp(noise, axis=0)) < 1e-4:
        if np.max(np.abs(noise)) < 1e-4:
            return ()
        return (cause("one_draw_for_batch", DRAW | ROWS),)
    centred = z - mu
    if fits(centred, np.exp(logsigma) * noise, 1e-3):
        spread = float(np.sqrt(np.mean(noise**2)))
        if abs(spread - 1) < _ROOM:
            return ()
        return (cause("noise_scale", DRAW, weight=f"{spread:.1g}"),)
    for name, power in _POWERS.items():
        if fits(centred, np.exp(power * logsigma) * noise, 1e-3):
            return (cause(name, DRAW),)
    return ()
