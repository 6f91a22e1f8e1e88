"""What students read of the errors that come most often, in a method of theirs."""

from __future__ import annotations

import sys

import pytest

from tests.examiner.test_examination import with_methods
from tests.outcomes import Examine

HIDDEN = "h = torch.relu(self.linear1(x))\n"
SAID = [
    (
        "encoder",
        "h = torch.relu(self.liner1(x))\nreturn self.linear21(h), self.linear22(h)",
        "`self.liner1`. There is no `liner1` in VAE.",
        "Did you mean `linear1`?",
    ),
    (
        "encoder",
        "mu, logsigma, z = (\n    self.linear21(x),\n    1)\nreturn mu, logsigma",
        "`self.linear21(x)`. The two shapes can't be multiplied",
        "Print the shape of what goes in there.",
    ),
    ("encoder", "return self.encoder(x)", "`encoder` calls itself again and again", "Follow the"),
    ("encoder", HIDDEN, "`encoder` returns None: is the `return` missing?", "The last line"),
    ("encoder", f"{HIDDEN}return print(h)", "`encoder` returns None, though it has", "Print what"),
    (
        "encoder",
        f"{HIDDEN}raise NotImplementedError",
        "The line that stands for code yet to be written is still there.",
        "Remove that line",
    ),
    (
        "sample_with_reparam",
        "eps = torch.randn(128, mu.shape[1])\nreturn mu + eps * torch.exp(logsigma)",
        "The number 128 in your code is none of these.",
        "The checks use other sizes than the notebook",
    ),
    ("kl_divergence", "return logsima.sum(1)", "There is no `logsima`.", "mean `logsigma`?"),
    ("elbo", "mu, logsigma = encoder(x)\nreturn mu", "no `encoder`.", "mean `self.encoder`?"),
    (
        "elbo",
        "mu, logsigma, z = self.encoder(x)\nreturn mu",
        "`mu, logsigma, z = self.encoder(x)`. There are 3 names left of `=`, and only 2 values",
        "Print what stands right of `=`.",
    ),
]
TASKS = {"sample_with_reparam": "reparam", "kl_divergence": "kl"}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python tells the line alone")
@pytest.mark.parametrize(("method", "body", "said", "hint"), SAID)
def test_an_error_is_told_once_and_alone(
    method: str, body: str, said: str, hint: str, examine_notebook: Examine
) -> None:
    task = TASKS.get(method, method)
    results = examine_notebook(with_methods(**{method: body}), frozenset((task,)))
    (lost,) = (result.lost for result in results if result.id == task)
    assert {said in check.message for check in lost} == {True}, lost[0].message
    assert {hint in check.hint for check in lost} == {True}, lost[0].hint
    assert len({(check.message, check.hint) for check in lost}) == 1


@pytest.mark.parametrize("body", ["raise NotImplementedError", "pass", "...", "return None", "'x'"])
def test_a_block_without_code_is_not_written_yet(body: str, examine_notebook: Examine) -> None:
    results = examine_notebook(with_methods(kl_divergence=body), frozenset(("kl",)))
    (lost,) = (result.lost for result in results if result.id == "kl")
    assert all(check.evidence["unwritten"] for check in lost)
    assert all("`kl_divergence` is not written yet" in check.message for check in lost)
    assert not any(check.hint for check in lost)
