"""What a stance model must beat: the majority, a lexicon, and a linear layer over sentence vectors.

Each is a `classify` like a model's, so that the same evaluation gives the same figures for all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from tasks.stance.evaluate import Classify
from tasks.tables import CLASSES

Floats = NDArray[np.float64]
Embed = Callable[[Sequence[str]], NDArray[np.floating[Any]]]
"""Texts -> one vector each, n x width."""
POSITIVE, NEGATIVE = 0.05, -0.05
"""VADER's own thresholds on the compound score (Hutto & Gilbert 2014)."""


class Lexicon(Protocol):
    """VADER's analyser, or another with its call."""

    def polarity_scores(self, text: str) -> dict[str, float]:
        """Scores of a text; `compound` lies in -1..1."""


def majority(label: str) -> Classify:
    """Always the same label: the training file's most frequent one."""
    row = np.eye(len(CLASSES))[CLASSES.index(label)]
    return lambda pairs: np.tile(row, (len(pairs), 1))


def lexicon(analyser: Lexicon) -> Classify:
    """The tone of the marked text as the stance, blind to holder and target: what `stance is not sentiment` is about."""

    def classify(pairs: Sequence[tuple[str, str]]) -> Floats:
        return np.array([_tone(analyser.polarity_scores(text)["compound"]) for _, text in pairs])

    return classify


def _tone(compound: float) -> list[float]:
    # Beyond the thresholds one side wins; the other three keep an order, so that two-class files are decided by the sign.
    side = (1 + compound) / 2
    middle = 1.0 if NEGATIVE < compound < POSITIVE else 0.0
    scores = np.array([side, 1 - side, middle, 0.0]) + 1e-3
    return list(map(float, scores / scores.sum()))


def vectors(embed: Embed, pairs: Sequence[tuple[str, str]]) -> Floats:
    """Both segments' sentence vectors, their product and distance, and 1: n x (4 width + 1)."""
    once = list(dict.fromkeys(segment for pair in pairs for segment in pair))
    place = {segment: i for i, segment in enumerate(once)}
    found = np.asarray(embed(once), dtype=np.float64)
    a, b = (found[[place[pair[side]] for pair in pairs]] for side in (0, 1))
    return np.hstack([a, b, a * b, np.abs(a - b), np.ones((len(pairs), 1))])


def linear(embed: Embed, pairs: Sequence[tuple[str, str]], labels: Sequence[int], *, penalty: float = 1e-4) -> Classify:
    """A softmax regression over `vectors`, fitted on training pairs (the embedding baseline).

    Args:
        labels: indices into CLASSES.
        penalty: of the squared weights, per row.
    """
    features, truth = vectors(embed, pairs), np.eye(len(CLASSES))[list(labels)]

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(features.shape[1], len(CLASSES))
        chances = _softmax(features @ weights)
        value = -np.log(np.clip((chances * truth).sum(axis=1), 1e-12, None)).mean() + penalty * (flat**2).sum()
        return float(value), np.asarray((features.T @ (chances - truth) / len(truth) + 2 * penalty * weights).ravel())

    start = np.zeros(features.shape[1] * len(CLASSES))
    fitted = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x.reshape(features.shape[1], len(CLASSES))
    return lambda asked: _softmax(vectors(embed, asked) @ fitted)


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
