"""The publication day that a text betrays: weekdays without a date ("said on Friday") beside a date without a year ("on June 2").

The example: talks "on Monday" "on June 2" -> a year in which June 2 is a Monday, the last one that is not after the document was
fetched; the lede says "on Friday" and the talks are still to come -> the Friday before: 2025-05-30.
"""

from __future__ import annotations

import datetime as dt
import re

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = "|".join(m.title() for m in _MONTHS)
_DATE = re.compile(rf"\b({_MONTH})\s(\d{{1,2}})\b(?!,?\s\d{{4}})|\b(\d{{1,2}})\s({_MONTH})\b(?!\s\d{{4}})")
_SHORT = re.compile(r"([^\W\d_]{3,10})\.?\s{1,3}(\d{1,2})|(\d{1,2})\.?\s([^\W\d_]{3,10})")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_WEEKDAY = re.compile(rf"\b(?:on\s)?({'|'.join(d.title() for d in _DAYS)})\b")
_AHEAD = re.compile(r"\b(?:will|would|to be held|to hold|is ready|are ready|set to|due to|plans?|scheduled|upcoming|expected|next)\b")
_SENTENCE = re.compile(r"(?<=[.!?])[\"”’]?\s+")
LOOK = 6000
"""Characters of the text that are read."""
YEARS = 12
"""How far back a year is looked for: June 2 is a Monday every 5, 6 or 11 years."""


def day(text: str, not_after: dt.date) -> tuple[dt.date, str] | None:
    """(publication day, the words that it rests on), or None where the text does not say enough."""
    sentences = _SENTENCE.split(text[:LOOK])
    lede = next(((m[1], s) for s in sentences[:3] if (m := _WEEKDAY.search(s))), None)
    if lede is None:
        return None
    told = _DAYS.index(lede[0].lower())
    weekdays = {_DAYS.index(m[1].lower()) for s in sentences for m in _WEEKDAY.finditer(s)}
    for number, sentence in enumerate(sentences):
        match = _DATE.search(sentence)
        if match is None:
            continue
        near = sentence + " " + " ".join(sentences[number + 1 : number + 2])
        event = _event(match, weekdays - {told}, not_after)
        if event is not None:
            ahead = bool(_AHEAD.search(near))
            found = _beside(event, told, ahead=ahead)
            if found <= not_after:
                return found, f"{lede[0]}, {match[0]}"
    return None


def _event(match: re.Match[str], weekdays: set[int], not_after: dt.date) -> dt.date | None:
    month = _MONTHS.index((match[1] or match[4]).lower()) + 1
    number = int(match[2] or match[3])
    for year in range(not_after.year + 1, not_after.year - YEARS, -1):
        try:
            candidate = dt.date(year, month, number)
        except ValueError:
            continue
        if candidate.weekday() in weekdays and candidate <= not_after + dt.timedelta(days=6):
            return candidate
    return None


def _beside(event: dt.date, weekday: int, *, ahead: bool) -> dt.date:
    away = (event.weekday() - weekday) % 7 if ahead else -((weekday - event.weekday()) % 7)
    return event - dt.timedelta(days=away)


def day_before(date: str, not_after: dt.date) -> dt.date | None:
    """The day that a dateline's date names (`March 3`, `3 May 2026`): in its year, or the last one that is not after `not_after`."""
    match = _SHORT.search(date)
    word = (match[1] or match[4]).casefold() if match else ""
    month = next((n for n, name in enumerate(_MONTHS, 1) if name.startswith(word[:3])), None)
    if match is None or month is None:
        return None
    year = _YEAR.search(date)
    for candidate in [int(year[0])] if year else [not_after.year, not_after.year - 1]:
        try:
            found = dt.date(candidate, month, int(match[2] or match[3]))
        except ValueError:
            continue
        if year or found <= not_after:
            return found
    return None
