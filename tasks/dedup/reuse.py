"""Reuse: one text was made from another without being a copy of it. It is on record and makes no story.

Two measures, both optional. Phrases: a good part of one text's words stands in runs of three words that the other has as well, and
not in one stretch only, for one stretch that two texts share is a quotation or a statement that both print; text that many articles
carry does not count. Meaning: a good part of one
text's sentences has a counterpart in the other by their vectors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.config import CopySettings
from tasks.dedup.compare import Shares, compare, copied_words
from tasks.dedup.evidence import Evidence, join, take
from tasks.dedup.hashing import Flags, Ints
from tasks.dedup.house import COMMON, longest
from tasks.dedup.meaning import counterparts
from tasks.dedup.propose import PHRASES, Pairs, propose
from tasks.dedup.relate import REUSE, Verdicts, in_words
from tasks.dedup.window import Window

PHRASE = 3
"""Words in a row. In Clough and Stevenson, "Developing a corpus of plagiarised short answers" (2011), light revisions have from .31 of
their words in such runs of the original, answers written without it up to .17; in runs of five words, .11 and .12."""
FEWEST, SLACK = 2, 0.1
"""Two texts are looked at that share so many of the phrases that are fingerprints, for one may be chance; and this part, less one, of
what the shorter could share."""
LEAST = 20
"""Words of a text that must stand in shared runs."""
ONE_STRETCH = 0.75
"""Share of the words in shared runs that stand in one stretch, in both texts, from which that stretch is all that they share."""


def reused(window: Window, known: Evidence, meant: Iterable[Pairs], settings: CopySettings) -> Evidence:
    """What is on record besides copies: pairs that are not among the known ones; `meant` are those that embeddings proposed."""
    found = take(known, np.empty(0, np.int64))
    if settings.reuse > 0:
        found = _by_phrases(window, known, settings)
    for pairs in meant:
        found = join(found, _by_meaning(window, _new(pairs, join(known, found)), settings))
    return found


def _by_phrases(window: Window, known: Evidence, settings: CopySettings) -> Evidence:
    phrases = window.of("phrases")
    pairs = _new(propose(phrases, settings, PHRASES, FEWEST, SLACK), known)
    pairs = _at(pairs, pairs.common < COMMON)
    share, several = _taken_over(phrases, pairs.later, pairs.earlier)
    holds = (share >= settings.reuse) & several
    return _evidence(window, _at(pairs, holds), "words in shared runs of three", share[holds], settings.reuse, settings)


def _by_meaning(window: Window, pairs: Pairs, settings: CopySettings) -> Evidence:
    share = counterparts(window, pairs.later, pairs.earlier)
    holds = share >= settings.meaning
    return _evidence(window, _at(pairs, holds), "sentences with a counterpart", share[holds], settings.meaning, settings)


def _taken_over(phrases: Window, later: Ints, earlier: Ints) -> tuple[Shares, Flags]:
    """Per pair the larger of the shares of one text's words in shared runs, and whether these stand in several stretches of a text."""
    share, several = np.zeros(len(later), np.float32), np.zeros(len(later), np.bool_)
    for one, two in ((later, earlier), (earlier, later)):
        for batch, covered in copied_words(phrases, one, two, PHRASE):
            words = phrases.size[one[batch]] + PHRASE - 1
            taken = np.add.reduceat(covered.astype(np.int64), np.cumsum(words) - words)
            enough = taken >= LEAST
            share[batch] = np.maximum(share[batch], np.where(enough, taken / words, 0))
            several[batch] |= enough & (longest(covered, words) < ONE_STRETCH * taken)
    return share, several


def _new(pairs: Pairs, known: Evidence) -> Pairs:
    return _at(pairs, known.find(pairs.later, pairs.earlier) < 0)


def _at(pairs: Pairs, chosen: npt.NDArray[np.bool_]) -> Pairs:
    return Pairs(*(getattr(pairs, field.name)[chosen] for field in fields(Pairs)))


def _evidence(window: Window, pairs: Pairs, name: str, share: Shares, bound: float, settings: CopySettings) -> Evidence:
    """The pairs with what the shingles say of them, in order."""
    order = np.lexsort((pairs.earlier, pairs.later))
    later, earlier = pairs.later[order], pairs.earlier[order]
    verdicts = Verdicts(np.full(len(later), REUSE), in_words(name, share[order], bound).cast(pa.string()))
    return Evidence(later, earlier, compare(window, later, earlier, settings.shingle), verdicts, pairs.method[order])
