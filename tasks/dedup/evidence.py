"""The record: which pairs are copies of each other, by which measures and which rule."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from tasks.config import CopySettings
from tasks.dedup.compare import Measures, compare
from tasks.dedup.hashing import Ints
from tasks.dedup.house import only_house_lines
from tasks.dedup.propose import Pairs
from tasks.dedup.relate import NONE, Verdicts, relate
from tasks.dedup.window import Window


@dataclass(frozen=True)
class Evidence:
    """Verified pairs, ascending by (later, earlier), once each."""

    later: Ints
    earlier: Ints
    measures: Measures
    verdicts: Verdicts
    method: Ints

    def find(self, later: Ints, earlier: Ints) -> Ints:
        """The place of each asked pair, or -1."""
        if not len(self.later):
            return np.full(len(later), -1)
        have, want = (self.later << 32) | self.earlier, (later << 32) | earlier
        at = np.minimum(np.searchsorted(have, want), len(have) - 1)
        return np.where(have[at] == want, at, -1)


def verify(window: Window, pairs: Pairs, settings: CopySettings) -> Evidence:
    """The candidates that are copies."""
    measures = compare(window, pairs.later, pairs.earlier, settings.shingle)
    verdicts = relate(window, pairs.later, pairs.earlier, measures, settings)
    related = np.flatnonzero(verdicts.relation != NONE)
    later, earlier, common = pairs.later[related], pairs.earlier[related], pairs.common[related]
    copies = related[~only_house_lines(window, later, earlier, common, settings.shingle)]
    return take(Evidence(pairs.later, pairs.earlier, measures, verdicts, pairs.method), copies)


def take(evidence: Evidence, at: Ints) -> Evidence:
    """The pairs at the given places."""
    measures = Measures(*(getattr(evidence.measures, field.name)[at] for field in fields(Measures)))
    verdicts = Verdicts(evidence.verdicts.relation[at], evidence.verdicts.decided.take(pa.array(at)))
    return Evidence(evidence.later[at], evidence.earlier[at], measures, verdicts, evidence.method[at])


def join(one: Evidence, two: Evidence) -> Evidence:
    """Both, in order; of a pair in both, the first's."""
    measures = (np.concatenate([getattr(one.measures, f.name), getattr(two.measures, f.name)]) for f in fields(Measures))
    relation = np.r_[one.verdicts.relation, two.verdicts.relation]
    decided = pa.concat_arrays([one.verdicts.decided, two.verdicts.decided])
    later, earlier, method = np.r_[one.later, two.later], np.r_[one.earlier, two.earlier], np.r_[one.method, two.method]
    both = Evidence(later, earlier, Measures(*measures), Verdicts(relation, decided), method)
    return take(both, np.unique((later << 32) | earlier, return_index=True)[1])
