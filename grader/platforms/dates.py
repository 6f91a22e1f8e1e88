"""Days with a time of day, as platforms write them for people: in many languages, without a zone.

A day that may be another one, as 03/11/2026 is in March or in November, is not guessed.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from functools import cache

from grader.assets import asset

_HALVES = {
    **dict.fromkeys(("am", "πμ", "上午", "午前", "오전"), 0),
    **dict.fromkeys(("pm", "μμ", "下午", "午後", "오후"), 12),
}
_HALF = r"[ap]\.?\s?m\b\.?|[πμ]\.?μ\b\.?|[上下]午|午[前後]|오[전후]"
_MOMENT = re.compile(
    rf"(?P<day>.*?(?:[\s,)]|(?<=[日일])))\s*(?P<first>{_HALF})?\s*"
    r"(?P<hour>\d{1,2})(?:\s?[:.h_時时시-]\s?)?(?P<minute>\d\d)(?:[:.]\d\d)?[分분]?"
    rf"\s*(?P<last>{_HALF})?",
    re.DOTALL,
)
_YEAR_FIRST = re.compile(
    r"(\d{4})(?:[-/_]|\.\s?|\s?[年년]\s?)(\d{1,2})(?:[-/_]|\.\s?|\s?[月월]\s?)(\d{1,2})(?!\d)"
)
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})(?P<sign>[-/_ ]|\.\s?)(\d{1,2})(?P=sign)(\d{4})(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")
_MAX_TEXT = 100


def read_dates(text: str) -> tuple[datetime, ...]:
    """Return the times that a text may mean, on this machine's clock: one, two, or none at all."""
    folded = _folded(text.strip()[:_MAX_TEXT])
    match = _MOMENT.fullmatch(folded)
    if match is None or (match["first"] and match["last"]):
        return ()
    hour, minute = int(match["hour"]), int(match["minute"])
    half = re.sub(r"[.\s]", "", match["first"] or match["last"] or "")
    if half:
        if not 1 <= hour <= 12:
            return ()
        hour = hour % 12 + _HALVES[half]
    times = []
    for year, month, day in _days(match["day"]):
        try:
            times.append(datetime(year, month, day, hour, minute).astimezone())
        except (ValueError, OverflowError, OSError):
            continue
    return tuple(times)


def _days(text: str) -> list[tuple[int, int, int]]:
    """Return the days that a text may mean, each as year, month and day of the month."""
    if found := _YEAR_FIRST.search(text):
        year, month, day = map(int, found.groups())
        return [(year, month, day)]
    if found := _YEAR_LAST.search(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        # Who writes points has the day in front.
        may_be_month_first = first != second and "." not in found["sign"]
        return [(year, second, first), *([(year, first, second)] if may_be_month_first else [])]
    months = [_months()[word] for word in _WORD.findall(text) if word in _months()]
    numbers = _NUMBER.findall(text)
    if len(months) == 2 and text.startswith("mar"):  # a Tuesday, in Italian
        months = months[1:]
    years = [int(it) for it in numbers if len(it) == 4]
    days = [int(it) for it in numbers if len(it) <= 2]
    if not len(months) == len(years) == len(days) == 1 or len(numbers) > 2:
        return []
    return [(years[0], month, days[0]) for month in months[0]]


@cache
def _months() -> dict[str, tuple[int, ...]]:
    """Return the numbers of the months that a word names; a line of the file has those of one.

    A word may name two: listopada is October in Croatia, and November in Poland.
    """
    lines = asset("months.txt").read_text(encoding="utf-8").splitlines()
    named = [tuple(map(_folded, line.split())) for line in lines]
    words = {word for line in named for word in line}
    return {word: tuple(at for at, line in enumerate(named, 1) if word in line) for word in words}


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("i\u0307", "i")
