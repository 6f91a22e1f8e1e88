"""How samples are judged: by their own helpers, at both sizes, row by row and pair by pair."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import ndtr

from grader.candidate.reply import MAX_ITEMS, Outbox, encode
from grader.kit import statistics
from grader.kit.check import NotReached
from grader.vae.fixtures import FULL
from grader.vae.sample import models as sample_models
from grader.vae.sample.latents import prior_error
from grader.vae.sample.models import SMALL, STEPS, THETAS, THRESHOLDS, Samples
from grader.vae.sample.pixels import bernoulli_error
from grader.vae.sample.repeats import repeated
from grader.vae.sample.rows import keys_of, pairs_across, pairs_among
from tests.outcomes import Examine, lost_checks
from tests.variant_bank import Variant, notebook_with

PLAIN = "z = torch.randn(num_samples, self.latent_dim)\nreturn torch.bernoulli(self.decoder(z))"


def variant(task: str, head: str, body: str) -> Variant:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return Variant(task, "made_up", True, "", f"def {head}:\n{lines}\n")


def sampling(body: str) -> Variant:
    return variant("sample", "sample(self, num_samples)", body)


def decoding(body: str) -> Variant:
    return variant("decoder", "decoder(self, z)", body)


# ------------------------------------------------------------------ with other methods

DRAW_IN_TRAINING_ONLY = variant(
    "reparam",
    "sample_with_reparam(self, mu, logsigma)",
    "if not self.training:\n    return mu\nreturn mu + torch.exp(logsigma) * torch.randn_like(mu)",
)
THROUGH_THE_HELPER = """\
zeros = torch.zeros(num_samples, self.latent_dim)
z = self.sample_with_reparam(zeros, zeros)
return torch.bernoulli(self.decoder(z))"""


def test_a_draw_that_is_none_in_evaluation_is_found(examine_notebook: Examine) -> None:
    tasks = frozenset(("reparam", "sample"))
    wrong = notebook_with(DRAW_IN_TRAINING_ONLY, sampling("self.eval()\n" + THROUGH_THE_HELPER))
    assert set(lost_checks(examine_notebook(wrong, tasks))) == {"sample.prior"}
    right = notebook_with(DRAW_IN_TRAINING_ONLY, sampling(THROUGH_THE_HELPER))
    assert lost_checks(examine_notebook(right, tasks)) == {}


LOGITS = "a = self.linear4(F.relu(self.linear3(z)))\n"


@pytest.mark.parametrize(
    "body",
    [
        LOGITS + "return torch.exp(a) / (1 + torch.exp(a))",
        LOGITS + "t = torch.sigmoid(a)\nassert (t > 0).all() and (t < 1).all()\nreturn t",
        LOGITS + "return 1 / (1 + torch.exp(-a))",
        LOGITS + "return 0.5 * (1 + torch.tanh(a / 2))",
        LOGITS + "return torch.sigmoid(a).clamp(1e-4, 1 - 1e-4)",
        LOGITS + "return torch.sigmoid(a) * (1 - 2e-6) + 1e-6",
    ],
)
def test_decoders_that_are_right_keep_the_points_of_sampling(
    body: str, examine_notebook: Examine
) -> None:
    notebook = notebook_with(decoding(body), sampling(PLAIN))
    assert lost_checks(examine_notebook(notebook, frozenset(("decoder", "sample")))) == {}


@pytest.mark.parametrize(
    "body",
    [
        "z = torch.randn(num_samples, self.latent_dim)\n"
        "return torch.bernoulli(self.decoder(z)).view(num_samples, 784)",
        "z = torch.randn(num_samples, 32)\nreturn torch.bernoulli(self.decoder(z))",
    ],
)
def test_what_is_right_at_the_assignments_sizes_alone_is_right(
    body: str, examine_notebook: Examine
) -> None:
    notebook = notebook_with(sampling(body))
    assert lost_checks(examine_notebook(notebook, frozenset(("sample",)))) == {}


@pytest.mark.parametrize(
    ("body", "lost"),
    [
        ("z = torch.rand(num_samples, 32)\nreturn torch.bernoulli(self.decoder(z))", {"prior"}),
        ("z = torch.randn(num_samples, 32)\nreturn torch.round(self.decoder(z))", {"bernoulli"}),
        (
            "z = torch.randn(num_samples, 32).clamp(-3, 3)\n"
            "x = torch.bernoulli(self.decoder(z))\nx[-1] = 0\nreturn x",
            {"prior", "bernoulli"},
        ),
        (
            "if not hasattr(self, '_z') or len(self._z) != num_samples:\n"
            "    self._z = torch.randn(num_samples, 32)\n"
            "return torch.bernoulli(self.decoder(self._z))",
            {"fresh"},
        ),
    ],
)
def test_what_is_wrong_at_the_assignments_sizes_is_found_there(
    body: str, lost: set[str], examine_notebook: Examine
) -> None:
    results = examine_notebook(notebook_with(sampling(body)), frozenset(("sample",)))
    assert set(lost_checks(results)) == {f"sample.{name}" for name in lost}


def test_a_class_without_an_encoder_can_sample(examine_notebook: Examine) -> None:
    notebook = notebook_with(sampling(PLAIN))
    for cell in notebook.cells:
        if "class VAE" in cell.source:
            lines = cell.source.splitlines()
            kept = [line for line in lines if "self.linear1 = " not in line]
            kept = [line for line in kept if "self.linear2" not in line or "nn." not in line]
            assert len(kept) == len(lines) - 3
            cell.source = "\n".join(kept)
    assert lost_checks(examine_notebook(notebook, frozenset(("sample",)))) == {}


# ------------------------------------------------------------------ the models


@pytest.mark.parametrize("sizes", [SMALL, FULL], ids=["small", "full"])
@pytest.mark.parametrize(("any_decoder", "within"), [(False, False), (False, True), (True, False)])
def test_the_decoder_makes_steps_in_z(
    any_decoder: bool, within: bool, sizes: sample_models.Sizes
) -> None:
    found = sample_models.weights(sizes, any_decoder, within)
    z = np.random.default_rng(3).uniform(-6, 6, (200, sizes.latent))
    hidden = z @ found["linear3.weight"].T + found["linear3.bias"]
    for act in [lambda h: np.maximum(h, 0), *([np.abs] if any_decoder else [])]:
        logits = act(hidden) @ found["linear4.weight"].T + found["linear4.bias"]
        steps, constants = np.split(logits, [sizes.latent * STEPS], axis=1)
        right = (z[..., None] > THRESHOLDS).reshape(len(z), -1)
        clear = np.min(np.abs(z[..., None] - THRESHOLDS), axis=(1, 2)) > 2e-3
        assert np.array_equal(steps[clear] > 15, right[clear])
        assert np.array_equal(steps[clear] < -30, ~right[clear])
        assert np.allclose(1 / (1 + np.exp(-constants)), np.resize(THETAS, constants.shape[1]))
        assert any_decoder or logits.max() < 80  # the exponential is finite in single precision
        if within:  # in single precision a probability is neither 0 nor 1
            thetas = torch.sigmoid(torch.tensor(logits, dtype=torch.float32))
            assert bool(((thetas > 0) & (thetas < 1)).all())


# ------------------------------------------------------------------ the judges


def right_samples(seed: int, calls: int = 2, rows: int = 1050) -> np.ndarray:
    """Pixels ``[calls, rows, D]`` of right draws in the small model."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((calls, rows, SMALL.latent))
    steps = (z[..., None] > THRESHOLDS).reshape(calls, rows, -1)
    constants = rng.random((calls, rows, 60)) < np.resize(THETAS, 60)
    return np.concatenate((steps, constants), axis=-1).astype(np.float64)


def judged(pixels: np.ndarray) -> tuple[bool, bool, str | None]:
    """Whether z and the pixels are found wrong, and what comes again in another call."""
    samples = Samples(pixels, SMALL.latent)
    prior = prior_error(samples) is not None
    return prior, bernoulli_error(samples) is not None, repeated(samples)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.integers(0, 1049), st.integers(0, 1049))
def test_one_copy_of_any_z_is_found(seed: int, first: int, second: int) -> None:
    pixels = right_samples(seed)
    assert judged(pixels) == (False, False, None)
    steps = SMALL.latent * STEPS
    pixels[0, second, :steps] = pixels[0, first, :steps]
    assert judged(pixels) == (first != second, False, None)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.integers(0, 1049), st.sampled_from([0.0, 1.0]))
def test_a_blank_image_anywhere_is_found_once(seed: int, row: int, value: float) -> None:
    pixels = right_samples(seed)
    pixels[:, row] = value
    assert judged(pixels) == (False, True, None)


@pytest.mark.parametrize("count", [5, 20, 50])
def test_images_that_are_blank_in_every_call_are_not_called_kept(count: int) -> None:
    pixels = right_samples(count)
    pixels[:, -count:] = 0
    assert judged(pixels) == (False, True, None)


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.integers(0, 1049))
def test_a_z_of_zero_anywhere_is_found(seed: int, row: int) -> None:
    pixels = right_samples(seed)
    pixels[:, row, : SMALL.latent * STEPS] = np.tile(THRESHOLDS < 0, SMALL.latent)
    assert judged(pixels) == (True, False, None)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.6])
def test_a_part_of_z_that_is_kept_for_the_next_call_is_found(share: float) -> None:
    pixels, steps = right_samples(4), SMALL.latent * STEPS
    kept = int(share * pixels.shape[1])
    pixels[1, :kept, :steps] = pixels[0, :kept, :steps]
    assert judged(pixels) == (False, False, "Two calls give the very same latent variables.")
    again = right_samples(5)
    again[1, -kept:, steps:] = again[0, -kept:, steps:]
    assert judged(again) == (False, False, "Two calls give the very same pixels.")


def test_few_samples_of_many_calls_are_judged_together() -> None:
    pixels = right_samples(6).reshape(210, 10, -1)
    assert judged(pixels) == (False, False, None)
    pixels[:, :, : SMALL.latent * STEPS] = pixels[:1, :, : SMALL.latent * STEPS]
    with pytest.raises(NotReached):
        judged(pixels)


def test_pixels_of_other_values_show_z_as_well() -> None:
    pixels = right_samples(7)
    for other in (1 - pixels, 255 * pixels, 2 * pixels - 1, 0.9 * pixels + 0.05):
        assert prior_error(Samples(other, SMALL.latent)) is None
        wrong = other.copy()
        wrong[:, ::2] = wrong[:, 1::2]
        assert prior_error(Samples(wrong, SMALL.latent)) is not None


def noisy(rng: np.random.Generator, z: np.ndarray) -> Samples:
    """Pixels that are 1 oftener where theta is larger, and in half of all cases where it is 0."""
    theta = right_samples(8, *z.shape[:2])
    theta[..., : SMALL.latent * STEPS] = (z[..., None] > THRESHOLDS).reshape(*z.shape[:2], -1)
    return Samples((rng.standard_normal(theta.shape) < theta).astype(np.float64), SMALL.latent)


def test_z_is_judged_through_noisy_pixels() -> None:
    rng = np.random.default_rng(9)
    z = rng.standard_normal((2, 1050, SMALL.latent))
    assert prior_error(noisy(rng, z)) is None
    for wrong in (rng.random(z.shape), z + 0.3, 1.4 * z, np.repeat(z[:, ::2], 2, axis=1)):
        assert prior_error(noisy(rng, wrong)) is not None
    one_dimension = z.copy()
    one_dimension[..., 5] = 0
    assert prior_error(noisy(rng, one_dimension)) is not None


def test_coins_show_nothing_of_z() -> None:
    coins = np.random.default_rng(10).integers(0, 2, (2, 1050, SMALL.obs)).astype(np.float64)
    with pytest.raises(NotReached):
        prior_error(Samples(coins, SMALL.latent))


@given(st.lists(st.integers(0, 3), min_size=2, max_size=40), st.integers(1, 70))
def test_rows_have_the_same_name_where_they_are_the_same(kinds: list[int], width: int) -> None:
    contents = np.random.default_rng(width).integers(0, 2, (4, width))
    rows = contents[kinds].astype(np.float64)
    same = np.all(rows[:, None] == rows[None], axis=2)
    names = keys_of(rows)
    assert np.array_equal(names[:, None] == names[None], same)
    assert pairs_among(names) == (same.sum() - len(rows)) // 2
    assert pairs_across(names[:1], names[1:]) == same[0, 1:].sum()


# ------------------------------------------------------------------ statistics


@pytest.mark.parametrize("count", [30, 31])
def test_distances_are_compared_pair_by_pair(count: int) -> None:
    rows = np.random.default_rng(count).standard_normal((count, 3))
    products = rows @ rows.T
    index = np.arange(count)
    scores = []
    for places in range(1, count // 2 + 1):
        pairs = {tuple(sorted((i, (i + places) % count))) for i in index}
        scores.append(sum(products[p] for p in pairs) / np.sqrt(3 * len(pairs)))
    for place in range(count):
        pairs = {tuple(sorted((i, (place - i) % count))) for i in index}
        pairs = {p for p in pairs if p[0] != p[1]}
        scores.append(sum(products[p] for p in pairs) / np.sqrt(3 * len(pairs)))
    smallest = min(2 * ndtr(-abs(score)) for score in scores)
    assert statistics.unrelated(rows) == pytest.approx(min(1.0, len(scores) * smallest))


def test_mixed_frequencies_are_exact() -> None:
    law = np.convolve(stats.binom.pmf(range(5), 4, 0.8), stats.binom.pmf(range(4), 3, 0.65))
    for hits in range(8):
        right = min(1.0, 2 * min(law[: hits + 1].sum(), law[hits:].sum()))
        found = statistics.mixed_frequencies(np.array([hits]), [(0.8, 4), (0.65, 3)])
        assert found == pytest.approx(right)


@pytest.mark.parametrize("hits", [0, 1, 40, 41, 100])
def test_frequencies_are_those_of_each(hits: int) -> None:
    found = statistics.frequencies(np.array([hits]), 100, np.array([0.4]))
    assert found == pytest.approx(statistics.frequency(hits, 100, 0.4))


# ------------------------------------------------------------------ what comes as a list


def test_a_long_list_of_tensors_is_one_array() -> None:
    rows = [torch.full((3,), float(n)) for n in range(MAX_ITEMS + 4)]
    outbox = Outbox(-1)
    message = {"form": "list", "array": 0, "items": None, "type": "float32"}
    assert encode(rows, outbox, 0) == message
    assert outbox._arrays[0].shape == (MAX_ITEMS + 4, 3)
    other = {"form": "other", "array": None, "items": None, "type": "list"}
    assert encode([*rows, torch.zeros(4)], outbox, 0) == other
    assert encode([*rows, None], outbox, 0) == other
