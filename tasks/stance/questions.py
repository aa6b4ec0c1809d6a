"""What is asked of the model for one article: which holder, toward which target, on the strength of which words.

A quoted view is never the author's: the author is asked about sentences outside everybody's quotes, a speaker about the sentences of
the quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.config import Target
from tasks.stance.inputs import AUTHOR, Span
from tasks.stance.targets import mentions
from tasks.words.sentences import sentences

CONTEXT = 400
"""Characters that a mention may stand before a quote in order to be what the quote is about."""


@dataclass(frozen=True)
class Question:
    """One cell of the panel: a holder and a target.

    Attributes:
        mention: explicit: the words name the target; implicit: the article does, close before them; not_mentioned: neither.
        evidence: span of the words themselves.
        context: span of the text that the model reads; it covers the evidence.
        holder_spans, target_spans: inside the context, as offsets into the article's text.
        hoped: the target is the one of whom something is hoped ("hopes that Kiev will …"): by rule 1 of the codebook that is no
            favor toward it.
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


HOPE = re.compile(r"\b(?:hop|expect|wish|trust)(?:e|es|ed|ing|s)?(?: that)?(?: (?:the|our|their|its))? ?$", re.IGNORECASE)
"""Ends right before the one of whom something is hoped."""
HOPE_REACH = 40


def ask(article: Mapping[str, Any], quotes: Sequence[Mapping[str, Any]], targets: Iterable[Target]) -> list[Question]:
    """All questions of an article (a row of ARTICLES) with its quotes (rows of QUOTES), in a fixed order.

    Targets that the article never names give no question.
    """
    text: str = article["text"]
    listed = _sentences(article)
    asked: list[Question] = []
    for target in targets:
        found = [span for span in mentions(text, target) if any(a <= span[0] < b for a, b in listed)]
        titled = bool(article["title"] and mentions(article["title"], target))
        if not found and not titled:
            continue
        asked += [_of_quote(text, quote, target, found, listed, titled) for quote in quotes if not quote["repeat_of"]]
        asked += _of_author(target, found, listed, quotes)
    return asked


def _sentences(article: Mapping[str, Any]) -> list[Span]:
    """Sentences of the article's own paragraphs: no repeats, no datelines, no boilerplate."""
    spans: list[Span] = []
    for paragraph in article["paragraphs"]:
        if paragraph["kind"] in ("body", "teaser") and paragraph["copy_of"] is None:
            start = paragraph["start"]
            piece = article["text"][start : paragraph["end"]]
            spans += [(start + a, start + b) for a, b in sentences(piece, article["language"] or "en")]
    return spans


def _of_quote(
    text: str, quote: Mapping[str, Any], target: Target, found: Sequence[Span], listed: Sequence[Span], titled: bool
) -> Question:
    start, end = quote["content"][0]["start"], quote["content"][-1]["end"]
    around = [span for span in listed if span[0] < end and span[1] > start] or [(start, end)]
    context = (min(start, around[0][0]), max(end, around[-1][1]))
    inside = [span for span in found if start <= span[0] and span[1] <= end]
    mention = "explicit" if inside else "not_mentioned"
    if not inside:
        near = [span for span in found if context[0] - CONTEXT <= span[0] < context[1]]
        if near:
            mention = "implicit"
            context = (min(context[0], _start_of_sentence(listed, near[-1])), context[1])
        elif titled:
            mention = "implicit"
    seen = tuple(span for span in found if context[0] <= span[0] and span[1] <= context[1])
    speaker = ((quote["speaker_start"], quote["speaker_end"]),) if quote["speaker_start"] is not None else ()
    holders = tuple(span for span in speaker if context[0] <= span[0] and span[1] <= context[1])
    chain = tuple(quote["chain"] or ())
    hoped = target.type == "entity" and any(HOPE.search(text, max(0, a - HOPE_REACH), a) for a, _ in seen)
    return Question(
        target, "quoted_speaker", quote["quote_id"], quote["speaker"], chain, mention, (start, end), context, holders, seen, hoped
    )


def _start_of_sentence(listed: Sequence[Span], span: Span) -> int:
    return next((a for a, b in listed if a <= span[0] < b), span[0])


def _of_author(target: Target, found: Sequence[Span], listed: Sequence[Span], quotes: Sequence[Mapping[str, Any]]) -> list[Question]:
    """The author's own sentences on the target: at most one question an article and target, on the first run of them."""
    spoken = [(span["start"], span["end"]) for quote in quotes for span in quote["content"]]
    own = [span for span in found if not any(a <= span[0] < b for a, b in spoken)]
    if not own:
        return []
    about = [(a, b) for a, b in listed if any(a <= span[0] < b for span in own) and not _mostly_spoken((a, b), spoken)]
    if not about:
        return []
    first = about[0]
    seen = tuple(span for span in own if first[0] <= span[0] and span[1] <= first[1])
    return [Question(target, "author", "", AUTHOR, (), "explicit", first, first, (), seen)]


def _mostly_spoken(sentence: Span, spoken: Sequence[Span]) -> bool:
    """Whether others' words fill half of the sentence or more: then it reports, and says little of its author."""
    covered = sum(max(0, min(sentence[1], b) - max(sentence[0], a)) for a, b in spoken)
    return covered * 2 >= sentence[1] - sentence[0]
