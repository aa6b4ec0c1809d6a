"""From a model's probabilities to the label of a row: the codebook's rules, and one verdict of an author's several sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.stance.questions import Question
from tasks.tables import CLASSES

Floats = NDArray[np.float64]
_FAVOR, _AGAINST, _NEUTRAL, _NONE = (CLASSES.index(name) for name in ("favor", "against", "neutral", "none"))


def label(probabilities: Floats, unclear_below: float) -> tuple[str, float]:
    """The label and its calibrated probability; `unclear` where the best class is below the threshold."""
    best = int(np.argmax(probabilities))
    confidence = float(probabilities[best])
    return (CLASSES[best] if confidence >= unclear_below else "unclear"), confidence


def ruled(question: Question, probabilities: Floats) -> Floats:
    """The probabilities, n classes, by the codebook.

    Taking no side is `none` where the target is only named in passing, and `favor` where the words want it. A paper that is handed to
    the target is no favor. Nothing else is turned, a stance against never.
    """
    moved = probabilities.copy()
    moves = [
        (question.handed, _FAVOR, _NONE),
        (question.handed or question.passing, _NEUTRAL, _NONE),
        (question.wanted, _NEUTRAL, _FAVOR),
    ]
    for applies, source, goal in moves:
        if applies:
            moved[goal] += moved[source]
            moved[source] = 0
    return moved


def decide(question: Question, probabilities: Floats, unclear_below: float) -> tuple[str, float]:
    """Label and confidence of one question: `favor` toward the one of whom something is hoped is `unclear` (rule 1)."""
    decided, confidence = label(probabilities, unclear_below)
    return ("unclear" if decided == "favor" and question.hoped else decided), confidence


def united(each: Floats) -> Floats:
    """One distribution of an author's sentences, k x n classes -> n classes: their mean, weighted by how far each takes a side.

    News is written so that most sentences take none; a plain mean would call a leading article neutral that argues in three sentences
    of ten. (BASIL's 273 author's feelings about persons: docs/log/stance.md.)
    """
    sides = each[:, _FAVOR] + each[:, _AGAINST]
    weights = np.maximum(sides, 1e-6)
    return np.asarray((each * weights[:, None]).sum(axis=0) / weights.sum())


def speaks_most(each: Floats, decided: str) -> int:
    """Which of the author's sentences is the evidence: the likeliest of the label, for `unclear` the one that takes a side most."""
    scores: Sequence[float] | Floats = each[:, CLASSES.index(decided)] if decided in CLASSES else each[:, _FAVOR] + each[:, _AGAINST]
    return int(np.argmax(scores))
