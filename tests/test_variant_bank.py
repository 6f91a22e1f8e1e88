"""The bank says what it means: right variants are right, wrong ones are wrong where it says so."""

from __future__ import annotations

import ast
from typing import Any

import nbformat
import pytest

from grader.vae.spec import BLOCK_MARK, TASK_IDS, TASKS
from tests.variant_bank import (
    Variant,
    all_variants,
    class_source,
    load_variants,
    notebook_with,
    sources_with,
)
from tests.variant_measures import CHECKS, OK, as_measured, failures


def by_name(task: str, name: str) -> Variant:
    return next(v for v in load_variants(task) if v.name == name)


def by_label(variants: list[Variant]) -> Any:
    return pytest.mark.parametrize("variant", variants, ids=[v.label for v in variants])


# The second measure asks at small sizes, with gradients, and for nothing that only many draws or
# other hidden layers show. What the grader says of these is tested with all the others.
BEYOND = frozenset(
    (
        *("reparam-gradients_kept_for_plots", "reparam-no_noise_from_dimension_16_on"),
        *(
            "reparam-last_dimension_of_32_without_noise",
            "reparam-sixteen_dimensions_of_noise_tiled",
        ),
        # Numbers that depend on nothing are no numbers of their row.
        "kl-always_a_half",
        # A location that depends on more than its own mu widens what the grader takes for noise.
        *("reparam-mu_of_the_first_row", "reparam-mu_clamped", "reparam-normalised"),
        *("reparam-softmax", "reparam-noise_times_size_of_mu"),
        "reparam-first_four_dimensions_without_noise",
        *("reparam-no_noise_under_no_grad", "reparam-half_the_spread_under_no_grad"),
        *("reparam-noise_centred_over_dimensions", "reparam-noise_of_one_length"),
        *("decoder-softmax_over_the_batch", "decoder-softmax_over_the_batch_without_relu"),
        *("decoder-softmax_over_the_batch_after_elu", "elbo-mean_from_dimension_16_on"),
        *("elbo-nothing_from_dimension_24_on", "elbo-drawn_inside_up_to_dimension_24"),
        *("elbo-drawn_inside_and_tiled", "elbo-drawn_inside_without_the_last_of_32"),
        # They keep something from call to call, or are right on average where it is measured.
        *("elbo-total_of_all_calls_added", "elbo-first_average_as_baseline"),
        *("elbo-average_of_the_call_before", "elbo-calls_counted"),
        *("elbo-weight_of_divergence_grows", "elbo-weight_of_likelihood_falls"),
        *("elbo-weight_of_the_whole_falls", "elbo-ones_and_zeros_exchanged"),
        *("elbo-estimate_from_another_draw", "elbo-likelihood_unlike_any"),
        *("elbo-largest_bound", "elbo-one_minus_theta_forgotten"),
        *("sample-latents_zero_from_28_on", "sample-latents_tiled_from_28_on"),
        *("sample-thresholded_from_pixel_600_on", "sample-uniforms_of_half_an_image"),
        *("sample-second_half_rolled", "sample-second_half_partly_negated"),
        # It asks one model again and again, which is another one each time where a call is kept.
        *("encoder-hidden_kept_between_calls", "decoder-hidden_kept_between_calls"),
        # What it takes for theta's sure pixels is blurred where numbers of a batch meet.
        *("decoder-rows_cut_anew", "decoder-theta_over_rows", "decoder-one_half_everywhere"),
        "decoder-weight_of_linear1_for_linear4",
    )
)
MEASURED = [variant for variant in all_variants() if variant.label not in BEYOND]


@by_label([v for v in MEASURED if v.right])
def test_right_variant_is_right(variant: Variant) -> None:
    assert failures(variant) == OK


@by_label([v for v in MEASURED if not v.right])
def test_wrong_variant_is_wrong_where_it_says(variant: Variant) -> None:
    found, expected = failures(variant), as_measured(variant)
    if "reparam.independent" in found and found != CHECKS["reparam"]:
        # Repeated noise makes the other moments of the noise meaningless.
        blurred = {"reparam.location", "reparam.scale", "reparam.normal"}
        found, expected = found - blurred, expected - blurred
    if "reparam.location" in expected:
        # With another centre `z - mu` is not the noise any more, which the grader forgives.
        found, expected = (part - {"reparam.gradient_logsigma"} for part in (found, expected))
    assert found
    assert found == expected


@pytest.mark.parametrize("task", TASK_IDS)
def test_bank_is_large_and_well_formed(task: str) -> None:
    variants = load_variants(task)
    assert sum(v.right for v in variants) >= 14
    assert sum(not v.right for v in variants) >= 16
    assert len({v.name for v in variants}) == len(variants)
    for variant in variants:
        assert variant.name.isidentifier(), variant.name
        assert variant.name == variant.name.lower()
        assert variant.why
        assert "\n" not in variant.why
        assert bool(variant.lost) != variant.right, variant.name
        assert variant.lost <= CHECKS[task], variant.name
        assert variant.cuda == ("cuda" in variant.code), variant.name
        assert variant.code.count("def ") >= 1
        assert "distributions" not in variant.code


@by_label(list(all_variants()))
def test_sources_define_the_class_once(variant: Variant) -> None:
    trees = [ast.parse(source) for source in sources_with(variant)]
    (vae,) = (n for t in trees for n in t.body if isinstance(n, ast.ClassDef) and n.name == "VAE")
    methods = [n.name for n in vae.body if isinstance(n, ast.FunctionDef)]
    for task in TASKS:
        assert methods.count(task.method.name) == 1


def test_variant_goes_into_the_block_unless_it_touches_what_is_outside() -> None:
    plain, annotated = load_variants("encoder")[0], by_name("encoder", "chatty_with_asserts")
    blocks = 2 * len(TASKS)
    assert class_source().count(BLOCK_MARK) == blocks
    assert class_source(plain).count(BLOCK_MARK) == blocks
    assert class_source(annotated).count(BLOCK_MARK) == blocks - 2


def test_notebook_is_valid_and_always_the_same() -> None:
    variants = load_variants("kl")[0], load_variants("sample")[0]
    notebook = notebook_with(*variants, device="cuda")
    nbformat.validate(notebook)
    assert notebook == notebook_with(*variants, device="cuda")
    assert "device = 'cuda'" in notebook.cells[2].source
    assert notebook.cells[-1].source.splitlines()[-1].startswith("opt")


def test_one_variant_a_task() -> None:
    first, second = load_variants("kl")[:2]
    with pytest.raises(ValueError, match="one variant of each task"):
        class_source(first, second)


def test_unknown_task_is_refused() -> None:
    with pytest.raises(ValueError, match="No task is called 'prior'"):
        load_variants("prior")
