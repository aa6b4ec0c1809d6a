"""Candidates: pairs of documents whose fingerprints meet.

A document's fingerprints are those of its shingles whose hash lies below a bound: one in `sample`, and more of a short text, so
that it has about `MIN_SAMPLE`. This is the modulo sketch of Broder, "On the resemblance and containment of documents" (1997):
unlike the k smallest hashes (MinHash), it finds an excerpt in a long text as readily as an edited copy, for what counts is how many
shingles two texts share, not which part of their union. Two texts that share s shingles meet with probability 1 - (1 - rate)^s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tasks.config import CopySettings
from tasks.dedup.hashing import Hashes, Ints
from tasks.dedup.window import Window, ranges

MIN_SAMPLE = 16
"""Fingerprints that a short text has at least, on average; all shingles where it has fewer."""
EVERY = 16
"""Up to so many documents with a fingerprint, all pairs of them are looked at; beyond, each with the `FIRST` in rank."""
FIRST = 4
SLACK = 0.25
"""Pairs are compared that share at least this part, less one, of the fingerprints that the shorter one could share: half of what the
loosest rule asks for, so that chance (the fingerprints' number is binomial) hides no copy."""

DIGEST, FINGERPRINTS, ADDRESS, PHRASES, EMBEDDING = range(5)
METHODS = ("digest", "fingerprints", "address", "phrases", "embedding")

_BLOCK = 1 << 16
_HASHES = (1 << 32) - 1
_32 = np.uint64(32)
_RANK = np.uint64((1 << 32) - 1)


@dataclass(frozen=True)
class Pairs:
    """Pairs of ranks.

    Attributes:
        later, earlier: the two documents; `earlier < later`, and `later` is tonight's.
        common: share of the fingerprints they share that stand in more than `EVERY` documents.
        method: what proposed them, an index into METHODS.
    """

    later: Ints
    earlier: Ints
    common: npt.NDArray[np.float32]
    method: Ints


def rates(sizes: Ints, sample: int) -> npt.NDArray[np.float64]:
    """Which part of its shingles is a text's fingerprints, for texts with so many shingles."""
    return np.clip(MIN_SAMPLE / np.maximum(sizes, 1), 1 / sample, 1.0)


def propose(window: Window, settings: CopySettings, method: int = FINGERPRINTS, fewest: int = 1, slack: float = SLACK) -> Pairs:
    """Pairs of documents with different words that share `fewest` fingerprints, and the part `slack`, less one, of what could be."""
    keys = _fingerprints(window, settings)
    pairs, common = _meet(keys, window.tonight)
    met = _likely(window, settings, pairs, common, fewest, slack)
    return replace(met, method=np.full(len(met.later), method))


def _fingerprints(window: Window, settings: CopySettings) -> Hashes:
    """`hash << 32 | rank`, ascending. One document speaks for all that have the same words."""
    own = (window.same_as == np.arange(len(window))) & (window.size >= settings.min_shingles)
    bounds = np.where(own, rates(window.size, settings.sample) * _HASHES, 0).astype(np.uint32)
    # A little more than will be needed: what is never written takes no memory.
    keys = np.empty(int((window.size * (bounds / _HASHES)).sum() * 1.5) + _BLOCK, np.uint64)
    count = 0
    for ranks, sizes, shingles in window.streams(_BLOCK):
        bound = bounds[ranks]
        uniform = bool((bound == bound[0]).all())
        chosen = np.flatnonzero(shingles < (bound[0] if uniform else np.repeat(bound, sizes)))
        if count + len(chosen) > len(keys):
            keys = np.concatenate([keys[:count], np.empty(count + len(chosen), np.uint64)])
        here = keys[count : count + len(chosen)]
        here[:] = shingles[chosen]
        here <<= _32
        here |= ranks.astype(np.uint64)[np.searchsorted(np.cumsum(sizes), chosen, side="right")]
        count += len(chosen)
    keys = keys[:count]
    keys.sort()
    return _met(keys)


def _met(keys: Hashes) -> Hashes:
    """Without fingerprints that stand in one document only, which are most, and without repeats in one document."""
    if len(keys) < 2:
        return keys[:0]
    hashes = keys.view("<u4")[1::2]
    same = hashes[1:] == hashes[:-1]
    keep = np.r_[same, False]
    keep[1:] |= same
    keys = keys[keep]
    return keys[np.r_[True, keys[1:] != keys[:-1]]] if len(keys) else keys


def _meet(keys: Hashes, tonight: int) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    """All meetings at a fingerprint as `later << 32 | earlier`, and whether the fingerprint is common."""
    ranks = keys.astype(np.uint32)
    begins = np.flatnonzero(np.r_[True, (keys[1:] ^ keys[:-1]) > _RANK]) if len(keys) else np.empty(0, np.int64)
    sizes = np.diff(np.r_[begins, len(keys)])
    # Ranks ascend within a fingerprint: if its last document is not tonight's, none is.
    wanted = np.flatnonzero((sizes > 1) & (ranks[begins + sizes - 1] >= tonight)) if len(begins) else np.empty(0, np.int64)
    rare, often = wanted[sizes[wanted] <= EVERY], wanted[sizes[wanted] > EVERY]
    met = []
    for gap in range(1, EVERY):
        runs = rare[sizes[rare] > gap]
        first = ranges(begins[runs], sizes[runs] - gap)
        met.append((ranks[first + gap], ranks[first]))
    count = len(met)
    for nth in range(FIRST):
        later = ranges(begins[often] + nth + 1, sizes[often] - nth - 1)
        met.append((ranks[later], np.repeat(ranks[begins[often] + nth], sizes[often] - nth - 1)))
    packed = [((a.astype(np.uint64) << _32) | b.astype(np.uint64))[a >= tonight] for a, b in met]
    common = [np.full(len(p), number >= count) for number, p in enumerate(packed)]
    return np.concatenate(packed), np.concatenate(common)


def _likely(window: Window, settings: CopySettings, met: Hashes, common: npt.NDArray[np.bool_], fewest: int, slack: float) -> Pairs:
    """The pairs that meet often enough for their size."""
    order = np.argsort(met)
    met, common = met[order], common[order]
    begins = np.flatnonzero(np.r_[True, met[1:] != met[:-1]]) if len(met) else np.empty(0, np.int64)
    counts = np.diff(np.r_[begins, len(met)])
    shared_common = np.add.reduceat(common.astype(np.int64), begins) if len(met) else counts
    pairs = met[begins]
    later, earlier = (pairs >> _32).astype(np.int64), pairs.astype(np.uint32).astype(np.int64)
    shorter = np.minimum(window.size[later], window.size[earlier])
    rate = rates(np.maximum(window.size[later], window.size[earlier]), settings.sample)
    enough = counts >= np.maximum(fewest, slack * shorter * rate - 1)
    common_share = (shared_common / np.maximum(counts, 1)).astype(np.float32)
    return Pairs(later[enough], earlier[enough], common_share[enough], np.zeros(int(enough.sum()), np.int64))
