"""Names of folders into which whoever collects sorts what came: ``late``, ``2026-11-03``, ``A-K``.

A student's own folder may be called so, too: what lies in it decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from grader.platforms.names import composed


@dataclass(frozen=True)
class Pile:
    """What the name of a folder tells.

    Attributes:
        by_time: whether it says when something came, or what became of it, and not who looks at
            it: a student may have work in several such folders.
        is_sure: whether no student is called so.
    """

    by_time: bool
    is_sure: bool = True


_FILLING = r"(?:(?:the|a|all|in|of|by|to|for|on|after|before|die|der|alle|zu|el|la|los|las|les) )*"
_KEPT = (
    r"(?:late|too late|very late|overdue|delayed|missed|ontime|on time|in time|punctual|early"
    r"|extensions?|extended|resubmissions?|resubmitted|resubmit|resit|retakes?|redo|makeup"
    r"|regrades?|submissions?|submitted|submits?|collected|collections?|hand ?ins?|handed in"
    r"|turned in|uploads?|uploaded|received|incoming|inbox|inbound|dropbox|downloads?|downloaded"
    r"|exports?|exported|ungraded|graded|regraded|to grade|to do|todo|done|checked|unchecked|marked"
    r"|corrected|pending|reviewed|homeworks?|assignments?|deadline|everyone"
    r"|students?|student work"
    r"|p[uü]e?nktlich|rechtzeitig|fristgerecht|versp[aä]e?tete?|sp[aä]e?te?r?|nachz[uü]e?gler"
    r"|nachreichung(?:en)?|abgaben?|abgegeben|einreichung(?:en)?|eingereicht|l[oö]e?sungen"
    r"|korrigiert|unkorrigiert|bewertet|offen|erledigt|studierende|studenten|hausaufgaben"
    r"|a tiempo|tarde|tard[ií]as?|atrasad[oa]s?|fuera de plazo|entregas?|entregad[oa]s?"
    r"|entregues?|env[ií]os?|corregid[oa]s?|corrigid[oa]s?|estudiantes|alumn[oa]s|tareas"
    r"|no prazo|trabalhos|trabajos|[aà] temps|(?:en )?retards?|tardifs?|rendus?|remises?"
    r"|d[eé]p[oô]ts?|corrig[eé]s?|[eé]tudiants|devoirs|puntuali|in tempo|(?:in )?ritardo|consegne"
    r"|consegnat[ie]|elaborati|studenti|op tijd|te laat|inleveringen|ingeleverd|studenten"
    r"|i tid|f[oö]r sent|inl[aä]mningar|afleveringer|innleveringer|palautukset|prace|odevzdane"
    r"|teslim(?:ler)?|ge[cç]|сданные|работы|提交|提出|迟交|按时|遅刻|제출)"
)
_TOLD = re.compile(rf"{_FILLING}{_KEPT}(?: {_FILLING}{_KEPT})*")
_LATE = re.compile(
    r"late|overdue|delay|extension|extended|resub|resit|retake|redo|makeup|sp[aä]e?t|nachz|nachr"
    r"|tard|atrasad|fuera|ritardo|laat|sent|ge[cç]|迟交|遅刻"
)

_NUMBER = r"(?:\d{1,3}|[a-z]|[ivx]{1,4}|one|two|three|first|second|third|last)"
_TIMES = (
    r"(?:week|woche|kw|calendar week|semana|semaine|settimana|vecka|uge|tag|day|d[ií]a|jour"
    r"|batch|charge|round|runde|ronda|rodada|tour|turno|wave|welle|delivery|lieferung|download"
    r"|export|deadline|due|frist|plazo|attempt|versuch|intento|essai|tentativ[oa]|poging|try"
    r"|f[oö]rs[oö]k|month|monat|mes|mois|mese)"
)
_WORKS = r"(?:submission|abgabe|einreichung|entrega|env[ií]o|rendu|consegna)"
_SHARES = (
    r"(?:part|teil|parte|partie|deel|del|set|pile|stack|stapel|haufen|bundle|chunk|block|lot|share"
    r"|half|h[aä]e?lfte|third|slice|shard|packet|paket|package|bin|box|bucket)"
)
_TIME_NUMBER = re.compile(rf"{_TIMES} ?{_NUMBER}|{_NUMBER}(?:st|nd|rd|th)? {_TIMES}")
_WORK_NUMBER = re.compile(rf"{_WORKS} ?{_NUMBER}|{_NUMBER}(?:st|nd|rd|th)? {_WORKS}")
_SHARE_NUMBER = re.compile(rf"{_SHARES} ?{_NUMBER}|{_NUMBER}(?:st|nd|rd|th)? {_SHARES}")

_MONTH = (
    r"(?:jan(?:uary?|uar|vier)?|feb(?:ruary?|ruar)?|f[eé]v(?:rier)?|mar(?:ch|s|zo|ço)?|m[aä]e?rz"
    r"|m[aä]r|apr(?:il|ile)?|avr(?:il)?|abr(?:il)?|may|mai|mayo|maio|maggio|jun[ei]?|juin|junio"
    r"|jul[iy]?|juillet|julio|aug(?:ust)?|ao[uû]t|ago(?:sto)?|sept?(?:ember|embre|iembre)?"
    r"|o[ck]t(?:ober|obre|ubre)?|ottobre|nov(?:ember|embre|iembre)?|de[cz](?:ember|embro)?"
    r"|d[eé]c(?:embre)?|dic(?:iembre|embre)?|ene(?:ro)?|gen(?:naio)?)"
)
_CLOCK = r"(?: ?t?\d{1,2} ?h? ?\d{2}(?: \d{2})?(?: ?[ap]m| ?z| utc)?)?"
_BEFORE = r"(?:(?:due|deadline|until|by|bis|frist|collected|downloaded|submitted|export|on|am) )*"
_DATE = re.compile(
    rf"{_BEFORE}(?:(?:19|20)\d\d \d{{1,2}} \d{{1,2}}|\d{{1,2}} \d{{1,2}} (?:(?:19|20)\d\d|\d\d)"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?: \d{{4}})?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? (?:de )?{_MONTH}(?: (?:de )?\d{{4}})?"
    rf"|(?:19|20)\d\d \d{{1,2}}|{_MONTH} (?:19|20)\d\d){_CLOCK}"
)
_MAYBE_DATE = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|\d{1,2} \d{1,2}")
_NAMES = r"(?:(?:sur|last |family )?names?|students?|nachnamen?|apellidos?|noms?|cognomi) "
_TO = r"\s*(?:[-\u2013\u2014_]|\.\.|\bto\b|\bbis\b|\bthrough\b)\s*"
_RANGE = re.compile(rf"(?:{_NAMES})?([^\W\d_]){_TO}([^\W\d_])")
_MAYBE_RANGE = re.compile(
    rf"(?:{_NAMES})?(?:[^\W\d_]{{1,3}}{_TO}[^\W\d_]{{1,3}}|\d{{1,4}}{_TO}\d{{1,4}})"
)
_BY = re.compile(
    r"(?:(?:un|re|to be )?(?:graded|marked|checked|corrected|reviewed|assigned|done)|to grade"
    r"|korrigiert|korrektur|bewertet|benotet|corregid[oa]s?|corrig[eé]s?|corrett[io]"
    r"|nagekeken|corrigid[oa]s?|for grading)"
    r" (?:by|to|for|von|durch|f[uü]e?r|por|para|par|da|door) .+"
)
_GRADER = re.compile(
    r"(?:tas?|tutor(?:in)?|graders?|markers?|korrektor(?:in)?|instructor|reviewer|assistant"
    r"|hiwi|corrector|evaluador|profesor|teacher)s? .+"
)


def is_by_time(name: str) -> bool:
    """Return whether a folder's name says when something came, or what became of it."""
    pile = pile_of(name)
    return pile is not None and pile.by_time


def is_late(name: str) -> bool:
    """Return whether a folder's name says that what is in it came after the rest."""
    return is_by_time(name) and _LATE.search(name.casefold()) is not None


def pile_of(name: str) -> Pile | None:
    """Return what a folder sorts by, as its name tells; None if it tells nothing."""
    # A letter beside a digit: `batch1`; a capital within: `OnTime`.
    text = re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])", " ", composed(name))
    text = re.sub(r"[\W_]+", " ", text).strip().casefold()
    if any(it.fullmatch(text) for it in (_DATE, _TIME_NUMBER, _TOLD)):
        return Pile(by_time=True)
    range_ = _RANGE.fullmatch(composed(name).strip().casefold())
    if _SHARE_NUMBER.fullmatch(text) or _BY.fullmatch(text) or (range_ and range_[1] < range_[2]):
        return Pile(by_time=False)
    if _WORK_NUMBER.fullmatch(text) or _MAYBE_DATE.fullmatch(text):
        return Pile(by_time=True, is_sure=False)
    if _MAYBE_RANGE.fullmatch(composed(name).strip().casefold()) or _GRADER.fullmatch(text):
        return Pile(by_time=False, is_sure=False)
    return None
