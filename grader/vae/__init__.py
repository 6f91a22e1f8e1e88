"""The assignment: a variational autoencoder, and all that the grader knows of it.

The rest of the grader gets it as `ASSIGNMENT`, by way of `grader.composition`. Importing this
package imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from grader.assignment import Asked, Assignment, DataSet, TrainingSanity
from grader.vae import spec

if TYPE_CHECKING:
    from grader.kit.check import Check
    from grader.kit.example import Cases
    from grader.kit.misconception import Diagnosis, Misconception

__all__ = ["ASSIGNMENT"]


def _checks() -> tuple[Check, ...]:
    from grader.vae.checks import CHECKS

    return CHECKS


def _misconceptions() -> Mapping[str, Misconception]:
    from grader.vae.checks import CATALOGUE

    return CATALOGUE


def _diagnoses() -> Mapping[str, Diagnosis]:
    from grader.vae.checks import DIAGNOSES

    return DIAGNOSES


def _examples() -> Mapping[str, Cases]:
    from grader.vae.examples import EXAMPLES

    return EXAMPLES


def _asked() -> Mapping[str, Asked]:
    from grader.vae.explained import read_asked

    return read_asked()


def _data() -> DataSet:
    from grader.vae.digits import MNIST

    return MNIST


def _training() -> TrainingSanity:
    from grader.vae.training import TRAINING

    return TRAINING


ASSIGNMENT = Assignment(
    title="variational autoencoder",
    notebook="vae.ipynb",
    class_name=spec.CLASS_NAME,
    class_nouns=("vae", "autoencoder"),
    constructor=spec.CONSTRUCTOR,
    full_sizes=spec.FULL_SIZES,
    tasks=spec.TASKS,
    bound_names=spec.NOTEBOOK_NAMES,
    computed_arguments=("mu", "logsigma", "z"),
    instance_name=spec.INSTANCE_NAME,
    given_modules=("vae_utils",),
    data_modules=frozenset(("torchvision", "vae_utils", "matplotlib", "seaborn", "sklearn")),
    plot_modules=("vae_utils",),
    block_mark=spec.BLOCK_MARK,
    block_text=spec.BLOCK_TEXT,
    data_name="MNIST",
    solved_notebook="reference/vae_solved.ipynb",
    companions=("vae_utils.py", "README.md", "figures/encoder.svg", "figures/decoder.svg"),
    shipped_notebooks=frozenset(
        (
            "c91a33e2b70ea98cc011541b2ccc9d96477c93c0d72fb4edaa416cce65bb6523",  # the solved one
            "9eb0dfefd2f1048fa55d09ed51490c4090d94d2dfc6597888efbac7850b60d3b",  # the template
        )
    ),
    kernel_module="grader.vae.notebook_environment",
    checks=_checks,
    misconceptions=_misconceptions,
    diagnoses=_diagnoses,
    examples=_examples,
    asked=_asked,
    data=_data,
    training=_training,
    topic_words=("autoencoder", "mnist", "vae", "variational"),
    data_folders=("mnist",),
)
