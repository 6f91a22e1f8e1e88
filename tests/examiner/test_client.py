"""What a candidate is asked, one probe after the other, and how the examiner keeps its time."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Container, Iterator
from pathlib import Path
from textwrap import indent

import numpy as np
import pytest

from grader import grade
from grader.examiner import home
from grader.examiner.client import Candidates, GraderError, NotConfinedError
from grader.examiner.cpu_time import is_measured
from grader.examiner.grading import Grader
from grader.examiner.hangs import Hangs
from grader.examiner.patience import Patience
from grader.examiner.processes import Process
from grader.examiner.rubric import Rubric
from grader.kit.observation import Failure, Observation, Returned
from grader.kit.outputs import lost_by
from grader.kit.probe import Call, Probe
from grader.protocol.limits import Limits
from grader.submission import Slice
from grader.vae import ASSIGNMENT, fixtures
from grader.vae.sizes import Sizes
from grader.vae.stubs import make_stubs
from tests.candidate.asking import ROWS, SIZES, sliced
from tests.machine_load import busy

SHIPPED = Path(__file__).resolve().parents[2] / "reference" / "vae_solved.ipynb"
KL = Call("kl_divergence", {"mu": ROWS, "logsigma": ROWS})
KL_OF_3 = Call("kl_divergence", {"mu": np.zeros((3, 3)), "logsigma": np.zeros((3, 3))})
DECODER = Call("decoder", {"z": ROWS})


@pytest.fixture(scope="module")
def hasty() -> Iterator[Candidates]:
    with Candidates(patience=Patience(10.0, 0.5, life_seconds=11.0)) as candidates:
        yield candidates


def ask(
    candidates: Candidates, code: Slice, *calls: Call, hangs: Hangs | None = None
) -> Observation:
    weights = fixtures.random_weights(np.random.default_rng(0), SIZES)
    return candidates.ask((Probe(SIZES, weights, calls),), code, hangs)[0]


def slow_decoder(seconds: float, folder: Path) -> Slice:
    return sliced(
        "import time\nclass VAE(Honest):\n    def decoder(self, z):\n"
        f"        time.sleep({seconds})\n        return super().decoder(z)\n",
        folder,
    )


class Counting(Candidates):
    """Candidates that are counted; those of a number in ``killed`` are killed while they load."""

    def __init__(self, killed: Container[int] = (), patience: Patience | None = None) -> None:
        super().__init__(patience=patience)
        self.begun = 0
        self._killed = killed

    def _begin(self, job: bytes) -> Process:
        channel = super()._begin(job)
        self.begun += 1
        if self.begun in self._killed:
            assert channel.pid is not None
            os.kill(channel.pid, signal.SIGKILL)
        return channel


SPIN = "class VAE(Honest):\n    def kl_divergence(self, mu, logsigma):\n        while True: pass\n"


def test_a_method_that_hung_is_asked_no_more_and_others_are(tmp_path: Path) -> None:
    code = sliced(SPIN, tmp_path)
    hangs = Hangs()
    with Counting(patience=Patience(10.0, 0.5, 11.0)) as candidates:
        for begun in (2, 2):  # it is seen to hang twice before that is believed
            (outcome,) = ask(candidates, code, KL, hangs=hangs).outcomes
            assert isinstance(outcome, Failure)
            assert (outcome.kind, outcome.stage) == ("timed_out", "call")
            assert candidates.begun == begun
        assert isinstance(ask(candidates, code, DECODER, hangs=hangs).outcomes[0], Returned)
        # Another submission with the same code is asked as if it were the first.
        ask(candidates, code, KL)
        assert candidates.begun == 5


def test_what_hangs_in_one_task_has_no_say_in_another(hasty: Candidates, tmp_path: Path) -> None:
    """Tasks are asked side by side, so it would depend on which was first."""
    code = sliced(
        "class VAE(Honest):\n    def decoder(self, z):\n"
        "        while z.shape[1] == 3: pass\n        return super().decoder(z)\n",
        tmp_path,
    )
    hangs = Hangs()
    large = Call("decoder", {"z": np.zeros((3, 3), np.float32)})
    assert isinstance(hasty.ask((probe(3, large),), code, hangs)[0].outcomes[0], Failure)
    (elsewhere,) = hasty.ask((probe(2, KL, DECODER),), code, hangs)
    assert all(isinstance(outcome, Returned) for outcome in elsewhere.outcomes)


@pytest.mark.skipif(not is_measured(), reason="the system does not tell a process's own time")
@pytest.mark.parametrize("where", ["method", "class body", "thread"])
def test_load_on_the_machine_takes_no_time_from_a_candidate(where: str, tmp_path: Path) -> None:
    """Its waits for a disk are its own, and the kernel tells of one for a processor when it ends.

    So there is more time than the work takes, but far less than the wait for processors.
    """
    work = "until = time.thread_time() + 0.5\nwhile time.thread_time() < until: pass\n"
    method = {
        "method": "work()",
        "thread": "helper = threading.Thread(target=work)\nhelper.start()\nhelper.join()",
    }.get(where, "pass")
    code = sliced(
        f"import threading, time\ndef work():\n{indent(work, '    ')}"
        f"class VAE(Honest):\n{indent(work, '    ') if where == 'class body' else ''}"
        f"    def decoder(self, z):\n{indent(method, ' ' * 8)}\n"
        "        return super().decoder(z)\n",
        tmp_path,
    )
    cores = len(os.sched_getaffinity(0))
    with Counting(patience=Patience(1.6, 1.6, life_seconds=20.0)) as candidates:
        ask(candidates, code, KL)
        candidates.begun = 0
        with busy(6 * cores):
            started = time.monotonic()
            (outcome,) = ask(candidates, code, DECODER).outcomes
            taken = time.monotonic() - started
    assert isinstance(outcome, Returned)
    assert candidates.begun == 1
    assert taken > 2, "the machine was not busy"


@pytest.mark.parametrize("wait", ["time.sleep(60)", "threading.Event().wait(60)", "os.read(0, 1)"])
def test_what_waits_comes_to_its_end_too(wait: str, tmp_path: Path) -> None:
    pipe = "os.dup2(os.pipe()[0], 0)" if "read" in wait else "pass"
    code = sliced(
        "import os, threading, time\nclass VAE(Honest):\n    def decoder(self, z):\n"
        f"        {pipe}\n        {wait}\n        return super().decoder(z)\n",
        tmp_path,
    )
    with Candidates(patience=Patience(5.0, 0.4, 11.0)) as candidates:
        (outcome,) = ask(candidates, code, DECODER).outcomes
    assert isinstance(outcome, Failure)
    assert (outcome.kind, outcome.text) == ("timed_out", "0.4 seconds")


def test_time_that_many_threads_use_counts_for_each(tmp_path: Path) -> None:
    code = sliced(
        "import threading, time\nclass VAE(Honest):\n    def decoder(self, z):\n"
        "        def spin():\n            while True: pass\n"
        "        for _ in range(20): threading.Thread(target=spin, daemon=True).start()\n"
        "        time.sleep(60)\n",
        tmp_path,
    )
    with Candidates(patience=Patience(5.0, 1.0, 11.0)) as candidates:
        (outcome,) = ask(candidates, code, DECODER).outcomes
    assert isinstance(outcome, Failure)
    assert outcome.kind == "timed_out"


def test_a_class_that_hangs_while_it_is_loaded_is_asked_no_more_in_any_task(
    tmp_path: Path,
) -> None:
    code = sliced("class VAE(Honest):\n    while True: pass\n", tmp_path)
    hangs = Hangs()
    with Counting(patience=Patience(0.3, 0.3, 11.0)) as candidates:
        for call, begun in ((KL, 2), (DECODER, 2), (DECODER, 2)):
            (outcome,) = ask(candidates, code, call, hangs=hangs).outcomes
            assert isinstance(outcome, Failure)
            assert (outcome.kind, outcome.stage) == ("timed_out", "load")
            assert candidates.begun == begun


def test_a_candidate_that_is_killed_from_outside_is_asked_for_anew(tmp_path: Path) -> None:
    code = sliced("class VAE(Honest):\n    pass\n", tmp_path)
    with Counting(killed=(1,)) as candidates:
        seen = candidates.ask([probe(2, KL), probe(2, DECODER)], code)
        assert [type(came.outcomes[0]) for came in seen] == [Returned, Returned]
        assert candidates.begun == 3


def test_no_points_are_lost_to_kills_from_outside(rubric: Rubric) -> None:
    with Counting(killed=range(1, 1000, 2)) as candidates:
        result = Grader(ASSIGNMENT, candidates, rubric, at_once=1).grade(SHIPPED).result
        assert (result.status, result.points) == ("graded", 60)
        assert candidates.begun > 20


def test_what_dies_alone_as_well_is_charged_and_said_rightly(tmp_path: Path) -> None:
    code = sliced("import os\nclass VAE(Honest):\n    os.kill(os.getpid(), 9)\n", tmp_path)
    with Counting() as candidates:
        (outcome,) = ask(candidates, code, DECODER).outcomes
        assert candidates.begun == 2
    assert isinstance(outcome, Failure)
    assert (outcome.kind, outcome.stage) == ("died", "load")
    told = lost_by(outcome, "decoder").message
    assert told == "Loading class {class} for `decoder` ended the process: it was killed."


@pytest.mark.parametrize(
    "first",
    ["pass", pytest.param("signal.signal(signal.SIGXCPU, signal.SIG_IGN)", marks=pytest.mark.slow)],
)
def test_the_kernels_limit_of_cpu_time_comes_last_and_says_so(first: str, tmp_path: Path) -> None:
    assert Limits().cpu_seconds > Patience().life_seconds
    code = sliced(
        "import signal\nclass VAE(Honest):\n    def kl_divergence(self, mu, logsigma):\n"
        f"        {first}\n        while True: pass\n",
        tmp_path,
    )
    with Candidates(limits=Limits(cpu_seconds=1)) as candidates:
        (outcome,) = ask(candidates, code, KL).outcomes
    assert isinstance(outcome, Failure)
    assert outcome.kind == "died"
    assert outcome.text == "it used more CPU time than is allowed"


@pytest.mark.slow
def test_candidates_of_their_own_are_judged_likewise(tmp_path: Path) -> None:
    spinning = sliced(SPIN, tmp_path)
    with Candidates("spawn", patience=Patience(10.0, 0.5, 20.0)) as candidates:
        (hung,) = ask(candidates, spinning, KL).outcomes
        assert isinstance(hung, Failure)
        assert (hung.kind, hung.text) == ("timed_out", "0.5 seconds")
        dies = sliced("import os\nclass VAE(Honest):\n    os.kill(os.getpid(), 9)\n", tmp_path)
        (died,) = ask(candidates, dies, KL).outcomes
        assert isinstance(died, Failure)
        assert (died.kind, died.text) == ("died", "it was killed")


@pytest.mark.parametrize("kind", ["died", "timed_out", "nonsense"])
@pytest.mark.parametrize("stage", ["load", "call"])
def test_every_failure_is_said_in_a_sentence(kind: str, stage: str) -> None:
    told = lost_by(Failure(kind, stage, text="this and that"), "decoder").message
    assert "can't be executed" not in told
    assert re.fullmatch(
        r"(Loading class \{class\} for )?`decoder` (ended|did|disturbed) .*\.", told
    )


def test_a_warm_process_that_was_killed_is_started_anew(tmp_path: Path) -> None:
    code = sliced("class VAE(Honest):\n    pass\n", tmp_path)
    with Candidates() as candidates:
        for _ in range(2):
            assert isinstance(ask(candidates, code, DECODER).outcomes[0], Returned)
            assert candidates.home.fork_server is not None
            os.kill(candidates.home.fork_server._process.pid, signal.SIGKILL)


def test_a_warm_process_that_dies_at_once_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(home, "WORKER", "no_such_service")
    code = sliced("class VAE(Honest):\n    pass\n", tmp_path)
    with Candidates() as candidates, pytest.raises(GraderError) as raised:
        ask(candidates, code, DECODER)
    assert "forked from ended" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_confinement_is_tried_without_a_fork_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that imports the grader has threads, and a fork of it may hang."""

    def refuse() -> int:
        raise AssertionError("the caller was forked")

    monkeypatch.setattr(os, "fork", refuse)
    with Candidates() as candidates:
        candidates.require_confinement()
    assert grade(SHIPPED, run=False).points == 60


def test_many_slow_calls_end_with_the_candidates_life(tmp_path: Path) -> None:
    code = slow_decoder(0.4, tmp_path)
    with Candidates(patience=Patience(20.0, 5.0, life_seconds=1.5)) as candidates:
        outcomes = ask(candidates, code, *[DECODER] * 20).outcomes
    assert len(outcomes) == 20
    assert isinstance(outcomes[0], Returned)
    assert isinstance(outcomes[-1], Failure)
    assert outcomes[-1].kind == "timed_out"


def test_what_explains_losses_is_not_waited_for_long_and_tells_nothing_of_hangs(
    tmp_path: Path,
) -> None:
    code, hangs = slow_decoder(0.4, tmp_path), Hangs()
    probes = [probe(2, DECODER), probe(3, *[DECODER] * 20), probe(2, *[DECODER] * 2)]
    with Candidates(patience=Patience(20.0, 5.0, life_seconds=1.5)) as candidates:
        seen = candidates.ask(probes, code, hangs, explains=True)
        started = time.monotonic()
        again = candidates.ask(probes, code, hangs, explains=True)
        assert time.monotonic() - started < 0.3
        of_check = ask(candidates, code, DECODER, hangs=hangs)
    assert isinstance(seen[0].outcomes[0], Returned)
    assert [len(came.outcomes) for came in (*seen, *again)] == [1, 20, 2] * 2
    for came in (*seen[1:], *again):
        assert isinstance(came.outcomes[-1], Failure)
        assert came.outcomes[-1].kind == "timed_out"
    assert isinstance(of_check.outcomes[0], Returned)
    assert not hangs.pace.is_hurried


def probe(latent: int, *calls: Call) -> Probe:
    sizes = Sizes(6, latent, 4)
    return Probe(sizes, fixtures.random_weights(np.random.default_rng(0), sizes), calls)


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


@pytest.mark.parametrize(
    ("end", "kind"), [("os._exit(0)", "died"), ("time.sleep(60)", "timed_out")]
)
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


def test_a_probe_that_hung_keeps_no_other_from_its_answer(
    hasty: Candidates, tmp_path: Path
) -> None:
    code = sliced("class VAE(Honest):\n    pass\n", tmp_path)
    hangs = Hangs()
    timed_out = Observation((Failure("timed_out", "call"),))
    hangs.note("kl_divergence", probe(2, KL), timed_out)
    first, second = hasty.ask([probe(2, KL), probe(2, DECODER)], code, hangs)
    assert isinstance(first.outcomes[0], Failure)
    assert isinstance(second.outcomes[0], Returned)


def test_the_layers_are_told(hasty: Candidates, tmp_path: Path) -> None:
    ask(hasty, sliced("class VAE(Honest):\n    pass\n", tmp_path), DECODER)
    assert any(layer.startswith("files: ") for layer in hasty.layers)


def test_nothing_runs_where_a_layer_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(home, "WORKER", "tests.candidate.naked")
    code = sliced("class VAE(Honest):\n    pass\n", tmp_path)
    with Candidates() as strict, pytest.raises(NotConfinedError, match="missing: system calls"):
        ask(strict, code, DECODER)
    with Candidates(trust=True) as trusting:
        assert isinstance(ask(trusting, code, DECODER).outcomes[0], Returned)
        assert not any("system calls" in layer for layer in trusting.layers)


def test_stubs_tell_what_they_were_given_where_that_is_asked_for(
    candidates: Candidates, tmp_path: Path
) -> None:
    x = np.ones((2, SIZES.obs))
    calls = [Call("elbo", {"x": x}, heard=True), Call("elbo", {"x": x})]
    stubs = make_stubs(frozenset(("kl_divergence",)), np.zeros(1))
    method = "    def elbo(self, x):\n        return self.kl_divergence(x, 2 * x)\n"
    probe = Probe(SIZES, fixtures.zeros(SIZES), tuple(calls), stubs)
    code = sliced(f"class VAE(Honest):\n{method}", tmp_path)
    told, not_told = candidates.ask((probe,), code)[0].outcomes
    assert isinstance(told, Returned)
    assert isinstance(not_told, Returned)
    assert not not_told.heard
    assert told.heard.keys() == {"kl_divergence.mu", "kl_divergence.logsigma"}
    np.testing.assert_array_equal(told.heard["kl_divergence.logsigma"].array, 2 * x)


def test_a_model_is_in_eval_mode_where_that_is_asked_for(
    candidates: Candidates, tmp_path: Path
) -> None:
    z = np.ones((2, SIZES.latent))
    calls = (Call("decoder", {"z": z}), Call("decoder", {"z": z}, training=False))
    source = "class VAE(Honest):\n    def decoder(self, z):\n        return z * self.training\n"
    probe = Probe(SIZES, fixtures.zeros(SIZES), calls)
    outcomes = candidates.ask((probe,), sliced(source, tmp_path))[0].outcomes
    assert [np.max(o.values[0].array) for o in outcomes if isinstance(o, Returned)] == [1, 0]  # type: ignore[arg-type]
