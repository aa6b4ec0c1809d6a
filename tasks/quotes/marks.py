"""Quotation marks: which of them open, which close, and what stands between.

All styles of news texts: straight and typographic, German low, French angles, LaTeX-like, doubled single marks of old agency
texts, single marks as outer marks, nested ones, and quotations left open at a paragraph's end because they go on in the next.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from tasks.quotes.attribution import Span
from tasks.quotes.lexicon import SMALL

CLOSERS = {"“": "”", "„": "“”", "«": "»", "»": "«", "‹": "›", "「": "」", "``": "''", "''": "''", '"': '"', "‘": "’", "'": "'"}
"""Opening mark -> what may close it. `»` opens in German and Danish print."""
_MARK = re.compile(r"``|''|[\"“”„«»‹›「」‘’']")
MARK = r"(?:``|''|[\"“”„«»‹›「」])"
"""A mark that is never an apostrophe, as a pattern."""
_SINGLE = 1500
"""Longest quotation between single marks."""
_MOST = 4000
"""Longest quotation in characters that is believed; what is longer is a mark gone wrong."""


@dataclass(frozen=True)
class Quoted:
    """A span between quotation marks, marks included; `closed` is false where the paragraph ended first."""

    start: int
    end: int
    mark: str
    closed: bool

    def inner(self, text: str) -> str:
        """The words between the marks."""
        tail = len(self.mark) if self.closed else 0
        return text[self.start + len(self.mark) : self.end - tail]


def quoted(text: str, start: int, end: int) -> list[Quoted]:
    """Outermost quotations within one paragraph `text[start:end]`, in order.

    An opening mark without its closing one is a quotation up to the paragraph's end, as in a quotation of several paragraphs; a single
    mark that is not closed soon is an apostrophe.
    """
    found: list[Quoted] = []
    place = barren = start  # no single mark closes before `barren`
    while match := _MARK.search(text, place, end):
        place = match.end()
        if not _opens(text, match, start, end):
            continue
        single = match[0] in "'‘"
        reach = min(end, match.end() + _SINGLE) if single else end
        close = _closing(text, match[0], max(match.end(), barren) if single else match.end(), reach)
        if close is not None:
            place = close
            found.append(Quoted(match.start(), close, match[0], closed=True))
        elif single:
            barren = reach
        else:
            found.append(Quoted(match.start(), _trimmed(text, match.start(), end), match[0], closed=False))
            break
    return [one for one in found if one.end - one.start <= _MOST and re.search(r"\w", one.inner(text))]


def _closing(text: str, mark: str, start: int, end: int) -> int | None:
    """Where the quotation ends that the mark opens, nested ones of the same marks passed over."""
    depth = 0
    for match in _MARK.finditer(text, start, end):
        if match[0] == mark and mark not in CLOSERS[mark]:
            depth += mark != "‘"
        elif match[0] in _closers(mark) and _closes(text, match, end):
            if not depth:
                return match.end()
            depth -= 1
    return None


def _closers(mark: str) -> tuple[str, ...]:
    closers = CLOSERS[mark]
    return (closers,) if closers == "''" else tuple(closers)


def _opens(text: str, match: re.Match[str], start: int, end: int) -> bool:
    """An opening mark has no letter before it and no blank after it."""
    if match[0] not in CLOSERS:
        return False
    before = text[match.start() - 1] if match.start() > start else " "
    after = text[match.end()] if match.end() < end else " "
    if match[0] in "«‹":  # French print sets blanks inside them
        return True
    if match[0] in ("“", "„", "「", "``"):
        return not after.isspace()
    free = before.isspace() or before in "([{—–-/…:" or before in "\"“'‘"
    if match[0] == "»":
        return free and not after.isspace() and "»" in text[match.end() : end] + "»"
    if match[0] in "'‘":
        return free and after.isalnum() and not re.match(r"(?:em|til|tis|twas|cause|n|\d0s)\b", text[match.end() : match.end() + 6])
    return free and not after.isspace()


def _closes(text: str, match: re.Match[str], end: int) -> bool:
    """A closing mark has no letter after it: an apostrophe has."""
    after = text[match.end()] if match.end() < end else " "
    if match[0] in "'’":
        before = text[match.start() - 1]
        return not after.isalnum() and (before in '.,!?;:…"”' or not _possessive(text, match.start(), end))
    if match[0] in ('"', "''"):
        return not text[match.start() - 1].isspace() or not after.isalnum()
    return True


def _possessive(text: str, place: int, end: int) -> bool:
    """Whether `s'` at the place may be a plural's genitive: a word follows, and another closing mark further on."""
    return text[place - 1] in "sS" and bool(re.match(r"['’]\s+\w[^\n]*?\w[.,!?]?['’](?!\w)", text[place:end][:300]))


def _trimmed(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip())


_NAMING = re.compile(
    r"(?:titled|entitled|headlined|called|dubbed|named|nicknamed|labell?ed|known as|so-called|conference|forum|summit|festival|"
    r"exhibition|programme?|project|operation|book|novel|film|movie|documentary|song|album|play|show|series|magazine|newspaper|podcast|memoir|"
    r"essay|paper|report|article|column|episode|campaign|slogan|hashtag|headline|the (?:word|term|phrase|name)s?)\W*$",
    re.IGNORECASE,
)


def is_title(text: str, one: Quoted) -> bool:
    """Whether the marks hold a title or a name and no speech: all its content words are capitalised, and no speech verb leads to it.

    A single capitalised word or a short phrase is a title only after a word that announces one (`the film "…"`).
    """
    words = [w for w in re.findall(r"[^\W\d_][\w’'-]*", one.inner(text)) if w.lower() not in SMALL]
    if not words or len(words) > 14:
        return False
    named = bool(_NAMING.search(text[max(0, one.start - 40) : one.start]))
    capital = sum(w[0].isupper() for w in words)
    sentence = re.search(r"[?!,]$", one.inner(text).strip()) is not None
    return (capital == len(words) and (named or (len(words) >= 3 and not sentence))) or (named and len(words) <= 4)


class Marks:
    """The quotations of a text, in order, found by place."""

    def __init__(self, found: Iterable[Quoted]) -> None:
        self.found = sorted(found, key=lambda one: one.start)
        self.starts = [one.start for one in self.found]

    def at(self, place: int) -> Quoted | None:
        """The quotation in which a place lies."""
        number = bisect_right(self.starts, place) - 1
        return self.found[number] if number >= 0 and place < self.found[number].end else None

    def between(self, start: int, end: int) -> tuple[Quoted, ...]:
        """The quotations that begin in [start, end)."""
        return tuple(self.found[bisect_left(self.starts, start) : bisect_left(self.starts, end)])

    def snap(self, span: Span) -> Span:
        """The span with edges that fall on a quotation's mark, or a little beside it, moved so that the marks are in."""
        start, end = span
        first, last = self.at(start), self.at(end)
        if first and start <= first.start + len(first.mark) + 1:
            start = first.start
        if last and last.closed and end >= last.end - len(last.mark) - 1:
            end = last.end
        return start, end


def speech(text: str, paragraphs: Iterable[Span]) -> Marks:
    """The quotations of all paragraphs that are no titles."""
    return Marks(one for start, end in paragraphs for one in quoted(text, start, end) if not is_title(text, one))
