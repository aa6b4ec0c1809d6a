"""What is known of a candidate sentence beside its words: place, form, and how it lies among the others."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tasks.summarize.candidates import Candidate

Floats = npt.NDArray[np.float64]

PLACES = 8
"""Sentences from the top whose place has a weight of its own; then 8 to 11 share one, and the rest."""
NAMES = (
    *(f"place_{n}" for n in range(PLACES)),
    "place_8_to_11",
    "place_12_on",
    "depth",
    "centrality",
    "announces",
    "near_top",
    "salience",
    "repeated_pairs",
    "log_words",
    "short",
    "quote",
    "dangling",
    "question",
    "number",
    "caption",
)
_DANGLING = re.compile(
    r"^\W*(?:he|she|it|they|this|that|these|those|his|her|their|but|and|so|also|however|meanwhile|still|yet|then|instead|moreover|there"
    r"|we|i|you)\b",
    re.IGNORECASE,
)
_CAPTION = re.compile(r"^\s*[^:]{2,40} ?: |\b(?:pictured|left|right|above|below|cent(?:re|er))\b\s*[),]|^\(", re.IGNORECASE)
_TOKEN = re.compile(r"\w+")
_STEM = 6


def content(text: str) -> list[str]:
    """Words that carry meaning, in any language: numbers and words of four letters or more, cut to six letters, lower case."""
    return [w[:_STEM].casefold() for w in _TOKEN.findall(text) if len(w) > 3 or w.isdigit()]


def features(candidates: Sequence[Candidate], vectors: npt.NDArray[np.float32]) -> Floats:
    """One row per candidate, one column per name in `NAMES`.

    *Shape:* n candidates, n x d unit vectors -> n x len(NAMES).
    """
    count = len(candidates)
    order = np.arange(count)
    alike = (vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(alike, 0.0)
    near = alike.sum(axis=1) / max(1, count - 1)
    top = (vectors / (1.0 + order[:, None])).sum(axis=0)
    tokens = [content(c.text) for c in candidates]
    columns = [
        *(order == n for n in range(PLACES)),
        (order >= PLACES) & (order < 12),
        order >= 12,
        order / max(1, count - 1),
        _standard(near),
        np.triu(alike, 1).sum(axis=1) / max(1, count - 1),  # to what follows: a lede announces (PacSum's forward edges)
        vectors @ (top / max(float(np.linalg.norm(top)), 1e-9)),
        _standard(_salience(tokens)),
        _repeated(tokens),
        [math.log1p(c.words) for c in candidates],
        [c.words < 8 for c in candidates],
        [c.quote for c in candidates],
        [bool(_DANGLING.match(c.text)) for c in candidates],
        [c.text.rstrip(" \"'”’»").endswith("?") for c in candidates],
        [any(x.isdigit() for x in c.text) for c in candidates],
        [bool(_CAPTION.search(c.text)) for c in candidates],
    ]
    return np.stack([np.asarray(c, dtype=np.float64) for c in columns], axis=1)


def _standard(values: Floats) -> Floats:
    return np.asarray((values - values.mean()) / (values.std() + 1e-6), dtype=np.float64)


def _salience(tokens: Sequence[Sequence[str]]) -> Floats:
    """Mean log of how many sentences have the sentence's content words."""
    found = Counter(w for some in tokens for w in set(some))
    return np.array([sum(math.log(found[w]) for w in some) / max(1, len(some)) for some in tokens])


def _repeated(tokens: Sequence[Sequence[str]]) -> list[float]:
    """Share of the sentence's pairs of neighbouring content words that another sentence has too."""
    pairs = [list(itertools.pairwise(some)) for some in tokens]
    found = Counter(p for some in pairs for p in set(some))
    return [sum(found[p] > 1 for p in some) / max(1, len(some)) for some in pairs]
