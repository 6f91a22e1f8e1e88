"""Whether an ELBO is the formula that its statements describe together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from tests.oracle.bound_edits import EDITS, Edit
from tests.oracle.bound_fields import WITH_FIELDS
from tests.oracle.bounds import Bound, Call, batch, bounded, call
from tests.oracle.network import near
from tests.oracle.statements import Method, Oracle, Statement


def ways(said: tuple[Statement, ...]) -> Iterator[Bound]:
    """The bounds that all statements together may mean."""
    alternatives: list[tuple[Edit, ...]] = []
    for one in {(s.name, str(dict(s.fields))): s for s in said}.values():
        if one.name in EDITS:
            alternatives.append(EDITS[one.name])
        elif one.name in WITH_FIELDS:
            alternatives.append((WITH_FIELDS[one.name](one),))
    for edits in product(*alternatives):
        bound = Bound()
        for edit in edits:
            bound = edit(bound)
        yield bound


def _is_given(method: Method, model: Any, found: Call) -> bool:
    """Whether as many draws were made as are stated."""
    numbers = [s.number("draws") for s in method.said if s.text("draws")]
    numbers += [float(s.text("what").split()[0]) for s in method.said if s.name == "theta_averaged"]
    return all(len(found.z) == number for number in numbers)


def formula_holds(method: Method, statement: Statement) -> bool:
    """Whether the bound that is stated is what the method gives, as sure as theta may be."""
    calls = []
    for sharp, wide in ((1.0, 0.4), (2.0, 0.6)):
        model = bounded(method, sharp=sharp, wide=wide)
        type(model).elbo.__globals__["batch_size"] = 40
        calls.append((model, call(model, batch(model))))
    if not all(_is_given(method, *pair) for pair in calls):
        return False
    return any(
        all(near(found.value, way.value(found, model), 4e-4) for model, found in calls)
        for way in ways(method.said)
    )


BOUND_FORMULAS: Oracle = dict.fromkeys((*EDITS, *WITH_FIELDS), formula_holds)
