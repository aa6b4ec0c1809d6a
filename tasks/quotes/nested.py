"""Sources inside contents: `Lavrov said that Putin had proposed …` is Putin's proposal in Lavrov's words."""

from __future__ import annotations

import re

from tasks.quotes.attribution import Attribution, Span
from tasks.quotes.cues import CLAUSE, is_speech, verbs
from tasks.quotes.names import Mention, read_mention
from tasks.quotes.nouns import left_of

_INITIATIVE = re.compile(
    r"\b(?:put|puts|putting|came|come|comes)\s+(?:forward|up with)\s+(?:an?|the|his|her|their)\s+(?:\w+\s+)?"
    r"(?:initiative|proposal|plan|idea)\b",
    re.IGNORECASE,
)
_CUES = 12
_WHO = re.compile(r"([^,;:.]{2,90}),\s+who\s+(?:[\w' ]{0,40}\s)?$")


def inner(text: str, one: Attribution) -> list[Attribution]:
    """Attributions that stand within the content of another, one per sentence at most: a named source, a cue, a clause after it."""
    found: list[Attribution] = []
    for start, end in one.content:
        for sentence in re.finditer(r"[^.!?\n]+(?:[.!?](?!\s+[A-Z\"“”]|\s*$)[^.!?\n]*)*", text[start:end]):
            first, last = start + sentence.start(), start + sentence.end()
            cues = [*(m.span() for m in _INITIATIVE.finditer(text, first, last)), *verbs(text, first, last)]
            deep = next((d for cue in cues[:_CUES] if (d := _nested(text, first, last, cue, one))), None)
            if deep is not None:
                found.append(deep)
    return found


def _nested(text: str, first: int, last: int, cue: Span, one: Attribution) -> Attribution | None:
    source = _subject(text, first, cue)
    if source is None or source == one.source:
        return None
    mention = read_mention(text[slice(*source)].translate({ord("["): None, ord("]"): None}))
    speech = is_speech(text[slice(*cue)])
    if mention.kind not in ("name", "organisation") or not (speech or _is_somebody(text, source, mention)):
        return None
    rest = text[cue[1] : last]
    told = rest.strip(" ,.\"“”'’»")
    if not (re.match(r"(?:that|to)\b", told) or (speech and CLAUSE.match(told))) or len(told.split()) < 3:
        return None
    start = cue[1] + rest.index(told)
    end = start + len(told)
    return Attribution(((start, end),), cue, source, round(one.confidence * 0.8, 4))


def _is_somebody(text: str, source: Span, mention: Mention) -> bool:
    """Whether a person hopes or plans: a country that hopes tells the speaker's own hope, while one that says something is a voice."""
    if mention.kind == "organisation":
        return False
    named = re.search(r"[A-ZÀ-Þ][\w.’'-]*\]? $", text[max(0, source[0] - 30) : source[0]])
    return bool(mention.role or mention.gender or " " in mention.name or named)


def _subject(text: str, first: int, cue: Span) -> Span | None:
    """The subject of an inner cue; that of `who` is the name before it."""
    if relative := _WHO.search(text, max(first, cue[0] - 200), cue[0]):
        return left_of(text, first, relative.end(1))
    return left_of(text, first, cue[0])
