"""What encoder and decoder are asked alike: batches of any size, and models that show units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from grader.kit.batches import Network, Parts, rows_error
from grader.kit.check import Exam, Lost, Steps, generator
from grader.kit.gradients import Asked, Point
from grader.kit.probe import Call, Probe
from grader.vae import expected, fixtures
from grader.vae.networks import Model, ask, is_behind_relu, with_equal_units
from grader.vae.sizes import Sizes

_LARGE = 10.0
"""Factor of the hidden units in a model that tells a ReLU from one with an upper bound."""


@dataclass(frozen=True)
class Examined:
    """A network under test.

    Attributes:
        task: number of the task, the key of all that is drawn for it.
        network: the method.
        first, last: the layers before and after the hidden units.
        small: sizes of the model for batches and gradients.
        square: sizes of models that show all hidden units.
        draw: makes rows ``[rows, units]`` of the argument.
        width: how many numbers a row of a result has.
        differentiate: the arguments that have a gradient.
    """

    task: int
    network: Network = field(repr=False)
    first: str
    last: tuple[str, ...]
    small: Sizes
    square: Sizes
    draw: Callable[[np.random.Generator, int, Sizes], np.ndarray]
    width: Callable[[Sizes], int]
    differentiate: tuple[str, ...] = ()

    def sizes(self, exam: Exam) -> Sizes:
        """Return the sizes of models that show hidden units."""
        return fixtures.FULL if exam.setting.full else self.square

    def model(self, seed: int, key: int, sizes: Sizes, rows: int) -> Model:
        """Return a model with random weights, and as many rows for it."""
        return _model(self, seed, key, sizes, rows)

    def before_hidden(self, model: Model) -> np.ndarray:
        """Return what the hidden units ``[rows, hidden]`` of a model are made of."""
        return expected.linear(model.weights, self.first, model.inputs)

    def large(self, exam: Exam) -> tuple[Model, float]:
        """Return a model whose results show hidden units that are large, over a factor."""
        return _large(self, exam.seed, self.sizes(exam)), _LARGE

    def full(self, seed: int) -> Model:
        """Return a model of the assignment's own sizes, with many rows."""
        return self.model(seed, 2, fixtures.FULL, 128)

    def ask(self, exam: Exam, models: Sequence[Model]) -> Steps[list[Parts]]:
        """Ask for the results in each of the models.

        Raises:
            Lost: a result is missing, or takes more than one step.
        """
        outcomes = yield from ask(exam, self.network.method, self.network.argument, models)
        return [
            self.network.read(outcome, len(model.inputs), model.sizes)
            for model, outcome in zip(models, outcomes, strict=True)
        ]

    def ask_batches(self, exam: Exam) -> Steps[Asked]:
        """Ask for batches of several sizes, the last of a size that nobody can list beforehand."""
        batches, point, probe = exam.once(_question, self, of=self.network.method)
        *outcomes, of_point, of_most = (yield probe).outcomes
        return Asked(batches, (*outcomes, of_most), point, of_point)

    def rows_error(
        self, exam: Exam, other: Callable[[np.random.Generator, int, Sizes], np.ndarray]
    ) -> Steps[Lost | None]:
        """Return what is wrong with how rows and results belong together, or None.

        ``other`` makes rows for the largest batch that all differ from its own.
        """
        asked = yield from self.ask_batches(exam)
        sizes, rows = asked.point.sizes, len(asked.batches[-1])

        def others() -> np.ndarray:
            return other(exam.generator(self.task, 6), rows, sizes)

        weights = self.model(exam.seed, 5, sizes, 1).weights
        return (yield from rows_error(exam, self.network, asked, others, weights))

    def is_behind_relu(self, exam: Exam) -> Steps[bool]:
        """Whether results, whatever they are, are the same where the ReLU of the first layer is."""
        for sizes in dict.fromkeys((self.sizes(exam), fixtures.FULL)):
            try:
                came = yield from self.ask(exam, _with_equal_units(self, exam.seed, sizes))
            except Lost:
                return False
            if not is_behind_relu(*came):
                return False
        return True


@lru_cache(maxsize=16)  # one for all submissions of a course
def _model(examined: Examined, seed: int, key: int, sizes: Sizes, rows: int) -> Model:
    rng = generator(seed, examined.task, key)
    weights = fixtures.random_weights(rng, sizes, (examined.first, *examined.last))
    return Model(sizes, weights, examined.draw(rng, rows, sizes))


@lru_cache(maxsize=4)
def _large(examined: Examined, seed: int, sizes: Sizes) -> Model:
    model = examined.model(seed, 1, sizes, 32)
    first = f"{examined.first}."
    weights = {n: w * (_LARGE if n.startswith(first) else 1) for n, w in model.weights.items()}
    return Model(sizes, weights, model.inputs).showing(*examined.last, scale=1 / _LARGE)


@lru_cache(maxsize=4)
def _with_equal_units(examined: Examined, seed: int, sizes: Sizes) -> tuple[Model, ...]:
    model = examined.model(seed, 3, sizes, 32)
    return with_equal_units(model, examined.first, examined.last)


def _question(exam: Exam, examined: Examined) -> tuple[list[np.ndarray], Point, Probe]:
    """Return batches, a point with its gradient, and the probe that asks for all of them."""
    network, sizes = examined.network, fixtures.FULL if exam.setting.full else examined.small
    most = exam.rows(1001, 1100) if exam.setting.full else exam.rows(1001, 1500)
    rng = exam.generator(examined.task, 0)
    weights = examined.model(exam.seed, 0, sizes, 1).weights
    counts = (1, 2, 2, exam.rows(3, 127), 128, most)
    batches = [examined.draw(rng, rows, sizes) for rows in counts]
    given = {network.argument: examined.draw(rng, 7, sizes)}
    cotangents = tuple(fixtures.normal(rng, 7, examined.width(sizes)) for _ in network.results)
    point = Point(sizes, weights, network.method, given, cotangents, examined.differentiate)
    calls = [
        Call(network.method, {network.argument: batch}, keep=True, generators=True)
        for batch in batches
    ]
    # The largest comes last: it may take too long.
    return batches, point, Probe(sizes, weights, (*calls[:-1], point.call, calls[-1]))
