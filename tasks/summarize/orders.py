"""Sentences that mean an order to a language model, whatever their words.

`tasks.summarize.injection` knows such orders by their form; this knows them by where the embedded encoder puts them: a logistic
regression on its vectors, fitted by `benchmarks/fit_orders.py`. Each finds what the other misses (figures: docs/summaries.md).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

MODEL = "embedded:minilm"
"""The encoder whose vectors the weights are for; with another one the forms alone decide."""
THRESHOLD = 0.7


def are_orders(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Which sentences are orders to a model.

    *Shape:* n x 384 (vectors of `MODEL`) -> n
    """
    weights, bias = _weights()
    return np.asarray(1 / (1 + np.exp(-np.clip(vectors @ weights + bias, -30, 30))) >= THRESHOLD)


@cache
def _weights() -> tuple[npt.NDArray[np.float32], float]:
    held = json.loads((Path(__file__).parent / "order_weights.json").read_text(encoding="utf-8"))
    return np.array(held["weights"], dtype=np.float32), float(held["bias"])
