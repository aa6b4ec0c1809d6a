"""Confidence that means something: how often an attribution with it is right, content and source together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

SLOPE, INTERCEPT = 1.15, -0.84
"""Platt scaling of the model's own certainty, fitted with `slope_and_intercept` on the articles held out of training.

Applied to a certainty that is calibrated already, the fit gives (1, 0); on a new file `evaluate quotes` prints it, and new constants
are `slope * SLOPE` and `slope * INTERCEPT + intercept`.
"""
BINS = 15


def logit(share: float) -> float:
    """Log odds, cut off at ±9.2."""
    cut = min(max(share, 1e-4), 1 - 1e-4)
    return math.log(cut / (1 - cut))


def calibrated(certainty: float) -> float:
    """The probability that an attribution of this certainty is right."""
    return 1 / (1 + math.exp(-(SLOPE * logit(certainty) + INTERCEPT)))


def slope_and_intercept(confidences: Sequence[float], right: Sequence[bool]) -> tuple[float, float]:
    """Logistic regression of `right` on the log odds of the confidence (Platt 1999, Cox 1958): (1, 0) where it is calibrated."""
    x = np.array([logit(value) for value in confidences])
    y = np.array(right, dtype=float)
    design = np.stack([x, np.ones_like(x)], axis=1)
    prior = weights = np.array([1.0, 0.0])
    for _ in range(60):  # Newton's steps, cut; half an observation's weight on the prior keeps separable data finite
        p = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (p - y) + 0.5 * (weights - prior)
        hessian = (design * (p * (1 - p))[:, None]).T @ design + 0.5 * np.eye(2)
        weights = weights - np.clip(np.linalg.solve(hessian, gradient), -0.5, 0.5)
    return float(weights[0]), float(weights[1])


def expected_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error over 15 bins of equal width (Naeini et al. 2015), 0..1."""
    x, y = np.array(confidences, dtype=float), np.array(right, dtype=float)
    if not len(x):
        return 0.0
    bins = np.minimum((x * BINS).astype(int), BINS - 1)
    return float(sum(abs(x[bins == b].mean() - y[bins == b].mean()) * (bins == b).sum() for b in set(bins.tolist())) / len(x))
