"""Recall and precision on real text, against every pair of it: sets of plain Python strings, what they share counted exhaustively."""

from __future__ import annotations

import pyarrow.parquet as pq

from tasks.config import CopySettings
from tasks.dedup.evaluate import find
from tasks.dedup.exhaustive import Pair, true_pairs


def against_all_pairs(asked: str) -> dict[str, object]:
    """Of `NAME=FILE.parquet:COLUMN`: how many pairs are copies by their true shingle sets, which were found, which found are none."""
    name, _, place = asked.partition("=")
    file, _, column = place.rpartition(":")
    texts = [text or "" for text in pq.read_table(file, columns=[column])[column].to_pylist()]
    settings = CopySettings()
    true = true_pairs(texts, settings.shingle, settings.min_shingles)
    found, _ = find(texts, settings)
    relevant = {pair for pair, (jaccard, inside) in true.items() if jaccard >= settings.threshold or inside >= settings.containment}
    near = {pair for pair, relation in found.items() if relation in {"exact", "near"}}
    return {
        "text": name,
        "rows": len(texts),
        **{f"recall_at_{bound}": _recall(found, [p for p, (j, _) in true.items() if j >= bound]) for bound in (0.8, 0.5)},
        **{f"pairs_at_{bound}": sum(j >= bound for j, _ in true.values()) for bound in (0.8, 0.5)},
        "recall_excerpts": _recall(
            found, [p for p, (j, inside) in true.items() if j < settings.threshold and inside >= settings.containment]
        ),
        "found": len(found),
        "precision": sum(pair in relevant for pair in found) / max(len(found), 1),
        "near_precision_at_0.5": sum(true.get(pair, (0, 0))[0] >= 0.5 for pair in near) / max(len(near), 1),
        "edited_below_0.5": [round(true.get(pair, (0.0, 0.0))[0], 2) for pair in near if true.get(pair, (0, 0))[0] < 0.5][:20],
    }


def _recall(found: dict[Pair, str], wanted: list[Pair]) -> float:
    return sum(pair in found for pair in wanted) / max(len(wanted), 1)
