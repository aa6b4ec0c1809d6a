"""From scores to a summary's sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tasks.summarize.candidates import Candidate
from tasks.summarize.features import Floats

SAME = 0.85
"""Cosine from which two sentences say the same."""


def choose(candidates: Sequence[Candidate], scores: Floats, vectors: Floats, count: int, max_words: int) -> list[int]:
    """The best sentences that say different things, in the article's order.

    Args:
        scores: one per candidate; rounded to 1e-4, so that the last bits of a float decide nothing, and the earlier wins a tie.
        count: how many sentences at most.
        max_words: of all together; the best sentence is taken even where it alone is longer.
    """
    rounded = np.round(scores.astype(np.float64), 4)
    taken: list[int] = []
    left = max_words
    for index in sorted(range(len(candidates)), key=lambda i: (-rounded[i], i)):
        fits = candidates[index].words <= left or not taken
        if fits and all(float(vectors[index] @ vectors[other]) < SAME for other in taken):
            taken.append(index)
            left -= candidates[index].words
        if len(taken) == count:
            break
    return sorted(taken)
