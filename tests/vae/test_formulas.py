"""The bank of formulas: right as it stands, and every slip tells itself apart from the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.kit.misconception import Finding, disconnected
from grader.kit.search import Slip, same, simplest
from grader.vae import expected, fixtures
from grader.vae.elbo import misconceptions as elbo
from grader.vae.elbo import slips
from grader.vae.elbo.objective import Objective
from grader.vae.expected import Bound
from grader.vae.kl import misconceptions as kl
from grader.vae.sizes import Sizes
from grader.vae.stubs import HELPERS, bounds

SEEDS = st.integers(0, 2**32 - 1)
SIZES = Sizes(9, 3, 8)
BOUNDS = bounds(frozenset(HELPERS))


def posteriors(seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(n, 4)), rng.uniform(-1.5, 1, (n, 4))) for n in (1, 3, 6)]


def answers(
    seed: int, value: Callable[[expected.Weights, np.ndarray, np.ndarray], np.ndarray]
) -> list[elbo.Answer]:
    """What a method that computes ``value`` answers for several batches."""
    rng = np.random.default_rng(seed)
    weights = fixtures.random_weights(rng, SIZES)
    weights["linear22.bias"] = np.full(SIZES.latent, -2.0)
    found = []
    for rows in (1, 2, 7):
        x, noise = fixtures.binary_rows(rng, rows, SIZES), rng.normal(size=(rows, SIZES.latent))
        found.append(elbo.Answer(weights, x, noise, value(weights, x, noise)))
    return found


def compatible(pair: Sequence[Slip]) -> bool:
    return not set(pair[0].changes) & set(pair[1].changes)


@given(SEEDS)
@settings(max_examples=30)
def test_right_divergences_have_no_explanation(seed: int) -> None:
    assert kl.by_formula([(m, s, expected.kl(m, s)) for m, s in posteriors(seed)]) == ()


@given(SEEDS, st.sampled_from(kl.SLIPS))
@settings(max_examples=100)
def test_a_wrong_divergence_is_recognised(seed: int, slip: Slip) -> None:
    wrong = replace(kl.RIGHT, **slip.changes)
    found = kl.by_formula([(m, s, wrong.value(m, s)) for m, s in posteriors(seed)])
    assert found == (slip.misconception,)


@given(SEEDS, st.sampled_from([p for p in combinations(kl.SLIPS, 2) if compatible(p)]))
@settings(max_examples=60)
def test_two_wrongs_in_a_divergence_are_reproduced(seed: int, pair: tuple[Slip, Slip]) -> None:
    """Another pair, or a single slip, may lead to the same formula: then that is as true."""
    wrong = replace(kl.RIGHT, **pair[0].changes, **pair[1].changes)
    given = [(m, s, wrong.value(m, s)) for m, s in posteriors(seed)]
    found = simplest(
        kl.RIGHT, kl.SLIPS, lambda formula: all(same(a, formula.value(m, s)) for m, s, a in given)
    )
    right = all(same(a, kl.RIGHT.value(m, s)) for m, s, a in given)
    assert right or found is not None


def test_sign_and_log_variance_are_both_named() -> None:
    given = [(m, s, -expected.kl(m, s / 2)) for m, s in posteriors(1)]
    assert kl.by_formula(given) == ("log_variance", "sign_flipped")


@given(SEEDS)
@settings(max_examples=20)
def test_one_draw_estimates_are_told_from_noise(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mu, logsigma = posteriors(seed)[-1]
    noise = rng.normal(size=(60, *mu.shape))
    z = mu + np.exp(logsigma) * noise
    estimates = (0.5 * z**2 - 0.5 * noise**2 - logsigma).sum(-1)
    assert kl.by_repetition(mu, logsigma, estimates) == ("monte_carlo",)
    assert kl.by_repetition(mu, logsigma, estimates + 50) == ()
    assert kl.by_repetition(mu, logsigma, np.repeat(estimates[:1], 60, 0)) == ()


@given(SEEDS, st.sampled_from(BOUNDS))
@settings(max_examples=30)
def test_the_objective_is_the_right_bound_as_it_stands(seed: int, bound: Bound) -> None:
    for answer in answers(seed, bound.value):
        value = Objective().value(bound, answer.weights, answer.x, answer.noise)
        known = ~np.isnan(value)
        np.testing.assert_allclose(value[known], answer.actual[known], rtol=1e-9)


@given(SEEDS)
@settings(max_examples=10)
def test_right_bounds_have_no_misconception(seed: int) -> None:
    found = elbo.explain(answers(seed, Bound().value), BOUNDS)
    assert found is not None
    assert found.misconceptions == ()


def _name(slip: Slip) -> str:
    found = slip.misconception
    return found.name if isinstance(found, Finding) else found


@pytest.mark.parametrize("slip", slips.SLIPS, ids=[_name(slip) for slip in slips.SLIPS])
def test_a_wrong_bound_is_recognised(slip: Slip) -> None:
    wrong = replace(Objective(), **slip.changes)
    given = answers(3, lambda weights, x, noise: wrong.value(BOUNDS[0], weights, x, noise))
    found = elbo.explain(given, BOUNDS)
    assert found is not None
    assert found.misconceptions == (slip.misconception,)


def test_a_bound_that_nothing_explains_is_not_explained() -> None:
    given = answers(4, lambda weights, x, noise: np.arange(len(x)) - 7.5)
    assert elbo.explain(given, BOUNDS) is None


def test_predictions_that_are_unknown_fit_anything_of_their_shape() -> None:
    assert same(np.array([1.0, 2.0]), np.array([1.0, np.nan]))
    assert not same(np.array([1.0, 2.0]), np.array([2.0, np.nan]))
    assert not same(np.array([1.0, 2.0, 3.0]), np.array([1.0, np.nan]))
    assert not same(np.array([1.0, np.inf]), np.array([1.0, np.inf]))


def test_a_column_is_told_from_a_row() -> None:
    mu, logsigma = posteriors(2)[-1]
    right = expected.kl(mu, logsigma)
    assert kl.by_formula([(mu, logsigma, right[:, None])]) == ("column",)
    assert kl.by_formula([(mu, logsigma, right[None])]) == ()


def test_nothing_is_cut_off_where_gradients_are_not_finite() -> None:
    ones, infinite = np.ones(2), np.full(2, np.inf)
    assert disconnected({"a": None, "b": None}) == ("graph_cut",)
    assert disconnected({"a": None, "b": ones}) == ("detached",)
    assert disconnected({"a": ones, "b": infinite}) == ()
