"""Stories: a canonical document and the documents that were verified to be copies of it.

The rule is a star, never a chain. Documents are taken by rank (earlier nights first, then earliest published, agency first, longest,
id). Each joins the story of the canonical document that it copies most, if it was verified against that very document; else it
founds a story. And all members of a story share a passage of the canonical document: of two unrelated articles that both stand in a
third one (a round-up), only the first joins it. So of a chain A ~ B ~ C with nothing in common between A and C, these two are never
in one story.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow.compute as pc

from tasks.dedup.compare import PASSAGES, Measures
from tasks.dedup.hashing import Ints
from tasks.dedup.window import Window

_ALL = (1 << PASSAGES) - 1


def homes(window: Window) -> Ints:
    """Per rank the canonical document's rank as far as history knows: the first document of the story that the row names; else -1."""
    home = np.full(len(window), -1)
    story = pc.dictionary_encode(window.rows["story_id"].combine_chunks().slice(0, window.tonight))
    codes = pc.fill_null(story.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    named, firsts = np.unique(codes, return_index=True)
    first_of = np.zeros(len(story.dictionary) + 1, np.int64)
    first_of[named] = firsts
    home[: window.tonight] = np.where(codes >= 0, first_of[codes], np.arange(window.tonight))
    return home


def settle(window: Window, later: Ints, earlier: Ints, relation: Ints, measures: Measures) -> Ints:
    """Per rank the rank of the canonical document.

    Args:
        later, earlier: verified pairs; identical documents are spoken for by the first of them.
        relation: their relations' numbers; the higher one binds more.
        measures: of the same pairs.
    """
    home = homes(window)
    own = np.arange(window.tonight, len(window))
    home[own] = own
    core: dict[int, int] = {}
    for document, offers in _by_document(later, earlier, relation, measures):
        for canonical, passages in offers:
            before = core.get(canonical, _ALL)
            if home[canonical] == canonical and _kin(before, passages):
                home[document], core[canonical] = canonical, before & passages
                break
    home[own] = home[window.same_as[own]]
    return home


def _kin(core: int, passages: int) -> bool:
    """Whether a document has part of what all members have. One part alone may be where two meet, unless it is all."""
    shared = core & passages
    return shared.bit_count() > 1 or (shared != 0 and shared in (core, passages))


def _by_document(later: Ints, earlier: Ints, relation: Ints, measures: Measures) -> Iterator[tuple[int, Iterable[tuple[int, int]]]]:
    """Documents by rank, each with the earlier ones that it copies, the best first."""
    if not len(later):
        return
    order = np.lexsort((earlier, -measures.copied, -relation, later))
    begins = np.flatnonzero(np.r_[True, np.diff(later[order]) != 0])
    documents, offers = later[order].tolist(), list(zip(earlier[order].tolist(), measures.passages[order].tolist(), strict=True))
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(order)], strict=True):
        yield documents[begin], offers[begin:end]
