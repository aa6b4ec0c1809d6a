"""The text of an article that is compared: its body paragraphs, without what repeats another paragraph, datelines and boilerplate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.dedup.hashing import Bytes, Flags, Ints

BLOCK = 1 << 20
"""Bytes of text hashed at a time: the arrays of a block stay in the processor's cache."""


@dataclass(frozen=True)
class Pieces:
    """Articles cut into pieces, in text order: what is compared, and what lies between.

    Attributes:
        text: the pieces, one string each; consecutive in one buffer.
        kept: whether the piece is compared.
        owner: the article's row.
        start, end: the piece in code points of the article's text.
    """

    text: pa.LargeStringArray
    kept: Flags
    owner: Ints
    start: Ints
    end: Ints


def cut(articles: pa.Table) -> Pieces:
    """The pieces of ARTICLES. An article without paragraphs is one piece; one without body paragraphs keeps its teasers."""
    text = _one(articles["text"])
    owner, start, end = _spans(_one(articles["paragraphs"]), pc.utf8_length(text).to_numpy(zero_copy_only=False))
    data, offsets = _buffer(text)
    byte_start, byte_end = _byte_offsets(data, offsets, owner, start), _byte_offsets(data, offsets, owner, end)
    return _alternate(text, offsets, owner, (start, end), (byte_start, byte_end))


def blocks(pieces: Pieces) -> Iterator[tuple[Bytes, Ints, slice]]:
    """Whole articles of about `BLOCK` bytes, normalised: compatibility forms folded (NFKC), then lower case.

    Yields:
        The bytes, the pieces' bounds in them, and the slice of pieces.
    """
    _, offsets = _buffer(pieces.text)
    firsts = np.flatnonzero(np.r_[True, pieces.owner[1:] != pieces.owner[:-1]]) if len(pieces.owner) else np.empty(0, np.int64)
    edges = np.r_[firsts, len(pieces.owner)]
    article = 0
    while article < len(firsts):
        until = int(np.searchsorted(offsets[edges], offsets[edges[article]] + BLOCK, side="right")) - 1
        until = min(max(until, article + 1), len(firsts))
        piece = slice(int(edges[article]), int(edges[until]))
        data, bounds = _buffer(_folded(pieces.text.slice(piece.start, piece.stop - piece.start)))
        yield data[bounds[0] : bounds[-1]], bounds - bounds[0], piece
        article = until


def _folded(text: pa.LargeStringArray) -> pa.LargeStringArray:
    data, bounds = _buffer(text)
    if _is_ascii(data[bounds[0] : bounds[-1]]):
        return pc.ascii_lower(text)
    return pc.utf8_lower(pc.utf8_normalize(text, form="NFKC"))


def _is_ascii(data: Bytes) -> bool:
    return not len(data) or int(data.max()) < 128


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _buffer(text: pa.LargeStringArray) -> tuple[Bytes, Ints]:
    """The bytes of a string array and the n + 1 offsets of its values in them."""
    if not len(text):
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    _, offset_buffer, data_buffer = text.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64, len(text) + 1, text.offset * 8)
    return np.frombuffer(data_buffer or b"", np.uint8), offsets


def _spans(paragraphs: pa.ListArray, lengths: Ints) -> tuple[Ints, Ints, Ints]:
    """Row, start and end of every compared paragraph, ascending and without overlap."""
    counts = pc.fill_null(pc.list_value_length(paragraphs), 0).to_numpy(zero_copy_only=False)
    rows = np.repeat(np.arange(len(paragraphs)), counts)
    flat = paragraphs.flatten()
    start, end = (flat.field(name).to_numpy(zero_copy_only=False).astype(np.int64) for name in ("start", "end"))
    kind, original = flat.field("kind"), pc.is_null(flat.field("copy_of")).to_numpy(zero_copy_only=False)
    body = original & pc.equal(kind, "body").to_numpy(zero_copy_only=False)
    bodies = np.bincount(rows[body], minlength=len(paragraphs))
    kept = body | (original & pc.equal(kind, "teaser").to_numpy(zero_copy_only=False) & (bodies[rows] == 0))
    whole = np.flatnonzero((counts == 0) & (lengths > 0))
    rows = np.r_[rows[kept], whole]
    start, end = np.r_[start[kept], np.zeros(len(whole), np.int64)], np.r_[end[kept], lengths[whole]]
    order = np.lexsort((end, start, rows))
    rows, start, end = rows[order], start[order], np.minimum(end[order], lengths[rows[order]])
    return rows, *_apart(rows, start, end)


def _apart(rows: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Where spans overlap, the later one begins at the end of the earlier."""
    if not len(rows):
        return start, end
    far = int(end.max()) + 1
    reach = np.maximum.accumulate(rows * far + end)
    before = np.r_[0, reach[:-1]] - rows * far
    start = np.maximum(start, before)
    return np.minimum(start, np.maximum(end, 0)), end


def _byte_offsets(data: Bytes, offsets: Ints, owner: Ints, places: Ints) -> Ints:
    """Offsets in `data` of code points counted from the start of their text."""
    first, last = int(offsets[0]), int(offsets[-1])
    here = data[first:last]
    if _is_ascii(here):
        return offsets[owner] + places
    leads = np.r_[np.flatnonzero((here & 0xC0) != 0x80) + first, last]
    return np.asarray(leads[np.searchsorted(leads, offsets[owner]) + places], np.int64)


def _alternate(text: pa.LargeStringArray, offsets: Ints, owner: Ints, spans: tuple[Ints, Ints], inside: tuple[Ints, Ints]) -> Pieces:
    """The pieces with what lies before and between them, so that all are consecutive in the text's own buffer: nothing is copied."""
    rows = len(text)
    cuts = np.empty(2 * len(owner), np.int64)
    cuts[0::2], cuts[1::2] = inside
    points = np.empty(2 * len(owner), np.int64)
    points[0::2], points[1::2] = spans
    # Each article opens with an own cut, so that it has a piece even where nothing is compared.
    where = np.r_[np.repeat(owner, 2), np.arange(rows)]
    cut_at = np.r_[cuts, offsets[:-1]]
    point = np.r_[points, np.zeros(rows, np.int64)]
    keeps = np.r_[np.tile([True, False], len(owner)), np.zeros(rows, np.bool_)]
    turn = np.r_[np.arange(1, 2 * len(owner) + 1), np.zeros(rows, np.int64)]
    order = np.lexsort((turn, where))
    where, cut_at, point, keeps = where[order], cut_at[order], point[order], keeps[order]
    bounds = np.r_[cut_at, offsets[-1:]]
    pieces = pa.LargeStringArray.from_buffers(len(cut_at), pa.py_buffer(bounds), text.buffers()[2])
    return Pieces(pieces, keeps, where, point, np.r_[point[1:], 0])
