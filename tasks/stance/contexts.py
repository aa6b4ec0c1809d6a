"""Which text a model reads of a quotation: the speaker's words and what announces them, without what others say beside them.

Asked about one of two who disagree in a sentence, a model of this size answers for either. What it does not see it can't confuse.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.stance.inputs import Span
from tasks.words.sentences import sentences

_CLAUSE = re.compile(
    r"(?:[,;—–]|\s-)?\s(?:but|while|whereas|although|though)\s"
    r"(?!(?:he|she|they|it|i|we|you|that|this|also|only|not|now|then|still|added|adding|said|stressed|noted|warned|has|had|have|is|are|was|"
    r"were|will|would|could|can|should|did|does|do)\b)|;\s",
    re.IGNORECASE,
)
"""Where a clause begins that somebody else may be the subject of."""
_LONGEST = 5000
"""Characters: a quotation that begins further away than this is not beside another."""


@dataclass(frozen=True)
class Place:
    """Where a quotation stands.

    Attributes:
        words: from the first to the last of its content.
        whole: the sentences around it.
        own: the part of these that is its speaker's.
    """

    quote: Mapping[str, Any]
    words: Span
    whole: Span
    own: Span


def own_sentences(article: Mapping[str, Any]) -> list[Span]:
    """Sentences of the article's own paragraphs, in order: no repeats, no datelines, no boilerplate."""
    spans: list[Span] = []
    for paragraph in article["paragraphs"]:
        if paragraph["kind"] in ("body", "teaser") and paragraph["copy_of"] is None:
            start = paragraph["start"]
            piece = article["text"][start : paragraph["end"]]
            spans += [(start + a, start + b) for a, b in sentences(piece, article["language"] or "en")]
    return spans


def places(text: str, quotes: Iterable[Mapping[str, Any]], listed: Sequence[Span]) -> list[Place]:
    """Where each quotation stands, in the order of their words; `listed` are the article's sentences, in order."""
    ordered = sorted(quotes, key=lambda quote: (quote["content"][0]["start"], quote["content"][-1]["end"]))
    starts = [quote["content"][0]["start"] for quote in ordered]
    found = []
    for quote in ordered:
        words = (quote["content"][0]["start"], quote["content"][-1]["end"])
        around = between(listed, words) or [words]
        whole = (min(words[0], around[0][0]), max(words[1], around[-1][1]))
        near = ordered[bisect_left(starts, whole[0] - _LONGEST) : bisect_left(starts, whole[1])][-50:]
        others = [extent(other, whole) for other in near if other is not quote and other["content"][-1]["end"] > whole[0]]
        found.append(Place(quote, words, whole, own_part(text, whole, extent(quote, whole), others)))
    return found


def between(spans: Sequence[Span], area: Span) -> Sequence[Span]:
    """Those of the spans, which are in order and apart, that share something with the area."""
    first = bisect_right(spans, area[0], key=lambda span: span[1])
    return spans[first : bisect_left(spans, area[1], key=lambda span: span[0])]


def extent(quote: Mapping[str, Any], within: Span) -> Span:
    """From the first to the last of content, cue and source; a cue or source outside of `within` stands too far away to count."""
    spans = [(span["start"], span["end"]) for span in quote["content"]]
    for name in ("cue", "speaker"):
        start, end = quote.get(f"{name}_start"), quote.get(f"{name}_end")
        if start is not None and end is not None and within[0] <= start and end <= within[1]:
            spans.append((start, end))
    return min(a for a, _ in spans), max(b for _, b in spans)


def own_part(text: str, whole: Span, own: Span, others: Iterable[Span]) -> Span:
    """The part of `whole` that is the speaker's: up to what others say before and after, and up to clauses about others.

    Args:
        whole: the sentences in which the quotation stands.
        own: extent of the quotation.
        others: extents of the other quotations; those that overlap this one leave it as it is.
    """
    low, high = whole
    for start, end in others:
        if end <= own[0]:
            low = max(low, end)
        elif start >= own[1]:
            high = min(high, start)
    for clause in _CLAUSE.finditer(text, low, own[0]):
        low = clause.end()
    if after := _CLAUSE.search(text, own[1], high):
        high = after.start()
    if low > whole[0]:
        low += len(text[low : own[0]]) - len(text[low : own[0]].lstrip(" ,;.:–—-\n"))
    return low, high
