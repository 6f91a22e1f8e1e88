"""The smallest cases that show what is wrong with draws from the posterior."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from math import erf, exp, sqrt
from typing import Any

import numpy as np

from grader.kit.example import Case, Printed, printed_numbers, printed_words
from grader.kit.observation import Returned
from grader.vae.draw_examples import DRAWS, count_case, statistic_case
from grader.vae.gradient_examples import cut_off, no_gradient
from grader.vae.reparam.questions import METHOD
from grader.vae.row_examples import Asked, form_cases, untouched_cases
from grader.vae.sizes import Sizes
from grader.vae.snippets import Arguments, Tiny, ask, call, differs_case, leaves

_NAMES = ("mu", "logsigma")
_PLACES = ((3.0, 0.0), (-2.0, 0.0), (3.0, -1.0), (-1.0, -2.0), (0.0, 0.0))
"""Means and log-stds of posteriors whose mean shows itself."""
_WIDTHS = ((0.0, 0.0), (0.0, 1.0), (0.0, -1.0), (3.0, 0.0), (3.0, 1.0), (-2.0, -1.0))
"""Those of posteriors whose standard deviation shows itself."""
_APART, _UNLIKE = np.array([3.0, -3.0]), np.array([0.0, -2.0])
"""Means and log-stds of two dimensions, or of two rows."""
_STANDARD = "noise = (z - z.mean()) / z.std()"


@lru_cache(maxsize=32)
def cases(lost: frozenset[str]) -> dict[str, list[Case]]:
    """Return the cases that may show each of the lost checks, the smallest first."""
    return {
        "reparam.shape": list(_shapes()),
        "reparam.location": list(_locations()),
        "reparam.scale": list(_scales()),
        "reparam.normal": list(_normal()),
        "reparam.independent": list(_independent()),
        "reparam.gradient_mu": list(_gradients("mu")),
        "reparam.gradient_logsigma": list(_gradients("logsigma")),
    }


def _asked(mu: np.ndarray, logsigma: np.ndarray) -> Asked:
    tiny = Tiny(Sizes(1, mu.shape[1], 1))
    return Asked(tiny, METHOD, {"mu": mu, "logsigma": logsigma}, ("z",), _right)


def _right(_: Tiny, given: Arguments) -> tuple[np.ndarray, ...]:
    return (given["mu"],)


def _alike(rows: int, dimensions: int, mu: float = 0.0, logsigma: float = 0.0) -> Asked:
    shape = rows, dimensions
    return _asked(np.full(shape, mu), np.full(shape, logsigma))


def _shapes() -> Iterator[Case]:
    for shape in ((2, 3), (1, 3), (3, 2)):
        asked = _asked(np.ones(shape), np.full(shape, 0.5))
        yield from form_cases(asked)
        yield from untouched_cases(asked, has_draws=True)
    for shape in ((2, 1), (1, 4), (4, 1), (1, 40), (300, 1)):
        asked = _alike(*shape)
        yield count_case(asked.setup, asked.probe, "(z == mu).sum().item()", _zeros, 0)
    yield from form_cases(_alike(1200, 2))
    yield _distinct_rows()


def _zeros(z: np.ndarray) -> int:
    return int(np.sum(z == 0))


def _distinct_rows() -> Case:
    """Return a case of many rows, of which no two are the same."""
    crowd = _alike(1200, 2)
    return count_case(
        crowd.setup,
        crowd.probe,
        "len(z.unique(dim=0)) < len(z)",
        lambda z: len(np.unique(z, axis=0)) < len(z),
        False,
    )


def _locations() -> Iterator[Case]:
    for mu, logsigma in _PLACES:
        asked = _alike(DRAWS, 1, mu, logsigma)
        yield statistic_case(asked.setup, asked.probe, "z.mean()", np.mean, mu, exp(logsigma))
    asked = _alike(100, 1, 5.0)
    yield count_case(asked.setup, asked.probe, "(z > 0).all().item()", _all_above_zero, True)
    columns = _asked(np.tile(_APART, (DRAWS, 1)), np.zeros((DRAWS, 2)))
    rows = _asked(np.tile(_APART[:, None], (1, DRAWS)), np.zeros((2, DRAWS)))
    for axis, both in enumerate((columns, rows)):
        yield statistic_case(
            both.setup, both.probe, f"z.mean(dim={axis})", _MEANS[axis], _APART, np.ones(2)
        )


def _all_above_zero(z: np.ndarray) -> bool:
    return bool(np.all(z > 0))


def _scales() -> Iterator[Case]:
    for mu, logsigma in _WIDTHS:
        yield _deviation(_alike(DRAWS, 1, mu, logsigma), exp(logsigma))
    sigmas = np.exp(_UNLIKE)
    columns = _asked(np.zeros((DRAWS, 2)), np.tile(_UNLIKE, (DRAWS, 1)))
    rows = _asked(np.zeros((2, DRAWS)), np.tile(_UNLIKE[:, None], (1, DRAWS)))
    for axis, both in enumerate((columns, rows)):
        yield statistic_case(
            both.setup, both.probe, f"z.std(dim={axis})", _STDS[axis], sigmas, sigmas / sqrt(2)
        )
    for logsigma in (-5.0, 3.0):
        asked = _alike(100, 1, 0.0, logsigma)
        far = 10.0 * exp(logsigma) if logsigma < 0 else exp(logsigma) / 10
        text = f"{far:.1g}"
        code = f"(z.abs() < {text}).all().item()"
        yield count_case(asked.setup, asked.probe, code, _all_below(float(text)), logsigma < 0)
    yield _deviation(replace(_alike(DRAWS, 1), recorded=False), 1.0)


def _all_below(far: float) -> Any:
    return lambda z: bool(np.all(np.abs(z) < far))


def _deviation(asked: Asked, sigma: float) -> Case:
    return statistic_case(asked.setup, asked.probe, "z.std()", _std, sigma, sigma / sqrt(2))


def _std(z: np.ndarray) -> float:
    return float(np.std(z, ddof=1))


_MEANS = (lambda z: z.mean(axis=0), lambda z: z.mean(axis=1))
_STDS = (lambda z: z.std(axis=0), lambda z: z.std(axis=1))


def _normal() -> Iterator[Case]:
    """Yield cases of the noise, brought to mean 0 and standard deviation 1."""
    few = _alike(100, 1)
    yield count_case(few.setup, few.probe, "len(z.unique())", _different, 100)
    many = _alike(DRAWS, 1)
    setup = (*many.setup, _STANDARD)
    for far in (2.0, 3.0):
        code = f"(noise.abs() > {far:g}).any().item()"
        yield count_case(setup, many.probe, code, _any_beyond(far), True)
        raw = f"(z.abs() > {far:g}).any().item()"
        yield count_case(many.setup, many.probe, raw, _any_far(far), True)
    for near in (0.5, 0.25):
        share = erf(near / sqrt(2))
        yield statistic_case(
            setup,
            many.probe,
            f"(noise.abs() < {near:g}).double().mean()",
            _share_within(near),
            share,
            sqrt(share * (1 - share)),
        )
    code = "(z > 0).double().mean()"
    yield statistic_case(many.setup, many.probe, code, lambda z: np.mean(z > 0), 0.5, 0.5)


def _noise(z: np.ndarray) -> np.ndarray:
    deviation = _std(z)
    return (z - z.mean()) / deviation if deviation else np.zeros_like(z)


def _any_beyond(far: float) -> Any:
    return lambda z: bool(np.any(np.abs(_noise(z)) > far))


def _any_far(far: float) -> Any:
    return lambda z: bool(np.any(np.abs(z) > far))


def _share_within(near: float) -> Any:
    return lambda z: float(np.mean(np.abs(_noise(z)) < near))


def _independent() -> Iterator[Case]:
    for shape in ((100, 1), (1, 100), (10, 10)):
        asked = _alike(*shape)
        yield count_case(asked.setup, asked.probe, "len(z.unique())", _different, 100)
    asked = _alike(1, 2)
    code = call(METHOD, asked.given)
    yield differs_case(asked.with_arguments, asked.probe, code, wanted=True)
    for shape in ((100, 1), (1, 100)):
        asked = _alike(*shape)
        code = "len(z.abs().unique())"
        yield count_case(asked.setup, asked.probe, code, lambda z: _different(np.abs(z)), 100)
    asked = replace(_alike(100, 1), recorded=False)
    yield count_case(asked.setup, asked.probe, "len(z.unique())", _different, 100)
    yield _distinct_rows()


def _different(z: np.ndarray) -> int:
    return len(np.unique(z))


def _gradients(name: str) -> Iterator[Case]:
    """Yield cases of the derivative in one argument, for several draws."""
    asked = _asked(np.full((1, 3), 2.0), np.ones((1, 3)))
    probe = ask(
        asked.tiny, METHOD, asked.given, cotangents=(np.ones((1, 3)),), differentiate=_NAMES
    )
    setup = (*asked.with_arguments, leaves(_NAMES), asked.setup[-1])
    after = (*setup, "z.sum().backward()")
    yield Case(setup, (probe,), lambda outcomes: cut_off("z", outcomes[0].values[-1], outcomes[0]))

    def read(outcomes: Sequence[Returned]) -> Printed | None:
        outcome = outcomes[0]
        if outcome.gradients.get(name) is None:
            return no_gradient(outcome, {n: n for n in _NAMES})
        z, slope = asked.numbers(outcome.values[-1])[1], outcome.gradients[name]
        if z is None or slope is None or outcome.backward or {z.shape, slope.shape} != {(1, 3)}:
            return None
        if name == "mu":
            printed = _one_number("mu.grad", slope)
            right, code = np.ones((1, 3)), "torch.ones_like(z)"
        else:
            right, code = z - asked.given["mu"], "z - mu"
            with np.errstate(divide="ignore", invalid="ignore"):
                printed = _one_number("(logsigma.grad / (z - mu))", slope / right)
        if printed is not None or np.abs(slope - right).max() < 0.05:
            return printed
        return printed_words(f"torch.allclose({name}.grad, {code}, atol=0.01)", False, True)

    yield Case(after, (probe,), read)


def _one_number(code: str, numbers: np.ndarray) -> Printed | None:
    """Return how numbers print that should be 1, if all are another one."""
    is_one = bool(np.all(np.isfinite(numbers))) and np.ptp(numbers) < 1e-4 * np.abs(numbers).max()
    return printed_numbers(code, numbers, np.ones((1, 3))) if is_one and numbers.all() else None
