"""Confidence that means something: temperature, calibration error, and when to say `unclear`.

Probabilities are arrays n x k, labels are arrays n of class indices, confidences and correctness arrays n.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tasks.errors import Unusable

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
BINS = 15
FILE = "calibration.json"
_TINY = 1e-12


@dataclass(frozen=True)
class Calibration:
    """What a model's calibration file says.

    Attributes:
        temperature: the logits are divided by it; above 1 the model was overconfident.
        unclear_below: calibrated confidence under which a stance is `unclear`.
        found: how both were found, for a reader: rows and scores of the held-out data.
    """

    temperature: float = 1.0
    unclear_below: float = 0.0
    found: dict[str, Any] = field(default_factory=dict)

    def apply(self, probabilities: ArrayLike) -> Array:
        """Calibrated probabilities, n x k; the order of the classes stays as it is."""
        return tempered(np.asarray(probabilities, dtype=np.float64), self.temperature)

    def write(self, folder: Path) -> Path:
        """Writes calibration.json beside the weights."""
        path = folder / FILE
        path.write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return path


def read_calibration(folder: Path) -> Calibration:
    """The calibration beside a model's weights; the identity where there is none.

    Raises:
        Unusable: the file can't be read or lacks a number.
    """
    path = folder / FILE
    if not path.exists():
        return Calibration()
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Calibration(float(said["temperature"]), float(said["unclear_below"]), dict(said.get("found", {})))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unusable(f"{path}: want a JSON object with numbers `temperature` and `unclear_below` ({error}); restore it") from error


def tempered(probabilities: Array, temperature: float) -> Array:
    """softmax(log p / T), row by row (Guo et al. 2017, "On Calibration of Modern Neural Networks").

    Raises:
        ValueError: the temperature is not positive.
    """
    if not temperature > 0:
        raise ValueError(f"temperature {temperature} is not positive; fit it with fit_temperature")
    scaled = np.log(np.clip(probabilities, _TINY, None)) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_temperature(probabilities: Array, labels: Labels, weights: Array | None = None) -> float:
    """The temperature of least log loss on held-out rows, between 0.1 and 10.

    Args:
        weights: of the rows; equal where None. One weight per data set keeps a large set from deciding alone.
    """
    mass = np.ones(len(labels)) if weights is None else weights
    rows = np.arange(len(labels))

    def loss(log_t: float) -> float:
        chosen = tempered(probabilities, float(np.exp(log_t)))[rows, labels]
        return float(-(mass * np.log(np.clip(chosen, _TINY, None))).sum() / mass.sum())

    from scipy.optimize import minimize_scalar  # a quarter of all that a night imports, for training alone

    found = minimize_scalar(loss, bounds=(np.log(0.1), np.log(10.0)), method="bounded")
    return float(np.exp(found.x))


def calibration_error(confidence: Array, correct: Array, bins: int = BINS) -> float:
    """Expected calibration error: mean gap of confidence and accuracy over equal bins, weighted by rows (Naeini et al. 2015)."""
    if not len(confidence):
        return float("nan")
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    rows = np.bincount(place, minlength=bins)
    gap = np.bincount(place, confidence, bins) - np.bincount(place, correct, bins)
    return float(np.abs(gap)[rows > 0].sum() / len(confidence))


def brier(probabilities: Array, labels: Labels) -> float:
    """Mean squared distance to the true class over all classes, 0 (best) to 2 (Brier 1950)."""
    truth = np.eye(probabilities.shape[1])[labels]
    return float(((probabilities - truth) ** 2).sum(axis=1).mean())


def risk_coverage(confidence: Array, correct: Array) -> tuple[Array, Array]:
    """(coverage, risk): the share answered and the share of errors in it, when answers are given from the surest to the least sure."""
    order = np.argsort(-confidence, kind="stable")
    counts = np.arange(1, len(order) + 1)
    return counts / len(order), np.cumsum(1 - correct[order]) / counts


def area_under_risk(confidence: Array, correct: Array) -> float:
    """Mean risk over all coverages (AURC, Geifman & El-Yaniv 2017); lower is better."""
    return float(risk_coverage(confidence, correct)[1].mean())


def threshold_for(confidence: Array, correct: Array, weights: Array, risk: float) -> float:
    """The least confidence such that of what is at least that sure at most the share `risk` is wrong; above 1 where nothing is.

    Args:
        weights: of the rows, any scale: one weight per data set keeps a large one from deciding alone.
    """
    order = np.argsort(-confidence, kind="stable")
    mass = weights[order]
    risks = np.cumsum(mass * (1 - correct[order])) / np.cumsum(mass)
    # Equal confidences are answered together: only the last of them is a place to stop.
    last = np.append(confidence[order][1:] != confidence[order][:-1], True)
    fine = np.flatnonzero((risks <= risk) & last)
    return float(confidence[order][fine[-1]]) if len(fine) else 1.01
