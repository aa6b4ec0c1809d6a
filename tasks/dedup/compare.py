"""The exact comparison of pairs of documents by their shingles: no estimate decides anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from tasks.dedup.hashing import Flags, Hashes, Ints
from tasks.dedup.window import Window, batches

Shares = npt.NDArray[np.float32]

PASSAGES = 16
"""Into how many parts a canonical document is divided to see which of them a copy has."""
_SOMETHING = 1 / 8
"""An edited copy with one word in ten changed lacks a part of 25 words by this measure once in some 10,000 parts."""

_PAIRS = 1 << 10
_ELEMENTS = 1 << 20
_PLACE = np.uint64(21)
_SIDE = np.uint64(1) << _PLACE
_PLACES = _SIDE - np.uint64(1)
_ABOVE = np.uint64(22)


@dataclass(frozen=True)
class Measures:
    """What was measured of pairs, all shares in 0..1.

    Attributes:
        jaccard: shared shingles over those of either.
        containment, containment_reverse: share of the later (of the earlier) document's distinct shingles that the other has.
        copied, copied_reverse: share of the later (of the earlier) document's words that stand in shared shingles.
        distinct: distinct shingles of the one that has fewer.
        passages: bit i is set where the later document has something of the i-th of `PASSAGES` equal parts of the earlier.
    """

    jaccard: Shares
    containment: Shares
    containment_reverse: Shares
    copied: Shares
    copied_reverse: Shares
    distinct: Ints
    passages: npt.NDArray[np.uint16]


def compare(window: Window, later: Ints, earlier: Ints, size: int) -> Measures:
    """Measures of the pairs (later[i], earlier[i])."""
    costs = window.size[later] + window.size[earlier]
    parts = [_compare(window, later[batch], earlier[batch], size) for batch in batches(costs, _ELEMENTS, _PAIRS)]
    if not parts:
        none = np.empty(0, np.float32)
        return Measures(none, none, none, none, none, np.empty(0, np.int64), np.empty(0, np.uint16))
    return Measures(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Measures)))


def copied_words(window: Window, later: Ints, earlier: Ints, size: int) -> Iterator[tuple[slice, Flags]]:
    """For batches of pairs: which words of the later documents, one text after another, stand in shingles of the earlier one."""
    for batch in batches(window.size[later] + window.size[earlier], _ELEMENTS, _PAIRS):
        shared = _meet(window, later[batch], earlier[batch]).shared
        yield batch, _cover(shared[(shared & _SIDE) == 0], window.size[later[batch]], size)


@dataclass(frozen=True)
class _Meeting:
    """Of a batch of pairs: the shared shingles' keys, and per pair how many distinct ones the two, the later, the earlier have."""

    shared: Hashes
    both: Ints
    later: Ints
    earlier: Ints


def _meet(window: Window, later: Ints, earlier: Ints) -> _Meeting:
    """All shingles of all pairs are sorted at once by pair, hash, side and place; what both have stands side by side."""
    keys = np.concatenate([_keys(window, later, np.uint64(0)), _keys(window, earlier, _SIDE)])
    keys.sort()
    group = keys >> _ABOVE
    begins = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(keys) else np.empty(0, np.int64)
    ends = np.r_[begins[1:], len(keys)] if len(keys) else begins
    # Within a group the later document's places come first, so the first and the last key tell whether both are in it.
    from_later, from_earlier = (keys[begins] & _SIDE) == 0, (keys[ends - 1] & _SIDE) != 0
    both = from_later & from_earlier
    of_pair = (group[begins] >> np.uint64(32)).astype(np.int64)
    counts = (np.bincount(of_pair[chosen], minlength=len(later)) for chosen in (both, from_later, from_earlier))
    return _Meeting(keys[np.repeat(both, ends - begins)], *counts)


def _compare(window: Window, later: Ints, earlier: Ints, size: int) -> Measures:
    met = _meet(window, later, earlier)
    side = (met.shared & _SIDE) != 0
    mine = _cover(met.shared[~side], window.size[later], size)
    theirs = _cover(met.shared[side], window.size[earlier], size)
    return Measures(
        jaccard=_share(met.both, met.later + met.earlier - met.both),
        containment=_share(met.both, met.later),
        containment_reverse=_share(met.both, met.earlier),
        copied=_parts(mine, window.size[later] + size - 1, 1)[:, 0],
        copied_reverse=_parts(theirs, window.size[earlier] + size - 1, 1)[:, 0],
        distinct=np.minimum(met.later, met.earlier),
        passages=_passages(theirs, window.size[earlier] + size - 1),
    )


def _keys(window: Window, documents: Ints, side: np.uint64) -> Hashes:
    """`pair << 54 | hash << 22 | side << 21 | place`."""
    sizes = window.size[documents]
    keys = window.shingles(documents).astype(np.uint64)
    keys |= np.repeat(np.arange(len(documents), dtype=np.uint64) << np.uint64(32), sizes)
    keys <<= _ABOVE
    place = np.arange(len(keys), dtype=np.uint64) - np.repeat((np.cumsum(sizes) - sizes).astype(np.uint64), sizes)
    keys |= side | np.minimum(place, _PLACES)
    return keys


def _cover(keys: Hashes, sizes: Ints, size: int) -> Flags:
    """The words, one text after another, that stand in the given shingles; a text of n shingles has n + size - 1 words."""
    words = sizes + size - 1
    first = np.cumsum(words) - words
    at = first[(keys >> np.uint64(54)).astype(np.int64)] + (keys & _PLACES).astype(np.int64)
    covered: Flags = np.zeros(int(words.sum()), np.bool_)
    for step in range(size):
        covered[at + step] = True
    return covered


def _parts(covered: Flags, words: Ints, number: int) -> Shares:
    """The covered share of each of `number` equal parts of each text."""
    total = np.r_[0, np.cumsum(covered, dtype=np.int32)]
    first = np.cumsum(words) - words
    edges = first[:, None] + words[:, None] * np.arange(number + 1) // number
    return _share(np.diff(total[edges]), np.diff(edges))


def _passages(covered: Flags, words: Ints) -> npt.NDArray[np.uint16]:
    bits = (_parts(covered, words, PASSAGES) >= _SOMETHING).astype(np.uint16)
    return np.asarray((bits << np.arange(PASSAGES, dtype=np.uint16)).sum(axis=1), np.uint16)


def _share(part: Ints, whole: Ints) -> Shares:
    return (part / np.maximum(whole, 1)).astype(np.float32)
