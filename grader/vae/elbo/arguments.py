"""What helpers were given, in words: compared with what they should get, and with what is near."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from grader.vae.elbo.causes import ALL, DIVERGENCE, DRAW, LIKELIHOOD, ROWS, Cause, Causes, cause
from grader.vae.elbo.facts import Seen
from grader.vae.elbo.fits import fits, say, solve
from grader.vae.elbo.row_maps import ROW_MAPS

Arrays = Mapping[str, np.ndarray]


def argument_causes(seen: Seen, later: Sequence[Seen] = ()) -> Causes:
    """Return what is wrong with what the helpers were given, if anything is.

    ``later`` are three calls, the last of which has the same x as the first.
    """
    mu, logsigma = seen.posterior
    causes = [*_of_x(seen, later)]
    given_to_draw = _pair(seen, "sample_with_reparam")
    given_to_divergence = _pair(seen, "kl_divergence")
    swapped = [
        given is not None and _same(given[0], logsigma) and _same(given[1], mu)
        for given in (given_to_draw, given_to_divergence)
    ]
    if all(swapped) and seen.asks("encoder"):
        return (*causes, cause("encoder_unpacked_in_wrong_order", ALL - ROWS))
    if given_to_divergence is not None:
        parts = DIVERGENCE
        if swapped[1]:
            causes.append(cause("kl_arguments_swapped", parts))
        else:
            causes += _of_pair(seen, "divergence_gets", given_to_divergence, parts)
    if given_to_draw is not None:
        parts = DRAW | LIKELIHOOD
        if swapped[0]:
            causes.append(cause("draw_arguments_swapped", parts))
        else:
            causes += _of_pair(seen, "draw_gets", given_to_draw, parts)
    return (*causes, *_of_decoder(seen))


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    return fits(first, second, 1e-5)


def _pair(seen: Seen, method: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Return what a helper got for mu and log sigma, if that was for the whole batch."""
    first, second = (seen.heard.get(f"{method}.{name}") for name in ("mu", "logsigma"))
    shape = seen.posterior[0].shape
    if first is None or second is None or first.shape != shape or second.shape != shape:
        return None
    return first, second


def _known(seen: Seen) -> dict[str, np.ndarray]:
    """Return what may be handed on, by its name: what is right is first."""
    mu, logsigma = seen.posterior
    with np.errstate(all="ignore"):
        known = {
            "mu": mu,
            "log sigma": logsigma,
            "sigma = exp(log sigma)": np.exp(logsigma),
            "the variance exp(2 log sigma)": np.exp(2 * logsigma),
            "exp(log sigma / 2)": np.exp(logsigma / 2),
            "log sigma squared": logsigma**2,
            "the absolute value of log sigma": np.abs(logsigma),
            "mu squared": mu**2,
            "the absolute value of mu": np.abs(mu),
            "tanh(mu)": np.tanh(mu),
            "tanh(log sigma)": np.tanh(logsigma),
            "softplus(log sigma)": np.logaddexp(0, logsigma),
            "log |log sigma|": np.log(np.abs(logsigma)),
            "log |mu|": np.log(np.abs(mu)),
            "exp(mu)": np.exp(mu),
        }
    if seen.knows_draw:
        known |= {"z": seen.decoded, "the noise of the draw": seen.own_noise}
    return known


def _of_pair(
    seen: Seen, name: str, given: tuple[np.ndarray, np.ndarray], checks: frozenset[str]
) -> Causes:
    known = _known(seen)
    causes = []
    for wanted, array in zip(("mu", "log sigma"), given, strict=True):
        words = in_words(array, known, wanted)
        if words is not None:
            causes.append(cause(name, checks, given=words, wanted=wanted))
    return tuple(causes)


def _of_x(seen: Seen, later: Sequence[Seen]) -> Iterator[Cause]:
    """Yield what is wrong with the encoder's x, or with x after the call."""
    x = seen.model.x
    known = {"x": x}
    if not _same(seen.kept, x):
        what = in_words(seen.kept, known, "x") or "other numbers"
        name = "x_changed" if _same(seen.encoded, seen.kept) else "x_changed_later"
        yield cause(name, ALL - DRAW, given=what)
        if name == "x_changed":
            return
    given = in_words(seen.encoded, known, "x")
    if later and not np.array_equal(later[0].encoded, later[2].encoded):
        given = "x changed by something random, another one in every call,"
    if given is not None:
        yield cause("encoder_gets", ALL, given=given)


def _of_decoder(seen: Seen) -> Causes:
    """Return what is wrong with the z that is decoded, where the draw is known."""
    mu = seen.posterior[0]
    shown = seen.heard.get("decoder.z")
    if shown is None or shown.shape != mu.shape:
        return ()
    checks = DRAW | LIKELIHOOD | ROWS
    if _same(shown, mu):
        return (cause("mean_decoded", DRAW),)
    if not seen.asks("sample_with_reparam"):
        return ()
    drawn = seen.drawn()
    if _same(shown, drawn):
        return ()
    for how, mixed in ROW_MAPS.items():
        if _same(shown, mixed(drawn)):
            return (cause("z_of_rows", checks, how=how),)
    order = [int(np.argmin(np.abs(drawn - row).sum(-1))) for row in shown]
    if _same(shown, drawn[order]):
        return (cause("z_of_rows", checks, how="that of another row of the batch"),)
    for draws in range(2, 65):
        if _same(shown, seen.draws(draws).mean(0)):
            return (cause("average_decoded", checks, draws=draws),)
    factor = _noise_factor(shown, seen)
    if factor is not None:
        return (cause("noise_weighted", DRAW, weight=say(factor)),)
    given = in_words(shown, _made_of(drawn, seen), "z") or _by_dimension(shown, drawn, mu)
    return (cause("decoder_gets", checks, given=given),)


def _noise_factor(shown: np.ndarray, seen: Seen) -> float | None:
    """Return the factor of the noise in a z that is right otherwise."""
    mu = seen.posterior[0]
    noise = (seen.drawn() - mu).reshape(-1, 1)
    weights = solve(noise, (shown - mu).ravel())
    return None if weights is None else float(weights[0])


def _made_of(z: np.ndarray, seen: Seen) -> dict[str, np.ndarray]:
    """Return z and what may be made of it, by name."""
    mu, logsigma = seen.posterior
    with np.errstate(all="ignore"):
        return {
            "z": z,
            "tanh(z)": np.tanh(z),
            "sigmoid(z)": 1 / (1 + np.exp(-z)),
            "relu(z)": np.maximum(z, 0),
            "the absolute value of z": np.abs(z),
            "z squared": z**2,
            "exp(z)": np.exp(z),
            "the rounded z": np.round(z),
            "z + mu": z + mu,
            "z - mu": z - mu,
            "z divided by its length": z / np.linalg.norm(z, axis=1, keepdims=True),
            "softmax(z)": np.exp(z) / np.exp(z).sum(1, keepdims=True),
            "log sigma": logsigma,
            "sigma = exp(log sigma)": np.exp(logsigma),
            "the noise alone": seen.noise(),
        }


def _by_dimension(shown: np.ndarray, z: np.ndarray, mu: np.ndarray) -> str:
    """Return in words which dimensions of z are other numbers."""
    wrong = ~np.all(np.abs(shown - z) < 1e-4, axis=0)
    if wrong.all():
        return "other numbers"
    with_what = "something else"
    for name, other in (("0", 0 * z), ("mu", mu)):
        if np.max(np.abs((shown - other)[:, wrong])) < 1e-4:
            with_what = name
    return f"{with_what} in {wrong.sum()} of {len(wrong)} dimensions"


def in_words(array: np.ndarray, known: Arrays, wanted: str) -> str | None:
    """Return what an array is that should be one of the known ones; None if it is."""
    right = known[wanted]
    if _same(array, right):
        return None
    for name, other in known.items():
        if _same(array, other):
            return name
    if np.ptp(array) < 1e-6:
        return f"{say(float(array.flat[0]))} everywhere"
    for name, other in known.items():
        if (affine := _affine(array, name, other)) is not None:
            return affine
    if (cut := _cut_off(array, wanted, right)) is not None:
        return cut
    for how, change in ROW_MAPS.items():
        for name, other in known.items():
            if _same(array, change(other)):
                return f"{name} with its rows mixed ({how})"
    if len({tuple(row) for row in np.round(array, 5)}) == 1:
        return "one and the same row for the whole batch"
    return None if wanted == "z" else "other numbers"


def _affine(array: np.ndarray, name: str, other: np.ndarray) -> str | None:
    """Return an array as a multiple of another one plus a constant, in words, if it is that."""
    if not np.all(np.isfinite(other)) or np.ptp(array) < 1e-6:
        return None
    columns = np.stack((other.ravel(), np.ones(other.size)), axis=-1)
    weights = solve(columns, array.ravel())
    if weights is None:
        return None
    factor, constant = (float(weight) for weight in weights)
    scaled = {1.0: name, -1.0: f"-{name}"}.get(round(factor, 4), f"{say(factor)} times {name}")
    if name == "x":
        return _of_binary(factor, constant)
    if abs(constant) <= 1e-5:
        return scaled
    if round(factor, 4) == -1.0:
        return f"{say(constant)} - {name}"
    return f"{scaled} {'+' if constant > 0 else '-'} {say(abs(constant))}"


def _of_binary(factor: float, constant: float) -> str:
    """Return what became of zeros and ones, in words."""
    product = {1.0: "x", -1.0: "-x"}.get(round(factor, 4), f"{say(factor)}x")
    if abs(constant) <= 1e-5:
        return product
    ends = f"({say(constant)} for 0 and {say(factor + constant)} for 1)"
    if round(factor, 4) == -1.0:
        return f"{say(constant)} - x {ends}"
    return f"{product} {'+' if constant > 0 else '-'} {say(abs(constant))} {ends}"


def _cut_off(array: np.ndarray, name: str, right: np.ndarray) -> str | None:
    """Return where an array is cut off, in words, if it is the right one otherwise."""
    low, high = float(array.min()), float(array.max())
    if not _same(array, np.clip(right, low, high)):
        return None
    ends = []
    if right.min() < low - 1e-5:
        ends.append(f"at least {say(low)}")
    if right.max() > high + 1e-5:
        ends.append(f"at most {say(high)}")
    return f"{name}, but {' and '.join(ends)}"
