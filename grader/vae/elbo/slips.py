"""What students get wrong about the bound, most of it as a change of the objective."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from grader.kit import graph
from grader.kit.misconception import Misconception
from grader.kit.search import Slip
from grader.vae.expected import Bound


def _error(name: str, title: str, hint: str) -> Misconception:
    return Misconception(f"elbo.{name}", title, hint)


_SIGNS = "Which of the two terms should become large in training, and which should stay small?"
_ROWS = "The mean over the batch is taken by the training loop. How many numbers come back here?"
_PIXELS = (
    "The pixels are independent given z. How does the log likelihood of an image follow from "
    "those of its pixels?"
)
_NEGATED = _error(
    "negated",
    "the loss is returned: the negative of the ELBO",
    "The training loop minimises the negative of what you return. What does it minimise now?",
)
_KL_ADDED = _error("kl_added", "the KL divergence is added instead of subtracted", _SIGNS)
_LIKELIHOOD_SIGN = _error(
    "likelihood_sign",
    "the cross entropy is taken for the log likelihood, which is its negative",
    "A log likelihood of zeros and ones is never positive. Is yours?",
)
_KL_MISSING = _error(
    "kl_missing",
    "the KL divergence is missing",
    "Nothing holds the posterior near the prior in your bound. Which term should?",
)
_LIKELIHOOD_MISSING = _error(
    "likelihood_missing",
    "the log likelihood is missing",
    "Nothing in your bound depends on how well x is reconstructed. Which term should?",
)
_KL_WEIGHTED = _error(
    "kl_weighted",
    "the KL divergence gets a weight other than 1",
    "Compare your two terms with the formula: does either have a factor there?",
)
_MEAN_PIXELS = _error("mean_over_pixels", "the likelihood is averaged over the pixels", _PIXELS)
_DEFAULT = _error(
    "default_reduction",
    "the likelihood is averaged over pixels and rows alike, as the loss functions of torch do "
    "unless told otherwise",
    "What shape does your likelihood term have? Look up which reduction the function applies.",
)
_SUM_OF_ALL = _error(
    "likelihood_summed_over_batch",
    "every row gets the likelihood of the whole batch",
    "Over which axes does your likelihood term add up, and over which should it?",
)
_MEAN_LIKELIHOOD = _error(
    "averaged_likelihood",
    "the likelihood is averaged over the batch while the divergence is not",
    "Print the shapes of your two terms. What does torch do when it adds two such tensors?",
)
_MEAN_KL = _error(
    "averaged_kl",
    "the divergence is averaged over the batch while the likelihood is not",
    "Print the shapes of your two terms. What does torch do when it adds two such tensors?",
)
_SUM_KL = _error(
    "kl_summed_over_batch",
    "every row gets the divergence of the whole batch",
    "Over which axes does your divergence term add up, and over which should it?",
)
_SCALAR_MEAN = _error("scalar_mean", "the average over the batch is returned", _ROWS)
_SCALAR_SUM = _error("scalar_sum", "the sum over the batch is returned", _ROWS)
_CONSTANT = _error(
    "constant_batch_size",
    "the sum over the batch is divided by a fixed batch size",
    "The last batch of an epoch can be smaller than the others. What does your method give then?",
)
_DIVIDED = _error(
    "rows_divided_by_batch_size",
    "the ELBO of every row is divided by the batch size",
    "The training loop averages over the batch. What do you get when this is done twice?",
)
COLUMN = _error(
    "column",
    "the numbers are right, but stand in a column [batch_size, 1]",
    "How many axes should the result have, and which of your steps keeps one too many?",
)
_SQUARE = _error(
    "broadcast_to_a_square",
    "a column [batch_size, 1] and a row [batch_size] are added, which broadcasts to a square",
    "Print the shapes of your two terms. What does torch do when it adds two such tensors?",
)
_SWAPPED = _error(
    "cross_entropy_arguments_swapped",
    "prediction and target of the cross entropy change places",
    "Which argument of the cross entropy is inside the logarithm, and which one only selects?",
)
_TWICE = _error(
    "sigmoid_twice",
    "a cross entropy for logits is fed with probabilities, so that the sigmoid comes twice",
    "Does the decoder give logits or probabilities, and which of them does your function expect?",
)
_SQUARED = _error(
    "squared_error",
    "a squared error stands in place of the Bernoulli likelihood",
    "Which distribution do zeros and ones follow, given theta? Write its log probability down.",
)
_ON_ONLY = _error(
    "pixels_on_only",
    "only pixels that are 1 count in the likelihood",
    "What is the probability of a pixel that is 0, and where does it enter?",
)
_NO_LOG = _error(
    "logarithm_forgotten",
    "probabilities are added up instead of their logarithms",
    "The bound is about the log likelihood. Which function turns a product into a sum?",
)
_LOGARITHM = _error(
    "other_logarithm",
    "the log likelihood is taken with another logarithm than the natural one",
    "The divergence is in nats. In which unit is your log likelihood, and can the two be added?",
)
_KL_ARGUMENTS = _error(
    "kl_arguments_swapped",
    "the divergence gets mu and log sigma in the wrong order",
    "In which order does `kl_divergence` expect its two arguments?",
)
_UNPACKED = _error(
    "encoder_unpacked_in_wrong_order",
    "the encoder's pair is unpacked in the wrong order",
    "In which order does the encoder give its two results?",
)
MONTE_CARLO = _error(
    "monte_carlo_kl",
    "the divergence is estimated from the draw instead of computed in closed form",
    "Which part of the bound is known exactly, and which one needs a sample?",
)
MEAN_DECODED = _error(
    "mean_decoded",
    "the posterior mean is decoded instead of a sample",
    "The bound is an expectation over z. What do you pass to the decoder: a draw?",
)
ONE_DRAW = _error(
    "one_draw_for_batch",
    "all rows of the batch share one draw",
    "Each row has a posterior of its own. How many draws does a batch need?",
)
KL_DETACHED = _error(
    "kl_detached",
    "the divergence is cut off from torch's graph",
    "Which of your two terms does training see? Follow the gradient of the other one back.",
)
SAMPLE_DETACHED = _error(
    "sample_detached",
    "the sample is cut off from torch's graph, so that the likelihood teaches the encoder nothing",
    "How does the encoder learn that x is reconstructed badly? Follow the gradient through z.",
)
GRAPH = graph.errors("elbo", "the ELBO")


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
    Slip(_NEGATED, {"sign": -1.0}),
    Slip(_KL_ADDED, {"divergence_weight": 1.0}),
    Slip(_LIKELIHOOD_SIGN, {"likelihood_weight": -1.0}),
    Slip(_KL_MISSING, {"divergence_weight": 0.0}),
    Slip(_LIKELIHOOD_MISSING, {"likelihood_weight": 0.0}),
    Slip(_KL_WEIGHTED, {"divergence_weight": -0.5}),
    Slip(_KL_WEIGHTED, {"divergence_weight": -2.0}),
    Slip(_DEFAULT, {"pixels": np.mean}),
    Slip(_MEAN_PIXELS, {"pixels": lambda terms: terms.mean(-1)}),
    Slip(_SUM_OF_ALL, {"pixels": np.sum}),
    Slip(_SCALAR_MEAN, {"total": np.mean}),
    Slip(_SCALAR_SUM, {"total": np.sum}),
    Slip(_MEAN_LIKELIHOOD, {"pixels": lambda terms: terms.sum(-1).mean()}),
    Slip(_MEAN_KL, {"rows": np.mean}),
    Slip(_SUM_KL, {"rows": np.sum}),
    *(
        Slip(_CONSTANT, {"total": lambda values, size=size: values.sum() / size})
        for size in (32, 64, 100, 128, 256)
    ),
    Slip(_DIVIDED, {"total": lambda values: values / max(values.size, 1)}),
    Slip(_SQUARE, {"pixels": lambda terms: terms.sum(-1, keepdims=True)}),
    Slip(_SQUARE, {"rows": lambda terms: terms[:, None]}),
    Slip(_SWAPPED, {"likelihood": _with_swapped_arguments}),
    Slip(_TWICE, {"likelihood": lambda a, x: x * expit(a) - np.logaddexp(0.0, expit(a))}),
    Slip(_SQUARED, {"likelihood": lambda a, x: -((x - expit(a)) ** 2)}),
    Slip(_SQUARED, {"likelihood": lambda a, x: -0.5 * (x - expit(a)) ** 2}),
    Slip(_ON_ONLY, {"likelihood": lambda a, x: -x * np.logaddexp(0.0, -a)}),
    Slip(_NO_LOG, {"likelihood": lambda a, x: x * expit(a) + (1 - x) * expit(-a)}),
    *(
        Slip(_LOGARITHM, {"likelihood": lambda a, x, base=base: _to_base(base, a, x)})
        for base in (2, 10)
    ),
    Slip(_KL_ARGUMENTS, {"arguments": _swap}),
    Slip(_UNPACKED, {"posterior": _swap}),
    Slip(MONTE_CARLO, {"divergence": _one_draw_estimate}),
)

MISCONCEPTIONS = (
    *dict.fromkeys(slip.misconception for slip in SLIPS),
    COLUMN,
    MEAN_DECODED,
    ONE_DRAW,
    KL_DETACHED,
    SAMPLE_DETACHED,
    *GRAPH.all,
)
