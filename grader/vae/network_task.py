"""Encoder and decoder as tasks: two layers with a ReLU between them, the models that they are
examined in, and the batches that they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from grader.kit.check import Exam, Lost, Steps, generator
from grader.kit.gradients import Point
from grader.kit.observation import Outcome, Value
from grader.kit.outputs import first_two, one_step_from, pair, values
from grader.kit.probe import Call, Probe
from grader.vae import expected, fixtures
from grader.vae.networks import Model, is_behind_relu, with_equal_units
from grader.vae.sizes import Sizes

LARGE = 10.0
"""Factor of the hidden units in a model that tells a ReLU from one with an upper bound."""
SMALL = 3
"""So many of the batches are small, and come first."""

Results = tuple[np.ndarray, ...]
Draw = Callable[[np.random.Generator, int, Sizes], np.ndarray]
"""Makes so many rows ``[rows, units]`` of an argument."""


@dataclass(frozen=True)
class Answers:
    """Outcomes in one model: for batches of several sizes, and at a point with its gradient.

    The batches and their outcomes are in the same order.
    """

    batches: Sequence[np.ndarray]
    outcomes: Sequence[Outcome]
    point: Point
    of_point: Outcome


@dataclass(frozen=True, eq=False, kw_only=True)
class NetworkTask:
    """A network under test.

    Attributes:
        key: of all that is drawn for it.
        method, argument: their names; the argument is ``[rows, units]``.
        results: the names of one or two results ``[rows, width]``.
        width: how many numbers a row of a result has.
        first, last: the layers before and after the hidden units; a result for each of the last.
        before_output: what the last layers should give, from weights and the argument.
        output: what should come after them.
        gradients: the right ones by name, from weights, the argument and cotangents.
        small: sizes of the model for batches and gradients.
        square: sizes of models that show all hidden units.
        draw: makes rows of the argument; ``draw_distinct`` others that are surely not the same.
        differentiate: the arguments that have a gradient.
    """

    key: int
    method: str
    argument: str
    results: tuple[str, ...]
    width: Callable[[Sizes], int]
    first: str
    last: tuple[str, ...]
    before_output: Callable[[expected.Weights, np.ndarray], Results]
    output: Callable[[np.ndarray], np.ndarray]
    gradients: Callable[..., expected.Gradients]
    small: Sizes
    square: Sizes
    draw: Draw
    draw_distinct: Draw
    differentiate: tuple[str, ...] = ()

    def right(self, weights: expected.Weights, inputs: np.ndarray) -> Results:
        """Return the right results for ``inputs [rows, units]``."""
        return tuple(map(self.output, self.before_output(weights, inputs)))

    def parts(self, value: Value) -> tuple[Value, ...]:
        """Return the results in what was returned.

        Raises:
            Lost: they are not in the form that is asked for.
        """
        return (value,) if len(self.results) == 1 else pair(value, self.results)

    def read(self, outcome: Outcome, rows: int, sizes: Sizes) -> Results:
        """Return the results ``[rows, width]``, after one more step if need be.

        Raises:
            Lost: it takes more than that.
        """
        shape, value = (rows, self.width(sizes)), values(outcome, self.method)[0]
        parts = (value,) if len(self.results) == 1 else first_two(value, self.results, shape)
        named = zip(parts, self.results, strict=True)
        return tuple(one_step_from(part, name, shape) for part, name in named)

    def sizes(self, exam: Exam) -> Sizes:
        """Return the sizes of models that show hidden units."""
        return fixtures.FULL if exam.setting.full else self.square

    def mixed(self, exam: Exam) -> Model:
        """Return a model with random weights in all layers."""
        return model_of(self, exam.seed, 3, self.sizes(exam), 32)

    def showing(self, exam: Exam) -> tuple[Model, ...]:
        """Return models in which a last layer shows the hidden units, one for each; then none.

        They differ in the last layers alone.
        """
        return _showing(self, exam.seed, self.sizes(exam))

    def large(self, exam: Exam) -> Model:
        """Return a model whose results show hidden units that are `LARGE`, over that factor."""
        return _large(self, exam.seed, self.sizes(exam))

    def before_hidden(self, model: Model) -> np.ndarray:
        """Return what the hidden units ``[rows, hidden]`` of a model are made of."""
        return expected.linear(model.weights, self.first, model.inputs)

    def ask(self, exam: Exam, models: Sequence[Model]) -> Steps[list[Results]]:
        """Ask for the results in each of the models.

        Raises:
            Lost: a result is missing, or takes more than one step.
        """
        observations = yield [_probe(self, model) for model in models]
        return [
            self.read(observation.outcomes[0], len(model.inputs), model.sizes)
            for model, observation in zip(models, observations, strict=True)
        ]

    def ask_batches(self, exam: Exam) -> Steps[Answers]:
        """Ask for batches of several sizes, the last of a size that nobody can list beforehand."""
        batches, point, probe = exam.once(_batches, exam, self, of=self.method)
        *outcomes, of_point, of_largest = (yield probe).outcomes
        return Answers(batches, (*outcomes, of_largest), point, of_point)

    def point(self, exam: Exam) -> Point:
        """Return where gradients are asked for."""
        _, point, _ = exam.once(_batches, exam, self, of=self.method)
        return point

    def is_behind_relu(self, exam: Exam) -> Steps[bool]:
        """Return whether results, whatever they are, are the same where the hidden ReLU is."""
        for sizes in dict.fromkeys((self.sizes(exam), fixtures.FULL)):
            try:
                results = yield from self.ask(exam, _with_equal_units(self, exam.seed, sizes))
            except Lost:
                return False
            if not is_behind_relu(*results):
                return False
        return True


@lru_cache(maxsize=32)  # one for all submissions of a course
def model_of(network: NetworkTask, seed: int, key: int, sizes: Sizes, rows: int) -> Model:
    """Return a model with random weights, and as many rows for it."""
    rng = generator(seed, network.key, key)
    weights = fixtures.random_weights(rng, sizes, (network.first, *network.last))
    return Model(sizes, weights, network.draw(rng, rows, sizes))


@lru_cache(maxsize=64)
def _probe(network: NetworkTask, model: Model) -> Probe:
    call = Call(network.method, {network.argument: model.inputs})
    return Probe(model.sizes, model.weights, (call,))


@lru_cache(maxsize=4)
def _showing(network: NetworkTask, seed: int, sizes: Sizes) -> tuple[Model, ...]:
    mixed = model_of(network, seed, 3, sizes, 32).reading_shown(*network.last)
    return (*(mixed.showing(layer) for layer in network.last), mixed)


@lru_cache(maxsize=4)
def _large(network: NetworkTask, seed: int, sizes: Sizes) -> Model:
    model = model_of(network, seed, 1, sizes, 32)
    first = f"{network.first}."
    weights = {n: w * (LARGE if n.startswith(first) else 1) for n, w in model.weights.items()}
    return Model(sizes, weights, model.inputs).showing(*network.last, scale=1 / LARGE)


@lru_cache(maxsize=4)
def _with_equal_units(network: NetworkTask, seed: int, sizes: Sizes) -> tuple[Model, ...]:
    model = model_of(network, seed, 3, sizes, 32)
    return with_equal_units(model, network.first, network.last)


def _batches(exam: Exam, network: NetworkTask) -> tuple[list[np.ndarray], Point, Probe]:
    """Return batches, a point with its gradient, and the probe that asks for all of them."""
    sizes = fixtures.FULL if exam.setting.full else network.small
    most = exam.rows(1001, 1100) if exam.setting.full else exam.rows(1001, 1500)
    rng = exam.generator(network.key, 0)
    weights = model_of(network, exam.seed, 0, sizes, 1).weights
    counts = (1, 2, 2, exam.rows(3, 127), 128, most)
    batches = [network.draw(rng, rows, sizes) for rows in counts]
    arguments = {network.argument: network.draw(rng, 7, sizes)}
    cotangents = tuple(fixtures.normal(rng, 7, network.width(sizes)) for _ in network.results)
    point = Point(sizes, weights, network.method, arguments, cotangents, network.differentiate)
    calls = [
        Call(network.method, {network.argument: batch}, keep=True, generators=True)
        for batch in batches
    ]
    # The largest comes last: it may take too long.
    return batches, point, Probe(sizes, weights, (*calls[:-1], point.call, calls[-1]))
