"""What a verified pair is: revision, near copy, excerpt, or no copy; and the rule that decided, in words with its numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.config import CopySettings
from tasks.dedup.compare import Measures, Shares
from tasks.dedup.hashing import Flags, Ints
from tasks.dedup.window import Window

NONE, REUSE, EXCERPT, NEAR, REVISION, EXACT = range(6)
"""Relations as numbers: the higher one binds more."""
NAMES = ("none", "reuse", "excerpt", "near", "revision", "exact")

LONG = 100
"""Distinct shingles from which words count as evidence besides Jaccard: short texts of one template (weekly figures, share issues)
differ in few words and are no copies."""

_HUNDREDTHS = pa.array([f"{n / 100:.2f}" for n in range(101)])


@dataclass(frozen=True)
class Verdicts:
    """Per pair the relation's number and the words of the rule; words of pairs that are no copies are null."""

    relation: Ints
    decided: pa.Array


def relate(window: Window, later: Ints, earlier: Ints, measures: Measures, settings: CopySettings) -> Verdicts:
    """Verdicts of compared pairs. The first rule that holds decides."""
    inside = np.maximum(measures.containment, measures.containment_reverse)
    both_ways = np.minimum(measures.copied, measures.copied_reverse)
    long_enough = measures.distinct >= settings.min_shingles
    page = _same_page(window, later, earlier) & (inside >= settings.revision)
    edited = measures.distinct >= LONG
    rules: list[tuple[int, Flags, str, Shares, float]] = [
        (REVISION, page, "same page, containment", inside, settings.revision),
        (NEAR, measures.jaccard >= settings.threshold, "jaccard", measures.jaccard, settings.threshold),
        (NEAR, edited & (both_ways >= settings.edited), "copied words both ways", both_ways, settings.edited),
        (EXCERPT, measures.containment >= settings.containment, "containment in other", measures.containment, settings.containment),
        (EXCERPT, inside >= settings.containment, "containment of other", inside, settings.containment),
    ]
    relation = np.full(len(later), NONE)
    decided = pa.nulls(len(later), pa.string())
    for number, holds, name, value, bound in rules:
        new = holds & long_enough & (relation == NONE)
        relation[new] = number
        decided = pc.if_else(pa.array(new), in_words(name, value, bound), decided)
    return Verdicts(relation, decided)


def _same_page(window: Window, later: Ints, earlier: Ints) -> Flags:
    """Whether both come from the same address of the same outlet."""
    same = np.ones(len(later), np.bool_)
    for name in ("outlet", "url"):
        codes = pc.fill_null(pc.dictionary_encode(window.rows[name].combine_chunks()).indices, -1).to_numpy(zero_copy_only=False)
        same &= (codes[later] == codes[earlier]) & (codes[later] >= 0)
    return same


def in_words(name: str, value: Shares, bound: float) -> pa.Array:
    """The rule with its numbers, once per value."""
    # Rounded down, so that the number shown is never on the other side of its bound.
    shown = _HUNDREDTHS.take(pa.array(np.floor(np.clip(value, 0, 1) * 100 + 1e-4).astype(np.int32)))
    return pc.binary_join_element_wise(f"{name} ", shown, f" >= {bound:.2f}", "")
