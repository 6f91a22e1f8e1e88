"""What a candidate is asked, one probe after the other, and how the examiner keeps its time."""

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
KL_OF_3 = Call("kl_divergence", {"mu": np.zeros((3, 3)), "logsigma": np.zeros((3, 3))})
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
    return candidates.ask((Probe(SIZES, weights, calls),), code, stuck)[0]


def slow_decoder(seconds: float, folder: Path) -> Slice:
    return sliced(
        "import time\nclass VAE(Honest):\n    def decoder(self, z):\n"
        f"        time.sleep({seconds})\n        return super().decoder(z)\n",
        folder,
    )


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
    code = slow_decoder(0.4, tmp_path)
    with Candidates(patience=Patience(20.0, 5.0, life_seconds=1.5)) as candidates:
        outcomes = ask(candidates, code, *[DECODER] * 20).outcomes
    assert len(outcomes) == 20
    assert isinstance(outcomes[0], Returned)
    assert isinstance(outcomes[-1], Failure)
    assert outcomes[-1].kind == "timed_out"


def probe(latent: int, *calls: Call) -> Probe:
    sizes = Sizes(6, latent, 4)
    return Probe(sizes, worlds.random_weights(np.random.default_rng(0), sizes), calls)


def test_every_probe_meets_the_program_afresh(hasty: Candidates, tmp_path: Path) -> None:
    code = sliced(
        "built = []\nclass VAE(Honest):\n    def kl_divergence(self, mu, logsigma):\n"
        "        built.append(mu)\n        return torch.full((len(built),), float(latent_dim))\n",
        tmp_path,
    )
    calls = [(KL, KL), (KL,), (KL, KL, KL)]
    seen = hasty.ask([probe(at, *asked) for at, asked in enumerate(calls, 2)], code)
    for latent, (asked, came) in enumerate(zip(calls, seen, strict=True), 2):
        outcomes = [outcome for outcome in came.outcomes if isinstance(outcome, Returned)]
        arrays = [outcome.values[0].array for outcome in outcomes]
        right = [np.full(count, latent) for count in range(1, len(asked) + 1)]
        assert all(map(np.array_equal, arrays, right))
        assert len(arrays) == len(right)


def test_modes_that_a_probe_leaves_behind_do_not_reach_the_next(
    hasty: Candidates, tmp_path: Path
) -> None:
    code = sliced(
        "class VAE(Honest):\n    def decoder(self, z):\n        torch.set_grad_enabled(False)\n"
        "        torch.set_default_dtype(torch.float64)\n        return torch.zeros(3)\n",
        tmp_path,
    )
    slopes = Call(KL.method, KL.arguments, (np.ones(3),), ("mu",))
    _, after = hasty.ask([probe(2, DECODER), probe(2, slopes)], code)
    (outcome,) = after.outcomes
    assert isinstance(outcome, Returned)
    assert outcome.values[0].type == "float32"
    mu = outcome.gradients["mu"]
    assert mu is not None
    assert mu.dtype == np.float32


def test_a_model_that_cannot_be_built_leaves_the_other_probes_alone(
    hasty: Candidates, tmp_path: Path
) -> None:
    code = sliced(
        "class VAE(Honest):\n    def __init__(self, obs_dim, latent_dim, hidden_dim=100):\n"
        "        assert latent_dim != 3\n"
        "        super().__init__(obs_dim, latent_dim, hidden_dim)\n",
        tmp_path,
    )
    seen = hasty.ask([probe(2, KL), probe(3, KL, KL), probe(2, KL)], code)
    kinds = [[type(outcome) for outcome in came.outcomes] for came in seen]
    assert kinds == [[Returned], [Failure, Failure], [Returned]]


@pytest.mark.parametrize(("end", "kind"), [("os._exit(0)", "died"), ("time.sleep(5)", "timed_out")])
def test_a_candidate_that_fails_takes_no_answer_from_other_probes(
    hasty: Candidates, tmp_path: Path, end: str, kind: str
) -> None:
    code = sliced(
        "import os, time\nclass VAE(Honest):\n    def decoder(self, z):\n"
        f"        if z.shape[1] == 3:\n            {end}\n        return super().decoder(z)\n",
        tmp_path,
    )
    given = {"z": np.zeros((3, 3), np.float32)}
    probes = [probe(2, DECODER), probe(3, KL_OF_3, Call("decoder", given)), probe(2, DECODER)]
    first, second, third = hasty.ask(probes, code)
    for outcome in (first.outcomes[0], second.outcomes[0], third.outcomes[0]):
        assert isinstance(outcome, Returned)
    failed = second.outcomes[1]
    assert isinstance(failed, Failure)
    assert failed.kind == kind


ONCE_TOO_OFTEN = """\
import os, sys
class VAE(Honest):
    def decoder(self, z):
        sys.calls = getattr(sys, "calls", 0) + 1
        if sys.calls > 2:
            {end}
        return super().decoder(z)
"""


@pytest.mark.parametrize("end", ["os._exit(0)", "os.closerange(0, 99)"])
def test_what_ends_a_candidate_after_other_probes_is_looked_at_by_itself(
    hasty: Candidates, tmp_path: Path, end: str
) -> None:
    code = sliced(ONCE_TOO_OFTEN.format(end=end), tmp_path)
    seen = hasty.ask([probe(2, DECODER)] * 5, code)
    assert [type(came.outcomes[0]) for came in seen] == [Returned] * 5


def test_a_life_that_ends_during_other_probes_is_not_held_against_the_next(tmp_path: Path) -> None:
    code = slow_decoder(0.6, tmp_path)
    with Candidates(patience=Patience(20.0, 5.0, life_seconds=1.5)) as candidates:
        seen = candidates.ask([probe(2, DECODER)] * 6, code)
    assert [type(came.outcomes[0]) for came in seen] == [Returned] * 6


def test_a_probe_that_hung_twice_keeps_no_other_from_its_answer(
    hasty: Candidates, tmp_path: Path
) -> None:
    code = sliced("class VAE(Honest):\n    pass\n", tmp_path)
    stuck: Counter[Asked] = Counter({("kl_divergence", ()): 2})
    first, second = hasty.ask([probe(2, KL), probe(2, DECODER)], code, stuck)
    assert isinstance(first.outcomes[0], Failure)
    assert isinstance(second.outcomes[0], Returned)


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
