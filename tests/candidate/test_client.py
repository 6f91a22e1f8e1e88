"""How the examiner keeps a candidate's time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from grader.candidate.client import Asked, Candidates, NotConfinedError, Patience
from grader.candidate.observation import Failure, Observation, Returned
from grader.candidate.probe import Call, Probe, Sizes
from grader.checks import worlds
from grader.submission import Slice, extract, load
from tests.redteam.attacks import Attack, write_notebook

SIZES = Sizes(6, 2, 4)
ROWS = np.zeros((3, 2), np.float32)
KL = Call("kl_divergence", {"mu": ROWS, "logsigma": ROWS})
DECODER = Call("decoder", {"z": ROWS})


@pytest.fixture(scope="module")
def hasty() -> Iterator[Candidates]:
    with Candidates(patience=Patience(10.0, 0.5, life_seconds=11.0)) as candidates:
        yield candidates


def sliced(source: str, folder: Path) -> Slice:
    return extract(load(write_notebook(Attack("made", "made.", {}, (source,), {}, ()), folder, {})))


def ask(
    candidates: Candidates, code: Slice, *calls: Call, stuck: Counter[Asked] | None = None
) -> Observation:
    weights = worlds.random_weights(np.random.default_rng(0), SIZES)
    return candidates.ask(Probe(SIZES, weights, calls), code, stuck)


def test_a_method_that_hung_twice_is_asked_no_more_and_others_are(
    hasty: Candidates, tmp_path: Path
) -> None:
    code = sliced(
        "class VAE(Honest):\n    def kl_divergence(self, mu, logsigma):\n"
        "        while True: pass\n",
        tmp_path,
    )
    stuck: Counter[Asked] = Counter()
    for _ in range(2):
        started = time.monotonic()
        (outcome,) = ask(hasty, code, KL, stuck=stuck).outcomes
        assert isinstance(outcome, Failure)
        assert (outcome.kind, outcome.stage) == ("timed_out", "call")
        assert time.monotonic() - started >= 0.5
    started = time.monotonic()
    (outcome,) = ask(hasty, code, KL, stuck=stuck).outcomes
    assert isinstance(outcome, Failure)
    assert outcome.kind == "timed_out"
    assert time.monotonic() - started < 0.1
    assert isinstance(ask(hasty, code, DECODER, stuck=stuck).outcomes[0], Returned)
    # Another submission with the same code is asked as if it were the first.
    started = time.monotonic()
    ask(hasty, code, KL)
    assert time.monotonic() - started >= 0.5


def test_many_slow_calls_end_with_the_candidates_life(tmp_path: Path) -> None:
    code = sliced(
        "import time\nclass VAE(Honest):\n    def decoder(self, z):\n        time.sleep(0.4)\n"
        "        return super().decoder(z)\n",
        tmp_path,
    )
    with Candidates(patience=Patience(20.0, 5.0, life_seconds=1.5)) as candidates:
        outcomes = ask(candidates, code, *[DECODER] * 20).outcomes
    assert len(outcomes) == 20
    assert isinstance(outcomes[0], Returned)
    assert isinstance(outcomes[-1], Failure)
    assert outcomes[-1].kind == "timed_out"


def test_the_layers_are_told(hasty: Candidates, tmp_path: Path) -> None:
    ask(hasty, sliced("class VAE(Honest):\n    pass\n", tmp_path), DECODER)
    assert any(layer.startswith("files: ") for layer in hasty.layers)


def test_nothing_runs_where_a_layer_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from grader.candidate import client
    from grader.candidate.processes import Warm

    monkeypatch.setattr(client, "Warm", lambda folder, _: Warm(folder, "tests.candidate.naked"))
    code = sliced("class VAE(Honest):\n    pass\n", tmp_path)
    with Candidates() as strict, pytest.raises(NotConfinedError, match="missing: system calls"):
        ask(strict, code, DECODER)
    with Candidates(trust=True) as trusting:
        assert isinstance(ask(trusting, code, DECODER).outcomes[0], Returned)
        assert not any("system calls" in layer for layer in trusting.layers)
