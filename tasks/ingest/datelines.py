"""Datelines: `BEIJING (Sputnik) - `, `WASHINGTON, March 3 - `, `NAIROBI, Kenya (AP) _`, `MOSCOW, May 30. /TASS/. `.

A dateline is a place, a date and an agency at the beginning of a text, closed by a dash. Many sentences begin with a capitalised word
and a dash, so something must show that this one is a dateline: a date; an agency (a known one where the place is not in capitals); or,
for a place in capitals, its region or a long dash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 140
"""Characters in which a dateline has to end: the search is bounded, so its time is too."""

_WORD = r"[^\W\d_](?:[^\W\d_]|[.'’}-](?!\s-|-)){0,24}"
_NO_DATE = r"(?![^\W\d_]{3,10}\.?\s{1,3}\d)"
_PART = rf"{_NO_DATE}{_WORD}(?:[ ]{_NO_DATE}{_WORD}){{0,4}}"
_PLACE = rf"(?P<place>{_PART}(?:\s?[,/]\s?{_PART}){{0,3}})(?![^\W\d_])"
_AND = re.compile(r"[,/]|\s(?:and|und|et|y|e|и)\s")
_DAY = r"\d{1,2}(?:st|nd|rd|th|\.)?"
_MONTH = r"[^\W\d_]{3,10}\.?"
_DATE = rf"(?:[^\W\d_]{{3,10}},?\s)?(?:(?P<month#>{_MONTH})\s{{1,3}}{_DAY}|{_DAY}\s(?:de\s)?(?P<month#b>{_MONTH}))(?:,?\s\d{{4}})?"
_AGENCY = r"\((?P<agency>[^\W\d_][^()\n:]{1,40})\)"
_SLASHED = r"/(?P<slashed>[^\W\d_][^/\n]{1,30})/\s?[.-]?"
_DASH = r"(?P<dash>-{1,3}|[–—―_])(?=\s|[^\W\d_]|[\"“«'‘&]|$)"
_LINE = re.compile(
    rf"\s{{0,20}}{_PLACE}(?:(?:\s?[,.]\s{{0,3}}|\s{{1,3}})(?P<date>{_DATE.replace('#', '1')}))?[.,]?"
    rf"(?:\s{{0,3}}{_AGENCY})?(?:,\s?(?P<signed>[^\W\d_]{{2,12}}))?"
    rf"(?:,?\s{{1,3}}(?P<late>{_DATE.replace('#', '2')}))?\s{{0,3}}(?:{_SLASHED}|{_DASH})\s*"
)
_BARE = re.compile(rf"\s{{0,20}}{_AGENCY}\s{{0,3}}{_DASH}\s*")

_MONTHS_TEXT = """
    jan feb fév mar mär mrt mai may mag maj apr avr abr jun jui giu haz jul lug tem aug ago aoû ağu sep set eyl okt oct ott
    out eki nov kas dec déc dez dic ara oca şub nis янв фев мар апр май мая июн июл авг сен окт ноя дек
"""
_MONTHS = frozenset(_MONTHS_TEXT.split())
_MISSPELT = re.compile(r"[jfmasond]\w*(?:r|ry|ch|il|ne|ly|st|er)|narch", re.IGNORECASE)
_AGENCIES_TEXT = """
    aap aa afp agi ani anadolu anp ansa ap apa associated australian bbc belga belta bloomberg business cna cnn cns cp ctk
    dpa dw ecns efe europa globe hina ians interfax ips irna itar kuna kyodo lusa mti nina npr ntb pa pap petra pna pr press
    pti reuter reuters rfe ria ritzau rossiya sana spa sputnik stt tanjug tass the thomson trt tt ukrinform unian upi voa
    wafa wam xinhua yonhap рейтер риа тасс интерфакс укринформ
"""
AGENCIES = frozenset(_AGENCIES_TEXT.split())
"""First words of the names of news agencies and of wires that sign datelines."""
_NO_PLACE_TEXT = """
    advisory alert analysis breaking clarification column comment corrected correction editorial eu exclusive explainer
    factbox fact feature graphic in interview live nato news note on opinion photos podcast poll recap review scoop special
    the timeline un update updated urgent us video watch why
"""
_NO_PLACE = frozenset(_NO_PLACE_TEXT.split())


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
    if match := _LINE.match(head):
        return _read(match)
    match = _BARE.match(head)
    return Dateline(match.end(), None, match["agency"].strip(), None) if match and _is_agency(match["agency"]) else None


def _read(match: re.Match[str]) -> Dateline | None:
    place = match["place"].strip()
    date = next((match[d] for d, m in (("date", "month1"), ("late", "month2")) if _is_month(match[m] or match[m + "b"])), None)
    if date is None and (match["date"] or match["late"]):
        return None
    agency = (match["agency"] or match["slashed"] or match["signed"] or "").strip() or None
    if match["signed"] and not _is_agency(match["signed"]):
        return None
    city = _AND.split(place)[0].strip()
    first = city.split(" ")[0]
    if (first.casefold() in _NO_PLACE and first != "THE") or not all(
        word[0].isupper() for word in city.split(" ") if word not in ("de", "am", "al")
    ):
        return None
    if date or (agency and (city.isupper() or _is_agency(agency))) or _stands_alone(match, city):
        return Dateline(match.end(), place, agency, date)
    return None


def _stands_alone(match: re.Match[str], city: str) -> bool:
    """A place in capitals that needs neither date nor agency: it names its region, or a long dash with a blank beside it follows."""
    letters = sum(c.isalpha() for c in city)
    long_dash = match["dash"] not in (None, "-") and any(c.isspace() for c in match[0][match.end("place") :])
    return city.isupper() and letters > 3 and ("," in match["place"] or long_dash)


def _is_month(word: str | None) -> bool:
    return word is not None and (word[:3].casefold() in _MONTHS or _MISSPELT.fullmatch(word.rstrip(".")) is not None)


def _is_agency(name: str) -> bool:
    return re.split(r"[\s/,-]", name.casefold(), maxsplit=1)[0] in AGENCIES
