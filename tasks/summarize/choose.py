"""From scores to a summary's sentences: the set that together scores high, covers the article's words, and says nothing twice.

Sets, not sentences one after the other, because what a sentence adds depends on what stands beside it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tasks.summarize.candidates import Candidate
from tasks.summarize.features import Floats, content

SAME = 0.85
"""Cosine from which two sentences say the same; never both."""
POOL = 9
"""The best sentences of which sets are made: at most 9 over 3 = 84 sets of three."""
LARGEST = 4
"""Sentences that are chosen together; longer summaries take the next best ones one by one."""
TOP = 3
"""The article's first sentences, whose words are its lede's."""

SET_NAMES = ("mean_score", "sum_score", "words", "words_squared", "coverage", "lede_coverage", "log_place", "alike")


class Sets:
    """What is known of sets of one article's candidates."""

    def __init__(self, candidates: Sequence[Candidate], scores: Floats, vectors: npt.NDArray[np.float32]) -> None:
        self.candidates, self.scores, self.vectors = candidates, scores, vectors
        self.tokens = [frozenset(content(c.text)) for c in candidates]
        self.counts = Counter(w for c in candidates for w in content(c.text))
        self.total = max(1, sum(self.counts.values()))
        self.lede = frozenset().union(*self.tokens[:TOP])

    def row(self, members: Sequence[int]) -> list[float]:
        """The set's numbers, in the order of `SET_NAMES`."""
        words = sum(self.candidates[i].words for i in members) / 50
        covered = frozenset().union(*(self.tokens[i] for i in members))
        points = self.scores[list(members)]
        pairs = [float(self.vectors[a] @ self.vectors[b]) for a, b in itertools.combinations(members, 2)]
        return [
            float(points.mean()),
            float(points.sum()),
            words,
            words * words,
            sum(self.counts[w] for w in covered) / self.total,
            len(covered & self.lede) / max(1, len(self.lede)),
            float(np.log1p(np.array(members)).mean()),
            max(pairs, default=0.0),
        ]

    def allowed(self, count: int, max_words: int) -> list[tuple[int, ...]]:
        """All sets of exactly `count` of the best sentences (fewer where no more fit) without two that say the same."""
        rounded = np.round(self.scores, 4)
        order = sorted(range(len(self.candidates)), key=lambda i: (-rounded[i], i))
        best = sorted(order[:POOL])
        for size in range(min(count, len(best)), 1, -1):
            sets = [s for s in itertools.combinations(best, size) if self._fits(s, max_words)]
            if sets:
                return sets
        return [(i,) for i in best if self.candidates[i].words <= max_words] or [(order[0],)]

    def _fits(self, members: Sequence[int], max_words: int) -> bool:
        if sum(self.candidates[i].words for i in members) > max_words:
            return False
        return all(float(self.vectors[a] @ self.vectors[b]) < SAME for a, b in itertools.combinations(members, 2))


def choose(sets: Sets, weights: Floats, count: int, max_words: int) -> list[int]:
    """The best sentences, in the article's order.

    Args:
        weights: of `SET_NAMES`. Values are rounded to 1e-4, so that the last bits of a float decide nothing; the earlier set wins
            a tie.
        count: how many sentences at most.
        max_words: of all together; where not even one sentence is as short, the best one is taken.
    """
    allowed = sets.allowed(min(count, LARGEST), max_words)
    values = np.round(np.array([sets.row(s) for s in allowed]) @ weights, 4)
    taken = list(allowed[int(np.argmax(values))])
    left = max_words - sum(sets.candidates[i].words for i in taken)
    for index in sorted(range(len(sets.candidates)), key=lambda i: (-round(float(sets.scores[i]), 4), i)):
        if len(taken) >= count:
            break
        words = sets.candidates[index].words
        if index not in taken and words <= left and all(float(sets.vectors[index] @ sets.vectors[o]) < SAME for o in taken):
            taken.append(index)
            left -= words
    return sorted(taken)
