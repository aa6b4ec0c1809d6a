"""Paraphrase: what two texts say in other words, by the vectors of their sentences (optional; a model's judgement, no proof).

A vector is kept as 8-bit integers. Their products then are whole numbers below 2^24, which float32 holds exactly, so that no order of
summation and no batch changes a result: a night stays a function of its articles.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.config import ModelSpec
from tasks.dedup.compare import Shares
from tasks.dedup.compared import Pieces
from tasks.dedup.hashing import Ints
from tasks.dedup.propose import EMBEDDING, Pairs
from tasks.dedup.window import Window
from tasks.words.sentences import sentences

Matrix = npt.NDArray[np.float32]

MOST = 64
"""Sentences of an article that are read."""
SHORTEST = 5
"""Words of the shortest sentence that is read: shorter ones are like many."""
NEAR = 0.75
"""Cosine of two texts (the mean of their sentences) from which they are looked at sentence by sentence."""
COUNTERPART = 0.75
"""Cosine from which a sentence says what another one says."""
FEWEST = 3
"""Sentences with a counterpart that a text must have at least."""

_UNIT = 127.0
_ROWS = 2048


def vectors(articles: pa.Table, pieces: Pieces, encoder: ModelSpec) -> pa.Array:
    """Per article the vectors of its compared sentences, int8; a sentence that the model could not read is left out.

    Raises:
        Unusable: the encoder is not there or not the one it should be.
    """
    from tasks.models import load_encoder

    owner, texts = _sentences(articles, pieces)
    values = load_encoder(encoder).encode(texts).values if texts else np.empty((0, 1), np.float32)
    read = np.flatnonzero(np.isfinite(values).all(axis=1))
    whole = np.rint(values[read] * _UNIT).astype(np.int8)
    rows = pa.array([row.tobytes() for row in whole], pa.binary())
    counts = np.bincount(np.asarray(owner, np.int64)[read], minlength=articles.num_rows)
    return pa.ListArray.from_arrays(pa.array(np.r_[0, np.cumsum(counts)], pa.int32()), rows)


def _sentences(articles: pa.Table, pieces: Pieces) -> tuple[list[int], list[str]]:
    owner: list[int] = []
    texts: list[str] = []
    languages, kept = articles["language"].to_pylist(), np.flatnonzero(pieces.kept)
    had = [0] * articles.num_rows
    for row, text in zip(pieces.owner[kept].tolist(), pieces.text.take(pa.array(kept)).to_pylist(), strict=True):
        for start, end in sentences(text, languages[row] or "und"):
            if had[row] < MOST and len(text[start:end].split()) >= SHORTEST:
                had[row] += 1
                owner.append(row)
                texts.append(text[start:end])
    return owner, texts


def propose_meant(window: Window) -> Pairs:
    """Pairs of which one is tonight's and whose texts are near each other as a whole: all pairs are looked at, in blocks."""
    held = _Held(window)
    tonight, every = held.ranks[held.ranks >= window.tonight], held.ranks
    later, earlier = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for begin in range(0, len(tonight), _ROWS):
        ranks = tonight[begin : begin + _ROWS]
        others = every[every < ranks[-1]]
        mine, theirs = held.wholes[np.searchsorted(every, ranks)], held.wholes[: len(others)]
        one, two = np.nonzero(_cosines(mine, theirs) >= NEAR)
        before = others[two] < ranks[one]
        later.append(ranks[one][before])
        earlier.append(others[two][before])
    one, two = np.concatenate(later), np.concatenate(earlier)
    return Pairs(one, two, np.zeros(len(one), np.float32), np.full(len(one), EMBEDDING))


def counterparts(window: Window, later: Ints, earlier: Ints) -> Shares:
    """Per pair the larger of the shares of one text's sentences that have a counterpart in the other; 0 where they are too few."""
    held = _Held(window)
    shares = np.zeros(len(later), np.float32)
    for pair, (one, two) in enumerate(zip(later.tolist(), earlier.tolist(), strict=True)):
        alike = _cosines(held.of(one), held.of(two)) >= COUNTERPART
        found = [(int(np.count_nonzero(alike.any(axis=side))), alike.shape[1 - side]) for side in (1, 0)]
        shares[pair] = max((count / size for count, size in found if count >= FEWEST), default=0.0)
    return shares


class _Held:
    """The vectors of a window's documents, one speaking for all that have the same words.

    Attributes:
        ranks: of the documents that have vectors, ascending.
        wholes: a vector of length 127 per rank: the mean of its sentences, as whole numbers.
    """

    def __init__(self, window: Window) -> None:
        column = window.signatures["vectors"].take(pa.array(window.source)).combine_chunks()
        counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        flat = column.flatten()
        width = len(flat[0].as_py()) if len(flat) else 1
        self._rows = np.frombuffer(b"".join(flat.to_pylist()), np.int8).reshape(-1, width)
        self._ends = np.cumsum(counts)
        self._counts = counts
        self.ranks = np.flatnonzero((counts > 0) & (window.same_as == np.arange(len(window))))
        self.wholes = np.concatenate([np.empty((0, width), np.float32), *self._means()])

    def of(self, rank: int) -> Matrix:
        """Sentences x width."""
        end = self._ends[rank]
        return self._rows[end - self._counts[rank] : end].astype(np.float32)

    def _means(self) -> Iterator[Matrix]:
        for rank in self.ranks.tolist():
            total = self.of(rank).sum(axis=0, keepdims=True)  # whole numbers: exact in any order
            yield np.rint(total / max(float(np.sqrt((total.astype(np.float64) ** 2).sum())), 1.0) * _UNIT).astype(np.float32)


def _cosines(one: Matrix, two: Matrix) -> Matrix:
    lengths = [np.sqrt(np.maximum((part.astype(np.float64) ** 2).sum(axis=1), 1.0)) for part in (one, two)]
    return np.asarray((one @ two.T) / lengths[0][:, None] / lengths[1][None, :], np.float32)
