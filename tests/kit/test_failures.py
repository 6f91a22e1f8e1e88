"""What is said where a call gave nothing."""

from __future__ import annotations

from dataclasses import replace

from grader.kit.failures import lost_by
from grader.kit.observation import Failure

TEXT = "shape '[-1, 784]' is invalid for input of size 18"
RAISED = Failure(
    "raised",
    "call",
    "RuntimeError",
    TEXT,
    13,
    33,
    source="x.view(-1, 784)",
    given={"obs_dim": "9", "latent_dim": "3", "x": "[2, 9]", "num_samples": "5"},
    literal="784",
    is_written=True,
)


def test_an_exception_says_where_what_and_with_which_sizes() -> None:
    lost = lost_by(RAISED, "encoder")
    assert lost.message == (
        "`encoder` stops in cell 13, line 33: `x.view(-1, 784)`. The tensor holds 18 numbers, and "
        "they don't fill the shape [-1, 784]. Here obs_dim is 9, latent_dim is 3, x has shape "
        "[2, 9] and num_samples is 5. The number 784 in your code is none of these. "
        f"Python's words: RuntimeError: {TEXT}."
    )
    assert "write none as a number" in lost.hint
    assert lost.evidence == {
        "cell": 13,
        "line": 33,
        "exception": "RuntimeError",
        "failure": "raised",
        "error": "view_sizes",
        "says": "The tensor holds 18 numbers, and they don't fill the shape [-1, 784].",
    }
    assert "How many rows" in lost_by(replace(RAISED, literal=""), "encoder").hint


def test_an_exception_that_nobody_knows_has_its_own_words_and_no_hint() -> None:
    lost = lost_by(
        replace(RAISED, type="ValueError", text="no such {class}" + "a" * 500), "encoder"
    )
    assert lost.message.startswith("`encoder` stops in cell 13, line 33: `x.view(-1, 784)`. Python")
    assert lost.message.endswith("aaa ….")
    assert lost.hint == ""


def test_what_a_method_raises_itself_is_not_taken_for_an_error_of_a_library() -> None:
    raised = replace(RAISED, type="KeyError", text="'a'", source="raise KeyError('a')")
    assert "dictionary" not in lost_by(raised, "encoder").message


def test_advice_of_the_library_is_left_out() -> None:
    text = "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
    lost = lost_by(replace(RAISED, text=text), "encoder")
    assert "detach" not in lost.message + lost.hint


def test_each_stage_says_what_stops() -> None:
    def beginning(stage: str, **more: object) -> str:
        failure = replace(RAISED, type="ValueError", text="no", stage=stage, **more)  # type: ignore[arg-type]
        return lost_by(failure, "elbo").message.partition(" Python's")[0]

    place = "in cell 13, line 33: `x.view(-1, 784)`."
    assert beginning("call") == f"`elbo` stops {place}"
    assert beginning("load") == f"The code of class {{class}} stops {place}"
    assert beginning("construct") == f"{{construction}} can't be built: it stops {place}"
    none = {"cell": None, "line": None, "source": ""}
    assert beginning("call", **none) == "`elbo` stops with an error."
    words = "`elbo` returns something whose gradient can't be computed."
    assert beginning("backward", **none) == words


def test_what_is_not_written_is_told_from_a_line_that_was_left_in() -> None:
    raised = replace(RAISED, type="NotImplementedError", text="", is_written=False)
    lost = lost_by(raised, "encoder")
    assert lost.message == "`encoder` is not written yet (cell 13, line 33)."
    assert lost.evidence["unwritten"]
    lost = lost_by(replace(raised, is_written=True), "encoder")
    assert "The line that stands for code yet to be written is still there." in lost.message
    assert "unwritten" not in lost.evidence


def test_none_is_told_with_and_without_a_return() -> None:
    nothing = Failure("nothing", "call", cell=13, line=40)
    lost = lost_by(nothing, "decoder")
    assert lost.message == "`decoder` returns None: is the `return` missing?"
    lost = lost_by(replace(nothing, text="return"), "decoder")
    assert lost.message == "`decoder` returns None, though it has a `return`."


def test_a_method_that_is_missing_is_told_so() -> None:
    text = "'VAE' object has no attribute 'encoder'"
    missing = Failure("raised", "call", "AttributeError", text)
    assert lost_by(missing, "encoder").message == "The class has no method `encoder`."
    assert lost_by(missing, "encoder").evidence["missing"]
    assert "missing" not in lost_by(replace(missing, cell=3, line=4), "encoder").evidence


def test_time_an_end_and_nonsense_are_told() -> None:
    slow = lost_by(Failure("timed_out", "load", text="20 seconds"), "elbo")
    assert slow.message == "Loading class {class} for `elbo` did not finish within 20 seconds."
    ended = lost_by(Failure("died", "call", text="it called exit"), "elbo")
    assert ended.message == "`elbo` ended the process: it called exit."
    strange = lost_by(Failure("nonsense", "call", text="no header"), "elbo")
    assert strange.message == "`elbo` disturbed the grader's channel (no header)."


def test_what_confinement_refused_is_not_the_methods_fault() -> None:
    lost = lost_by(replace(RAISED, refused="network"), "elbo")
    assert lost.message.startswith(
        "`elbo` couldn't be checked (cell 13, line 33): it needs the net"
    )
    assert lost.hint.startswith("This says nothing about what the method computes.")
