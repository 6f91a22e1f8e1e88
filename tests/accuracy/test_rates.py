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
from tests.accuracy import noise_models as models
from tests.accuracy.noise_models import Noise, Pixels, Rng

PROMISED = 1e-7
QUICK, SHORT, FULL = 8, 3, 1000
"""Repetitions in each test run, in those of large models, and where power is measured."""

Lose = Callable[[Noise, Rng], bool]

_REPARAM: tuple[tuple[str, Lose, Noise], ...] = (
    ("location, mean off by 0.05 sigma", models.lost_location, models.moved(0.05)),
    ("scale, 5 % too wide", models.lost_scale, models.wide(1.05)),
    ("scale, 5 % too narrow", models.lost_scale, models.wide(0.95)),
    ("normal, uniform noise", models.lost_normal, models.uniform),
    ("normal, two-point noise", models.lost_normal, models.two_point),
    ("normal, moved to bounds of 2", models.lost_normal, models.bounded(2)),
    ("normal, moved to bounds of 2.5", models.lost_normal, models.bounded(2.5)),
    ("normal, moved to bounds of 3", models.lost_normal, models.bounded(3)),
    ("normal, truncated at 2", models.lost_normal, models.truncated(2)),
    ("normal, truncated at 3", models.lost_normal, models.truncated(3)),
    ("independent, rows share", models.lost_independent, models.with_shared_part(1, 0.05)),
    ("independent, dimensions share", models.lost_independent, models.with_shared_part(2, 0.05)),
    ("independent, neighbouring rows", models.lost_independent, models.with_neighbours(1, 0.05)),
    ("independent, neighbouring dims", models.lost_independent, models.with_neighbours(2, 0.05)),
    ("independent, calls share", models.lost_independent, models.with_shared_part(0, 0.05)),
    ("independent, sizes shared", models.lost_independent, models.with_shared_size(2)),
    ("independent, dimensions add up to 0", models.lost_independent, models.centred),
    ("independent, one length", models.lost_independent, models.on_a_sphere),
    ("independent, rolled", models.lost_independent, models.rolled),
    ("independent, partly negated", models.lost_independent, models.partly_negated),
)
_AT_FULL_SIZES = (
    "location, mean off by 0.05 sigma",
    "scale, 5 % too wide",
    "scale, 5 % too narrow",
    "normal, moved to bounds of 3",
    "independent, rows share",
    "independent, dimensions share",
    "independent, neighbouring rows",
    "independent, neighbouring dims",
    "independent, calls share",
)
POWER: tuple[tuple[str, Lose, Noise], ...] = (
    *_REPARAM,
    *(
        (f"{name}, full sizes", partial(lose, asked=models.FULL), noise)
        for name, lose, noise in _REPARAM
        if name in _AT_FULL_SIZES
    ),
    ("sampled, mean off by 0.05 sigma", models.lost_sampled, models.moved(0.05)),
    ("sampled, 5 % too wide", models.lost_sampled, models.wide(1.05)),
    ("sampled, 5 % too narrow", models.lost_sampled, models.wide(0.95)),
    ("sampled, rows share", models.lost_sampled, models.with_shared_part(1, 0.05)),
    ("sampled, dimensions share", models.lost_sampled, models.with_shared_part(2, 0.05)),
    ("sampled, calls share", models.lost_sampled, models.with_shared_part(0, 0.05)),
    ("sampled, neighbouring rows", models.lost_sampled, models.with_neighbours(1, 0.05)),
    ("sampled, neighbouring dimensions", models.lost_sampled, models.with_neighbours(2, 0.05)),
    ("sampled, uniform noise", models.lost_sampled, models.uniform),
    ("sampled, two-point noise", models.lost_sampled, models.two_point),
    ("sampled, the last dimension is 0", models.lost_sampled, models.zero_from(35)),
    ("sampled, dimensions repeated", models.lost_sampled, models.repeated_from(30)),
    ("singly sampled, mean off by 0.05", models.lost_sampled_singly, models.moved(0.05)),
    ("singly sampled, 12 % too wide", models.lost_sampled_singly, models.wide(1.12)),
    ("singly sampled, 12 % too narrow", models.lost_sampled_singly, models.wide(0.88)),
    (
        "singly sampled, dimensions share",
        models.lost_sampled_singly,
        models.with_shared_part(2, 0.05),
    ),
    ("singly sampled, calls share", models.lost_sampled_singly, models.with_neighbours(0, 0.15)),
    ("singly sampled, uniform noise", models.lost_sampled_singly, models.uniform),
    ("singly sampled, two-point noise", models.lost_sampled_singly, models.two_point),
)

Z_POWER: tuple[tuple[str, Noise], ...] = (
    ("mean off by 0.05", models.moved(0.05)),
    ("5 % too wide", models.wide(1.05)),
    ("5 % too narrow", models.wide(0.95)),
    ("uniform", models.uniform),
    ("two-point", models.two_point),
    ("samples share", models.with_shared_part(1, 0.05)),
    ("dimensions share", models.with_shared_part(2, 0.05)),
    ("neighbouring samples", models.with_neighbours(1, 0.05)),
    ("neighbouring dimensions", models.with_neighbours(2, 0.05)),
    ("clipped at 3", models.clipped(3.0)),
    ("cut off at 2.5", models.cut_off(2.5)),
    ("the second half copies the first", models.copied(1)),
    ("the second half negates the first", models.copied(-1)),
    ("the last copies the first", models.last_is_first),
    ("the last is the mean", models.last_is(0.0)),
    ("dimensions add up to 0", models.centred),
    ("one length", models.on_a_sphere),
    ("the second half is the first, rolled", models.rolled),
    ("the second half is the first, partly negated", models.partly_negated),
)
NOISY_POWER = (
    ("mean off by 0.2", models.moved(0.2)),
    ("30 % too wide", models.wide(1.3)),
    ("uniform", models.uniform),
    ("the second half copies the first", models.copied(1)),
)
WIDE_POWER: tuple[tuple[str, Callable[[Rng], bool]], ...] = (
    ("z, the last is 0", lambda rng: models.lost_wide_prior(models.zero_from(31), rng)),
    ("z, repeated", lambda rng: models.lost_wide_prior(models.repeated_from(28), rng)),
    (
        "pixels, the last is rounded",
        lambda rng: models.lost_wide_bernoulli(Pixels(models.zero_from(591)), rng),
    ),
    (
        "pixels, repeated",
        lambda rng: models.lost_wide_bernoulli(Pixels(models.repeated_from(550)), rng),
    ),
)
MODELS = (SMALL, FULL_SIZE)
MODEL_NAMES = ("small", "full")

PIXELS: tuple[tuple[str, Pixels], ...] = (
    ("probability 0.03 too high", Pixels(excess=0.03)),
    ("probability 0.03 too low", Pixels(excess=-0.03)),
    ("one uniform for all pixels of a sample", Pixels(models.with_shared_part(2, 1.0))),
    ("one uniform for all samples of a pixel", Pixels(models.with_shared_part(1, 1.0))),
    ("a tenth shared by pixels", Pixels(models.with_shared_part(2, 0.1))),
    ("neighbouring pixels", Pixels(models.with_neighbours(2, 0.1))),
    ("the second half copies the first", Pixels(models.copied(1))),
    ("the second half mirrors the first", Pixels(models.copied(-1))),
    ("the last image is blank", Pixels(models.last_is(40.0))),
    ("the last image is full", Pixels(models.last_is(-40.0))),
    ("the last image is rounded", Pixels(models.last_is(0.0))),
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
    assert _detected(lambda rng: models.lost_bernoulli(pixels, rng, sizes), SHORT) == SHORT


@pytest.mark.parametrize("noise", [p[1] for p in Z_POWER], ids=[p[0] for p in Z_POWER])
@pytest.mark.parametrize("sizes", MODELS, ids=MODEL_NAMES)
def test_wrong_latents_are_found(noise: Noise, sizes: Sizes) -> None:
    assert _detected(lambda rng: models.lost_prior(noise, rng, sizes), SHORT) == SHORT


@pytest.mark.parametrize("noise", [p[1] for p in NOISY_POWER], ids=[p[0] for p in NOISY_POWER])
@pytest.mark.parametrize("sizes", MODELS, ids=MODEL_NAMES)
def test_wrong_latents_are_found_through_noise(noise: Noise, sizes: Sizes) -> None:
    assert _detected(lambda rng: models.lost_noisy_prior(noise, rng, sizes), SHORT) == SHORT


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
    found = _detected(lambda rng: models.lost_prior(noise, rng, sizes), FULL)
    print(f"found: {found} of {FULL}")
    assert found >= 0.999 * FULL


@pytest.mark.benchmark
@pytest.mark.parametrize("noise", [p[1] for p in NOISY_POWER], ids=[p[0] for p in NOISY_POWER])
@pytest.mark.parametrize("sizes", MODELS, ids=MODEL_NAMES)
def test_power_against_wrong_latents_through_noise(noise: Noise, sizes: Sizes) -> None:
    found = _detected(lambda rng: models.lost_noisy_prior(noise, rng, sizes), FULL)
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
    found = _detected(lambda rng: models.lost_bernoulli(pixels, rng, sizes), FULL)
    print(f"found: {found} of {FULL}")
    assert found >= 0.999 * FULL


# ------------------------------------------------------------------ false alarms

JUDGES: dict[str, Callable[[Rng], object]] = {
    "reparam.location": lambda rng: models.lost_location(models.normal, rng),
    "reparam.scale": lambda rng: models.lost_scale(models.normal, rng),
    "reparam.normal": lambda rng: models.lost_normal(models.normal, rng),
    "reparam.independent": lambda rng: models.lost_independent(models.normal, rng),
    "reparam.normal, full sizes": lambda rng: models.lost_normal(models.normal, rng, models.FULL),
    "reparam.independent, full sizes": lambda rng: models.lost_independent(
        models.normal, rng, models.FULL
    ),
    "elbo.sampled": lambda rng: models.lost_sampled(models.normal, rng),
    "elbo.sampled, singly": lambda rng: models.lost_sampled_singly(models.normal, rng),
    "sample.prior": lambda rng: models.lost_prior(models.normal, rng),
    "sample.prior, full": lambda rng: models.lost_prior(models.normal, rng, FULL_SIZE),
    "sample.prior, noisy": lambda rng: models.lost_noisy_prior(models.normal, rng),
    "sample.bernoulli": lambda rng: models.lost_bernoulli(Pixels(), rng),
    "sample.prior, wide": lambda rng: models.lost_wide_prior(models.normal, rng),
    "sample.bernoulli, wide": lambda rng: models.lost_wide_bernoulli(Pixels(), rng),
    "sample.bernoulli, full": lambda rng: models.lost_bernoulli(Pixels(), rng, FULL_SIZE),
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
        errors = models.noise_over_room(full, np.random.default_rng(found))
        assert errors < 1 / 8
