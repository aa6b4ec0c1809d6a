"""What is a copy by the true shingle sets, found without any of our short cuts: the gold of real text."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations

Pair = tuple[int, int]


def true_pairs(texts: Sequence[str], size: int, fewest: int) -> dict[Pair, tuple[float, float]]:
    """Jaccard and the larger containment of all pairs of texts that share a shingle, and of equal short texts.

    Args:
        texts: what is compared; pairs are their places, the smaller first.
        size: words per shingle.
        fewest: a text with fewer shingles is compared exactly and nothing else.
    """
    words = [re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).lower()) for text in texts]
    sets = [{tuple(w[i : i + size]) for i in range(len(w) - size + 1)} for w in words]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    short: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, shingles in enumerate(sets):
        if len(shingles) >= fewest:
            for shingle in shingles:
                holders[shingle].append(number)
        elif words[number]:
            short[tuple(words[number])].append(number)
    shared: Counter[Pair] = Counter()
    for numbers in holders.values():
        shared.update(combinations(numbers, 2))
    true = dict.fromkeys((pair for numbers in short.values() for pair in combinations(numbers, 2)), (1.0, 1.0))
    for (a, b), count in shared.items():
        true[a, b] = (count / (len(sets[a]) + len(sets[b]) - count), count / min(len(sets[a]), len(sets[b])))
    return true
