"""A seeded corpus with planted copies: what is a copy of what, and how, is known exactly.

Documents of about 400 words over a Zipf vocabulary. 10 % are exact copies, 10 % have 1-10 % of their words edited, 5 % have a dateline
in front or a legal line behind, 5 % are excerpts (20-60 % of the words in a row), 2 % are hard negatives (25-40 % of a text stands in
another). One document in five carries a house line of its outlet, so that unrelated documents share text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

KINDS = ("original", "exact", "edited", "boilerplate", "excerpt", "hard_negative")
SHARES = (0.68, 0.10, 0.10, 0.05, 0.05, 0.02)
VOCABULARY = 100_000
HOUSE_LINES = 20

Words = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Plan:
    """What each document is.

    Attributes:
        kind: index into KINDS.
        source: the document that it was made from; itself for an original.
        seed: each document's own seed, so that any document can be made without the others.
    """

    kind: npt.NDArray[np.int8]
    source: npt.NDArray[np.int64]
    seed: int


def plan(rows: int, seed: int) -> Plan:
    """Kinds and sources of `rows` documents, in a random order."""
    rng = np.random.default_rng(seed)
    kind = rng.permutation(np.repeat(np.arange(len(KINDS)), np.round(np.array(SHARES) * rows).astype(int)))[:rows]
    originals = np.flatnonzero(kind == 0)
    source = np.where(kind == 0, np.arange(rows), rng.choice(originals, rows))
    return Plan(kind.astype(np.int8), source, seed)


class Writer:
    """Makes the documents of a plan."""

    def __init__(self, planned: Plan) -> None:
        rng = np.random.default_rng(planned.seed + 1)
        lengths = rng.integers(2, 11, VOCABULARY)
        letters = rng.integers(97, 123, int(lengths.sum())).astype(np.uint8)
        offsets = np.r_[0, np.cumsum(lengths)].astype(np.int32)
        self.words = pa.StringArray.from_buffers(VOCABULARY, pa.py_buffer(offsets), pa.py_buffer(letters))
        weights = 1 / np.arange(1, VOCABULARY + 1)
        self.cumulated = np.cumsum(weights) / weights.sum()
        self.house = [self._draw(rng, int(n)) for n in rng.integers(20, 50, HOUSE_LINES)]
        self.plan = planned

    def texts(self, first: int, last: int) -> pa.LargeStringArray:
        """The texts of documents `first` to `last`, exclusive."""
        made = [self._document(row) for row in range(first, last)]
        offsets = np.r_[0, np.cumsum([len(m) for m in made])]
        words = self.words.take(pa.array(np.concatenate(made)))
        return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), words), " ").cast(pa.large_string())

    def shards(self, size: int) -> Iterator[tuple[int, pa.LargeStringArray]]:
        """All texts, `size` at a time, each with the number of its first document."""
        for first in range(0, len(self.plan.kind), size):
            yield first, self.texts(first, min(first + size, len(self.plan.kind)))

    def _draw(self, rng: np.random.Generator, count: int) -> Words:
        return np.searchsorted(self.cumulated, rng.random(count)).astype(np.int32)

    def _original(self, row: int) -> Words:
        rng = np.random.default_rng((self.plan.seed, row))
        text = self._draw(rng, int(np.clip(rng.lognormal(np.log(380), 0.35), 80, 1500)))
        return np.r_[text, self.house[int(rng.integers(HOUSE_LINES))]] if rng.random() < 0.2 else text

    def _document(self, row: int) -> Words:
        text = self._original(int(self.plan.source[row]))
        rng = np.random.default_rng((self.plan.seed, row, 1))
        match KINDS[self.plan.kind[row]]:
            case "edited":
                return self._edit(rng, text)
            case "boilerplate":
                front = rng.random() < 0.5
                return np.r_[self._draw(rng, 6), text] if front else np.r_[text, self.house[int(rng.integers(HOUSE_LINES))]]
            case "excerpt":
                return _part(rng, text, 0.2, 0.6)
            case "hard_negative":
                part = _part(rng, text, 0.25, 0.4)
                rest = self._draw(rng, len(text) - len(part))
                cut = int(rng.integers(len(rest) + 1))
                return np.r_[rest[:cut], part, rest[cut:]]
            case _:
                return text

    def _edit(self, rng: np.random.Generator, text: Words) -> Words:
        """1-10 % of the words: three in five replaced, one in five left out, one in five put in."""
        count = max(1, round(len(text) * rng.uniform(0.01, 0.10)))
        places = rng.choice(len(text), count, replace=False)
        how = rng.random(count)
        text = text.copy()
        replaced = places[how < 0.6]
        text[replaced] = self._draw(rng, len(replaced))
        added = places[how >= 0.8]
        text = np.insert(text, added, self._draw(rng, len(added)))
        gone = places[(how >= 0.6) & (how < 0.8)]
        return np.delete(text, gone)


def _part(rng: np.random.Generator, text: Words, low: float, high: float) -> Words:
    size = max(1, int(len(text) * rng.uniform(low, high)))
    begin = int(rng.integers(len(text) - size + 1))
    return text[begin : begin + size]
