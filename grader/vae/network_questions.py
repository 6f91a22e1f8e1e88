"""What is asked of an encoder or decoder that lost something: models that show one part each.

In each of them the other parts are known or have no say: with heads whose weights are zero only
what comes after them is left, and with a first layer whose weights are zero only the activation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from grader.kit.check import Exam, Lost, Steps, generator
from grader.kit.gradients import Point
from grader.kit.observation import Observation, Outcome, Returned
from grader.kit.outputs import values
from grader.kit.precision import as_single
from grader.kit.probe import Call, Probe
from grader.vae import fixtures
from grader.vae.network_task import NetworkTask, Results
from grader.vae.sizes import Sizes

SHOWN = 32
"""So many hidden units are seen, and so many numbers of a result are looked at."""
ROWS = 6
"""Rows of the batch that is compared with its rows alone."""
MANY = 1200
"""Rows of a large batch."""
SLOPE, LEVEL = 0.25, 1.5
"""What the first layer makes of its input where that is to be seen: within the reach of a ReLU."""

_SIZES = Sizes(36, 32, 34)
# fmt: off
_BEFORE_HIDDEN = np.array([
    -40, -12, -6, -4, -3, -2.5, -2, -1.5, -1, -0.7, -0.4, -0.2, -0.05, 0.05, 0.2, 0.4, 0.7,
    1, 1.5, 2, 2.5, 3, 4, 5, 6.5, 8, 12, 18, 25, 40, 60, 85,
])
# fmt: on
# fmt: off
_AFTER_HEAD = np.array([
    -14, -11, -9, -7, -5.3, -4.3, -3.3, -2.6, -2.1, -1.7, -1.3, -1, -0.75, -0.55, -0.3,
    -0.1, 0.1, 0.35, 0.45, 0.62, 0.84, 1.1, 1.4, 1.8, 2.2, 2.7, 3.4, 4.4, 5.6, 7.2, 9, 14,
])
# fmt: on


class Stage(NamedTuple):
    """What came of a model that shows one part: the results of each call, twice, in either mode.

    Each is None where the call failed.
    """

    training: tuple[Results, ...] | None
    evaluating: tuple[Results, ...] | None

    @property
    def repeats(self) -> bool:
        """Whether the same came twice in training mode."""
        return self.training is None or _alike(self.training)


@dataclass(frozen=True)
class Seen:
    """All that was seen.

    Attributes:
        sizes: of the models.
        batch: rows ``[ROWS, units]`` of the argument, in a model with random ``weights``.
        together: what came of them, twice in training mode.
        apart: what came of each row alone, or None where one of them failed.
        between: what came of each row between two others like it, likewise.
        evaluating: what came of the batch, twice in eval mode.
        draws: whether a generator of random numbers moves in a call.
        without: results of the batch in the same model, but for one parameter.
        stages: models that show a part, by name.
        kept: the argument as a call has left it, beside what was given.
        many: results of a large batch, which repeats the batch, or None.
        point, of_point: where gradients are asked for, and what came.
    """

    sizes: Sizes
    weights: Mapping[str, np.ndarray]
    batch: np.ndarray
    together: tuple[Results, ...]
    apart: Results | None
    between: Results | None
    evaluating: tuple[Results, ...] | None
    draws: bool
    without: Mapping[str, Results | None]
    stages: Mapping[str, Stage]
    kept: tuple[np.ndarray, np.ndarray] | None
    many: Results | None
    point: Point
    of_point: Outcome


def grids(network: NetworkTask, sizes: Sizes) -> dict[str, np.ndarray]:
    """Return the arguments of each stage, ``[heads or rows, units]``."""
    width, units = network.width(sizes), _inputs(network, sizes)
    after = np.resize(_AFTER_HEAD, width)
    before = np.zeros(sizes.hidden)
    before[:SHOWN] = _BEFORE_HIDDEN
    wave = np.full(units, 0.3)
    wave[:SHOWN] = as_single(np.linspace(-2.9, 3.13, SHOWN))
    rows = np.stack([wave, as_single(0.4 * np.roll(wave[::-1], 3) + 0.23)])
    heads = [np.roll(after, 5 * number) for number in range(len(network.last))]
    # The near ones are for functions of a whole row, in which the largest number may have all.
    return {"output": np.stack(heads), "hidden": np.stack([before, before / 16]), "input": rows}


def scale_of(network: NetworkTask) -> float:
    """Return what heads multiply with where they show hidden units, so that nothing saturates."""
    return 1.0 if len(network.results) > 1 else 1 / 16


def ask(network: NetworkTask, exam: Exam) -> Steps[Seen]:
    """Ask everything at once.

    Raises:
        Lost: the method gives nothing that can be looked at.
    """
    sizes = fixtures.FULL if exam.setting.full else _SIZES
    probes, weights, batch = _probes(network, exam.seed, sizes)
    point = network.point(exam)
    *answers, of_point = yield [*probes.values(), point.probe]
    seen: dict[str, Observation] = dict(zip(probes, answers, strict=True))
    together, *alone, large, evaluating = seen.pop("rows").outcomes
    values(together, network.method)
    read = _read(network, together, ROWS, sizes)
    if read is None:
        raise Lost("There is nothing to look at.")
    states = together.generators if isinstance(together, Returned) else ()
    apart = [_read(network, outcome, 1, sizes) for outcome in alone[:ROWS]]
    between = [_read(network, outcome, 3, sizes) for outcome in alone[ROWS:]]
    kept = None
    outcome = seen["input"].outcomes[0]
    if isinstance(outcome, Returned) and network.argument in outcome.kept:
        array = outcome.kept[network.argument].array
        given = np.tile(grids(network, sizes)["input"][0], (3, 1))
        kept = None if array is None else (given, np.asarray(array, np.float64))
    without: dict[str, Results | None] = {}
    for name in weights:
        changed = _read(network, seen.pop(name).outcomes[0], ROWS, sizes)
        without[name] = None if changed is None else changed[0]
    return Seen(
        sizes,
        weights,
        batch,
        read,
        _middle(apart),
        _middle(between),
        _read(network, evaluating, ROWS, sizes),
        any(before != after for before, after in states),
        without,
        {name: _stage(network, observation, sizes) for name, observation in seen.items()},
        kept,
        many[0] if (many := _read(network, large, MANY, sizes)) else None,
        point,
        of_point.outcomes[0],
    )


def _middle(outcomes: Sequence[tuple[Results, ...] | None]) -> Results | None:
    """Return the middle row of each outcome, ``[ROWS, width]`` for each result."""
    rows = [read[0] for read in outcomes if read is not None]
    if len(rows) < ROWS:
        return None
    parts = zip(*rows, strict=True)
    return tuple(np.stack([one[len(one) // 2] for one in part]) for part in parts)


def _stage(network: NetworkTask, observation: Observation, sizes: Sizes) -> Stage:
    half = len(observation.outcomes) // 2
    modes: list[tuple[Results, ...] | None] = []
    for outcomes in (observation.outcomes[:half], observation.outcomes[half:]):
        read = [_read(network, outcome, 3, sizes) for outcome in outcomes]
        results = [results for results in read if results is not None]
        modes.append(
            tuple(one for results in results for one in results)
            if len(results) == len(outcomes)
            else None
        )
    return Stage(*modes)


def _alike(twice: tuple[Results, ...]) -> bool:
    """Return whether repetitions, which stand side by side, are the same."""
    pairs = zip(twice[::2], twice[1::2], strict=True)
    return all(
        np.allclose(a, b, 1e-5, 1e-6, equal_nan=True)
        for first, second in pairs
        for a, b in zip(first, second, strict=True)
    )


def _read(
    network: NetworkTask, outcome: Outcome, rows: int, sizes: Sizes
) -> tuple[Results, ...] | None:
    """Return the results of each repetition, or None where there are none."""
    if not isinstance(outcome, Returned):
        return None
    try:
        return tuple(network.read(Returned((value,)), rows, sizes) for value in outcome.values)
    except Lost:
        return None


def _inputs(network: NetworkTask, sizes: Sizes) -> int:
    return sizes.obs if network.first == "linear1" else sizes.latent


@lru_cache(maxsize=4)
def _probes(
    network: NetworkTask, seed: int, sizes: Sizes
) -> tuple[dict[str, Probe], dict[str, np.ndarray], np.ndarray]:
    """Return the questions by name, and the random model and batch of some of them."""
    rng = generator(seed, network.key, 8)
    layers = (network.first, *network.last)
    weights = fixtures.random_weights(rng, sizes, layers)
    others = fixtures.random_weights(rng, sizes, layers)
    batch = network.draw_distinct(rng, ROWS, sizes)

    def call(rows: np.ndarray, **more: bool) -> Call:
        return Call(network.method, {network.argument: rows}, **more)  # type: ignore[arg-type]

    calls = (
        Call(network.method, {network.argument: batch}, repeat=2, generators=True),
        *(call(batch[n : n + 1]) for n in range(ROWS)),
        *(call(np.tile(batch[n], (3, 1))) for n in range(ROWS)),
        call(np.tile(batch, (MANY // ROWS, 1))),
        Call(network.method, {network.argument: batch}, repeat=2, training=False),
    )
    probes = {"rows": Probe(sizes, weights, calls)}
    for name in weights:
        probes[name] = Probe(sizes, {**weights, name: others[name]}, (call(batch),))
    for name, (shown, rows) in _stages(network, sizes, weights).items():
        arguments = [{network.argument: np.tile(row, (3, 1))} for row in rows]
        calls = tuple(
            Call(network.method, given, repeat=2, keep=True, training=training)
            for training in (True, False)
            for given in arguments
        )
        probes[name] = Probe(sizes, shown, calls)
    return probes, weights, batch


def _stages(
    network: NetworkTask, sizes: Sizes, weights: Mapping[str, np.ndarray]
) -> dict[str, tuple[dict[str, np.ndarray], np.ndarray]]:
    """Return the weights of models that show one part, and the rows that they are asked about."""
    grid, first, scale = grids(network, sizes), network.first, scale_of(network)
    wide, near = grid["hidden"]
    nothing = {name: np.zeros_like(weight) for name, weight in weights.items()}
    one = np.zeros((1, _inputs(network, sizes)))
    one[0, 0] = 1.0

    def model(**changed: np.ndarray) -> dict[str, np.ndarray]:
        return {**nothing, **{n.replace("__", "."): weight for n, weight in changed.items()}}

    def showing(sign: float) -> dict[str, np.ndarray]:
        shapes = {layer: weights[f"{layer}.weight"].shape for layer in network.last}
        return {f"{layer}__weight": sign * scale * np.eye(*s) for layer, s in shapes.items()}

    biases = {f"{layer}__bias": grid["output"][n] for n, layer in enumerate(network.last)}
    by_weight = {}
    for name, bias in biases.items():
        weight = np.zeros((len(bias), sizes.hidden))
        weight[:, 0] = bias
        by_weight[name.replace("bias", "weight")] = weight
    ones = np.ones(sizes.hidden)
    into = np.zeros((sizes.hidden, one.shape[1]))
    column = into.copy()
    column[:, 0] = wide
    into[:SHOWN, :SHOWN] = SLOPE * np.eye(SHOWN)
    first_weight, first_bias = f"{first}__weight", f"{first}__bias"
    return {
        "output": (model(**biases), one),
        "output_by_weight": (model(**by_weight, **{first_bias: ones}), one),
        "hidden": (model(**showing(1), **{first_bias: wide}), one),
        "hidden_negated": (model(**showing(-1), **{first_bias: near}), one),
        "hidden_by_weight": (model(**showing(1), **{first_weight: column}), one),
        "input": (
            model(**showing(1), **{first_weight: into, first_bias: LEVEL * ones}),
            grid["input"],
        ),
    }
