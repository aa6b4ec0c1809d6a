"""The exact comparison of pairs of documents by their shingles: no estimate decides anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from tasks.dedup.hashing import Flags, Hashes, Ints
from tasks.dedup.window import Window, batches

Shares = npt.NDArray[np.float32]
Places = npt.NDArray[np.int32]

PASSAGES = 16
"""Into how many parts a canonical document is divided to see which of them a copy has."""
_SOMETHING = 1 / 8
"""An edited copy with one word in ten changed lacks a part of 25 words by this measure once in some 10,000 parts."""

_SHINGLES = 1 << 16
"""Compared at a time: the arrays of a batch stay in the processor's second cache."""
_PAIRS = 1 << 12
_ODD = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


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


@dataclass(frozen=True)
class _Meeting:
    """Of a batch of pairs: how many distinct shingles both, the later, the earlier have, and which words stand in shared ones."""

    both: Ints
    later: Ints
    earlier: Ints
    later_words: Flags
    earlier_words: Flags


def compare(window: Window, later: Ints, earlier: Ints, size: int) -> Measures:
    """Measures of the pairs (later[i], earlier[i])."""
    costs = window.size[later] + window.size[earlier]
    parts = [_compare(window, later[batch], earlier[batch], size) for batch in batches(costs, _SHINGLES, _PAIRS)]
    if not parts:
        none = np.empty(0, np.float32)
        return Measures(none, none, none, none, none, np.empty(0, np.int64), np.empty(0, np.uint16))
    return Measures(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Measures)))


def copied_words(window: Window, later: Ints, earlier: Ints, size: int) -> Iterator[tuple[slice, Flags]]:
    """For batches of pairs: which words of the later documents, one text after another, stand in shingles of the earlier one."""
    for batch in batches(window.size[later] + window.size[earlier], _SHINGLES, _PAIRS):
        yield batch, _meet(window, later[batch], earlier[batch], size).later_words


def _compare(window: Window, later: Ints, earlier: Ints, size: int) -> Measures:
    met = _meet(window, later, earlier, size)
    return Measures(
        jaccard=_share(met.both, met.later + met.earlier - met.both),
        containment=_share(met.both, met.later),
        containment_reverse=_share(met.both, met.earlier),
        copied=_parts(met.later_words, window.size[later] + size - 1, 1)[:, 0],
        copied_reverse=_parts(met.earlier_words, window.size[earlier] + size - 1, 1)[:, 0],
        distinct=np.minimum(met.later, met.earlier),
        passages=_passages(met.earlier_words, window.size[earlier] + size - 1),
    )


def _meet(window: Window, later: Ints, earlier: Ints, size: int) -> _Meeting:
    pairs = np.arange(len(later))
    mine, theirs = np.repeat(pairs, window.size[later]), np.repeat(pairs, window.size[earlier])
    keys = np.r_[mine, theirs].astype(np.uint64)
    keys <<= np.uint64(32)
    keys |= np.concatenate([window.shingles(later), window.shingles(earlier)])
    first = _first_equal(keys)
    of_mine, of_theirs = first[: len(mine)], first[len(mine) :]
    has_mine, has_theirs = np.zeros((2, len(keys)), np.bool_)
    has_mine[of_mine] = True
    has_theirs[of_theirs] = True
    pair = (keys >> np.uint64(32)).astype(np.int64)
    both, one, two = (np.bincount(pair[chosen], minlength=len(later)) for chosen in (has_mine & has_theirs, has_mine, has_theirs))
    words = _cover(has_theirs[of_mine], mine, len(later), size), _cover(has_mine[of_theirs], theirs, len(later), size)
    return _Meeting(both, one, two, *words)


def _first_equal(keys: Hashes) -> Places:
    """For every key the place of one that equals it, the same place for all equal ones.

    All write their place into a hash table at once and read who stayed; those that find another key than theirs go into the next round.
    """
    bits = max(len(keys).bit_length() + 1, 4)
    shift = np.uint64(64 - bits)
    table = np.empty(1 << bits, np.int32)
    stands = np.empty(len(keys), np.int32)
    waiting, asking = np.arange(len(keys), dtype=np.int32), keys
    turn = 0
    while len(waiting):
        slot = ((asking * np.uint64(_ODD[turn % 3]) ^ np.uint64(turn)) >> shift).astype(np.int64)
        table[slot] = waiting
        found = table[slot]
        equal = keys[found] == asking
        if turn == 0:
            stands = np.where(equal, found, stands)
        else:
            stands[waiting[equal]] = found[equal]
        waiting = waiting[~equal]
        asking = keys[waiting]
        turn += 1
    return stands


def _cover(shared: Flags, pair: Ints, pairs: int, size: int) -> Flags:
    """The words, one text after another, that stand in shared shingles; a text of n shingles has n + size - 1 words."""
    at = np.flatnonzero(shared)
    at += pair[at] * (size - 1)
    covered: Flags = np.zeros(len(shared) + pairs * (size - 1), np.bool_)
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
