"""Datelines: `BEIJING (Sputnik) - `, `WASHINGTON, March 3 - `, `NAIROBI, Kenya (AP) _`, `LONDON/PARIS (Reuters) —`.

A dateline is place, agency and date in this order, any of them missing, closed by a dash. At least one thing besides the place must
show that it is none of the many sentences that begin with a capitalised word and a dash: an agency in brackets, a date, a region
after the city, or a city that is known (`CITIES`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 140
"""Characters in which a dateline has to end: the search is bounded, so its time is too."""

_MONTH = r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
_DATE = rf"(?:{_MONTH}\s{{1,3}}\d{{1,2}}(?:,\s?\d{{4}})?|\d{{1,2}}\s{{1,3}}{_MONTH}(?:\s\d{{4}})?)"
_CAPS = r"(?:ST\.|MT\.|FT\.|[^\W\d_a-z](?:[^\W\d_a-z]|['’.`-](?=[^\W\d_a-z]))+)"
_TITLE = r"[^\W\d_a-z][^\W\d_]+(?:[-'’][^\W\d_]+)*"
_CITY = rf"(?:{_CAPS}(?:\s{_CAPS}){{0,4}})"
_SMALL_CITY = rf"(?:{_TITLE}(?:\s{_TITLE}){{0,2}})"
_REGION = r"(?:,\s?(?!(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z.]{0,8}\s{1,3}\d)[^\W\d_a-z](?:[^\W\d_]|[.'’-]){0,20}(?:\s[^\W\d_](?:[^\W\d_]|[.'’-]){0,20}){0,3})"
_AGENCY = r"(?:\((?P<agency>[^\W\d_][^()\n]{1,40})\)|/(?P<slashed>[^\W\d_][^/\n]{1,30})/\.?)"
_DASH = r"\s*(?:--?|[–—―_]|-{2,3})(?=\s|[\"“«'‘A-Z]|$)\s*"


def _pattern(city: str) -> re.Pattern[str]:
    place = rf"(?P<place>{city}(?:(?:/|\s?and\s|,\s?){city})?{_REGION}{{0,2}})"
    date = rf"(?:,?\s{{0,3}}(?P<date>{_DATE}))"
    return re.compile(rf"\s{{0,20}}{place}{date}?(?:,?\s{{0,3}}{_AGENCY})?{date.replace('<date>', '<date2>')}?(?P<dash>{_DASH})?")


_LOUD = _pattern(_CITY)
_QUIET = _pattern(_SMALL_CITY)
_BARE_AGENCY = re.compile(rf"\s{{0,20}}\((?P<agency>[^\W\d_][^()\n]{{1,40}})\)(?P<dash>{_DASH})")


@dataclass(frozen=True)
class Dateline:
    """A dateline at the beginning of a text.

    Attributes:
        end: where the body's text begins: an offset into the text that was given.
        place, agency, date: as they stand, or None.
    """

    end: int
    place: str | None
    agency: str | None
    date: str | None


def find(text: str) -> Dateline | None:
    """The dateline with which the text begins, or None."""
    head = text[:LONGEST]
    for pattern in (_LOUD, _QUIET):
        match = pattern.match(head)
        if match and (found := _read(match, loud=pattern is _LOUD)):
            return found
    match = _BARE_AGENCY.match(head)
    return Dateline(match.end(), None, match["agency"].strip(), None) if match else None


def _read(match: re.Match[str], *, loud: bool) -> Dateline | None:
    date = match["date"] or match["date2"]
    agency = match["agency"] or match["slashed"]
    if not match["dash"] and not match["slashed"]:
        return None
    if not (date or agency) and not (loud and "," in match["place"]):
        return None
    return Dateline(match.end(), match["place"].strip(), agency.strip() if agency else None, date)
