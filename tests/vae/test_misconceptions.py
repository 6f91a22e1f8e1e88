"""Every misconception has a name, a hint that leaves the work to the student, and a variant."""

from __future__ import annotations

import subprocess
import sys

import pytest

from grader.kit.check import Lost
from grader.kit.misconception import Misconception, explained
from grader.vae.checks import CATALOGUE
from grader.vae.kl import misconceptions as kl
from grader.vae.spec import TASK_IDS
from tests.vae.test_told_causes import CASES
from tests.variant_bank import all_variants

_INJECTED = {id for variant in all_variants() for id in variant.misconception} | {
    id for case in CASES for id in case["misconception"].split()
}

# What every autograder for this assignment should know by name.
_REQUIRED = [
    "encoder.no_relu",
    "encoder.activation_on_head",
    "encoder.heads_swapped",
    "encoder.detached",
    "encoder.graph_cut",
    "reparam.log_variance",
    "reparam.variance_for_deviation",
    "reparam.exp_forgotten",
    "reparam.uniform_noise",
    "reparam.one_draw_for_batch",
    "reparam.one_draw_for_dimensions",
    "reparam.torch_normal",
    "reparam.detached",
    "reparam.graph_cut",
    "reparam.fixed_seed",
    "reparam.no_noise",
    "decoder.no_relu",
    "decoder.logits_returned",
    "decoder.sigmoid_twice",
    "decoder.detached",
    "decoder.graph_cut",
    "kl.log_variance",
    "kl.sign_flipped",
    "kl.without_half",
    "kl.without_minus_one",
    "kl.scalar_sum",
    "kl.scalar_mean",
    "kl.summed_over_batch",
    "kl.mean_over_dimensions",
    "kl.reversed",
    "kl.monte_carlo",
    "kl.exp_forgotten",
    "kl.detached",
    "kl.graph_cut",
    "elbo.negated",
    "elbo.kl_added",
    "elbo.kl_missing",
    "elbo.likelihood_missing",
    "elbo.mean_over_pixels",
    "elbo.default_reduction",
    "elbo.scalar_mean",
    "elbo.scalar_sum",
    "elbo.averaged_likelihood",
    "elbo.constant_batch_size",
    "elbo.mean_decoded",
    "elbo.cross_entropy_arguments_swapped",
    "elbo.kl_arguments_swapped",
    "elbo.sigmoid_twice",
    "elbo.squared_error",
    "elbo.detached",
    "elbo.graph_cut",
    "sample.probabilities_returned",
    "sample.thresholded",
    "sample.one_latent_for_all",
    "sample.uniform_latents",
    "sample.bernoulli_latents",
    "sample.transposed",
    "sample.extra_axis",
    "sample.number_ignored",
    "sample.fixed_seed",
]


def test_catalogue_holds_what_is_required() -> None:
    assert set(_REQUIRED) <= set(CATALOGUE)


def test_a_variant_injects_every_misconception() -> None:
    assert set(CATALOGUE) == _INJECTED


@pytest.mark.parametrize("task", TASK_IDS)
def test_two_errors_at_once_are_injected_in_every_task(task: str) -> None:
    assert any(len(v.misconception) == 2 for v in all_variants() if v.task == task)


def test_right_variants_have_no_misconception() -> None:
    assert not any(variant.misconception for variant in all_variants() if variant.right)


@pytest.mark.parametrize("misconception", CATALOGUE.values(), ids=list(CATALOGUE))
def test_words_are_for_people(misconception: Misconception) -> None:
    task, name = misconception.id.split(".")
    assert task in TASK_IDS
    assert name.isidentifier()
    # The title follows "That is what comes out if", and a full stop follows it.
    assert not misconception.title[0].isupper()
    assert misconception.title[-1] not in ".?"
    # What a course calls it has no fields, and neither a title nor dots in their place.
    assert bool(misconception.general) == ("{" in misconception.title)
    general = misconception.general_title
    assert "{" not in general
    assert "..." not in general
    assert not general[0].isupper()
    assert general[-1] not in ".?"
    assert misconception.hint[-1] in ".?"
    # A hint points to the idea: it asks something or says where to look, and holds no code.
    assert not any(code in misconception.hint for code in ("torch.", "F.", "self.", "dim=", "**"))
    assert len(misconception.hint) < 200


def test_a_verdict_keeps_its_message_and_evidence_when_it_is_explained() -> None:
    first, second = kl.CATALOGUE["log_variance"], kl.CATALOGUE["sign_flipped"]
    names = ("log_variance", "sign_flipped")
    lost = explained(Lost("2 came, 3 is right.", evidence={"index": [0]}), kl.CATALOGUE, names)
    assert lost.message.startswith("2 came, 3 is right.")
    assert first.title in lost.message
    assert second.title in lost.message
    assert first.hint in lost.hint
    assert second.hint in lost.hint
    assert lost.evidence == {"index": [0]}
    assert lost.misconceptions == (first.id, second.id)


def test_a_verdict_that_nothing_explains_stays_as_it_is() -> None:
    lost = Lost("2 came, 3 is right.")
    assert explained(lost, kl.CATALOGUE, ()) is lost


@pytest.mark.parametrize("module", ["grader.vae.checks", "grader.vae.kl.misconceptions"])
def test_checks_and_diagnosis_can_be_imported_in_either_order(module: str) -> None:
    code = f"import {module}; import grader.vae.checks"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
