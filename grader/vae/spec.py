"""What the assignment asks, said once.

The template, the reference solution, the extractor and the checks are held to this module. Shapes
are tuples of symbols: ``B`` rows of a batch, ``D`` observed dimensions, ``L`` latent dimensions,
``H`` hidden units, ``N`` generated samples.
"""

from __future__ import annotations

from dataclasses import dataclass

from grader.assignment import Method, Task


@dataclass(frozen=True)
class Layer:
    """A linear layer that the given constructor creates: ``inputs -> outputs`` units."""

    name: str
    inputs: str
    outputs: str


CLASS_NAME = "VAE"
CONSTRUCTOR = ("obs_dim", "latent_dim", "hidden_dim")
FULL_SIZES = (784, 32, 400)
DEFAULT_HIDDEN_DIM = 100

LAYERS = (
    Layer("linear1", "D", "H"),
    Layer("linear21", "H", "L"),
    Layer("linear22", "H", "L"),
    Layer("linear3", "L", "H"),
    Layer("linear4", "H", "D"),
)

_POSTERIOR = (("mu", ("B", "L")), ("logsigma", ("B", "L")))

TASKS = (
    Task("encoder", "Encoder", Method("encoder", (("x", ("B", "D")),), _POSTERIOR)),
    Task(
        "reparam",
        "Reparametrised sampling",
        Method("sample_with_reparam", _POSTERIOR, (("z", ("B", "L")),)),
    ),
    Task("decoder", "Decoder", Method("decoder", (("z", ("B", "L")),), (("theta", ("B", "D")),))),
    Task("kl", "KL divergence", Method("kl_divergence", _POSTERIOR, (("kl", ("B",)),))),
    Task(
        "elbo",
        "ELBO",
        Method("elbo", (("x", ("B", "D")),), (("elbo", ("B",)),)),
        calls=frozenset(("encoder", "reparam", "decoder", "kl")),
    ),
    Task(
        "sample",
        "Generating",
        Method("sample", (("num_samples", ()),), (("x", ("N", "D")),)),
        calls=frozenset(("reparam", "decoder")),
    ),
)

TASK_IDS = tuple(task.id for task in TASKS)

BLOCK_MARK = "#" * 58
"""The line above and below each block that students fill in."""

BLOCK_TEXT = "# YOUR CODE HERE"

NOTEBOOK_NAMES = ("device", "batch_size", "obs_dim", "latent_dim", "hidden_dim", "vae")
"""Globals that the notebook binds and methods may use: bound to fit the instance under test."""

INSTANCE_NAME = "vae"
"""The one of them that is bound to the instance."""
