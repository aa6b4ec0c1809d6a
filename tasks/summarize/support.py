"""How well an article backs a sentence that somebody else wrote of it.

Two views of it: the encoder's cosine to the article's sentences, and how the sentence's words lie in the article (in one run, in
pieces, out of gaps). Sixty small trees in `support_trees.json` make one probability of both. They were fitted on QAGS-CNN and Falke's
sentence pairs by `benchmarks/fit_summaries.py`; figures from cross-validation are in docs/summaries.md. Numbers, names and negations
are judged apart, by `tasks.summarize.facts`.
"""

from __future__ import annotations

import difflib
import itertools
import json
import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FEATURES = ("nearest", "second", "triples", "in_order", "widest_gap", "log_source", "share", "pieces", "tail")
_TOKEN = re.compile(r"[^\W_]+")
_STEM = 6


@dataclass(frozen=True)
class Source:
    """An article's sentences, ready to be searched.

    Attributes:
        tokens: per sentence its words, lower case, cut to six letters.
        vectors: per sentence its unit vector.
    """

    tokens: tuple[tuple[str, ...], ...]
    vectors: npt.NDArray[np.float32]

    @classmethod
    def of(cls, texts: Sequence[str], vectors: npt.NDArray[np.float32]) -> Source:
        """The source of an article's sentences and their vectors, in the same order."""
        return cls(tuple(tuple(words(text)) for text in texts), vectors)


def words(text: str) -> list[str]:
    """The text's words as they are compared."""
    return [w[:_STEM].lower() for w in _TOKEN.findall(text.replace("n't", " not").replace("n’t", " not"))]


def backed(sentence: str, vector: npt.NDArray[np.float32], source: Source) -> tuple[float, list[int]]:
    """The probability that the source says what the sentence says, and which of its sentences are the nearest (one or two)."""
    row, best = measure(sentence, vector, source)
    return probability(row), best


def measure(sentence: str, vector: npt.NDArray[np.float32], source: Source) -> tuple[list[float], list[int]]:
    """The numbers named in `FEATURES`, and the nearest sentences by words and by meaning."""
    have = words(sentence)
    if not have or not source.tokens:
        return [0.0] * len(FEATURES), []
    count = len(have)
    cosines = np.sort(source.vectors @ vector)[::-1]
    unique = set(have)
    shared = [len(unique & set(tokens)) / len(unique) for tokens in source.tokens]
    nearest = max(range(len(shared)), key=lambda i: (round(shared[i], 4), -i))
    blocks = [b for b in difflib.SequenceMatcher(None, source.tokens[nearest], have, autojunk=False).get_matching_blocks() if b.size]
    length = max(1, len(source.tokens[nearest]))
    gaps = [b.a - a.a - a.size for a, b in itertools.pairwise(blocks)]
    everything = [w for tokens in source.tokens for w in tokens]
    runs = set(zip(everything, everything[1:], everything[2:], strict=False))
    triples = list(zip(have, have[1:], have[2:], strict=False))
    row = [
        float(cosines[0]),
        float(cosines[min(1, len(cosines) - 1)]),
        sum(t in runs for t in triples) / len(triples) if triples else 1.0,
        sum(b.size for b in blocks) / count,
        max(gaps, default=0) / length,
        math.log1p(length),
        count / length,
        _pieces(everything, have) / count,
        (count - blocks[-1].b - blocks[-1].size) / count if blocks else 1.0,
    ]
    by_meaning = int(np.argmax(np.round(source.vectors @ vector, 4)))
    return row, sorted({nearest, by_meaning})


def _pieces(source: Sequence[str], have: Sequence[str]) -> int:
    """How many of the source's runs of words the sentence is made of, taken greedily (Grusky et al. 2018, extractive fragments)."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(source):
        places[word].append(place)
    at = pieces = 0
    while at < len(have):
        longest = 0
        for place in places.get(have[at], ()):
            run = 0
            while at + run < len(have) and place + run < len(source) and have[at + run] == source[place + run]:
                run += 1
            longest = max(longest, run)
        pieces += longest > 0
        at += max(1, longest)
    return pieces


@cache
def _trees() -> tuple[float, list[list[list[Any]]]]:
    held = json.loads((Path(__file__).parent / "support_trees.json").read_text(encoding="utf-8"))
    return float(held["start"]), held["trees"]


def probability(row: Sequence[float]) -> float:
    """The trees' probability for one row of `FEATURES`; a node is [feature, threshold, left, right], a leaf [value]."""
    start, trees = _trees()
    total = start
    for tree in trees:
        node = tree[0]
        while len(node) > 1:
            node = tree[node[2] if row[node[0]] <= node[1] else node[3]]
        total += node[0]
    return 1 / (1 + math.exp(-total))
