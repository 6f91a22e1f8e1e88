"""How far it is, on a terminal and elsewhere."""

from __future__ import annotations

import io

from made_results import broken_grader, graded, ungradable

from grader.batch.progress import progress


class Terminal(io.StringIO):
    """Text that calls itself a terminal."""

    def isatty(self) -> bool:
        return True


def told(stream: io.StringIO) -> str:
    with progress(3, stream) as tell:
        for name, result in (("ada", graded()), ("bob", ungradable()), ("cy", broken_grader())):
            tell(name, result)
    return stream.getvalue()


def test_plain_lines_where_there_is_no_terminal() -> None:
    assert told(io.StringIO()).splitlines() == [
        "1/3 ada: 4.5 of 7.5",
        "2/3 bob: ungradable: There is no class VAE.",
        "3/3 cy: grader error: The grader itself failed in some checks.",
    ]


def test_a_bar_on_a_terminal_names_only_what_could_not_be_graded() -> None:
    text = told(Terminal())
    assert "3/3" in text
    assert "bob: ungradable: There is no class VAE." in text
    assert "ada:" not in text
    assert "1 ungradable, 1 grader error" in text
