"""Whether a generator's summary may stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tasks.config import SummarySettings
from tasks.summarize.candidates import MIN_WORDS, count_words
from tasks.summarize.facts import negations, new_names, new_numbers
from tasks.summarize.features import content
from tasks.summarize.injection import speaks_to_a_machine
from tasks.summarize.summary import INJECTED, Backing, Draft, Summary
from tasks.summarize.support import Source, backed

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+", re.IGNORECASE)
NEW_NUMBER, NEW_NAME, NEW_NEGATION = "new_number", "new_name", "new_negation"


def flags_of(sentence: str, draft: Draft, article: str, backing: str) -> set[str]:
    """What the sentence has that the article has not; numbers, dates and negations must stand in the very sentences that back it."""
    found = set()
    if new_numbers(sentence, backing, draft.language):
        found.add(NEW_NUMBER)
    if new_names(sentence, article):
        found.add(NEW_NAME)
    if negations(sentence) and not negations(backing):
        found.add(NEW_NEGATION)
    if speaks_to_a_machine(sentence) or _from_orders(sentence, draft.orders, article):
        found.add(INJECTED)
    if any(address not in article for address in _ADDRESS.findall(sentence)):
        found.add(INJECTED)
    return found


def _from_orders(sentence: str, orders: Sequence[str], article: str) -> bool:
    """Whether a word of the sentence stands in the article's orders to a machine and nowhere else in it."""
    if not orders:
        return False
    only = set(content(" ".join(orders))) - set(content(article))
    return not only.isdisjoint(content(sentence))


def checked(
    draft: Draft, written: Sequence[str], vectors: npt.NDArray[np.float32], source: Source, settings: SummarySettings, model: str
) -> Summary:
    """The written sentences as a summary where the article backs all of them and nothing in them is new; else the extractive one.

    The extractive one then has the flags that say why, and the status `fallback_extractive`.
    """
    article = " ".join(c.text for c in draft.candidates)
    flags, spans, backing = set(draft.summary.flags), [], []
    stands, at = bool(written), 0
    for number, (sentence, vector) in enumerate(zip(written, vectors, strict=True)):
        score, nearest = backed(sentence, vector, source)
        found = flags_of(sentence, draft, article, " ".join(draft.candidates[i].text for i in nearest))
        flags |= found
        stands = stands and not found and score >= settings.min_support and count_words(sentence) >= MIN_WORDS
        spans.append((at, at + len(sentence), score))
        backing += [Backing(number, draft.candidates[i].start, draft.candidates[i].end, score) for i in nearest]
        at += len(sentence) + 1
    if not stands:
        return replace(draft.summary, flags=tuple(sorted(flags)), status="fallback_extractive")
    return Summary("abstractive", " ".join(written), tuple(spans), tuple(backing), tuple(sorted(flags)), model, "ok")
