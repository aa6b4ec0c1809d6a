"""Attributions by rules: quotation marks, reporting verbs, and the few clause orders that news has.

Three orders: `CONTENT, SOURCE CUE` (also inverted), `SOURCE CUE (that) CONTENT`, `according to SOURCE, CONTENT`. Sentences in
quotation marks that follow without a cue belong to the quotation before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tasks.quotes.attribution import Attribution, Span
from tasks.quotes.cues import ACCORDING, CLAUSE, is_speech, verbs
from tasks.quotes.marks import MARK, Marks, Quoted, speech
from tasks.quotes.nouns import left_of, right_of
from tasks.words.sentences import sentences

_DATELINE = re.compile(
    r"[A-ZÀ-Þ][A-ZÀ-Þ .,’'/-]{2,60}(?:\([^()\n]{2,30}\))?\s*[-–—]{1,2}\s+|"
    r"[A-Z][\w .,’'/-]{2,60}\([^()\n]{2,30}\)\s*[-–—]{1,2}\s+"
)
_AFTER_CUE = re.compile(
    r"\s*(?:(?:reporters|journalists|lawmakers|the (?:Associated Press|audience|crowd|media|press)|"
    r"[A-Z][\w.]*(?: [A-Z][\w.]*){0,3})\s+)?"
    r"(?:(?:on|late on|early on|earlier on)?\s*(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\s+)?(?:in an? (?:statement|interview)\s+)?"
)
_TO_MARK = re.compile(rf"[^\"“”«„\n.;]{{0,80}}?[:,]\s*(?={MARK})")
_LONG = 20_000
_WORDS = 5
"""A line in marks with no cue is a quotation from so many words on; a shorter one is a headline or a slogan."""
_CUES = 12
"""So many verbs at each end of a sentence are looked at: a flood of them would cost the square of the sentence's length."""
_COMPLEMENT = re.compile(r"(?:that|whether|how|why|what|to)\b")


@dataclass(frozen=True)
class Sentence:
    """A sentence with the quotations in it; its ends never fall inside one."""

    start: int
    end: int
    marks: tuple[Quoted, ...]


def read_sentences(text: str, start: int, end: int, language: str) -> list[Sentence]:
    """The sentences of a paragraph, a dateline left out, joined where a boundary would part a quotation."""
    if line := _DATELINE.match(text, start, end):
        start = line.end()
    marks = speech(text, [(start, end)])
    joined: list[list[int]] = []
    for a, b in _split(text, start, end, language):
        around = marks.at(a)
        if joined and around and around.start < a:
            joined[-1][1] = b
        else:
            joined.append([a, b])
    return [Sentence(a, b, marks.between(a, b)) for a, b in joined]


def _split(text: str, start: int, end: int, language: str) -> Iterator[Span]:
    """Sentences of a paragraph, in pieces of bounded length: on a line full of marks the splitter takes the square of its length."""
    while start < end:
        stop = end if end - start <= _LONG else text.rfind(" ", start, start + _LONG) + 1 or start + _LONG
        stop = stop if stop > start else start + _LONG
        for a, b in sentences(text[start:stop], language):
            yield start + a, start + b
        start = stop


def by_rules(text: str, paragraphs: Sequence[Span], language: str) -> list[Attribution]:
    """The attributions in the given paragraphs, in order; at most one content covers a place."""
    found: list[Attribution] = []
    left_open = False
    for start, end in paragraphs:
        here: list[Attribution] = []
        sentence = None
        for sentence in read_sentences(text, start, end, language):
            fresh = _in_sentence(text, sentence)
            if not fresh and (whole := _only_quoted(text, sentence)):
                before = here[-1] if here else found[-1] if found and left_open else None
                if before is not None:
                    _extend(here if here else found, whole)
                    continue
                enough = sum(len(text[a:b].split()) for a, b in whole) >= _WORDS
                fresh = [Attribution(whole, None, None, 0.4)] if enough else []
            here += fresh
        found += here
        left_open = sentence is not None and bool(sentence.marks) and not sentence.marks[-1].closed
    return found


def _extend(found: list[Attribution], more: tuple[Span, ...]) -> None:
    last = found[-1]
    found[-1] = Attribution(last.content + more, last.cue, last.source, last.confidence)


def _only_quoted(text: str, sentence: Sentence) -> tuple[Span, ...]:
    """The quotations of a sentence that holds nothing else."""
    rest, place = "", sentence.start
    for one in sentence.marks:
        rest += text[place : one.start]
        place = one.end
    rest += text[place : sentence.end]
    return () if re.search(r"\w", rest) or not sentence.marks else tuple((one.start, one.end) for one in sentence.marks)


def _in_sentence(text: str, sentence: Sentence) -> list[Attribution]:
    marks = Marks(sentence.marks)
    cues = [cue for cue in verbs(text, sentence.start, sentence.end) if not marks.at(cue[0])]
    found = [one for cue in (*cues[:_CUES], *cues[_CUES:][-_CUES:]) if (one := _around(text, sentence, cue))]
    if found:
        # `X hopes that …, Y said`: the speaker who stands after the whole clause says all of it.
        return [next((one for one in reversed(found) if one.cue and one.start < one.cue[0] and one.start <= found[0].start), found[0])]
    for match in ACCORDING.finditer(text, sentence.start, sentence.end):
        if not marks.at(match.start()) and (one := _according(text, sentence, match.span())):
            return [one]
    return []


def _around(text: str, sentence: Sentence, cue: Span) -> Attribution | None:
    """Content before or after `SOURCE CUE` or `CUE SOURCE`."""
    before = left_of(text, sentence.start, cue[0])
    after = right_of(text, cue[1], sentence.end) if is_speech(text[cue[0] : cue[1]]) else None
    if before is not None and not after:
        group = (before[0], cue[1])
    elif after is not None and _ends_clause(text, sentence.start, cue[0]):
        group, before = (cue[0], after[1]), after
    elif before is not None:
        group = (before[0], cue[1])
    else:
        return None
    if _ends_clause(text, sentence.start, group[0]) and is_speech(text[cue[0] : cue[1]]):
        return _content_first(text, sentence, cue, before, group)
    return _content_last(text, sentence, cue, before)


def _ends_clause(text: str, start: int, place: int) -> bool:
    """Whether a clause that can be a content ends right before the place: a comma or closing mark after three words and more."""
    head = text[max(start, place - 400) : place].rstrip()
    if not head or (head[-1] not in ",?!\"”»“’'—–" and not head.endswith(("--", "''"))):
        return False
    opening = re.fullmatch(
        r"(?:On|In|At|After|Before|During|Since|By|For|Last|Earlier|Later|Meanwhile|As|Asked|When|While|If)\b[^,]*,", head
    )
    return opening is None and (len(head.split()) >= 3 or head[0] in "\"“”'«„‘`")


def _content_first(text: str, sentence: Sentence, cue: Span, source: Span, group: Span) -> Attribution | None:
    end = sentence.start + len(text[sentence.start : group[0]].rstrip().rstrip(",—–- "))
    marks = [one for one in sentence.marks if one.end <= group[0]]
    if marks and end < marks[-1].end:
        end = marks[-1].end
    start = sentence.start
    if marks and not re.search(r"\w", text[start : marks[0].start]):
        start = marks[0].start
    if end - start < 3:
        return None
    spans = [(start, end)]
    spans += [(one.start, one.end) for one in sentence.marks if one.start >= group[1] and not _names_a_thing(text, one)]
    return Attribution(tuple(spans), cue, source, 0.9 if marks else 0.75)


def _names_a_thing(text: str, one: Quoted) -> bool:
    """Whether a quotation after the cue is none of speech: it must follow a comma or a full stop."""
    return not re.search(r"[,.:;—–-]\s*$", text[max(0, one.start - 4) : one.start])


def _content_last(text: str, sentence: Sentence, cue: Span, source: Span) -> Attribution | None:
    after = _AFTER_CUE.match(text, cue[1], sentence.end)
    start = after.end() if after else cue[1]
    if announcing := _TO_MARK.match(text, cue[1], sentence.end):
        start = announcing.end()
    elif not _COMPLEMENT.match(text, start) and not re.match(MARK, text[start : start + 2]):
        start = cue[1]
    rest = text[start : sentence.end]
    blank = len(rest) - len(rest.lstrip(" ,:—–"))
    start, rest = start + blank, rest[blank:]
    announced = _COMPLEMENT.match(rest) or re.match(MARK, rest)
    clause = is_speech(text[cue[0] : cue[1]]) and CLAUSE.match(rest)
    if len(rest.split()) < 3 or not (announced or clause):
        return None
    end = sentence.start + len(text[sentence.start : sentence.end].rstrip())
    end = end if sentence.marks and sentence.marks[-1].end >= end else end - len(text[start:end]) + len(text[start:end].rstrip(".!?"))
    return Attribution(((start, end),), cue, source, 0.85 if re.match(MARK, rest) else 0.7)


def _according(text: str, sentence: Sentence, cue: Span) -> Attribution | None:
    source = right_of(text, cue[1], sentence.end) or _to_comma(text, cue[1], sentence.end)
    if source is None:
        return None
    if re.search(r"\w", text[sentence.start : cue[0]]):
        start, end = sentence.start, sentence.start + len(text[sentence.start : cue[0]].rstrip(" ,—–-"))
    else:
        rest = text[source[1] : sentence.end]
        start = source[1] + len(rest) - len(rest.lstrip(" ,"))
        end = sentence.end - len(rest) + len(rest.rstrip(".!? "))
    return Attribution(((start, end),), cue, source, 0.8) if end - start > 8 else None


def _to_comma(text: str, start: int, end: int) -> Span | None:
    found = re.match(r"\s*([^,.;:\"“”()]{3,80})", text[start:end])
    return None if found is None else (start + found.start(1), start + found.start(1) + len(found[1].rstrip()))
