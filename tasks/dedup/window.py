"""The documents that are compared: tonight's and those of the nights before, in one order that decides what is canonical."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.dedup.hashing import Ints, Shingles
from tasks.tables import SIGNATURES, plain

_SHORT_DATES = ("day", "inferred")
_HEAVY = ("shingles", "paragraphs", "phrases", "vectors")


@dataclass(frozen=True)
class Window:
    """Documents by rank: earlier nights first, then earliest published, agency first, longest, id.

    Attributes:
        rows: the light columns of SIGNATURES, one row per document, in rank order.
        source: per rank the row in `signatures`.
        signatures: history and tonight's rows, as they came.
        tonight: rank of tonight's first document; all before it are history.
        same_as: per rank the lowest rank with the same words; itself where there is none.
        heap, first, size: per rank the buffer of its shingles, the offset in it and their number.
    """

    rows: pa.Table
    source: Ints
    signatures: pa.Table
    tonight: int
    same_as: Ints
    heap: Ints
    first: Ints
    size: Ints
    buffers: tuple[Shingles, ...]

    def __len__(self) -> int:
        return len(self.size)

    def of(self, column: str) -> Window:
        """The same documents with another column of hashes for their shingles."""
        heap, first, size, buffers = _addresses(self.signatures[column])
        return replace(self, heap=heap[self.source], first=first[self.source], size=size[self.source], buffers=buffers)

    def shingles(self, documents: Ints) -> Shingles:
        """The shingles of the given documents, one text after another, in text order."""
        sizes = self.size[documents]
        if len(self.buffers) == 1:
            return self.buffers[0][ranges(self.first[documents], sizes)]
        flat = np.empty(int(sizes.sum()), np.uint32)
        ends = np.cumsum(sizes)
        for number, buffer in enumerate(self.buffers):
            here = np.flatnonzero(self.heap[documents] == number)
            if not len(here):
                continue
            from_, to = ranges(self.first[documents[here]], sizes[here]), ranges(ends[here] - sizes[here], sizes[here])
            flat[to] = buffer[from_]
        return flat

    def streams(self, limit: int) -> Iterator[tuple[Ints, Ints, Shingles]]:
        """All documents in the order of their buffers: ranks, sizes and shingles of about `limit` shingles at a time."""
        for number, buffer in enumerate(self.buffers):
            here = np.flatnonzero(self.heap == number)
            here = here[np.argsort(self.first[here], kind="stable")]
            for batch in batches(self.size[here], limit, len(here)):
                ranks = here[batch]
                first, size = self.first[ranks], self.size[ranks]
                begin, end = int(first[0]), int(first[-1] + size[-1])
                whole = end - begin == int(size.sum())
                yield ranks, size, buffer[begin:end] if whole else buffer[ranges(first, size)]


def ranges(first: Ints, size: Ints) -> Ints:
    """The integers of several ranges, one after another."""
    ends = np.cumsum(size)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(first - (ends - size), size) + np.arange(total)


def batches(costs: Ints, limit: int, most: int) -> Iterator[slice]:
    """Consecutive slices whose costs sum up to `limit`, or of one entry that alone costs more; of at most `most` entries."""
    total = np.cumsum(costs)
    begin = 0
    while begin < len(costs):
        base = int(total[begin - 1]) if begin else 0
        until = max(int(np.searchsorted(total, base + limit, side="right")), begin + 1)
        yield slice(begin, min(until, begin + most))
        begin = min(until, begin + most)


def look(tonight: pa.Table, history: pa.Table, run_date: dt.date) -> Window:
    """The window of a night. A document that history holds more than once counts once, as of its first night."""
    night = pa.repeat(pa.scalar(run_date, pa.date32()), len(tonight))
    tonight = tonight.set_column(tonight.schema.get_field_index("run_date"), "run_date", night)
    # An empty history adds no chunk: what is in one piece stays so, and is never copied.
    tables = [table.cast(SIGNATURES.schema) for table in (history, tonight) if len(table)] or [SIGNATURES.empty()]
    signatures = pa.concat_tables(tables, promote_options="permissive")
    light = plain(signatures.drop_columns(list(_HEAVY))).combine_chunks()
    is_tonight = np.arange(len(light)) >= len(history)
    source = _rank(light, is_tonight)
    source = source[_once(light["article_id"].take(pa.array(source)), is_tonight[source])]
    rows = light.take(pa.array(source)).combine_chunks()
    heap, first, size, buffers = _addresses(signatures["shingles"])
    split = int((~is_tonight[source]).sum())
    return Window(rows, source, signatures, split, _same(rows), heap[source], first[source], size[source], buffers)


def _rank(light: pa.Table, is_tonight: np.ndarray) -> Ints:
    short = pc.fill_null(pc.is_in(light["published_precision"], value_set=pa.array(_SHORT_DATES)), False)
    published = light["published_at"].cast(pa.timestamp("us"))
    # A day without a time counts as its end: it must not win against the article that says when.
    published = pc.if_else(short, pc.add(published, pa.scalar(dt.timedelta(days=1))), published)
    keys = pa.table(
        {
            "tonight": pa.array(is_tonight),
            "night": light["run_date"],
            "published": published,
            "no_agency": pc.is_null(light["agency"]),
            "shortness": pc.negate(light["length"]),
            "id": light["article_id"],
        }
    )
    by = [(name, "ascending", "at_end") for name in keys.column_names]
    return np.asarray(pc.sort_indices(keys, sort_keys=by).to_numpy(), np.int64)


def _once(ids: pa.ChunkedArray, is_tonight: np.ndarray) -> Ints:
    """Places of the first row of each id in history, and of all tonight's rows."""
    table = pa.table({"id": ids, "tonight": pa.array(is_tonight), "at": np.arange(len(ids))})
    firsts = table.group_by(["id", "tonight"]).aggregate([("at", "min")])["at_min"]
    return np.sort(firsts.to_numpy())


def _same(rows: pa.Table) -> Ints:
    """Per rank the lowest rank with the same words; a text without words is like no other."""
    own = np.arange(len(rows))
    with_words = np.flatnonzero(rows["length"].to_numpy() > 0)
    digests = pc.dictionary_encode(rows["text_digest"].combine_chunks().take(pa.array(with_words)))
    codes = digests.indices.to_numpy()
    lowest = np.full(len(digests.dictionary), len(rows), np.int64)
    np.minimum.at(lowest, codes, with_words)
    own[with_words] = lowest[codes]
    return own


def _addresses(column: pa.ChunkedArray) -> tuple[Ints, Ints, Ints, tuple[Shingles, ...]]:
    heap, first, size, buffers = [], [], [], []
    for number, chunk in enumerate(c for c in column.chunks if len(c)):
        offsets = np.frombuffer(chunk.buffers()[1], np.int32, len(chunk) + 1, chunk.offset * 4).astype(np.int64) // 4
        heap.append(np.full(len(chunk), number))
        first.append(offsets[:-1])
        size.append(np.diff(offsets))
        buffers.append(np.frombuffer(chunk.buffers()[2] or b"", "<u4"))
    none = np.empty(0, np.int64)
    return np.concatenate([none, *heap]), np.concatenate([none, *first]), np.concatenate([none, *size]), tuple(buffers)
