"""What is new in a copy: its paragraphs that the canonical document does not have."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tasks.dedup.compare import Shares, copied_words
from tasks.dedup.hashing import Flags, Ints
from tasks.dedup.window import Window, ranges
from tasks.tables import SPAN

OLD = 0.5
"""A paragraph is new if less than this part of its words stands in shingles of the canonical document."""


def new_spans(window: Window, documents: Ints, canonical: Ints, copied: Shares, size: int) -> pa.Array:
    """Per document the spans of its new paragraphs; none for a canonical document or an exact copy.

    Args:
        window: the documents.
        documents, canonical: ranks, pair by pair.
        copied: share of the document's words that stand in the canonical one.
        size: words per shingle.
    """
    asked = np.flatnonzero((documents != canonical) & (copied < 1))
    paragraphs = _paragraphs(window, documents[asked])
    per_document = paragraphs.value_lengths().to_numpy().astype(np.int64)
    flat = paragraphs.flatten()
    start, end, words = (flat.field(name).to_numpy(zero_copy_only=False).astype(np.int64) for name in ("start", "end", "words"))
    new = np.repeat(copied[asked] < OLD, per_document)
    edges = np.r_[0, np.cumsum(per_document)]
    # Of one paragraph the share is known already.
    several = np.flatnonzero(per_document > 1)
    for batch, covered in copied_words(window, documents[asked[several]], canonical[asked[several]], size):
        here = ranges(edges[several[batch]], per_document[several[batch]])
        new[here] = _new(covered, words[here])
    counts = np.zeros(len(documents), np.int64)
    counts[asked] = np.diff(np.r_[0, np.cumsum(new)][edges])
    spans = pa.StructArray.from_arrays([pa.array(start[new], pa.int32()), pa.array(end[new], pa.int32())], fields=list(SPAN))
    return pa.ListArray.from_arrays(pa.array(np.r_[0, np.cumsum(counts)], pa.int32()), spans)


def _paragraphs(window: Window, documents: Ints) -> pa.ListArray:
    column = window.signatures["paragraphs"].take(pa.array(window.source[documents]))
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _new(covered: Flags, words: Ints) -> Flags:
    total = np.r_[0, np.cumsum(covered)]
    ends = np.cumsum(words)
    share = (total[ends] - total[ends - words]) / np.maximum(words, 1)
    return np.asarray(share < OLD)
