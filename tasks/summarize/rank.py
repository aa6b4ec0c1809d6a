"""How much each sentence, and each set of sentences, is worth: two linear models with their weights.

Fitted by `benchmarks/fit_summaries.py` (ridge regression) on what summaries of news took up: QAGS-CNN's articles with the sentences
that systems wrote of them, Newsroom, BBC, publishers' own summaries (fundus) and headlines (FNC-1). Chosen by cross-validation there,
not on REALSumm. Figures, and how often REALSumm was looked at: docs/summaries.md and docs/log/summaries.md.
"""

from __future__ import annotations

import numpy as np

from tasks.summarize.choose import SET_NAMES
from tasks.summarize.features import NAMES, Floats

SENTENCE: dict[str, float] = {
    "place_0": 0.1860,
    "place_1": 0.2312,
    "place_2": 0.2015,
    "place_3": 0.1160,
    "place_4": 0.1184,
    "place_5": 0.0668,
    "place_6": 0.0201,
    "place_7": -0.0281,
    "place_8_to_11": -0.0894,
    "place_12_on": -0.1242,
    "depth": 0.1668,
    "centrality": 0.0101,
    "announces": 0.2259,
    "near_top": 0.0274,
    "salience": 0.0504,
    "repeated_pairs": 0.0067,
    "log_words": -0.0046,
    "short": -0.0620,
    "quote": -0.0275,
    "dangling": -0.0317,
    "question": -0.0410,
    "number": 0.0458,
    "caption": -0.0611,
}
"""Weights of a sentence's features: the more it is worth, the likelier a good summary has it."""

SET: dict[str, float] = {
    "mean_score": 1.2878,
    "sum_score": 0.0855,
    "words": 0.0332,
    "words_squared": -0.0550,
    "coverage": 0.5427,
    "lede_coverage": 0.2044,
    "log_place": 0.0677,
    "alike": -0.0003,
}
"""Weights of a set's numbers: the higher, the more of a good summary is in it and the less besides."""


def scores(rows: Floats) -> Floats:
    """What each sentence is worth.

    *Shape:* n x len(NAMES) -> n
    """
    return np.asarray(rows @ np.array([SENTENCE[name] for name in NAMES]))


def set_weights() -> Floats:
    """Weights in the order of `SET_NAMES`."""
    return np.array([SET[name] for name in SET_NAMES])
