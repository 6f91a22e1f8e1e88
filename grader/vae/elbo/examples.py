"""The smallest cases that show what is wrong with an evidence lower bound.

Helpers are the student's own, and right. The decoder ignores z unless the draw is what is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import exp, sqrt

import numpy as np

from grader.kit.example import Case, Printed, printed_numbers, repeated
from grader.kit.observation import Returned
from grader.vae import fixtures
from grader.vae.draw_examples import DRAWS, count_case, statistic_case
from grader.vae.elbo.models import METHOD
from grader.vae.expected import Bound
from grader.vae.gradient_examples import gradient_cases
from grader.vae.row_examples import (
    Asked,
    Inputs,
    form_cases,
    row_cases,
    same_case,
    untouched_cases,
    value_case,
)
from grader.vae.sizes import Sizes
from grader.vae.snippets import TINY, Arguments, Tiny, ask, bound, call, differs_case

_ONE = Sizes(1, 1, 1)
_TWO: tuple[Sizes, Inputs] = (_ONE, [[1.0], [1.0]])
_VALUES = ("elbo.likelihood", "elbo.divergence", "elbo.exact")
_FAR = 20.0
"""What the hidden unit is beside z, so that it is above 0 whatever is drawn."""


@lru_cache(maxsize=64)
def cases(lost: frozenset[str]) -> dict[str, list[Case]]:
    """Return the cases that may show each of the lost checks, the smallest first."""
    is_right = lost.isdisjoint(_VALUES)
    return {
        "elbo.likelihood": list(_likelihood("elbo.divergence" not in lost)),
        "elbo.divergence": list(_divergence()),
        "elbo.exact": list(_exact()),
        "elbo.per_sample": list(_rows(is_right)),
        "elbo.sampled": list(_draws(is_right)),
        "elbo.gradient": list(_gradients(is_right)),
    }


def _model(sizes: Sizes = _ONE, **others: float) -> Tiny:
    return Tiny(sizes, fixtures.LAYERS).but(**others)


def _asked(tiny: Tiny, x: Inputs) -> Asked:
    return Asked(tiny, METHOD, {"x": np.array(x, np.float64)}, ("elbo",), _right)


def _right(tiny: Tiny, given: Arguments) -> tuple[np.ndarray, ...]:
    """Return the bound of each row where z is its mean, or doesn't matter."""
    noise = np.zeros((len(given["x"]), tiny.sizes.latent))
    return (Bound().value(tiny.weights, given["x"], noise),)


def _likelihood(divergence_is_right: bool) -> Iterator[Case]:
    """Yield cases where the posterior is the prior, so that the divergence is 0."""
    yield same_case(_asked(_model(), [[1.0]]))
    for sizes, x in ((_ONE, [[1.0]]), (_ONE, [[0.0]]), (Sizes(2, 1, 1), [[1.0, 0.0]]), _TWO):
        for bias in (0.0, 1.0, -3.0):
            if divergence_is_right:
                yield value_case(_asked(_model(sizes, linear4_bias=bias), x))
            elif bias:
                yield _change(_model(sizes), f"linear4.bias={bias:g}", x)


def _divergence() -> Iterator[Case]:
    """Yield cases of what the bound changes by when the posterior does."""
    yield same_case(_asked(_model(linear21_bias=1), [[1.0]]))
    wide = (Sizes(2, 1, 1), [[1.0, 0.0]])
    for sizes, x in ((_ONE, [[1.0]]), (Sizes(1, 2, 1), [[1.0]]), wide, _TWO):
        for change in ("linear21.bias=2", "linear22.bias=1", "linear22.bias=-1", "linear21.bias=4"):
            yield _change(_model(sizes), change, x)


def _change(tiny: Tiny, change: str, x: Inputs) -> Case:
    """Make a case of two models that hold zeros, but for a number in a parameter of one."""
    name, _, value = change.partition("=")
    others = tuple({**dict(tiny.others), name: float(value)}.items())
    before = _asked(tiny, x)
    after = _asked(Tiny(tiny.sizes, tiny.layers, tiny.weight, tiny.bias, others), x)

    def read(outcomes: Sequence[Returned]) -> Printed | None:
        values = [repeated(outcome) for outcome in outcomes]
        numbers = [before.numbers(value)[1] for value in values if value is not None]
        if len(numbers) < 2 or numbers[0] is None or numbers[1] is None:
            return None
        if any(value is None or value.form != "tensor" for value in values):
            return None
        wanted = after.wanted - before.wanted
        difference = f"({call(METHOD, before.given)} - base.{METHOD}(x))"
        with np.errstate(invalid="ignore"):  # of infinite numbers
            change = numbers[1] - numbers[0]
        return printed_numbers(difference, change, wanted)

    new = tiny.lines[0].partition(" = ")[2]
    setup = (
        f"base, {TINY} = {new}, {new}",
        f"for parameter in (*base.parameters(), *{TINY}.parameters()):",
        "    parameter.data.fill_(0)",
        *Tiny.fills([(name, float(value))]),
        *bound(before.given),
    )
    return Case(setup, (before.probe, after.probe), read)


def _exact() -> Iterator[Case]:
    yield same_case(_asked(_model(linear21_bias=1), [[1.0]]))
    for log_odds, x in ((0, 1), (1, 1), (-5, 1), (9, 1), (9, 0), (-15, 1)):
        # Where theta is nearly 1, its logarithm is not exact in single precision.
        asked = _asked(_model(linear4_bias=log_odds), [[x]])
        yield value_case(asked, decimals=2 if log_odds > 5 else 3)
    for mu, logsigma in ((2, 0), (0, 1), (0, -1)):
        tiny = _model(linear21_bias=mu, linear22_bias=logsigma)
        yield value_case(_asked(tiny, [[1.0]]))
    yield value_case(_asked(_model(linear21_bias=1, linear22_bias=-5), [[1.0]]))
    for sizes in (Sizes(2, 1, 1), Sizes(1, 2, 1), Sizes(2, 2, 1)):
        tiny = _model(sizes, linear4_bias=2, linear21_bias=2)
        yield value_case(_asked(tiny, [[1.0, 0.0][: sizes.obs]]))


def _rows(is_right_alone: bool) -> Iterator[Case]:
    """Yield cases of several rows, of which each has a posterior mean of its own."""
    wide = _asked(_with_posteriors(Sizes(3, 2, 1)), [[1, 0, 1], [0, 1, 0]])
    yield from form_cases(wide)
    yield from form_cases(_asked(wide.tiny, [[1, 0, 1]]))
    yield from untouched_cases(wide)
    narrow = _with_posteriors(Sizes(2, 1, 1), linear4_bias=1)
    yield same_case(_asked(narrow, [[1, 1], [1, 0], [0, 0]]))
    batches = [
        _asked(_with_posteriors(_ONE, linear4_bias=1), [[1], [0]]),
        _asked(narrow, [[1, 1], [0, 0]]),
        _asked(narrow, [[1, 1], [1, 0], [0, 0]]),
    ]
    if is_right_alone:  # with a decoder that reads z, and posteriors that are all but points
        sure = _sloping(linear1_weight=1, linear21_weight=1, linear22_bias=-_FAR)
        batches.append(_asked(sure, [[1], [0]]))
    yield from row_cases(batches, is_right_alone)


def _with_posteriors(sizes: Sizes, **others: float) -> Tiny:
    """Return a model in which the mean of the posterior is the sum of x."""
    return _model(sizes).but(linear1_weight=1, linear21_weight=1, **others)


def _sloping(**others: float) -> Tiny:
    """Return a model whose bound falls by as much as z rises, for x = 1."""
    return _model().but(linear3_weight=1, linear3_bias=_FAR, linear4_weight=-1, **others)


def _draws(is_right: bool) -> Iterator[Case]:
    tiny = _sloping()
    asked = _asked(tiny, [[1.0]])
    yield differs_case(asked.with_arguments, asked.probe, call(METHOD, asked.given), wanted=True)
    many = _asked(tiny, np.ones((100, 1)))
    yield count_case(many.short_setup, many.probe, "len(elbo.unique())", _different, 100)
    if not is_right:
        return
    for mu, logsigma in ((0.0, 0.0), (3.0, 0.0), (0.0, -1.0), (0.0, 1.0)):
        tiny, sigma = _sloping(linear21_bias=mu, linear22_bias=logsigma), exp(logsigma)
        asked = _asked(tiny, np.ones((DRAWS, 1)))
        setup, probe, wanted = asked.short_setup, asked.probe, float(asked.wanted[0])
        yield statistic_case(setup, probe, "elbo.mean()", np.mean, wanted, sigma)
        yield statistic_case(setup, probe, "elbo.std()", _std, sigma, sigma / sqrt(2))


def _different(elbo: np.ndarray) -> int:
    return len(np.unique(elbo)) if elbo.shape == (100,) else 100


def _std(elbo: np.ndarray) -> float:
    return float(np.std(elbo, ddof=1)) if elbo.size > 1 else 0.0


def _gradients(is_right: bool) -> Iterator[Case]:
    blind = _model(linear1_weight=1, linear21_bias=1, linear22_bias=-1)
    of_blind = ("linear4.bias", "linear21.bias", "linear22.bias", "linear21.weight")
    of_sloping = ("linear4.bias", "linear3.bias", "linear21.bias")
    for tiny, names in ((blind, of_blind), (_sloping(), of_sloping)):
        asked = _asked(tiny, [[1.0]])
        probe = ask(tiny, METHOD, asked.given, cotangents=(np.ones(1),))
        rights = Bound().gradients(tiny.weights, asked.given["x"], np.zeros((1, 1)), np.ones(1))
        codes = {name: f"tiny.{name}" for name in names}
        yield from gradient_cases(
            asked.short_setup, probe, "elbo", codes, rights if is_right else None
        )
