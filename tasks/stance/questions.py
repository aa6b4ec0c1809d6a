"""What is asked of the model for one article: which holder, toward which target, on the strength of which words.

A quoted view is never the author's: the author is asked about sentences outside everybody's quotes, a speaker about the sentences of
the quote.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.config import Target
from tasks.stance.bearing import is_handed, is_hoped_of, is_in_passing, is_wanted, points_back, stands_for
from tasks.stance.contexts import Place, between, own_sentences, places
from tasks.stance.inputs import AUTHOR, Span
from tasks.stance.targets import mentions

CONTEXT = 400
"""Characters that a mention may stand before a quote in order to be what the quote is about."""
AUTHOR_SENTENCES = 12
"""So many of an article's own sentences on a target are read at most, the first ones."""
DOUBTFUL = 0.3
"""An indirect quotation without a speaker and below this confidence is taken for none."""
_CUE_REACH = 60
NOTHING = (0, 0)
"""Evidence of a row without any."""


@dataclass(frozen=True)
class Question:
    """One cell of the panel, or one of the author's sentences for it: a holder and a target.

    Attributes:
        mention: explicit: the words name the target; implicit: the article does, close before them; not_mentioned: neither.
        evidence: span of the words themselves; NOTHING where the author wrote none.
        context: span of the text that the model reads; it covers the evidence.
        holder_spans, target_spans: inside the context, as offsets into the article's text.
        hoped: the target is the one of whom something is hoped: by rule 1 of the codebook that is no favor toward it.
        wanted: the words hope for the target, offer it or praise what it brought: by rules 1, 9 and 13 not `neutral`.
        handed: the target only is who gets a paper: that is no `favor` toward it.
        passing: the words name the target in passing, or don't point to it at all: where they take no side, that is `none`.
    """

    target: Target
    level: str
    quote_id: str
    holder: str | None
    chain: tuple[str, ...]
    mention: str
    evidence: Span
    context: Span
    holder_spans: tuple[Span, ...]
    target_spans: tuple[Span, ...]
    hoped: bool = False
    wanted: bool = False
    handed: bool = False
    passing: bool = False


def ask(article: Mapping[str, Any], quotes: Sequence[Mapping[str, Any]], targets: Iterable[Target]) -> list[Question]:
    """All questions of an article (a row of ARTICLES) with its quotes (rows of QUOTES), in a fixed order.

    Targets that the article never names give no question. A target that it names gives one for each quotation, and one for each of the
    author's own sentences on it (AUTHOR_SENTENCES at most).
    """
    text: str = article["text"]
    listed = own_sentences(article)
    said = places(text, [quote for quote in quotes if not _is_doubtful(quote)], listed)
    asked: list[Question] = []
    for target in targets:
        found = [span for span in mentions(text, target) if between(listed, (span[0], span[0] + 1))]
        titled = bool(article["title"] and mentions(article["title"], target))
        if found or titled:
            asked += [_of_quote(text, place, target, found, listed, titled) for place in said if not place.quote["repeat_of"]]
            asked += _of_author(text, target, found, listed, said)
    return asked


def _is_doubtful(quote: Mapping[str, Any]) -> bool:
    return quote.get("kind") == "indirect" and not quote["speaker"] and quote["confidence"] < DOUBTFUL


def _of_quote(text: str, place: Place, target: Target, found: Sequence[Span], listed: Sequence[Span], titled: bool) -> Question:
    quote, words, context = place.quote, place.words, place.own
    inside = _within(found, words)
    pronoun = stands_for(text, words) if not inside and _within(found, (place.whole[0], words[0])) else None
    mention = "explicit" if inside else "not_mentioned"
    if not inside:
        near = _within(found, (place.whole[0] - CONTEXT, place.whole[1]))
        if near and pronoun is None:
            sentence = between(listed, (near[-1][0], near[-1][0] + 1))[0]
            context = (min(place.whole[0], sentence[0]), place.whole[1])
        mention = "implicit" if near or titled else "not_mentioned"
    seen = (*_within(found, context), *((pronoun,) if pronoun else ()))
    speaker = ((quote["speaker_start"], quote["speaker_end"]),) if quote["speaker_start"] is not None else ()
    return Question(
        target=target,
        level="quoted_speaker",
        quote_id=quote["quote_id"],
        holder=quote["speaker"],
        chain=tuple(quote["chain"] or ()),
        mention=mention,
        evidence=words,
        context=context,
        holder_spans=tuple(span for span in speaker if context[0] <= span[0] and span[1] <= context[1]),
        target_spans=seen,
        hoped=is_hoped_of(text, target, seen),
        wanted=is_wanted(text, target, _from_cue(quote, words), inside),
        handed=is_handed(text, target, inside),
        passing=is_in_passing(text, target, inside) if inside else not points_back(text, words),
    )


def _from_cue(quote: Mapping[str, Any], words: Span) -> Span:
    """The words with the cue right before them: "proposed", "put forward an initiative" are said of the speaker, not by them."""
    start = quote.get("cue_start")
    return (start, words[1]) if start is not None and 0 <= words[0] - start <= _CUE_REACH else words


def _within(spans: Sequence[Span], area: Span) -> tuple[Span, ...]:
    """Those of the spans, which are in order and apart, that lie inside the area."""
    first = bisect_left(spans, area[0], key=lambda span: span[0])
    return tuple(span for span in spans[first : bisect_left(spans, area[1], key=lambda span: span[0])] if span[1] <= area[1])


def _of_author(text: str, target: Target, found: Sequence[Span], listed: Sequence[Span], said: Sequence[Place]) -> list[Question]:
    """One question for each of the author's own sentences that name the target; without any, one that nobody need be asked."""
    spoken = _united((span["start"], span["end"]) for place in said for span in place.quote["content"])
    asked = []
    for sentence in listed:
        seen = tuple(span for span in _within(found, sentence) if not between(spoken, (span[0], span[0] + 1)))
        if seen and not _is_mostly_spoken(sentence, spoken):
            passing = is_in_passing(text, target, seen)
            asked.append(Question(target, "author", "", AUTHOR, (), "explicit", sentence, sentence, (), seen, passing=passing))
        if len(asked) == AUTHOR_SENTENCES:
            break
    return asked or [Question(target, "author", "", AUTHOR, (), "not_mentioned", NOTHING, NOTHING, (), ())]


def _united(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, overlapping ones as one."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _is_mostly_spoken(sentence: Span, spoken: Sequence[Span]) -> bool:
    """Whether others' words fill half of the sentence or more: then it reports, and says little of its author."""
    covered = sum(min(sentence[1], b) - max(sentence[0], a) for a, b in between(spoken, sentence))
    return covered * 2 >= sentence[1] - sentence[0]
