"""The assignment: a variational autoencoder, and all that the grader knows of it.

The rest of the grader gets it as `ASSIGNMENT`, by way of `grader.composition`. Importing this
package imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from grader.assignment import Assignment
from grader.vae import spec

if TYPE_CHECKING:
    from grader.kit.check import Check
    from grader.kit.misconception import Misconception

__all__ = ["ASSIGNMENT"]


def _checks() -> tuple[Check, ...]:
    from grader.vae.checks import CHECKS

    return CHECKS


def _misconceptions() -> Mapping[str, Misconception]:
    from grader.vae.misconceptions import CATALOGUE

    return CATALOGUE


ASSIGNMENT = Assignment(
    title="variational autoencoder",
    notebook="vae.ipynb",
    class_name=spec.CLASS_NAME,
    class_nouns=("vae", "autoencoder"),
    constructor=spec.CONSTRUCTOR,
    full_sizes=spec.FULL_SIZES,
    tasks=spec.TASKS,
    bound_names=spec.NOTEBOOK_NAMES,
    instance_name="vae",
    given_modules=("vae_utils",),
    block_mark=spec.BLOCK_MARK,
    block_text=spec.BLOCK_TEXT,
    checks=_checks,
    misconceptions=_misconceptions,
    topic_words=("autoencoder", "mnist", "vae", "variational"),
    data_folders=("mnist",),
)
