"""Words and shingles of many texts at once, as hashes: NumPy over the bytes of an Arrow string buffer, no loop over texts or words.

A word is a run of letters and digits; in scripts that write no blanks between words (Chinese, Japanese) it is one character.
A shingle is `size` words in a row. Its hash is 32 bits wide: two texts of 400 words share one by accident with probability
400² / 2³² = 4e-5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
Shingles = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LONGEST = 64
"""Bytes of the longest word; a longer one is cut into words of this length."""

_PAD = LONGEST
_LOW_BYTES = np.array([(1 << (8 * min(n, 8))) - 1 for n in range(LONGEST + 1)], np.uint64)
# Odd 64-bit constants: golden ratio (Knuth), and the multipliers of SplitMix64 and of MurmurHash3's finaliser.
_GOLD = np.uint64(0x9E3779B97F4A7C15)
_SPLIT = np.uint64(0xBF58476D1CE4E5B9)
_SPLIT2 = np.uint64(0x94D049BB133111EB)
_MURMUR = np.uint64(0xFF51AFD7ED558CCD)
_32, _29 = np.uint64(32), np.uint64(29)


@dataclass(frozen=True)
class Words:
    """The words of consecutive pieces of text.

    Attributes:
        hashes: one per word, in text order.
        counts: words of each piece.
    """

    hashes: Hashes
    counts: Ints


def hash_words(data: Bytes, bounds: Ints) -> Words:
    """The words of lower-case UTF-8 pieces.

    Args:
        data: the bytes of all pieces, one after another.
        bounds: n + 1 ascending offsets into `data`; piece i is `data[bounds[i]:bounds[i + 1]]`. No word crosses a bound.
    """
    padded = np.zeros(len(data) + _PAD, np.uint8)
    padded[: len(data)] = data
    starts, ends = _word_bounds(padded, bounds)
    if len(starts) and int((ends - starts).max()) > LONGEST:
        starts, ends = _cut(starts, ends)
    counts = np.diff(np.searchsorted(starts, bounds)).astype(np.int64)
    return Words(_hash_bytes(padded, starts, ends), counts)


def _word_bounds(padded: Bytes, bounds: Ints) -> tuple[Ints, Ints]:
    inside = ((padded - np.uint8(97)) < 26) | ((padded - np.uint8(48)) < 10)
    ideographs = np.empty(0, np.int64)
    if int(padded.max()) >= 128:
        inside |= padded >= 128
        ideographs = _mark_wide(padded, inside)
    # The padding is no word, so that the last word ends, and here the first one begins.
    changes = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    starts, ends = (np.r_[0, changes[1::2]], changes[0::2]) if inside[0] else (changes[0::2], changes[1::2])
    breaks = np.r_[bounds[(bounds > 0) & (bounds < len(padded))], ideographs, ideographs + 3]
    breaks = breaks[inside[breaks] & inside[breaks - 1] & (breaks > 0)]
    if len(breaks):
        breaks = np.unique(breaks) if len(ideographs) else breaks[np.diff(breaks, prepend=-1) > 0]
        starts, ends = _merged(starts, breaks), _merged(ends, breaks)
    return starts, ends


def _merged(one: Ints, two: Ints) -> Ints:
    both = np.concatenate([one, two])
    both.sort(kind="stable")  # Timsort: two ascending runs are merged, mostly by copying
    return both


def _mark_wide(padded: Bytes, inside: Flags) -> Ints:
    """Takes punctuation beyond ASCII out of `inside`; returns where the ideographs and kana begin, which are words of their own.

    U+0080-00BF, U+2000-2BFF (punctuation, currency, arrows, symbols) and U+3000-303F separate words, as their ASCII kin do.
    """
    two = np.flatnonzero(padded[:-_PAD] == 0xC2)
    lead, follow = padded[:-_PAD], padded[1 : 1 - _PAD]
    three = np.flatnonzero(((lead == 0xE2) & (follow >= 0x80) & (follow <= 0xAF)) | ((lead == 0xE3) & (follow == 0x80)))
    for at, width in ((two, 2), (three, 3)):
        for step in range(width):
            inside[at + step] = False
    return np.flatnonzero((lead >= 0xE3) & (lead <= 0xE9) & inside[:-_PAD])


def _cut(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    parts = (ends - starts + LONGEST - 1) // LONGEST
    first = np.repeat(np.cumsum(parts) - parts, parts)
    begin = np.repeat(starts, parts) + (np.arange(len(first)) - first) * LONGEST
    return begin, np.minimum(begin + LONGEST, np.repeat(ends, parts))


def _hash_bytes(padded: Bytes, starts: Ints, ends: Ints) -> Hashes:
    """Eight bytes at a time, so that most words cost one load and one multiplication."""
    eights = np.ndarray((len(padded) - 7,), "<u8", padded, 0, (1,))
    lengths = ends - starts
    hashes: Hashes = eights[starts]
    hashes &= _LOW_BYTES[lengths]
    hashes *= _GOLD
    longer, offset = np.flatnonzero(lengths > 8), 8
    while len(longer):
        block = eights[starts[longer] + offset]
        block &= _LOW_BYTES[lengths[longer] - offset]
        part = hashes[longer]
        block ^= part
        block ^= part >> _29
        block *= _SPLIT
        hashes[longer] = block
        offset += 8
        longer = longer[lengths[longer] > offset]
    hashes ^= hashes >> _32
    hashes *= _SPLIT2
    hashes ^= hashes >> _29
    return hashes


def shingle(words: Hashes, bounds: Ints, size: int) -> tuple[Shingles, Ints]:
    """The shingles of texts, in text order, repeated ones included.

    Args:
        words: the words' hashes of all texts, one after another.
        bounds: n + 1 ascending offsets into `words`, one text between two.
        size: words per shingle; a text with fewer words has none.

    Returns:
        The shingles of all texts, and how many each text has.
    """
    counts = np.maximum(np.diff(bounds) - (size - 1), 0)
    total = len(words) - size + 1
    if total < 1:
        return np.empty(0, np.uint32), counts
    mixed = words[:total].copy()
    for offset in range(1, size):
        mixed *= _MURMUR
        mixed += words[offset : offset + total]
    mixed ^= mixed >> _32
    mixed *= _SPLIT
    whole = np.ones(total, np.bool_)
    for back in range(1, size):
        crossing = bounds[1:] - back
        whole[crossing[(crossing >= 0) & (crossing < total)]] = False
    return (mixed >> _32).astype(np.uint32)[whole], counts


def digest(words: Hashes, bounds: Ints) -> Bytes:
    """128 bits per text over its words and their order, as a matrix of n x 16 bytes; zeros for a text without words."""
    counts = np.diff(bounds)
    lanes = np.zeros((len(counts), 2), np.uint64)
    filled = np.flatnonzero(counts)
    if len(filled):
        place = np.arange(len(words), dtype=np.uint64)
        place -= np.repeat(bounds[:-1].astype(np.uint64), counts)
        place *= _GOLD
        place ^= words
        place *= _MURMUR
        place ^= place >> _29
        lanes[filled, 0] = np.add.reduceat(place, bounds[filled])
        place *= place | np.uint64(1)
        place ^= place >> _32
        lanes[filled, 1] = np.add.reduceat(place, bounds[filled]) + counts[filled].astype(np.uint64)
    return lanes.view(np.uint8).reshape(len(counts), 16)
