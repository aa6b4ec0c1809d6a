"""The question put to the stance model: holder, target and marked text as two segments.

Training, evaluation and the night all ask through `question`, so that the model never sees a form that it was not trained on. The
target's mentions stand between `« »`, the holder's between `† †` (marked entities as in Zhou & Chen 2022, "An Improved Baseline for
Sentence-level Relation Extraction": punctuation that the vocabulary already knows, so the architecture stays a plain BERT).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

Span = tuple[int, int]
"""Half-open offsets in code points, `text[start:end]`."""

AUTHOR = "author"
"""The holder's name when the article's own voice is asked for; no holder (None) asks for the text as a whole, whoever speaks."""
WINDOW_WORDS = 150
"""Longer texts are cut to this many words around the first mention: 150 words are about 190 word pieces."""
MARKS = (("«", "»"), ("†",))
"""What stands around the target and around the holder: the two places at which the model reads the text."""
_TARGET_MARKS = ("\ue000", "\ue001")
_HOLDER_MARKS = ("\ue002", "\ue003")
_SHOWN = str.maketrans({"\ue000": " « ", "\ue001": " » ", "\ue002": " † ", "\ue003": " † "})
_RESERVED = str.maketrans({"«": '"', "»": '"', "†": "*", "\ue000": " ", "\ue001": " ", "\ue002": " ", "\ue003": " "})


def question(
    holder: str | None,
    target: str,
    text: str,
    holder_spans: Iterable[Span] = (),
    target_spans: Iterable[Span] = (),
    *,
    words: int = WINDOW_WORDS,
) -> tuple[str, str]:
    """The two segments that ask for the holder's stance toward the target in this text.

    Args:
        holder: a speaker's or organisation's name, `AUTHOR` for the text's own voice, None for the text as a whole.
        target: the target's name or the statement of a claim.
        text: the text that may bear on the target, quotation marks included.
        holder_spans: where the holder is mentioned; found by name where none are given.
        target_spans: where the target is mentioned (aliases too); found by name where none are given.
        words: longest text in words; a longer one is cut around the first mention of the target, else of the holder.

    Returns:
        (segment_a, segment_b), e.g. ("Rudenko toward Istanbul talks", "… hopes that Kiev takes « these negotiations » seriously").

    Raises:
        ValueError: a span is empty or lies outside the text.
    """
    targets = list(target_spans) or find_mentions(text, target)
    holders = list(holder_spans) or (find_mentions(text, holder) if holder and holder != AUTHOR else [])
    marked = _squeeze(_cut(_mark(text.translate(_RESERVED), targets, holders), words).translate(_SHOWN))
    return describe(holder, target), marked


def describe(holder: str | None, target: str) -> str:
    """The first segment: `holder toward target`, or `toward target` where the text as a whole is asked."""
    named = target.translate(_RESERVED)
    return _squeeze(f"{holder.translate(_RESERVED)} toward {named}" if holder else f"toward {named}")


def find_mentions(text: str, name: str) -> list[Span]:
    """Where the name stands as whole words in the text, case aside; a possessive's `'s` stays outside the span."""
    bare = re.sub(r"['’]s?$", "", name.strip())
    if not bare:
        return []
    return [match.span() for match in re.finditer(rf"(?<!\w){re.escape(bare)}(?!\w)", text, re.IGNORECASE)]


def _mark(text: str, targets: Sequence[Span], holders: Sequence[Span]) -> str:
    """The text with private marks at the spans' edges; a holder's mention inside a target's (or the reverse) keeps both marks."""
    edges: list[tuple[int, int, str]] = []
    for spans, (opening, closing) in ((targets, _TARGET_MARKS), (holders, _HOLDER_MARKS)):
        for start, end in spans:
            if not 0 <= start < end <= len(text):
                raise ValueError(
                    f"span ({start}, {end}) is empty or outside the text of {len(text)} characters; give offsets into `text`"
                )
            edges += [(start, 1, opening), (end, 0, closing)]
    pieces: list[str] = []
    at = 0
    for place, _, mark in sorted(edges):
        pieces += [text[at:place], mark]
        at = place
    return "".join(pieces) + text[at:]


def _cut(marked: str, words: int) -> str:
    """At most `words` words, a quarter of them before the first mark; from the beginning where nothing is marked."""
    listed = marked.split()
    if len(listed) <= words:
        return marked
    first = next((i for mark in (_TARGET_MARKS[0], _HOLDER_MARKS[0]) for i, word in enumerate(listed) if mark in word), 0)
    start = max(0, min(first - words // 4, len(listed) - words))
    return " ".join(listed[start : start + words])


def _squeeze(text: str) -> str:
    return " ".join(text.replace('""', '"').split())
