"""ARTICLES -> SIGNATURES: what is needed to find and verify copies without the text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.config import CopySettings, ModelSpec, Settings
from tasks.dedup.compared import Pieces, blocks, cut
from tasks.dedup.hashing import Bytes, Flags, Ints, Shingles, digest, hash_words, shingle
from tasks.dedup.meaning import vectors
from tasks.dedup.memory import keep_pages
from tasks.dedup.reuse import PHRASE
from tasks.tables import SIGNATURES, WORD, conform


class SignSettings(Settings):
    """What signing reads of the configuration."""

    shingle: int
    phrases: bool = False
    encoder: ModelSpec | None = None


def sign_settings(copies: CopySettings) -> SignSettings:
    """What of the settings of copies signing needs."""
    return SignSettings(shingle=copies.shingle, phrases=copies.reuse > 0, encoder=copies.encoder if copies.embedding else None)


def sign(articles: pa.Table, settings: SignSettings) -> pa.Table:
    """SIGNATURES of the articles that carry no reject reason; `run_date` and `story_id` stay null until `cluster`."""
    articles = _in_order(articles.filter(pc.is_null(articles["reject"])) if articles["reject"].null_count < len(articles) else articles)
    if not articles.num_rows:
        return SIGNATURES.empty()
    keep_pages()
    pieces = cut(articles)
    words_of_piece = np.zeros(len(pieces.owner), np.int64)
    digests, lengths = [], []
    runs = {size: _Runs([], []) for size in (settings.shingle, *([PHRASE] if settings.phrases else []))}
    for data, bounds, piece in blocks(pieces):
        words = hash_words(data, bounds)
        kept = pieces.kept[piece]
        words_of_piece[piece] = words.counts
        hashes = words.hashes if not words.counts[~kept].any() else words.hashes[np.repeat(kept, words.counts)]
        per_article = _sums(np.where(kept, words.counts, 0), pieces.owner[piece])
        edges = np.r_[0, np.cumsum(per_article)]
        for size, of_size in runs.items():
            found, counts = shingle(hashes, edges, size)
            of_size.hashes.append(found)
            of_size.counts.append(counts)
        digests.append(digest(hashes, edges))
        lengths.append(per_article)
    columns = _described(articles)
    columns["length"] = pa.array(np.concatenate(lengths), pa.int32())
    columns["text_digest"] = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), articles.num_rows, [None, pa.py_buffer(np.concatenate(digests))]
    )
    columns["shingles"] = _binary(runs[settings.shingle])
    columns["paragraphs"] = _paragraphs(pieces, words_of_piece, pieces.kept, articles.num_rows)
    if settings.phrases:
        columns["phrases"] = _binary(runs[PHRASE])
    if settings.encoder is not None:
        columns["vectors"] = vectors(articles, pieces, settings.encoder)
    return conform(pa.table(columns), SIGNATURES)


def _in_order(articles: pa.Table) -> pa.Table:
    order = pc.sort_indices(articles["article_id"])
    return articles if pc.all(pc.equal(order, np.arange(len(order)))).as_py() else articles.take(order)


def _sums(values: Ints, owner: Ints) -> Ints:
    firsts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    return np.add.reduceat(values, firsts)


def _described(articles: pa.Table) -> dict[str, pa.Array | pa.ChunkedArray]:
    nothing = articles.num_rows
    return {
        "article_id": articles["article_id"],
        "outlet": articles["outlet"],
        "url": articles["url"],
        "agency": articles["dateline_agency"],
        "published_at": articles["published_at"],
        "published_precision": articles["published_precision"].cast(WORD),
        "run_date": pa.nulls(nothing, pa.date32()),
        "night": pa.nulls(nothing, pa.date32()),
        "story_id": pa.nulls(nothing, pa.string()),
        "phrases": pa.nulls(nothing, pa.binary()),
        "vectors": pa.nulls(nothing, pa.list_(pa.binary())),
    }


@dataclass(frozen=True)
class _Runs:
    """Hashes of runs of words, block by block, and how many each text has."""

    hashes: list[Shingles]
    counts: list[Ints]


def _binary(runs: _Runs) -> pa.Array | pa.ChunkedArray:
    """One binary value per text; in several chunks where one would pass the 2 GiB that its offsets can name."""
    counts = np.concatenate(runs.counts)
    ends = np.cumsum(counts) * 4
    flat: Bytes = np.concatenate(runs.hashes).view(np.uint8)
    chunks, begin = [], 0
    while begin < len(counts):
        base = int(ends[begin - 1]) if begin else 0
        until = max(int(np.searchsorted(ends, base + (1 << 31) - 1, side="right")), begin + 1)
        offsets = np.r_[0, ends[begin:until] - base].astype(np.int32)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(flat[base : base + int(offsets[-1])])]
        chunks.append(pa.BinaryArray.from_buffers(pa.binary(), until - begin, buffers))
        begin = until
    return pa.chunked_array(chunks)


def _paragraphs(pieces: Pieces, words: Ints, kept: Flags, rows: int) -> pa.ListArray:
    chosen = kept & (words > 0)
    fields = [pieces.start[chosen], pieces.end[chosen], words[chosen]]
    spans = pa.StructArray.from_arrays([pa.array(f, pa.int32()) for f in fields], ["start", "end", "words"])
    offsets = np.r_[0, np.cumsum(np.bincount(pieces.owner[chosen], minlength=rows))]
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), spans)
