"""What students get wrong about the bound, most of it as a change of the objective."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.special import expit

from grader.kit.misconception import Finding
from grader.kit.search import Slip
from grader.vae.expected import Bound


def _swap(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return second, first


def _one_draw_estimate(
    bound: Bound, mu: np.ndarray, logsigma: np.ndarray, noise: np.ndarray
) -> np.ndarray:
    z = mu + np.exp(logsigma) * noise
    return (0.5 * z**2 - 0.5 * noise**2 - logsigma).sum(-1)


def _with_swapped_arguments(logits: np.ndarray, x: np.ndarray) -> np.ndarray:
    # Torch cuts the logarithm of zero off at -100.
    return -100 * np.abs(expit(logits) - x)


def _to_base(base: int, logits: np.ndarray, x: np.ndarray) -> np.ndarray:
    return (x * logits - np.logaddexp(0.0, logits)) / np.log(base)


SLIPS = (
    Slip("negated", {"sign": -1.0}),
    Slip("kl_added", {"divergence_weight": 1.0}),
    Slip("likelihood_sign", {"likelihood_weight": -1.0}),
    Slip("kl_missing", {"divergence_weight": 0.0}),
    Slip("likelihood_missing", {"likelihood_weight": 0.0}),
    Slip(Finding("kl_weighted", {"weight": "0.5"}), {"divergence_weight": -0.5}),
    Slip(Finding("kl_weighted", {"weight": "2"}), {"divergence_weight": -2.0}),
    Slip("default_reduction", {"pixels": np.mean}),
    Slip("mean_over_pixels", {"pixels": lambda terms: terms.mean(-1)}),
    Slip("likelihood_summed_over_batch", {"pixels": np.sum}),
    Slip("scalar_mean", {"total": np.mean}),
    Slip("scalar_sum", {"total": np.sum}),
    Slip("averaged_likelihood", {"pixels": lambda terms: terms.sum(-1).mean()}),
    Slip("averaged_kl", {"rows": np.mean}),
    Slip("kl_summed_over_batch", {"rows": np.sum}),
    *(
        Slip("constant_batch_size", {"total": lambda values, size=size: values.sum() / size})
        for size in (32, 64, 100, 128, 256)
    ),
    Slip("rows_divided_by_batch_size", {"total": lambda values: values / max(values.size, 1)}),
    Slip("broadcast_to_a_square", {"pixels": lambda terms: terms.sum(-1, keepdims=True)}),
    Slip("broadcast_to_a_square", {"rows": lambda terms: terms[:, None]}),
    Slip("cross_entropy_arguments_swapped", {"likelihood": _with_swapped_arguments}),
    Slip("sigmoid_twice", {"likelihood": lambda a, x: x * expit(a) - np.logaddexp(0.0, expit(a))}),
    Slip("squared_error", {"likelihood": lambda a, x: -((x - expit(a)) ** 2)}),
    Slip("squared_error", {"likelihood": lambda a, x: -0.5 * (x - expit(a)) ** 2}),
    Slip("pixels_on_only", {"likelihood": lambda a, x: -x * np.logaddexp(0.0, -a)}),
    Slip("logarithm_forgotten", {"likelihood": lambda a, x: x * expit(a) + (1 - x) * expit(-a)}),
    Slip("other_logarithm", {"likelihood": partial(_to_base, 2)}),
    Slip("other_logarithm", {"likelihood": partial(_to_base, 10)}),
    Slip("kl_arguments_swapped", {"arguments": _swap}),
    Slip("encoder_unpacked_in_wrong_order", {"posterior": _swap}),
    Slip("monte_carlo_kl", {"divergence": _one_draw_estimate}),
)
