"""What is given up after something hung, and what is still asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from grader.examiner.hangs import Hangs, work
from grader.examiner.pace import Pace
from grader.kit.observation import Failure, Observation
from grader.kit.probe import Call, Probe, Stubs
from grader.vae.sizes import Sizes

HUNG = Observation((Failure("timed_out", "call"),))
NEVER_LOADED = Observation((Failure("timed_out", "load"),))


def decoding(rows: int, units: int = 3, stubs: tuple[str, ...] = ()) -> Probe:
    call = Call("decoder", {"z": np.zeros((rows, 2))})
    stubbed = Stubs("", stubs, np.zeros(1)) if stubs else None
    return Probe(Sizes(units, 2, units), {}, (call,), stubbed)


def test_what_has_as_much_to_do_or_more_is_given_up() -> None:
    hangs = Hangs()
    hangs.note("decoder", decoding(5), HUNG)
    for probe, given_up in ((decoding(5), True), (decoding(9, 4), True), (decoding(4), False)):
        assert (hangs.given_up("decoder", probe) is not None) == given_up
    hangs.note("decoder", decoding(4), HUNG)
    assert hangs.given_up("decoder", decoding(1)) is not None


def test_other_tasks_stubs_and_methods_are_asked() -> None:
    hangs = Hangs()
    for _ in range(2):
        hangs.note("decoder", decoding(5), HUNG)
    assert hangs.given_up("elbo", decoding(5)) is None
    assert hangs.given_up("decoder", decoding(5, stubs=("encoder",))) is None
    other = Probe(Sizes(3, 2, 3), {}, (Call("sample", {"num_samples": 9}),))
    assert hangs.given_up("decoder", other) is None


def test_a_class_that_is_never_loaded_is_given_up_whatever_is_called() -> None:
    hangs = Hangs()
    hangs.note("decoder", decoding(5), NEVER_LOADED)
    given_up = hangs.given_up("decoder", decoding(1))
    assert given_up is not None
    (failure,) = given_up.outcomes
    assert isinstance(failure, Failure)
    assert failure.stage == "load"
    assert hangs.given_up("elbo", decoding(1)) is not None
    assert hangs.given_up("decoder", decoding(1, units=2)) is None


def test_what_calls_a_method_that_hangs_is_put_with_a_stub_in_its_place_alone() -> None:
    hangs = Hangs(helpers={"sample": ["decoder"]})
    drawing = Probe(Sizes(3, 2, 3), {}, (Call("sample", {"num_samples": 9}),))
    stubbed = replace(drawing, stubs=Stubs("", ("decoder",), np.zeros(1)))
    assert hangs.given_up("sample", drawing) is None
    hangs.note("sample", decoding(5), HUNG)  # called by another's probe, it may have been misled
    assert hangs.given_up("sample", drawing) is None
    hangs.note("decoder", decoding(5), HUNG)
    given_up = hangs.given_up("sample", drawing)
    assert given_up is not None
    (failure,) = given_up.outcomes
    assert isinstance(failure, Failure)
    assert failure.text == "its time, for `decoder` does not come to an end"
    assert hangs.given_up("sample", stubbed) is None


@pytest.mark.parametrize("observation", [HUNG, NEVER_LOADED])
def test_once_something_hung_for_sure_all_hangs_of_the_grading_are_believed(
    observation: Observation,
) -> None:
    pace = Pace()
    hangs, wider = Hangs(pace), Hangs(pace)
    assert not hangs.was_expected(decoding(1), observation)
    hangs.note("decoder", decoding(5), observation)
    for seen in (hangs, wider):
        assert seen.was_expected(decoding(1, stubs=("encoder",)), observation)
        assert not seen.was_expected(decoding(1), Observation((Failure("died", "call"),)))
    assert wider.given_up("decoder", decoding(5)) is None


def test_work_grows_with_rows_repeats_and_sizes() -> None:
    twice = Call("decoder", {"z": np.zeros((5, 2))}, repeat=2)
    assert work(decoding(5)) < work(decoding(6)) < work(decoding(6, units=4))
    assert work(Probe(Sizes(3, 2, 3), {}, (twice,))) == work(decoding(10))
