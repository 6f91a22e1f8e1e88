"""How the contributions of all dimensions and rows are put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from grader.kit.misconception import Finding
from grader.kit.rounding import short
from grader.kit.search import same
from grader.vae import expected
from grader.vae.kl.elements import CONSTANT, MU, Part, near

Sum = Callable[[np.ndarray], np.ndarray]


def _for_all(numbers: np.ndarray, rows: int) -> np.ndarray:
    return np.broadcast_to(np.asarray(numbers), (rows,))


_TO_ROWS: tuple[tuple[str, Sum], ...] = (
    ("is averaged over the dimensions", lambda t: t.mean(1)),
    ("is summed over all rows of the batch as well", lambda t: _for_all(t.sum(), len(t))),
    ("is averaged over the rows of the batch", lambda t: _for_all(t.sum(1).mean(), len(t))),
    ("is averaged over rows and dimensions", lambda t: _for_all(t.mean(), len(t))),
    ("is that of the first row, in every row", lambda t: _for_all(t[0].sum(), len(t))),
    ("is that of the last row, in every row", lambda t: _for_all(t[-1].sum(), len(t))),
    ("is that of another row: the order is reversed", lambda t: t.sum(1)[::-1]),
    ("is that of the row before", lambda t: np.roll(t.sum(1), 1)),
    ("is that of the row after", lambda t: np.roll(t.sum(1), -1)),
    ("is that of another row: the rows are sorted by size", lambda t: np.sort(t.sum(1))),
    (
        "is that of another row: the rows are sorted by size, the largest first",
        lambda t: np.sort(t.sum(1))[::-1],
    ),
    ("is added up from row to row", lambda t: np.cumsum(t.sum(1))),
    ("lacks the batch's average", lambda t: t.sum(1) - t.sum(1).mean()),
    ("is divided by the number of rows", lambda t: t.sum(1) / len(t)),
    ("is multiplied with the number of rows", lambda t: t.sum(1) * len(t)),
    ("is multiplied with the number of dimensions", lambda t: t.sum(1) * t.shape[1]),
    ("is divided by the root of the number of dimensions", lambda t: t.sum(1) / t.shape[1] ** 0.5),
    ("leaves out the last dimension", lambda t: t[:, :-1].sum(1)),
    ("leaves out the first dimension", lambda t: t[:, 1:].sum(1)),
    ("is that of the first dimension alone", lambda t: t[:, 0]),
    ("is that of the last dimension alone", lambda t: t[:, -1]),
    ("is the largest of all dimensions, not their sum", lambda t: t.max(1)),
    ("is the smallest of all dimensions, not their sum", lambda t: t.min(1)),
    ("is a product over the dimensions, not a sum", lambda t: t.prod(1)),
    ("is the log of a sum of exponentials", lambda t: np.log(np.exp(t).sum(1))),
    ("is the root of a sum of squares", lambda t: np.sqrt((t**2).sum(1))),
    ("is the median over the dimensions", lambda t: np.sort(t, 1)[:, (t.shape[1] - 1) // 2]),
    ("is that of the last row set to 0", lambda t: np.append(t.sum(1)[:-1], 0.0)),
    ("is that of the first row set to 0", lambda t: np.append(0.0, t.sum(1)[1:])),
)
_WITH_BOTH_SIZES: tuple[tuple[str, Sum], ...] = (
    (
        "is multiplied with the number of rows and divided by that of dimensions",
        lambda t: t.sum(1) * len(t) / t.shape[1],
    ),
    (
        "is divided by the number of rows and multiplied with that of dimensions",
        lambda t: t.sum(1) / len(t) * t.shape[1],
    ),
    (
        "is multiplied with the number of rows and with that of dimensions",
        lambda t: t.sum(1) * t.size,
    ),
    ("is divided by the number of rows and by that of dimensions", lambda t: t.sum(1) / t.size),
)
_OF_ARGUMENTS: tuple[tuple[str, Sum], ...] = (
    ("is averaged over the rows of the batch", lambda a: a.mean(0, keepdims=True)),
    ("is averaged over the dimensions", lambda a: a.mean(1, keepdims=True)),
    ("is averaged over rows and dimensions", lambda a: a.mean()),
    ("is replaced by that of the first row", lambda a: a[:1]),
    ("is replaced by that of the last row", lambda a: a[-1:]),
    ("is replaced by that of the first dimension", lambda a: a[:, :1]),
    ("is replaced by that of the last dimension", lambda a: a[:, -1:]),
    ("is moved to the next dimension", lambda a: np.roll(a, 1, 1)),
    ("is moved to the dimension before", lambda a: np.roll(a, -1, 1)),
    ("is put in the opposite order of dimensions", lambda a: a[:, ::-1]),
    ("is moved to the next row", lambda a: np.roll(a, 1, 0)),
    ("is moved to the row before", lambda a: np.roll(a, -1, 0)),
    ("is put in the opposite order of rows", lambda a: a[::-1]),
    ("loses the batch's average", lambda a: a - a.mean(0)),
    ("loses its average over the dimensions", lambda a: a - a.mean(1, keepdims=True)),
    ("is sorted within each row", lambda a: np.sort(a, 1)),
    ("is sorted over the rows", lambda a: np.sort(a, 0)),
    ("is brought to length 1", lambda a: a / np.linalg.norm(a, axis=1, keepdims=True)),
    ("is summed over the rows of the batch", lambda a: a.sum(0, keepdims=True)),
    ("is summed over the dimensions", lambda a: a.sum(1, keepdims=True)),
)
_TO_OTHERS: tuple[tuple[str, Sum], ...] = (
    ("scalar_sum", np.sum),
    ("scalar_mean", lambda t: t.sum(1).mean()),
    ("mean_over_everything", np.mean),
    ("not_summed", lambda t: t),
    ("summed_over_batch", lambda t: t.sum(0)),
)
_WHOLE = "the divergence of a row"


@dataclass(frozen=True, eq=False)
class Batch:
    """A batch with its answer, and what each of its dimensions contributes alone.

    Attributes:
        mu, logsigma: the posteriors, ``[B, L]``.
        alone: what a call for one dimension alone gave, ``[B, L]``.
        actual: the answer to the batch.
    """

    mu: np.ndarray
    logsigma: np.ndarray
    alone: np.ndarray
    actual: np.ndarray

    @property
    def is_sum(self) -> bool:
        """Whether each row is the sum of its dimensions."""
        return bool(self._fits(self.alone.sum(1)))

    def _fits(self, predicted: np.ndarray) -> bool:
        actual = np.squeeze(self.actual)
        return actual.shape == np.squeeze(predicted).shape and bool(
            np.all(near(actual, np.squeeze(predicted), 1e-3))
        )

    def found(self, parts: Sequence[Part]) -> tuple[Finding, ...]:
        """Return how the numbers are put together where that is wrong; nothing if it is unknown."""
        if self.is_sum:
            return ()
        for name, put in _TO_OTHERS:
            if same(self.actual, np.asarray(put(self.alone))):
                return (Finding(name),)
        if np.squeeze(self.actual).shape != (len(self.mu),):
            return ()
        return self._whole() or self._of_arguments(parts) or self._of_parts(parts)

    def _of_arguments(self, parts: Sequence[Part]) -> tuple[Finding, ...]:
        """Return which argument is taken from other rows or dimensions before it is used."""
        arguments = ("mu", self.mu), ("log sigma", self.logsigma)
        for how, change in _OF_ARGUMENTS:
            (mu_name, mu), (log_name, logsigma) = (
                (n, np.broadcast_to(change(a), a.shape)) for n, a in arguments
            )
            for what, pair in (
                (mu_name, (mu, self.logsigma)),
                (log_name, (self.mu, logsigma)),
                ("each of mu and log sigma", (mu, logsigma)),
            ):
                predictions = [expected.kl(*pair)]
                if parts:
                    predictions.append(sum(part.at(*pair) for part in parts).sum(1))  # type: ignore[union-attr]
                if any(map(self._fits, predictions)):
                    return (
                        Finding("put_together", {"what": what, "how": f"{how} before it is used"}),
                    )
        return ()

    def _whole(self) -> tuple[Finding, ...]:
        known = {
            "is averaged over the dimensions": "mean_over_dimensions",
            "is averaged over the rows of the batch": "batch_mean_for_every_row",
        }
        for how, put in (*_TO_ROWS, *_WITH_BOTH_SIZES):
            if self._fits(put(self.alone)):
                if how in known:
                    return (Finding(known[how]),)
                return (Finding("put_together", {"what": _WHOLE, "how": how}),)
        # Another factor is no constant either: what is the same in all batches is in `alone`.
        offset = np.squeeze(self.actual) - self.alone.sum(1)
        if np.ptp(offset) < 1e-3:
            return (Finding("constant_once", {"constant": short(offset.mean())}),)
        return ()

    def _of_parts(self, parts: Sequence[Part]) -> tuple[Finding, ...]:
        """Return which terms are put together in another way than the others."""
        values = [part.at(self.mu, self.logsigma) for part in parts]
        if not parts or not np.all(np.isfinite(values)):
            return ()
        count = np.squeeze(self.actual) - sum(
            value.sum(1) for part, value in zip(parts, values, strict=True) if part.due != CONSTANT
        )
        constant = next((part for part in parts if part.due == CONSTANT and part.weight), None)
        if constant and np.ptp(count) < 1e-3:
            times = count.mean() / constant.weight
            return (self._counted(times),)
        for chosen in [*combinations(range(len(parts)), 1), *combinations(range(len(parts)), 2)]:
            others = [v.sum(1) for n, v in enumerate(values) if n not in chosen]
            left, part = sum(others, np.zeros(len(self.mu))), sum(values[n] for n in chosen)
            assert isinstance(part, np.ndarray)
            if not np.any(part):
                continue
            what = " and ".join(
                parts[n].due if parts[n].due == CONSTANT else f"the term in {parts[n].due}"
                for n in chosen
            )
            # A sum doesn't care whether it is weighted before or after; a product does.
            weight = parts[chosen[0]].weight if len(chosen) == 1 else 1.0
            for how, put in (*_TO_ROWS, *self._of_mu(parts, chosen)):
                if self._fits(left + put(part)) or self._fits(left + weight * put(part / weight)):
                    return (Finding("put_together", {"what": what, "how": how}),)
        return ()

    def _counted(self, times: float) -> Finding:
        rows, latent = self.mu.shape
        names = {1: "once a row", rows: "once for each row of the batch, in every row"}
        names[rows * latent] = "once for each number of the batch, in every row"
        if abs(times - 1) < 0.01:
            return Finding("one_subtracted_once")
        how = names.get(round(times), f"{times:.3g} times a row")
        return Finding("constant_counted", {"how": how})

    def _of_mu(self, parts: Sequence[Part], chosen: tuple[int, ...]) -> tuple[tuple[str, Sum], ...]:
        """Return what products of rows make of the term in mu."""
        if len(chosen) > 1 or parts[chosen[0]].due != MU:
            return ()
        weight, mu = parts[chosen[0]].weight, self.mu
        return (
            (
                "holds products of mu with other rows: it is a matrix product over the batch",
                lambda _: weight * (mu @ mu.T).sum(1),
            ),
            (
                "holds products of different dimensions: mu is added up before it is squared",
                lambda _: weight * mu.sum(1) ** 2,
            ),
        )
