"""Which sentences of an article may stand in its summary.

Left out are repeats (`copy_of`), titles, datelines and boilerplate (by their kind), and by their words: bylines, credits, sources of
pictures, calls to read on, and sentences that speak to a machine instead of a reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.summarize.injection import speaks_to_a_machine
from tasks.words.sentences import sentences

READ = ("body", "teaser")
MIN_WORDS = 5
"""Fewer words are a cross-heading, a caption's credit or half a sentence."""

FOLLOWERS = 2
"""Sentences after one that speaks to a machine, on the same line, that are left out too: orders come in several sentences."""

_NO_NEWS = re.compile(
    r"^\W*(?:by\s+\w+(?:\s+\w+){0,4}\W*$|(?:additional |further )?(?:reporting|writing|editing|compiled|translated|photography)\s+by\b"
    r"|(?:photo(?:graph)?|image|picture|video|source|credit|copyright|©|\(c\))\s*(?::|by\b|copyright\b|caption\b|©)"
    r"|(?:read (?:more|also|next|the full)|see also|watch(?: now| more|:)|click here|sign up|subscribe|follow us|scroll down"
    r"|advertisement|related(?: articles| stories|:)|share this|all rights reserved|editor['’]s note|listen to this|copyright \d{4}"
    r"|this (?:article|story) (?:was|is|has been|originally))\b)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://|www\.|\S@\S+\.\w|(?:^|\s)@\w{3,}|pic\.twitter", re.IGNORECASE)
_WORD = re.compile(r"\w+(?:[-'’.]\w+)*")


@dataclass(frozen=True)
class Candidate:
    """A sentence that may stand in a summary.

    Attributes:
        start, end: its span of the article's text.
        text: that span, white space as single blanks.
        words: how many it has.
        paragraph: number of its paragraph among those read, from 0.
        opens: whether it is its paragraph's first sentence.
        quote: whether all of it is between quotation marks, without who says it.
    """

    start: int
    end: int
    text: str
    words: int
    paragraph: int
    opens: bool
    quote: bool


@dataclass(frozen=True)
class Reading:
    """What of an article is read.

    Attributes:
        candidates: in order.
        orders: sentences that speak to a machine, and those that follow them on their line.
    """

    candidates: tuple[Candidate, ...]
    orders: tuple[str, ...]


def read(text: str, paragraphs: Sequence[Mapping[str, Any]], language: str) -> Reading:
    """The sentences that may stand in the summary.

    Args:
        text: `articles.text`.
        paragraphs: `articles.paragraphs`; none means that each line is a body paragraph.
        language: BCP-47.
    """
    found: list[Candidate] = []
    orders: list[str] = []
    seen: set[str] = set()
    for number, (begin, finish) in enumerate(_spans(text, paragraphs)):
        wary, before = 0, begin
        for nth, (start, end) in enumerate(sentences(text[begin:finish], language)):
            candidate = _candidate(text, begin + start, begin + end, number, nth == 0)
            wary = 0 if "\n" in text[before : candidate.start] else wary
            before = candidate.end
            wary = FOLLOWERS + 1 if speaks_to_a_machine(candidate.text) else wary - 1
            if wary > 0:
                orders.append(candidate.text)
            elif candidate.words >= MIN_WORDS and not _idle(candidate.text) and candidate.text.casefold() not in seen:
                seen.add(candidate.text.casefold())
                found.append(candidate)
    return Reading(tuple(found), tuple(orders))


def _spans(text: str, paragraphs: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    if not paragraphs:
        return [(0, len(text))]
    return [(p["start"], p["end"]) for p in paragraphs if p["kind"] in READ and p["copy_of"] is None]


def _candidate(text: str, start: int, end: int, paragraph: int, opens: bool) -> Candidate:
    plain = " ".join(text[start:end].split())
    return Candidate(start, end, plain, count_words(plain), paragraph, opens, is_bare_quote(plain))


def _idle(text: str) -> bool:
    return bool(_NO_NEWS.match(text) or _ADDRESS.search(text))


def count_words(text: str) -> int:
    """Words of the text, `it's` and `3.5` as one each; every character of a script without blanks counts a third."""
    spaced = len(_WORD.findall(text))
    dense = sum("\u3040" <= c <= "\u9fff" or "\u0e00" <= c <= "\u0e7f" for c in text)
    return max(spaced, dense // 3)


_OPENING, _CLOSING = "\"'“„«‘»", "\"'”“»’«"


def is_bare_quote(text: str) -> bool:
    """Whether the sentence is a direct quote and nothing else, so that it does not say who speaks."""
    body = text.rstrip(" .!?…,")
    if len(body) < 2 or body[0] not in _OPENING or text.rstrip(" .,")[-1] not in _CLOSING + "!?…":
        return False
    inner = body[1:].rstrip(_CLOSING + " .!?…,")
    return not re.search(r"[\"”»“„]", inner)
