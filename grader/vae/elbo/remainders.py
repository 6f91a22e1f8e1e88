"""What is in a bound besides its two terms: constants, and what is kept from earlier calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grader.vae.elbo.causes import ROWS, VALUE, Causes, cause
from grader.vae.elbo.divergence_term import Divergence, right_divergence
from grader.vae.elbo.facts import Seen
from grader.vae.elbo.fits import RELATIVE, fits, is_near, say, solve
from grader.vae.elbo.likelihood_term import Likelihood, right_likelihood

_EXACT = frozenset(("exact",))


@dataclass(frozen=True, eq=False)
class Bound:
    """The two terms that were found in a bound."""

    likelihood: Likelihood
    divergence: Divergence

    @property
    def causes(self) -> Causes:
        """What is wrong with the terms."""
        return (*self.likelihood.causes, *self.divergence.causes)

    def value(self, seen: Seen) -> np.ndarray:
        """Return what the terms add up to, ``[B]``."""
        return self.likelihood.value(seen) + self.divergence.of(seen)

    def rest(self, seen: Seen) -> np.ndarray:
        """Return what they leave, ``[B]``; zeros where that is rounding."""
        value = self.value(seen)
        rest = seen.answer - value
        parts = max(float(np.max(np.abs(seen.answer))), float(np.max(np.abs(value))), 1.0)
        return np.where(np.abs(rest) <= 2 * RELATIVE * parts, 0.0, rest)


def constant_causes(bound: Bound, blind: Sequence[Seen], sizes: Seen) -> Causes | None:
    """Return what the two terms leave in words, nothing where that is nothing; None if unknown."""
    rests = [bound.rest(seen) for seen in blind]
    if not any(np.any(rest) for rest in rests):
        return ()
    if any(np.ptp(rest) > _room(seen) for rest, seen in zip(rests, blind, strict=True)):
        return _by_pixels(rests, blind)
    constants = [float(rest.mean()) for rest in rests]
    if max(constants) - min(constants) > _room(blind[0]):
        return None
    constant = float(np.mean(constants))
    other = float(bound.rest(sizes).mean()) if sizes.by_row else constant
    for name, here, there in (
        ("latent_dim", *(seen.posterior[0].shape[1] for seen in (blind[0], sizes))),
        ("obs_dim", *(seen.model.x.shape[1] for seen in (blind[0], sizes))),
    ):
        if here != there and abs(constant / here - other / there) < 1e-3 * abs(constant / here):
            number = f"{say(constant / here)} times {name}"
            return (cause("constant_added", _EXACT, number=number),)
    return (cause("constant_added", _EXACT, number=say(constant)),)


def _room(seen: Seen) -> float:
    return 1e-4 * max(float(np.max(np.abs(seen.answer))), 1.0)


def _by_pixels(rests: Sequence[np.ndarray], blind: Sequence[Seen]) -> Causes | None:
    """Find a number for each pixel that is 1."""
    rest = np.concatenate(rests)
    ones = np.concatenate([seen.model.x.sum(-1) for seen in blind])
    weights = solve(np.stack((ones, np.ones(len(ones))), axis=-1), rest)
    if weights is None or abs(weights[0]) < 1e-5:
        return None
    return (cause("constant_for_ones", _EXACT, number=say(float(weights[0]))),)


def kept_causes(later: Sequence[Seen], fresh: Seen) -> tuple[Causes, frozenset[str]]:
    """Return what is kept from earlier calls, and which parts of the bound that explains.

    Args:
        later: three calls of one model, the last for the batch of the first.
        fresh: the second one's batch, put to a fresh model.
    """
    if not all(seen.by_row for seen in (*later, fresh)):
        return (), frozenset()
    changes = (later[1].answer - fresh.answer, later[2].answer - later[0].answer)
    if all(fits(change, 0 * change, 1e-4) for change in changes):
        return (), frozenset()
    steps = [_weights(seen, seen.answer) for seen in later]
    if any(step is None for step in steps):
        # Nothing is known of a method that draws what nobody sees.
        return (), frozenset()
    of_likelihood, of_divergence, constants = np.array([s for s in steps if s is not None]).T
    spread = max(np.ptp(of_likelihood), np.ptp(of_divergence), np.ptp(constants))
    if spread < 1e-3 and abs(constants[0]) < 1e-3:
        return (), frozenset()  # what the helpers were given is another each time
    moves = bool(np.ptp(of_likelihood) > 1e-3), bool(np.ptp(of_divergence) > 1e-3)
    if not any(moves):
        is_right = is_near(of_likelihood[0], 1) and is_near(of_divergence[0], -1)
        return _of_constants(later, constants), frozenset(("all" if is_right else "constant",))
    name, column, part = {
        (True, False): ("likelihood_weight_changes", of_likelihood, "likelihood"),
        (False, True): ("divergence_weight_changes", -of_divergence, "divergence"),
        (True, True): ("weight_changes", of_likelihood, "all"),
    }[moves]
    words = dict(zip(("first", "second", "third"), map(say, map(float, column)), strict=True))
    return (cause(name, VALUE | ROWS, **words),), frozenset((part,))


def _weights(seen: Seen, answer: np.ndarray) -> tuple[float, float, float] | None:
    """Return weights of likelihood and divergence and a constant that add up to this."""
    likelihood = right_likelihood(seen.logits, seen.model.x)
    columns = np.stack((likelihood, right_divergence(seen), np.ones(seen.rows)), axis=-1)
    found = solve(columns, answer)
    return None if found is None else (float(found[0]), float(found[1]), float(found[2]))


def _of_constants(later: Sequence[Seen], kept: np.ndarray) -> Causes:
    """Return what is said of a number that is added and comes from earlier calls."""
    checks = VALUE | ROWS
    values = [
        float(np.mean(seen.answer) - number) for seen, number in zip(later, kept, strict=True)
    ]
    factor = float(kept[0]) / values[0]
    if abs(factor) > 1e-4 and np.allclose(kept, factor * np.cumsum(values), rtol=2e-3):
        return (cause("total_added", checks, weight=say(factor)),)
    if is_near(factor, -1) and np.allclose(kept, -values[0], rtol=2e-3):
        return (cause("first_average_subtracted", checks),)
    factors = kept[1:] / np.array(values[:-1])
    if abs(kept[0]) < 1e-3 and np.allclose(factors, factors[0], rtol=2e-3):
        return (cause("earlier_average_added", checks, weight=say(float(factors[0]))),)
    return (cause("number_kept", checks),)
