"""How often statistical checks are lost by right draws, and how surely by wrong ones.

Simulated on the judging functions, with no candidates. The numbers stand in
``grader/vae/README.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from scipy import stats

from grader.kit import statistics
from grader.vae.fixtures import FULL as FULL_SIZE
from grader.vae.sample.models import SMALL
from grader.vae.sizes import Sizes
from tests.accuracy import laws
from tests.accuracy.laws import Noise, Pixels, Rng

PROMISED = 1e-7
QUICK, SHORT, FULL = 8, 3, 1000
"""Repetitions in each test run, in those of large models, and where power is measured."""

Lose = Callable[[Noise, Rng], bool]

POWER: tuple[tuple[str, Lose, Noise], ...] = (
    ("location, mean off by 0.05 sigma", laws.lost_location, laws.moved(0.05)),
    ("scale, 5 % too wide", laws.lost_scale, laws.wide(1.05)),
    ("scale, 5 % too narrow", laws.lost_scale, laws.wide(0.95)),
    ("normal, uniform noise", laws.lost_normal, laws.uniform),
    ("normal, two-point noise", laws.lost_normal, laws.two_point),
    ("normal, moved to bounds of 2", laws.lost_normal, laws.bounded(2)),
    ("normal, moved to bounds of 2.5", laws.lost_normal, laws.bounded(2.5)),
    ("normal, moved to bounds of 3", laws.lost_normal, laws.bounded(3)),
    ("normal, truncated at 2", laws.lost_normal, laws.truncated(2)),
    ("normal, truncated at 3", laws.lost_normal, laws.truncated(3)),
    ("independent, rows share", laws.lost_independent, laws.with_shared_part(1, 0.05)),
    ("independent, dimensions share", laws.lost_independent, laws.with_shared_part(2, 0.05)),
    ("independent, neighbouring rows", laws.lost_independent, laws.with_neighbours(1, 0.05)),
    ("independent, neighbouring dims", laws.lost_independent, laws.with_neighbours(2, 0.05)),
    ("independent, calls share", laws.lost_independent, laws.with_shared_part(0, 0.05)),
    ("independent, sizes shared", laws.lost_independent, laws.with_shared_size(2)),
    ("independent, dimensions add up to 0", laws.lost_independent, laws.centred),
    ("independent, one length", laws.lost_independent, laws.on_a_sphere),
    ("independent, rolled", laws.lost_independent, laws.rolled),
    ("independent, partly negated", laws.lost_independent, laws.partly_negated),
    *(
        (f"{name}, full sizes", partial(lose, asked=laws.FULL), noise)
        for name, lose, noise in (
            ("location, mean off by 0.05 sigma", laws.lost_location, laws.moved(0.05)),
            ("scale, 5 % too wide", laws.lost_scale, laws.wide(1.05)),
            ("scale, 5 % too narrow", laws.lost_scale, laws.wide(0.95)),
            ("normal, moved to bounds of 3", laws.lost_normal, laws.bounded(3)),
            ("independent, rows share", laws.lost_independent, laws.with_shared_part(1, 0.05)),
            ("independent, dims share", laws.lost_independent, laws.with_shared_part(2, 0.05)),
            ("independent, next rows", laws.lost_independent, laws.with_neighbours(1, 0.05)),
            ("independent, next dims", laws.lost_independent, laws.with_neighbours(2, 0.05)),
            ("independent, calls share", laws.lost_independent, laws.with_shared_part(0, 0.05)),
        )
    ),
    ("sampled, mean off by 0.05 sigma", laws.lost_sampled, laws.moved(0.05)),
    ("sampled, 5 % too wide", laws.lost_sampled, laws.wide(1.05)),
    ("sampled, 5 % too narrow", laws.lost_sampled, laws.wide(0.95)),
    ("sampled, rows share", laws.lost_sampled, laws.with_shared_part(1, 0.05)),
    ("sampled, dimensions share", laws.lost_sampled, laws.with_shared_part(2, 0.05)),
    ("sampled, calls share", laws.lost_sampled, laws.with_shared_part(0, 0.05)),
    ("sampled, neighbouring rows", laws.lost_sampled, laws.with_neighbours(1, 0.05)),
    ("sampled, neighbouring dimensions", laws.lost_sampled, laws.with_neighbours(2, 0.05)),
    ("sampled, uniform noise", laws.lost_sampled, laws.uniform),
    ("sampled, two-point noise", laws.lost_sampled, laws.two_point),
    ("sampled, the last dimension is 0", laws.lost_sampled, laws.zero_from(35)),
    ("sampled, dimensions repeated", laws.lost_sampled, laws.repeated_from(30)),
    ("singly sampled, mean off by 0.05", laws.lost_sampled_singly, laws.moved(0.05)),
    ("singly sampled, 12 % too wide", laws.lost_sampled_singly, laws.wide(1.12)),
    ("singly sampled, 12 % too narrow", laws.lost_sampled_singly, laws.wide(0.88)),
    ("singly sampled, dimensions share", laws.lost_sampled_singly, laws.with_shared_part(2, 0.05)),
    ("singly sampled, calls share", laws.lost_sampled_singly, laws.with_neighbours(0, 0.15)),
    ("singly sampled, uniform noise", laws.lost_sampled_singly, laws.uniform),
    ("singly sampled, two-point noise", laws.lost_sampled_singly, laws.two_point),
)

Z_POWER: tuple[tuple[str, Noise], ...] = (
    ("mean off by 0.05", laws.moved(0.05)),
    ("5 % too wide", laws.wide(1.05)),
    ("5 % too narrow", laws.wide(0.95)),
    ("uniform", laws.uniform),
    ("two-point", laws.two_point),
    ("samples share", laws.with_shared_part(1, 0.05)),
    ("dimensions share", laws.with_shared_part(2, 0.05)),
    ("neighbouring samples", laws.with_neighbours(1, 0.05)),
    ("neighbouring dimensions", laws.with_neighbours(2, 0.05)),
    ("clipped at 3", laws.clipped(3.0)),
    ("cut off at 2.5", laws.cut_off(2.5)),
    ("the second half copies the first", laws.copied(1)),
    ("the second half negates the first", laws.copied(-1)),
    ("the last copies the first", laws.last_is_first),
    ("the last is the mean", laws.last_is(0.0)),
    ("dimensions add up to 0", laws.centred),
    ("one length", laws.on_a_sphere),
    ("the second half is the first, rolled", laws.rolled),
    ("the second half is the first, partly negated", laws.partly_negated),
)
NOISY_POWER = (
    ("mean off by 0.2", laws.moved(0.2)),
    ("30 % too wide", laws.wide(1.3)),
    ("uniform", laws.uniform),
    ("the second half copies the first", laws.copied(1)),
)
WIDE_POWER: tuple[tuple[str, Callable[[Rng], bool]], ...] = (
    ("z, the last is 0", lambda rng: laws.lost_wide_prior(laws.zero_from(31), rng)),
    ("z, repeated", lambda rng: laws.lost_wide_prior(laws.repeated_from(28), rng)),
    (
        "pixels, the last is rounded",
        lambda rng: laws.lost_wide_bernoulli(Pixels(laws.zero_from(591)), rng),
    ),
    (
        "pixels, repeated",
        lambda rng: laws.lost_wide_bernoulli(Pixels(laws.repeated_from(550)), rng),
    ),
)
MODELS = (SMALL, FULL_SIZE)
MODEL_NAMES = ("small", "full")

PIXELS: tuple[tuple[str, Pixels], ...] = (
    ("probability 0.03 too high", Pixels(excess=0.03)),
    ("probability 0.03 too low", Pixels(excess=-0.03)),
    ("one uniform for all pixels of a sample", Pixels(laws.with_shared_part(2, 1.0))),
    ("one uniform for all samples of a pixel", Pixels(laws.with_shared_part(1, 1.0))),
    ("a tenth shared by pixels", Pixels(laws.with_shared_part(2, 0.1))),
    ("neighbouring pixels", Pixels(laws.with_neighbours(2, 0.1))),
    ("the second half copies the first", Pixels(laws.copied(1))),
    ("the second half mirrors the first", Pixels(laws.copied(-1))),
    ("the last image is blank", Pixels(laws.last_is(40.0))),
    ("the last image is full", Pixels(laws.last_is(-40.0))),
    ("the last image is rounded", Pixels(laws.last_is(0.0))),
)


def _detected(lost: Callable[[Rng], bool], times: int) -> int:
    rng = np.random.default_rng(20)
    return sum(lost(rng) for _ in range(times))


@pytest.mark.parametrize(("lose", "noise"), [p[1:] for p in POWER], ids=[p[0] for p in POWER])
def test_wrong_noise_is_found(lose: Lose, noise: Noise) -> None:
    assert _detected(lambda rng: lose(noise, rng), QUICK) == QUICK


@pytest.mark.parametrize("pixels", [p[1] for p in PIXELS], ids=[p[0] for p in PIXELS])
@pytest.mark.parametrize("sizes", MODELS, ids=MODEL_NAMES)
def test_wrong_pixels_are_found(pixels: Pixels, sizes: Sizes) -> None:
    assert _detected(lambda rng: laws.lost_bernoulli(pixels, rng, sizes), SHORT) == SHORT


@pytest.mark.parametrize("noise", [p[1] for p in Z_POWER], ids=[p[0] for p in Z_POWER])
@pytest.mark.parametrize("sizes", MODELS, ids=MODEL_NAMES)
def test_wrong_latents_are_found(noise: Noise, sizes: Sizes) -> None:
    assert _detected(lambda rng: laws.lost_prior(noise, rng, sizes), SHORT) == SHORT


@pytest.mark.parametrize("noise", [p[1] for p in NOISY_POWER], ids=[p[0] for p in NOISY_POWER])
@pytest.mark.parametrize("sizes", MODELS, ids=MODEL_NAMES)
def test_wrong_latents_are_found_through_noise(noise: Noise, sizes: Sizes) -> None:
    assert _detected(lambda rng: laws.lost_noisy_prior(noise, rng, sizes), SHORT) == SHORT


@pytest.mark.parametrize("lost", [p[1] for p in WIDE_POWER], ids=[p[0] for p in WIDE_POWER])
def test_what_is_wrong_at_the_assignments_sizes_is_found(lost: Callable[[Rng], bool]) -> None:
    assert _detected(lost, SHORT) == SHORT


@pytest.mark.benchmark
@pytest.mark.parametrize("lost", [p[1] for p in WIDE_POWER], ids=[p[0] for p in WIDE_POWER])
def test_power_at_the_assignments_sizes(lost: Callable[[Rng], bool]) -> None:
    found = _detected(lost, FULL)
    print(f"found: {found} of {FULL}")
    assert found >= 0.999 * FULL


@pytest.mark.benchmark
@pytest.mark.parametrize("noise", [p[1] for p in Z_POWER], ids=[p[0] for p in Z_POWER])
@pytest.mark.parametrize("sizes", MODELS, ids=MODEL_NAMES)
def test_power_against_wrong_latents(noise: Noise, sizes: Sizes) -> None:
    found = _detected(lambda rng: laws.lost_prior(noise, rng, sizes), FULL)
    print(f"found: {found} of {FULL}")
    assert found >= 0.999 * FULL


@pytest.mark.benchmark
@pytest.mark.parametrize("noise", [p[1] for p in NOISY_POWER], ids=[p[0] for p in NOISY_POWER])
@pytest.mark.parametrize("sizes", MODELS, ids=MODEL_NAMES)
def test_power_against_wrong_latents_through_noise(noise: Noise, sizes: Sizes) -> None:
    found = _detected(lambda rng: laws.lost_noisy_prior(noise, rng, sizes), FULL)
    print(f"found: {found} of {FULL}")
    assert found >= 0.999 * FULL


@pytest.mark.benchmark
@pytest.mark.parametrize(("lose", "noise"), [p[1:] for p in POWER], ids=[p[0] for p in POWER])
def test_power_against_wrong_noise(lose: Lose, noise: Noise) -> None:
    found = _detected(lambda rng: lose(noise, rng), FULL)
    print(f"found: {found} of {FULL}")
    assert found >= 0.999 * FULL


@pytest.mark.benchmark
@pytest.mark.parametrize("pixels", [p[1] for p in PIXELS], ids=[p[0] for p in PIXELS])
@pytest.mark.parametrize("sizes", MODELS, ids=MODEL_NAMES)
def test_power_against_wrong_pixels(pixels: Pixels, sizes: Sizes) -> None:
    found = _detected(lambda rng: laws.lost_bernoulli(pixels, rng, sizes), FULL)
    print(f"found: {found} of {FULL}")
    assert found >= 0.999 * FULL


# ------------------------------------------------------------------ false alarms

JUDGES: dict[str, Callable[[Rng], object]] = {
    "reparam.location": lambda rng: laws.lost_location(laws.normal, rng),
    "reparam.scale": lambda rng: laws.lost_scale(laws.normal, rng),
    "reparam.normal": lambda rng: laws.lost_normal(laws.normal, rng),
    "reparam.independent": lambda rng: laws.lost_independent(laws.normal, rng),
    "reparam.normal, full sizes": lambda rng: laws.lost_normal(laws.normal, rng, laws.FULL),
    "reparam.independent, full sizes": lambda rng: laws.lost_independent(
        laws.normal, rng, laws.FULL
    ),
    "elbo.sampled": lambda rng: laws.lost_sampled(laws.normal, rng),
    "elbo.sampled, singly": lambda rng: laws.lost_sampled_singly(laws.normal, rng),
    "sample.prior": lambda rng: laws.lost_prior(laws.normal, rng),
    "sample.prior, full": lambda rng: laws.lost_prior(laws.normal, rng, FULL_SIZE),
    "sample.prior, noisy": lambda rng: laws.lost_noisy_prior(laws.normal, rng),
    "sample.bernoulli": lambda rng: laws.lost_bernoulli(Pixels(), rng),
    "sample.prior, wide": lambda rng: laws.lost_wide_prior(laws.normal, rng),
    "sample.bernoulli, wide": lambda rng: laws.lost_wide_bernoulli(Pixels(), rng),
    "sample.bernoulli, full": lambda rng: laws.lost_bernoulli(Pixels(), rng, FULL_SIZE),
}


def _families(judge: Callable[[Rng], object], times: int, patch: pytest.MonkeyPatch) -> np.ndarray:
    """The p-values ``[times, tests]`` that a check decides with about right draws.

    A judge of draws first puts together its tests for sharing, then those of its own; the ELBO's
    noise is judged in two lots.
    """
    families: list[tuple[float, ...]] = []

    def compatible(*p_values: float, **_: int) -> bool:
        families.append(p_values)
        return True

    patch.setattr(statistics, "compatible", compatible)
    rng = np.random.default_rng(21)
    found = []
    for _ in range(times):
        families.clear()
        judge(rng)
        found.append([p for family in families for p in family])
    return np.array(found)


def _require_honest(p_values: np.ndarray) -> None:
    """p-values at or below a level come no oftener than the level says.

    Beyond chance (one in a million), a tenth of the level is forgiven: some tests are asymptotic.
    """
    for level in (0.5, 0.1, 0.03, 0.01, 0.003):
        most = int(np.sum(p_values <= level, axis=0).max())
        assert most <= stats.binom.isf(1e-6, len(p_values), 1.1 * level), level


@pytest.mark.parametrize("check", JUDGES)
def test_right_draws_pass(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    p_values = _families(JUDGES[check], 40, monkeypatch)
    assert p_values.shape[1] * p_values.min() > PROMISED
    _require_honest(p_values)


@pytest.mark.benchmark
@pytest.mark.parametrize("check", JUDGES)
def test_false_alarms_are_as_rare_as_stated(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    p_values = _families(JUDGES[check], 2000, monkeypatch)
    _require_honest(p_values)
    smallest = np.minimum(1, p_values.min(axis=1, keepdims=True) * p_values.shape[1])
    _require_honest(smallest)
    print(f"{check}: {p_values.shape[1]} tests, smallest p-value {p_values.min():.1e}")


def test_a_family_of_tests_keeps_the_promised_rate() -> None:
    assert statistics.ALPHA <= PROMISED
    edge = statistics.ALPHA / 4
    assert statistics.compatible(1.01 * edge, 1.0, 1.0, 1.0)
    assert not statistics.compatible(0.99 * edge, 1.0, 1.0, 1.0)
    assert not statistics.compatible(float("nan"), 1.0)
    assert statistics.compatible(1.01 * edge, 1.0, families=2)
    assert not statistics.compatible(0.99 * edge, 1.0, families=2)


@pytest.mark.parametrize("hits", [0, 1, 300, 400, 409, 450, 4095, 4096])
def test_frequency_is_the_exact_binomial_test(hits: int) -> None:
    fewer, more = stats.binom.cdf(hits, 4096, 0.1), stats.binom.sf(hits - 1, 4096, 0.1)
    assert statistics.frequency(hits, 4096, 0.1) == pytest.approx(min(1, 2 * min(fewer, more)))


def test_mean_is_the_exact_t_test() -> None:
    draws = np.random.default_rng(22).standard_normal(50)
    assert statistics.mean_zero(draws) == pytest.approx(stats.ttest_1samp(draws, 0).pvalue)


@pytest.mark.parametrize("draws", [20, 400, 32768])
def test_bound_for_the_shape_is_on_the_safe_side(draws: int) -> None:
    for seed in range(20):
        noise = np.random.default_rng(seed).standard_normal(draws)
        smooth = statistics.normal_shape(noise)[0]
        assert smooth >= stats.kstest(noise, "norm", method="exact").pvalue - 1e-9


def test_ratio_of_a_sum_to_its_norm_has_a_normal_tail() -> None:
    """All signs of sixteen draws, counted out: never beyond 3.2 times the normal probability."""
    signs = 1 - 2 * ((np.arange(1 << 16)[:, None] >> np.arange(16)) & 1)
    for sizes in (np.ones(16), np.linspace(0.1, 3, 16), 2.0 ** -np.arange(16)):
        ratio = np.abs(signs @ sizes) / np.sqrt(np.sum(sizes**2))
        for t in (1.0, 2.0, 3.0, 4.0):
            assert np.mean(ratio >= t) <= 3.2 * statistics.normal(t)


@pytest.mark.parametrize("full", [False, True], ids=["small", "full"])
def test_noise_of_a_tiny_posterior_stays_within_the_tolerance(full: bool) -> None:
    """The ELBO's values are compared as if there were no noise: it takes an eighth of the room."""
    for found in range(20):
        errors = laws.noise_over_room(full, np.random.default_rng(found))
        assert errors < 1 / 8
