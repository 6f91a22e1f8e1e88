"""What statements with fields say of the formula of a divergence."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping

import torch
import torch.nn.functional as F  # noqa: N812 - the name that the notebook gives it
from torch import Tensor

from tests.oracle.divergence_edits import Edit, Formula, Step, for_all, same, sets, then
from tests.oracle.statements import Statement

_TERMS = {"mu squared": "square", "sigma squared": "variance", "log sigma": "log"}
FUNCTIONS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "log(log sigma)": lambda _, s: 2 * s.log(),
    "log(-log sigma)": lambda _, s: 2 * (-s).log(),
    "|log sigma|": lambda _, s: -2 * s.abs(),
    "4 to the power of log sigma": lambda _, s: 4**s,
    "|sigma squared - 1|": lambda _, s: (torch.exp(2 * s) - 1).abs() + 1,
    "(sigma - 1) squared": lambda _, s: torch.expm1(s) ** 2,
    "mu squared over sigma squared": lambda mu, s: mu**2 / torch.exp(2 * s),
}
_SIGMAS: Mapping[str, Step] = {
    "log sigma itself": same,
    "exp(|log sigma|)": lambda s: s.abs().exp(),
    "the softplus of log sigma": F.softplus,
}
_ROWS: Mapping[str, Edit] = {
    "is that of another row: the order is reversed": then(lambda v: v.flip(0)),
    "is that of the row before": then(lambda v: v.roll(1, 0)),
    "is that of the row after": then(lambda v: v.roll(-1, 0)),
    "is that of another row: the rows are sorted by size": then(lambda v: v.sort()[0]),
    "is divided by the number of rows": then(lambda v: v / len(v)),
    "is multiplied with the number of rows and divided by that of dimensions": sets(
        row=lambda t: t.sum(1) * len(t) / t.shape[1]
    ),
    "is divided by the number of rows and multiplied with that of dimensions": sets(
        row=lambda t: t.sum(1) / len(t) * t.shape[1]
    ),
    "is summed over all rows of the batch as well": then(for_all),
    "is the largest of all dimensions, not their sum": sets(row=lambda t: t.max(1)[0]),
    "leaves out the last dimension": sets(
        row=lambda t: (t[:, :-1] if t.shape[1] > 1 else t).sum(1)
    ),
}
_TERMS_TOGETHER: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "is a product over the dimensions, not a sum": lambda mu, s: (
        torch.exp(2 * s).prod(1, keepdim=True) / s.shape[1] + 0 * s
    ),
    "is the log of a sum of exponentials": lambda mu, s: (
        torch.exp(2 * s).logsumexp(1, keepdim=True) / s.shape[1] + 0 * s
    ),
    "holds products of mu with other rows: it is a matrix product over the batch": lambda mu, s: (
        (mu @ mu.T).sum(1, keepdim=True) / mu.shape[1] + 0 * mu
    ),
    "is summed over all rows of the batch as well": lambda mu, s: (
        (mu**2).sum() / mu.shape[1] + 0 * mu
    ),
}
_ARGUMENTS: Mapping[str, Step] = {
    "loses the batch's average before it is used": lambda v: v - v.mean(0),
    "is averaged over the rows of the batch before it is used": lambda v: v.mean(0).expand(v.shape),
}


def _bounds(words: str) -> Step:
    """'is never above 2', 'is kept between -1 and 1'."""
    low, high = -math.inf, math.inf
    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", words)]
    if "between" in words:
        low, high = numbers
    elif "above" in words or "more" in words:
        (high,) = numbers
    else:
        (low,) = numbers
    return lambda value: value.clamp(low, high)


def on_argument(name: str, change: Step) -> Edit:
    """The edit that changes one argument first."""
    if name == "mu":
        return sets(given=lambda mu, s: (change(mu), s))
    return sets(given=lambda mu, s: (mu, change(s)))


def _sigma(said: Statement) -> Iterator[Edit]:
    function = said.text("function")
    more = re.fullmatch(r"sigma ([+-]) (\d+(?:\.\d+)?)", function)
    number = float(more[1] + more[2]) if more else 0.0
    sigma = _SIGMAS.get(function) or (lambda s: s.exp() + number)
    yield sets(variance=lambda _, s: sigma(s) ** 2, log=lambda _, s: 2 * sigma(s).log())


def _term(said: Statement) -> Iterator[Edit]:
    term = _TERMS[said.text("due")]
    function = FUNCTIONS[said.text("function")]
    yield sets(**{term: function})


def _weight(said: Statement) -> Iterator[Edit]:
    term, how = _TERMS[said.text("term")], said.text("how")
    factor = -1.0 if "wrong sign" in how else float(re.findall(r"-?\d+(?:\.\d+)?", how)[0])
    right = getattr(Formula(), term)
    yield sets(**{term: lambda mu, s: factor * right(mu, s)})


def _bounded(said: Statement) -> Iterator[Edit]:
    bound = said.number("bound")
    clamp = {"min": bound} if said.name == "raised" else {"max": bound}
    if "dimension" in said.text("what"):
        yield sets(each=lambda terms, mu, s: terms.clamp(**clamp))
    else:
        yield then(lambda value: value.clamp(**clamp))


def _together(said: Statement) -> Iterator[Edit]:
    what, how = said.text("what"), said.text("how")
    if what == "the divergence of a row":
        yield _ROWS[how]
    elif what.startswith("the term in "):
        yield sets(**{_TERMS[what.removeprefix("the term in ")]: _TERMS_TOGETHER[how]})
    else:
        yield on_argument(what, _ARGUMENTS[how])


def _where(said: Statement) -> Iterator[Edit]:
    argument, sign = said.text("where").split(" is ")
    factor = float(re.findall(r"-?\d+(?:\.\d+)?", said.text("how"))[0])

    def there(value: Tensor) -> Tensor:
        return value > 0 if sign == "positive" else value < 0

    if "right size" in said.text("how"):
        yield sets(
            each=lambda terms, mu, s: torch.where(
                there(mu if argument == "mu" else s), factor * terms, terms
            )
        )
    else:
        yield on_argument(argument, lambda v: torch.where(there(v), factor * v, v))


def _other_argument(said: Statement) -> Iterator[Edit]:
    found = re.fullmatch(
        r"(mu|log sigma) stands where (mu|log sigma) is due, in the term in (.+)",
        said.text("where"),
    )
    if found is None:
        raise ValueError(f"nothing is known as {said.text('where')!r}")
    term = _TERMS[found[3]]
    right = getattr(Formula(), term)
    yield sets(**{term: lambda mu, s: right(s, mu)})


def _prior_spread(said: Statement) -> Iterator[Edit]:
    wide = said.number("deviation")
    yield sets(
        square=lambda mu, _: mu**2 / wide**2,
        variance=lambda _, s: torch.exp(2 * s) / wide**2,
        log=lambda _, s: 2 * (s - math.log(wide)),
    )


def _counted(said: Statement) -> Iterator[Edit]:
    if not said.text("how").startswith("once for each row of the batch"):
        raise ValueError(f"nothing is known as {said.text('how')!r}")
    yield sets(ones=lambda rows, dims: rows / dims)


WITH_FIELDS: Mapping[str, Callable[[Statement], Iterator[Edit]]] = {
    "scaled": lambda said: iter([then(lambda value: said.number("factor") * value)]),
    "constant_once": lambda said: iter([then(lambda value: value + said.number("constant"))]),
    "constant_added": lambda said: iter(
        [sets(each=lambda terms, mu, s: terms + said.number("constant"))]
    ),
    "constant_counted": _counted,
    "term_weight": _weight,
    "term_of": _term,
    "term_missing": lambda said: iter([sets(**{_TERMS[said.text("term")]: lambda mu, s: 0 * mu})]),
    "coupled": lambda said: iter([sets(square=FUNCTIONS[said.text("term")])]),
    "prior_mean": lambda said: iter([sets(square=lambda mu, _: (mu - said.number("mean")) ** 2)]),
    "prior_spread": _prior_spread,
    "raised": _bounded,
    "cut_off": _bounded,
    "limited": lambda said: iter([on_argument(said.text("argument"), _bounds(said.text("how")))]),
    "wrong_where": _where,
    "put_together": _together,
    "other_argument": _other_argument,
    "sigma_of": _sigma,
    "number_in_logarithm": lambda said: iter(
        [sets(log=lambda _, s: torch.log(torch.exp(2 * s) + said.number("number")))]
    ),
    "rounded": lambda said: iter(
        [then(lambda value: (value / said.number("step")).round() * said.number("step"))]
    ),
    "another_function": lambda said: iter(
        [then({"the square root": torch.sqrt}[said.text("function")])]
    ),
}
"""Edits of statements with fields."""
