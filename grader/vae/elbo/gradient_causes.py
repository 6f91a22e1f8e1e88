"""Why the gradient of a right bound is another one: which of its parts are missing or weighted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from grader.vae import expected
from grader.vae.elbo.causes import Causes, cause
from grader.vae.elbo.facts import Seen
from grader.vae.elbo.fits import is_near, say

_GRADIENT = frozenset(("gradient",))
_ROOM = 3e-3
_ENCODER = ("linear1", "linear21", "linear22")
_PATHS = (
    ("mu_detached_in_draw", "through mu in the draw"),
    ("logsigma_detached_in_draw", "through log sigma in the draw"),
    ("mu_detached_in_divergence", "through mu in the divergence"),
    ("logsigma_detached_in_divergence", "through log sigma in the divergence"),
)

Slopes = Mapping[str, np.ndarray | None]


def gradient_causes(seen: Seen, outer: np.ndarray) -> Causes:
    """Return what is wrong with the gradients of ``sum(outer * bound)``, ``outer [B]``."""
    if not seen.gradients:
        return ()
    slopes = {name: seen.gradients.get(name) for name in seen.model.weights}
    arrived = {n: s for n, s in slopes.items() if s is not None and np.any(s != 0)}
    if not arrived:
        return (cause("graph_cut", _GRADIENT),)
    of_likelihood, paths = _parts(seen, outer)
    decoder = _factor(slopes, [of_likelihood])
    encoder = _factor(slopes, paths)
    if decoder is None or encoder is None:
        return _of_layers(slopes)
    numbers = (float(decoder[0]), *(float(number) for number in encoder))
    return _of_factors(numbers)


def _parts(seen: Seen, outer: np.ndarray) -> tuple[dict, list[dict]]:
    """Return the decoder's gradient, and the four paths of the encoder's."""
    weights, bound, c = seen.model.weights, seen.bound, outer[:, None]
    mu, logsigma = seen.posterior
    d_logits = c * (seen.model.x - expected.decoder(weights, seen.decoded, bound.decoder_hidden))
    of_decoder = expected.decoder_gradients(weights, seen.decoded, d_logits, bound.decoder_hidden)
    d_z = of_decoder.pop("z")
    d_mu, d_logsigma = bound.divergence.slopes(mu, logsigma)
    none = np.zeros_like(mu)
    paths = [
        (d_z, none),
        (none, d_z * np.exp(logsigma) * seen.own_noise),
        (-c * d_mu, none),
        (none, -c * d_logsigma),
    ]
    return of_decoder, [
        expected.encoder_gradients(weights, seen.encoded, *path, bound.encoder_hidden)
        for path in paths
    ]


def _factor(slopes: Slopes, parts: list[dict]) -> np.ndarray | None:
    """Return the factors with which parts add up to the gradients of their layers, or None."""
    names = list(parts[0])
    actual = np.concatenate([_numbers(slopes[n], parts[0][n]) for n in names])
    columns = np.stack([np.concatenate([p[n].ravel() for n in names]) for p in parts], axis=-1)
    if not np.all(np.isfinite(actual)):
        return None
    factors = np.linalg.lstsq(columns, actual, rcond=None)[0]
    error = np.max(np.abs(actual - columns @ factors))
    return factors if error <= _ROOM * np.max(np.abs(columns)) else None


def _numbers(slope: np.ndarray | None, like: np.ndarray) -> np.ndarray:
    if slope is None or slope.shape != like.shape:
        return np.zeros(like.size)
    return slope.astype(np.float64).ravel()


def _of_factors(factors: tuple[float, ...]) -> Causes:
    """Return what factors of the decoder's gradient and of the encoder's paths say."""
    decoder, *paths = (0.0 if abs(factor) < 5e-3 else factor for factor in factors)
    gone = [path == 0 for path in paths]
    kept = [factor for factor in (decoder, *paths) if factor]
    if kept and all(is_near(factor, kept[0]) or factor == kept[0] for factor in kept):
        weighted: Causes = ()
        if not is_near(kept[0], 1):
            weighted = (cause("gradient_weighted", _GRADIENT, weight=say(kept[0])),)
        return (*_cut(decoder == 0, gone), *weighted)
    words = [
        f"{say(factor)} {where}"
        for factor, (_, where) in zip(paths, _PATHS, strict=True)
        if not is_near(factor, 1)
    ]
    if not is_near(decoder, 1):
        words.append(f"{say(decoder)} in the decoder's layers")
    factors_in_words = ", ".join(words)
    return (cause("gradient_parts_weighted", _GRADIENT, factors=factors_in_words),)


def _cut(decoder: bool, gone: list[bool]) -> Causes:
    """Return what is cut off: the decoder's layers, and paths to the encoder's."""
    if decoder and all(gone[:2]) and not any(gone[2:]):
        return (cause("likelihood_detached", _GRADIENT),)
    if all(gone) and not decoder:
        return (cause("encoder_detached", _GRADIENT),)
    causes = []
    if decoder:
        causes.append(cause("decoder_detached", _GRADIENT))
    for first, both in ((0, "sample_detached"), (2, "kl_detached")):
        if gone[first] and gone[first + 1]:
            causes.append(cause(both, _GRADIENT))
        else:
            names = [_PATHS[n][0] for n in (first, first + 1) if gone[n]]
            causes += [cause(name, _GRADIENT) for name in names]
    return tuple(causes)


def missing_gradients(seen: Seen) -> Causes:
    """Return which layers get no gradient, where the value is another than the right one."""
    if not seen.gradients:
        return ()
    found = _of_layers({name: seen.gradients.get(name) for name in seen.model.weights})
    return tuple(c for c in found if c.finding.name in ("detached", "gradient_zero"))


def _of_layers(slopes: Slopes) -> Causes:
    """Return which layers get no gradient, or that all get another one."""
    layers = list(dict.fromkeys(name.split(".")[0] for name in slopes))
    without = [
        layer
        for layer in layers
        if not any(
            slope is not None and np.any(slope != 0)
            for name, slope in slopes.items()
            if name.startswith(f"{layer}.")
        )
    ]
    if without:
        zero = [
            layer
            for layer in without
            if any(s is not None for n, s in slopes.items() if n.startswith(f"{layer}."))
        ]
        if zero:
            return (cause("gradient_zero", _GRADIENT, layers=", ".join(zero)),)
        return (cause("detached", _GRADIENT),)
    if not all(s is None or np.all(np.isfinite(s)) for s in slopes.values()):
        return ()
    return (cause("gradient_of_another", _GRADIENT),)
