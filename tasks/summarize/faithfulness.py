"""How well the support check tells true sentences from false ones, measured on labelled files."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.config import SummarySettings
from tasks.errors import Unusable
from tasks.models import load_encoder
from tasks.summarize.evaluate import split
from tasks.summarize.support import Source, backed

Pair = tuple[str, str, bool]
"""Article, sentence, whether the sentence is consistent with the article."""


def evaluate_faithfulness(table: pa.Table, settings: SummarySettings | None = None) -> dict[str, Any]:
    """Balanced accuracy and AUC of the support score.

    Args:
        table: columns `article`, `sentence`, `consistent` (a boolean, 0/1, or "True"/"False"); or Falke's layout, columns `source` and
            `systems` (JSON with a correct and an incorrect summary per row).
        settings: its `min_support` is the threshold, its `model` the encoder.

    Returns:
        rows, seconds, model, balanced_accuracy, auc (None where only one class stands in the table), threshold.

    Raises:
        Unusable: other columns, or no rows.
    """
    settings = settings or SummarySettings()
    pairs = labelled(table)
    begun = time.perf_counter()
    scores = support(pairs, settings)
    truth = np.array([consistent for _, _, consistent in pairs])
    accuracy, auc = balanced_accuracy(truth, scores >= settings.min_support), area(truth, scores)
    return {
        "rows": len(pairs),
        "seconds": round(time.perf_counter() - begun, 3),
        "model": settings.model.name,
        "balanced_accuracy": accuracy,
        "auc": auc,
        "threshold": settings.min_support,
    }


def labelled(table: pa.Table) -> list[Pair]:
    """The (article, sentence, consistent) triples of either layout."""
    names = set(table.schema.names)
    if not table.num_rows or not ({"article", "sentence", "consistent"} <= names or {"source", "systems"} <= names):
        raise Unusable(f"evaluate faithfulness: want rows with columns article, sentence and consistent; have {sorted(names)}")
    rows = table.to_pylist()
    if "consistent" in names:
        return [(row["article"], row["sentence"], str(row["consistent"]).lower() in ("true", "1", "1.0")) for row in rows]
    pairs: list[Pair] = []
    for row in rows:
        systems = json.loads(row["systems"]) if isinstance(row["systems"], str) else row["systems"]
        pairs += [(row["source"], systems[name]["summary"], name == "correct") for name in ("correct", "incorrect")]
    return pairs


def support(pairs: Sequence[Pair], settings: SummarySettings) -> npt.NDArray[np.float64]:
    """The support score of each pair's sentence."""
    articles = {article: split(article) for article, _, _ in pairs}
    texts = list(dict.fromkeys([s for some in articles.values() for s in some] + [sentence for _, sentence, _ in pairs]))
    vectors = np.nan_to_num(load_encoder(settings.model).encode(texts).values)
    place = {text: n for n, text in enumerate(texts)}
    sources = {a: Source.of(some, vectors[[place[s] for s in some]]) for a, some in articles.items()}
    return np.array([backed(sentence, vectors[place[sentence]], sources[article])[0] for article, sentence, _ in pairs])


def balanced_accuracy(truth: npt.NDArray[np.bool_], said: npt.NDArray[np.bool_]) -> float | None:
    """Mean of the shares of true and of false sentences that were told as such."""
    if truth.all() or not truth.any():
        return None
    return float((said[truth].mean() + (~said[~truth]).mean()) / 2)


def area(truth: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64]) -> float | None:
    """Area under the ROC curve: how often a true sentence scores above a false one, ties counting half."""
    if truth.all() or not truth.any():
        return None
    above = scores[truth][:, None] - scores[~truth][None, :]
    return float(((above > 0) + 0.5 * (above == 0)).mean())
