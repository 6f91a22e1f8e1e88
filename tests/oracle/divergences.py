"""Whether a divergence is the formula that its statements describe together.

A right formula in plain torch is changed as each statement says; what comes of it must be what the
method gives, for posteriors of any sign and for several numbers of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch

from tests.oracle.divergence_edits import EDITS, Formula, Pair
from tests.oracle.divergence_fields import WITH_FIELDS
from tests.oracle.network import near
from tests.oracle.statements import Method, Oracle, Statement
from tests.variant_values import in_one_tensor


def posteriors(dims: int) -> Iterator[Pair]:
    """Means and log sigmas of any sign, all positive, all negative, and of one row."""
    for rows, sign in ((7, 0), (5, 1), (4, -1), (1, 0)):
        drawn = torch.randn(rows, dims), torch.randn(rows, dims)
        yield (drawn[0].abs() * sign, drawn[1].abs() * sign) if sign else drawn


def ways(method: Method) -> Iterator[Formula]:
    """The formulas that all statements of a method together may mean."""
    alternatives = []
    for said in {(s.name, str(dict(s.fields))): s for s in method.said}.values():
        if said.name in EDITS:
            alternatives.append(EDITS[said.name])
        elif said.name in WITH_FIELDS:
            alternatives.append(tuple(WITH_FIELDS[said.name](said)))
    for edits in product(*alternatives):
        formula = Formula()
        for edit in edits:
            formula = edit(formula)
        yield formula


def formula_holds(method: Method, statement: Statement) -> bool:
    """Whether the formula that is stated gives what the method gives."""
    model = method.model()
    given = list(posteriors(model.linear21.out_features))
    with torch.no_grad():
        found = [in_one_tensor(model.kl_divergence(mu.clone(), s.clone())) for mu, s in given]
    return any(
        all(near(got, way.value(*pair), 2e-3) for got, pair in zip(found, given, strict=True))
        for way in ways(method)
    )


FORMULAS: Oracle = dict.fromkeys((*EDITS, *WITH_FIELDS), formula_holds)
