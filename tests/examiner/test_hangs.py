"""What is given up after something hung, and what is still asked."""

from __future__ import annotations

from collections.abc import Sequence
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
RAISED = Observation((Failure("raised", "call"),))
NOT_BUILT = Observation((Failure("raised", "construct", "NameError", "no x"),))
FULL = (784, 32, 400)


def decoding(
    rows: int, units: int = 3, stubs: tuple[str, ...] = (), sizes: tuple[int, ...] = ()
) -> Probe:
    call = Call("decoder", {"z": np.zeros((rows, 2))})
    stubbed = Stubs("", stubs, np.zeros(1)) if stubs else None
    return Probe(Sizes(*(sizes or (units, 2, units))), {}, (call,), stubbed)


def known(*hung: Probe, ended: Sequence[Probe] = ()) -> Hangs:
    hangs = Hangs(full_sizes=FULL)
    for probe in ended:
        hangs.note("decoder", probe, RAISED)
    for probe in hung:
        hangs.note("decoder", probe, HUNG)
    return hangs


def is_given_up(hangs: Hangs, probe: Probe, task: str = "decoder") -> bool:
    return hangs.given_up(task, probe) is not None


def test_what_has_hung_is_put_once_more_with_other_arguments() -> None:
    hangs = known(decoding(5))
    assert is_given_up(hangs, decoding(5))
    assert not is_given_up(hangs, decoding(9, 4))
    assert not is_given_up(hangs, decoding(4))
    assert is_given_up(known(decoding(5), decoding(4)), decoding(1))


def test_what_comes_to_an_end_with_others_is_put_more_often() -> None:
    hung = [decoding(rows) for rows in (501, 502, 503, 504)]
    assert not is_given_up(known(*hung[:3], ended=[decoding(3)]), decoding(4))
    assert is_given_up(known(*hung, ended=[decoding(3)]), decoding(4))
    # Where it hangs it is not asked the very same again.
    assert is_given_up(known(hung[0], ended=[decoding(3)]), hung[0])


def test_what_hangs_at_small_sizes_is_tried_at_the_assignments_own() -> None:
    hangs = known(decoding(5), decoding(4))
    assert not is_given_up(hangs, decoding(1000, sizes=FULL))
    hangs.note("decoder", decoding(1000, sizes=FULL), HUNG)
    assert is_given_up(hangs, decoding(1, sizes=FULL))


@pytest.mark.parametrize("sizes", [(), FULL])
def test_what_comes_to_an_end_at_small_sizes_may_hang_twice_at_the_others(
    sizes: tuple[int, ...],
) -> None:
    hangs = known(decoding(1000, sizes=FULL), ended=[decoding(3)])
    assert not is_given_up(hangs, decoding(2, sizes=sizes))
    hangs.note("decoder", decoding(2, sizes=FULL), HUNG)
    assert is_given_up(hangs, decoding(1, sizes=sizes)) == bool(sizes)


def test_other_tasks_stubs_and_methods_are_asked() -> None:
    hangs = known(decoding(5), decoding(4))
    assert not is_given_up(hangs, decoding(5), "elbo")
    assert not is_given_up(hangs, decoding(5, stubs=("encoder",)))
    other = Probe(Sizes(3, 2, 3), {}, (Call("sample", {"num_samples": 9}),))
    assert not is_given_up(hangs, other)


def test_little_time_will_do_where_less_has_hung() -> None:
    hangs = known(decoding(5))
    assert hangs.is_doubtful("decoder", decoding(5, sizes=FULL))
    assert not hangs.is_doubtful("decoder", decoding(4))
    assert not hangs.is_doubtful("elbo", decoding(9))
    # What hangs with a helper may be the helper's doing; with two kinds of stubs it is its own.
    assert not hangs.is_doubtful("decoder", decoding(5, stubs=("encoder",)))
    hangs.note("decoder", decoding(5, stubs=("encoder",)), HUNG)
    assert hangs.is_doubtful("decoder", decoding(5, stubs=("sample",)))


def test_little_time_will_do_for_what_hung_with_less_of_the_notebook() -> None:
    wider = Hangs(narrower=known(decoding(5)))
    assert wider.is_doubtful("decoder", decoding(5))
    assert not is_given_up(wider, decoding(5))
    assert not wider.is_doubtful("elbo", decoding(5))


def test_a_class_that_is_never_loaded_is_given_up_whatever_is_called() -> None:
    hangs = Hangs(full_sizes=FULL)
    hangs.note("decoder", decoding(5), NEVER_LOADED)
    given_up = hangs.given_up("decoder", decoding(1))
    assert given_up is not None
    (failure,) = given_up.outcomes
    assert isinstance(failure, Failure)
    assert failure.stage == "load"
    assert is_given_up(hangs, decoding(1), "elbo")
    assert not is_given_up(hangs, decoding(1, units=2))
    assert hangs.is_doubtful("elbo", decoding(1, units=2))
    hangs.note("decoder", decoding(1, units=2), NEVER_LOADED)
    assert is_given_up(hangs, decoding(1, units=9), "elbo")
    assert not is_given_up(hangs, decoding(1, sizes=FULL), "elbo")


def test_a_class_that_hangs_at_some_sizes_is_loaded_at_others() -> None:
    hangs = Hangs(full_sizes=FULL)
    hangs.note("encoder", decoding(3, units=7), RAISED)
    for units in (1, 2, 3):
        hangs.note("elbo", decoding(1, units=units), NEVER_LOADED)
    assert not is_given_up(hangs, decoding(1, units=4), "elbo")
    assert not is_given_up(hangs, decoding(1, units=4), "decoder")


def test_a_model_that_cannot_be_built_is_not_tried_for_ever() -> None:
    hangs = Hangs(full_sizes=FULL)
    for units in (7, 5):
        hangs.note("encoder", decoding(3, units), NOT_BUILT)
        assert not is_given_up(hangs, decoding(3, 3), "elbo")
    hangs.note("encoder", decoding(3, 8), NOT_BUILT)
    given_up = hangs.given_up("elbo", decoding(3))
    assert given_up == NOT_BUILT
    assert not is_given_up(hangs, decoding(3, stubs=("encoder",)), "elbo")
    assert not is_given_up(hangs, decoding(3, sizes=FULL), "elbo")
    hangs.note("elbo", decoding(3, sizes=FULL), NOT_BUILT)
    assert is_given_up(hangs, decoding(4, sizes=FULL), "sample")


def test_a_model_that_can_be_built_or_fails_in_several_ways_is_tried() -> None:
    other = Observation((Failure("raised", "construct", "ValueError", "7 is too much"),))
    for at_five, is_tried in ((RAISED, True), (other, True), (NOT_BUILT, False)):
        hangs = Hangs(full_sizes=FULL)
        for units in (7, 5, 8, 9):
            hangs.note("encoder", decoding(3, units), at_five if units == 5 else NOT_BUILT)
        assert is_given_up(hangs, decoding(3), "elbo") != is_tried
        # One without layers of these names may be built.
        with_weights = replace(decoding(3), weights={"linear1.weight": np.zeros(1)})
        assert not is_given_up(hangs, with_weights)


def test_what_calls_a_method_that_hangs_is_put_with_a_stub_in_its_place_alone() -> None:
    hangs = Hangs(helpers={"sample": ["decoder"]}, full_sizes=FULL)
    drawing = Probe(Sizes(3, 2, 3), {}, (Call("sample", {"num_samples": 9}),))
    stubbed = replace(drawing, stubs=Stubs("", ("decoder",), np.zeros(1)))
    assert not is_given_up(hangs, drawing, "sample")
    hangs.note("sample", decoding(5), HUNG)  # called by another's probe, it may have been misled
    assert not is_given_up(hangs, drawing, "sample")
    hangs.note("decoder", decoding(5), HUNG)
    given_up = hangs.given_up("sample", drawing)
    assert given_up is not None
    (failure,) = given_up.outcomes
    assert isinstance(failure, Failure)
    assert failure.text == "its time, for `decoder` does not come to an end"
    assert not is_given_up(hangs, stubbed, "sample")
    # One that comes to an end with other rows may do so here.
    hangs.note("decoder", decoding(3), RAISED)
    assert not is_given_up(hangs, drawing, "sample")


@pytest.mark.parametrize("observation", [HUNG, NEVER_LOADED])
def test_once_something_hung_the_whole_grading_hurries(observation: Observation) -> None:
    pace = Pace()
    hangs, wider = Hangs(pace), Hangs(pace)
    hangs.note("decoder", decoding(5), RAISED)
    assert not pace.is_hurried
    hangs.note("decoder", decoding(5), observation)
    assert pace.is_hurried
    assert observation.has_hung
    assert not Observation((Failure("died", "call"),)).has_hung
    assert wider.given_up("decoder", decoding(5)) is None


def test_work_grows_with_rows_repeats_and_sizes() -> None:
    twice = Call("decoder", {"z": np.zeros((5, 2))}, repeat=2)
    assert work(decoding(5)) < work(decoding(6)) < work(decoding(6, units=4))
    assert work(Probe(Sizes(3, 2, 3), {}, (twice,))) == work(decoding(10))
