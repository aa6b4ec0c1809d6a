"""One number per candidate sentence: how much the article's reader would miss it."""

from __future__ import annotations

import numpy as np

from tasks.summarize.features import NAMES, Floats

WEIGHTS: dict[str, float] = {
    "early": 0.3,
    "first": 0.1,
    "centrality": 0.6,
    "to_lead": 0.2,
    "to_title": 0.2,
    "short": -0.1,
    "long": -0.05,
    "quote": -0.3,
    "dangling": -0.1,
    "question": -0.2,
    "unfinished": -0.2,
}


def scores(rows: Floats) -> Floats:
    """The weighted sum of each row of features.

    *Shape:* n x len(NAMES) -> n
    """
    weights = np.array([WEIGHTS[name] for name in NAMES], dtype=np.float32)
    return np.asarray(rows @ weights, dtype=np.float32)
