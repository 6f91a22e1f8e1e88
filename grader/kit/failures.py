"""What a student reads when a call gave nothing."""

from __future__ import annotations

from collections.abc import Mapping

from grader.kit.check import Lost
from grader.kit.exceptions import Told, told
from grader.kit.observation import Failure
from grader.untrusted_text import quoted

CLASS_NAME, CONSTRUCTION = "{class}", "{construction}"
"""In messages: the class's name, and how it is constructed, as the assignment has them."""

_MOST_OF_TEXT = 160
_NO_NUMBERS = (
    "The checks use other sizes than the notebook, and the last batch of an epoch is smaller. Take "
    "sizes from the tensors or from the class, and write none as a number."
)

_AS_GIVEN = (
    "This method is given: restore it as it was. The checks put weights of their own into the "
    "layers that it makes."
)


def lost_by(failure: Failure, method: str) -> Lost:
    """Return what a student reads when a call gave nothing."""
    evidence: dict[str, object] = {"cell": failure.cell, "line": failure.line}
    evidence |= {"exception": failure.type or None, "failure": failure.kind}
    if failure.kind == "nothing":
        return _nothing(failure, method, evidence)
    if f"has no attribute '{method}'" in failure.text and failure.cell is None:
        said = f"The class has no method `{method}`."
        return Lost(said, evidence=evidence | {"missing": True, "fixed": True})
    if failure.refused:
        return _refused(failure, method, evidence)
    if failure.kind == "raised":
        return _raised(failure, method, evidence)
    about = {
        "load": f"Loading class {CLASS_NAME} for `{method}`",
        "construct": f"{CONSTRUCTION}",
        "call": f"`{method}`",
        "backward": f"The gradient of what `{method}` returned",
    }[failure.stage]
    if failure.kind == "timed_out":
        return Lost(
            f"{about} did not finish within {failure.text}.",
            "Look for a loop that does not end, or a very slow one.",
            evidence=evidence,
        )
    if failure.kind == "died":
        return Lost(f"{about} ended the process: {failure.text}.", evidence=evidence)
    return Lost(f"{about} disturbed the grader's channel ({failure.text}).", evidence=evidence)


def _nothing(failure: Failure, method: str, evidence: dict[str, object]) -> Lost:
    """Return what is said of a method that holds code and returns None.

    One that returns something somewhere may do so at other sizes.
    """
    if failure.text:
        return Lost(
            f"`{method}` returns None, though it has a `return`.",
            "Print what the `return` hands over. Or does one way through the method end without "
            "it?",
            evidence=evidence,
        )
    return Lost(
        f"`{method}` returns None: is the `return` missing?",
        "The last line of a method hands its result over. The docstring says what comes back.",
        evidence=evidence | {"fixed": True},
    )


def _raised(failure: Failure, method: str, evidence: dict[str, object]) -> Lost:
    """Return what is said of an exception: where it arose, what is wrong, with which sizes."""
    if failure.type == "ChangedInitError":
        return Lost(f"`__init__` was changed: {failure.text}.", _AS_GIVEN, evidence=evidence)
    if failure.type == "NotImplementedError" and not failure.is_written:
        unwritten = evidence | {"unwritten": True, "fixed": True}
        return Lost(f"`{method}` is not written yet{_place(failure, ' ({})')}.", evidence=unwritten)
    own = failure.source.startswith("raise ") and failure.type != "NotImplementedError"
    known = Told() if own else told(failure.type, failure.text, method, failure.near)
    evidence |= {"error": known.id or None, "says": known.says}
    parts = [_where(failure, method), known.says, _given(failure) if known.sizes else ""]
    text = " ".join(failure.text.split())
    if known.id:  # what stands behind the first sentence is advice that may not fit here
        text = text.partition(". ")[0]
    text = text if len(text) <= _MOST_OF_TEXT else text[: _MOST_OF_TEXT - 2] + " …"
    said = quoted(f"{failure.type}: {text}" if text else failure.type)
    parts.append(f"Python's words: {said.rstrip('.')}.")
    hint = _NO_NUMBERS if known.sizes and failure.literal else known.hint
    return Lost(" ".join(filter(None, parts)), hint, evidence=evidence)


def _where(failure: Failure, method: str) -> str:
    """Return the sentence that says what stops, and at which line of the student's."""
    about = {
        "load": f"The code of class {CLASS_NAME} stops",
        "construct": f"{CONSTRUCTION} can't be built: it stops",
        "call": f"`{method}` stops",
        "backward": f"`{method}` returns something whose gradient can't be computed",
    }[failure.stage]
    source = f": `{quoted(failure.source)}`" if failure.source else ""
    place = _place(failure, " in {}") + source
    if not place and failure.stage != "backward":
        place = " with an error"
    return f"{about}{place}."


def _place(failure: Failure, around: str) -> str:
    return around.format(f"cell {failure.cell}, line {failure.line}") if failure.cell else ""


def _given(failure: Failure) -> str:
    """Return the sizes of the model and of the arguments, and a number that is none of them."""
    if not failure.given:
        return ""
    *most, last = (f"{name} {_value(words)}" for name, words in failure.given.items())
    sizes = f"{', '.join(most)} and {last}" if most else last
    none = (
        f" The number {failure.literal} in your code is none of these." if failure.literal else ""
    )
    return f"Here {sizes}.{none}"


def _value(words: str) -> str:
    return f"has shape {words}" if words.startswith("[") else f"is {words}"


_REFUSED: Mapping[str, str] = {
    "program": "starts a program or a process, or signals one, and a check allows none",
    "network": "needs the network, and a check has none",
    "file": "needs a file outside of its own folder, and a check has no other",
    "rights": "makes a link or changes a file's rights, which a check doesn't allow",
    "room": "writes more than a check has room for",
    "absent": "needs a file that isn't there: a check starts in an empty folder",
}


def _refused(failure: Failure, method: str, evidence: dict[str, object]) -> Lost:
    """Return what a student reads where a check is to blame, which allows less than a notebook."""
    about = {"load": f"The code of class {CLASS_NAME}", "construct": "`__init__`"}.get(
        failure.stage, f"`{method}`"
    )
    return Lost(
        f"{about} couldn't be checked{_place(failure, ' ({})')}: it {_REFUSED[failure.refused]} "
        f"({failure.type}: {quoted(failure.text)}).",
        "This says nothing about what the method computes. Leave such a step out of the class, or "
        "go on without it where it fails.",
        evidence=evidence | {"refused": failure.refused},
    )
