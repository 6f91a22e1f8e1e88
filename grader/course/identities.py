"""Find the students of a course in text, and put pseudonyms in their place.

Who somebody is stands in names of files, in comments of notebooks, in what they print. A name is
looked for as a row of words, whatever stands between them: ``Ada Lovelace`` is in
``ada_lovelace.ipynb``, too. Where a text was cut, a name's beginning will do: ``Ada Lovel …``.
Initials, nicknames and misspelt names are not found.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from grader.platforms.names import composed
from grader.report.course import Entry

_WORD = re.compile(r"[^\W_]+")
_BETWEEN = re.compile(r"[^\w\n]{0,3}|_")
"""What may stand between the words of a name."""
_CUT = re.compile(r"\s?…")
"""What stands where a text was cut."""
_HOME = re.compile(r"((?:/home/|/Users/|\\Users\\))[^/\\\s'\"]+")
_ADDRESS = re.compile(
    r"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+(?:edu|com|org|net|example|[a-z]{2})\b(?!\s*[\[(.])"
)
"""An e-mail address, also one that the course doesn't know; `z@w.mm(x)` is a product."""
_WITHOUT_SPACES = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}")
"""Names in writing that puts no spaces between words."""
_SHORTEST = 3
"""Letters of a word that may be a name by itself."""
_LEAST_TOGETHER = 4
"""Letters of the words of a name, where it is more than one."""
_LEAST_RUN_TOGETHER = 6
"""The same, where nothing stands between them."""
_IN_A_PATH = (
    r"(?<![\w/.]){}(?=(?: ?\(\d+\)|[_-][\w-]*|/[^\n,;]*)?"
    r"\.(?:ipynb|py|pdf|html?|docx?|txt|zip|tar|gz|rar|7z)\b)"
)
"""Where a name is the beginning of a path, which no word of two letters is by chance."""
_FEWEST_DIGITS = 5
"""Of a number that may tell a student: shorter ones are all over a notebook."""


@dataclass(frozen=True)
class NameInText:
    """Words that tell a student.

    Attributes:
        words: folded, in their order.
        pseudonym: of the student's submission.
        spelling: of a single word that may be an everyday one in another spelling; "" for any.
    """

    words: tuple[str, ...]
    pseudonym: str
    spelling: str = ""


class NamesInText:
    """What tells the students of a course, to be found in text."""

    def __init__(self, identities: Iterable[NameInText], literal: Mapping[str, str]) -> None:
        """Take what tells students, and text that does so wherever it stands."""
        self._by_first: dict[str, list[NameInText]] = {}
        for identity in dict.fromkeys(identities):
            self._by_first.setdefault(identity.words[0], []).append(identity)
        for alike in self._by_first.values():
            alike.sort(key=lambda identity: -len(identity.words))
        self._firsts = sorted(self._by_first)
        self._literal = literal

    def at(
        self, text: str, words: Sequence[re.Match[str]], place: int
    ) -> tuple[NameInText, int] | None:
        """Return the longest identity that starts with a word, and how many of its words are there.

        None if there is none.
        """
        first = _folded(words[place][0])
        known = self._by_first.get(first, [])
        if not known and _is_cut(text, words[place]):
            longer = self._firsts[bisect_left(self._firsts, first) :][:1]
            known = [it for word in longer for it in self._by_first[word]]
        for identity in known:
            if count := _words_at(identity, text, words, place):
                return identity, count
        return None

    def in_place(self, text: str) -> str:
        """Return the text with pseudonyms for what tells a student wherever it stands."""
        for name, pseudonym in self._literal.items():
            text = text.replace(name, pseudonym)
        return text


@dataclass(frozen=True)
class Masked:
    """Text of one submission as nobody can tell whose it is.

    Attributes:
        pseudonym: of the submission.
        own: what tells its students.
        everyone: what tells all students.
        short: a name of its own that is too short to be looked for elsewhere than in paths.
    """

    pseudonym: str
    own: NamesInText
    everyone: NamesInText
    short: re.Pattern[str] | None = None

    def text(self, text: str) -> str:
        """Return a text with pseudonyms in the place of all students that it tells of."""
        text = self.everyone.in_place(self.own.in_place(composed(text)))
        if self.short:
            text = self.short.sub(self.pseudonym, text)
        text = _HOME.sub(lambda found: found[1] + self.pseudonym, text)
        words = list(_WORD.finditer(text))
        parts, done, place = [], 0, 0
        while place < len(words):
            found = self.own.at(text, words, place) or self.everyone.at(text, words, place)
            if found is None:
                place += 1
                continue
            identity, count = found
            parts += [text[done : words[place].start()], identity.pseudonym]
            place += count
            done = words[place - 1].end()
        return _ADDRESS.sub(self.pseudonym, "".join((*parts, text[done:])))


@dataclass(frozen=True)
class KnownStudents:
    """The students of a course, with the pseudonyms of their submissions."""

    entries: Sequence[Entry]
    pseudonyms: Mapping[str, str]

    @cached_property
    def _everyone(self) -> NamesInText:
        identities = (it for entry in self.entries for it in self._telling(entry))
        literal = (pair for entry in self.entries for pair in self._literal(entry).items())
        return NamesInText(identities, dict(literal))

    def masked(self, entry: Entry) -> Masked:
        """Return what makes text of a submission such that nobody can tell whose it is."""
        pseudonym = self.pseudonyms[entry.name]
        own = (*self._telling(entry), *_parts(entry, pseudonym))
        names = [name for name in map(composed, _known(entry)) if 0 < len(name) < _SHORTEST]
        any_of = f"(?:{'|'.join(map(re.escape, names))})"
        short = re.compile(_IN_A_PATH.format(any_of)) if names else None
        return Masked(pseudonym, NamesInText(own, self._literal(entry)), self._everyone, short)

    def _telling(self, entry: Entry) -> Iterator[NameInText]:
        pseudonym = self.pseudonyms[entry.name]
        for text in _known(entry):
            words = tuple(_WORD.findall(composed(text)))
            for ordered in dict.fromkeys((words, (*words[-1:], *words[:-1]))):
                if identity := _identity(ordered, pseudonym):
                    yield identity
        for student in entry.students:
            words = tuple(_WORD.findall(composed(student.name)))
            if len(words) > 1 and (identity := _identity((words[0], words[-1]), pseudonym)):
                yield identity
            if len(words) > 1 and len("".join(words)) >= _LEAST_RUN_TOGETHER:
                yield NameInText((_folded("".join(words)),), pseudonym)

    def _literal(self, entry: Entry) -> dict[str, str]:
        names = (
            name for student in entry.students for name in _WITHOUT_SPACES.findall(student.name)
        )
        return dict.fromkeys(names, self.pseudonyms[entry.name])


def _known(entry: Entry) -> Iterator[str]:
    """Yield all by which a platform or a folder knows whoever handed in."""
    yield entry.name
    yield entry.result.submission.student
    for student in entry.students:
        yield student.name
        yield student.id
        yield student.email
        yield student.email.partition("@")[0]
        yield student.prefix


def _identity(words: Sequence[str], pseudonym: str) -> NameInText | None:
    """Return words as what tells a student; None if they may as well be anything else."""
    together = "".join(words)
    folded = tuple(map(_folded, words))
    if together.isdecimal():
        return NameInText(folded, pseudonym) if len(together) >= _FEWEST_DIGITS else None
    if len(words) == 1:
        has_digit = any(sign.isdecimal() for sign in together)
        spelling = "" if has_digit else together
        return NameInText(folded, pseudonym, spelling) if len(together) >= _SHORTEST else None
    return NameInText(folded, pseudonym) if len(together) >= _LEAST_TOGETHER else None


def _parts(entry: Entry, pseudonym: str) -> Iterator[NameInText]:
    """Yield the single words of the names of whoever handed in, as they are written."""
    for student in entry.students:
        for word in _WORD.findall(composed(student.name)):
            is_short = len(word) == _SHORTEST - 1 and word.istitle()  # Bo, on Bo's own page
            if (len(word) >= _SHORTEST or is_short) and not word.isdecimal():
                yield NameInText((_folded(word),), pseudonym, word)


def _words_at(identity: NameInText, text: str, words: Sequence[re.Match[str]], place: int) -> int:
    """Return how many words of an identity stand at a place; those of its beginning at a cut."""
    found: list[re.Match[str]] = []
    for word in words[place : place + len(identity.words)]:
        found.append(word)
        if _is_cut(text, word):
            break
    count, last = len(found), found[-1][0]
    known, spelling = identity.words[:count], identity.spelling
    if _is_cut(text, found[-1]):
        least = _LEAST_TOGETHER if count == 1 else _SHORTEST
        if len(last) >= (_FEWEST_DIGITS if last.isdecimal() else least):
            known = (*known[:-1], known[-1][: len(_folded(last))])
            spelling = spelling[: len(last)]
    elif count < len(identity.words):
        return 0
    if tuple(_folded(word[0]) for word in found) != known:
        return 0
    if spelling:
        is_there = last == spelling
    elif known[0].isdecimal() and count == 1:
        is_there = not _is_in_number(text, found[0])
    else:
        gaps = pairwise(found)
        is_there = all(_BETWEEN.fullmatch(text, one.end(), other.start()) for one, other in gaps)
    return count if is_there else 0


def _is_cut(text: str, word: re.Match[str]) -> bool:
    """Return whether a text was cut in a word, or behind it."""
    return _CUT.match(text, word.end()) is not None


def _is_in_number(text: str, digits: re.Match[str]) -> bool:
    """Return whether digits are a part of a number with a point."""
    before, after = text[max(0, digits.start() - 1) : digits.start()], text[digits.end() :][:2]
    return before == "." or (after[:1] == "." and after[1:].isdecimal())


def _folded(word: str) -> str:
    """Return what spellings of a word share that differ in case or accents."""
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFKD", word)
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).casefold()
