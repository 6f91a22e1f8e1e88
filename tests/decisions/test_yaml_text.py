"""Entries in the text of overrides.yaml: a person's own lines and comments stay as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.decisions.yaml_text import plain_entries, with_entries, without

ENTRY = {
    "student": "No",
    "target": "kl",
    "points": 2.5,
    "comment": "a\n# no comment of YAML's\n  indented",
    "reason": "yes: it's 1:30",
    "where": {"says": " x\ny "},
    "at": "2026-11-28T07:00:00.123+00:00",
}
TEXTS = (
    "",
    "# mine alone\n",
    "# above\n- student: a   # beside\n  seen: true\n\n# between\n- {student: b, seen: true}\n"
    "# below\n",
    "  - student: a\n    comment: |\n      # in it\n      b\n\n  # below\n",
    "-\n  student: a\n  seen: true\n",
    "- student: a\r\n  seen: true\r\n",
    "- student: a\n  seen: true",
    "---\n- student: 'a'\n  reason: \"b\"\n",
    "- &one {student: a, seen: true}\n- *one\n",
)


@pytest.mark.parametrize("text", TEXTS)
def test_what_was_there_stays_letter_by_letter(text: str) -> None:
    longer = with_entries(text, [ENTRY, ENTRY])
    assert longer.startswith(text.rstrip("\r\n"))
    before = plain_entries(text)
    assert plain_entries(longer) == [*before, ENTRY, ENTRY]
    shorter = without(without(longer, len(before)), len(before))
    assert shorter.rstrip("\r\n") == text.rstrip("\r\n")


def test_an_entry_goes_with_its_own_comments_and_no_others() -> None:
    text = TEXTS[2]
    assert without(text, 0) == "# above\n\n# between\n- {student: b, seen: true}\n# below\n"
    assert without(text, 1).endswith("  seen: true\n\n# between\n# below\n")


@pytest.mark.parametrize(
    "text",
    [
        "# top\n[]\n",
        "# top\n[{student: Zo\u00eb, seen: true}] # beside\n",
        "# top\n[{student: a, seen: true}, # first\n  {student: b, seen: true}, # last\n]",
    ],
)
def test_a_list_in_brackets(text: str) -> None:
    longer = with_entries(text, [ENTRY])
    assert "# top" in longer
    before = plain_entries(text)
    assert plain_entries(longer) == [*before, ENTRY]
    assert plain_entries(without(longer, len(before))) == before
    if len(before) > 1:
        assert plain_entries(without(longer, 0)) == [before[1], ENTRY]


NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False))
VALUES = {"student": st.text(), "reason": st.text(), "points": NUMBERS, "seen": st.booleans()}


@given(st.lists(st.fixed_dictionaries({}, optional=VALUES).filter(bool)))
def test_any_text_is_read_as_it_was_written(entries: list[dict[str, object]]) -> None:
    text = with_entries("- seen: true\n", entries) if entries else "- seen: true\n"
    assert plain_entries(text)[1:] == entries


@pytest.mark.parametrize("nothing", ["null\n", "~\n", "---\n", "[]\n", "# a remark\nnull\n"])
def test_a_text_that_says_nothing_gets_its_first_entry(nothing: str) -> None:
    text = with_entries(nothing, [{"student": "a", "seen": True}])
    assert plain_entries(text) == [{"student": "a", "seen": True}]
    assert ("# a remark\n" in text) == ("#" in nothing)


def test_an_entry_goes_before_the_mark_that_ends_a_document() -> None:
    text = with_entries("---\n- student: a\n  comment: hi\n...\n", [{"student": "b", "seen": True}])
    assert text == "---\n- student: a\n  comment: hi\n- student: b\n  seen: true\n...\n"
