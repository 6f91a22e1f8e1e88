"""The page of messages names every error, in the words that students read."""

from __future__ import annotations

from grader.vae import ASSIGNMENT
from tests.messages_page import PAGE, examples, exceptions, page


def test_the_page_has_every_check_and_every_error_as_it_is() -> None:
    written = PAGE.read_text("utf-8").splitlines()
    wanted = page(list(ASSIGNMENT.misconceptions().values()), {}).splitlines()
    assert [line for line in written if not line.startswith("> ")] == wanted


def test_the_shortest_message_that_names_one_error_alone_is_the_example() -> None:
    def lost(misconception: str | None, message: str) -> dict[str, object]:
        return {"misconception": misconception, "message": message}

    recording = {
        "one": {"kl.total": lost("kl.a+kl.b", "Short."), "points": 3},
        "two": {"kl.total": lost("kl.a", "As long as it is."), "kl.gradient": lost(None, "")},
        "three": {"kl.total": lost("kl.a", "Not so long.")},
    }
    assert examples(recording) == {"kl.a": "Not so long.", "kl.b": "Short."}


def test_the_page_has_all_exceptions() -> None:
    assert "\n".join(exceptions()).strip() in PAGE.read_text("utf-8")
