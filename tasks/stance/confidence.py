"""How a trained stance model's confidence is made to mean something: from rows that neither its training nor its scores have seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from tasks.errors import Unusable
from tasks.stance.calibrate import Array, Calibration, Labels, fit_temperature, tempered, threshold_for
from tasks.stance.data import rows_of
from tasks.stance.evaluate import Classify, calibrated, fold, occurring
from tasks.stance.train import bodies_of, labelled_of
from tasks.tables import CLASSES

CALIBRATED_ON = ("newsmtsc", "dse", "vast")
"""The sets that calibration weighs alike; where a training has none of them, all its rows count."""
RISK = 1 / 6
"""Of what is answered, at most one label in six may be wrong on news; the rest is `unclear`."""


def calibrate_stance(tables: Sequence[pa.Table], classify: Classify) -> Calibration:
    """Temperature and the threshold of `unclear`, from the rows that `split_of` keeps for choosing, each set with the same weight.

    Args:
        tables: those of the training, as `train_stance` takes them.
        classify: the trained model, uncalibrated, in the engine and number format that nights use.

    Raises:
        Unusable: the tables have no rows for choosing.
    """
    chosen = [row for table in labelled_of(tables) for row in rows_of(table, bodies_of(tables)) if row.split == "choose"]
    by_set = {name: [r for r in chosen if r.stream.split("_")[0] == name] for name in CALIBRATED_ON}
    by_set = {name: rows for name, rows in by_set.items() if rows} or {"all": chosen}
    if not chosen:
        raise Unusable("calibration: have no rows that the split keeps for it; want labelled files of a few hundred rows or more")
    found: list[tuple[Array, Labels, Array]] = []
    for rows in by_set.values():
        names, truth = occurring([CLASSES[row.label] for row in rows])
        asked = [(row.segment_a, row.segment_b) for row in rows]
        found.append((fold(calibrated(classify, asked, None), names), truth, np.full(len(rows), 1 / len(rows))))
    temperature = fit_temperature(
        np.concatenate([np.pad(p, ((0, 0), (0, len(CLASSES) - p.shape[1]))) for p, _, _ in found]),
        np.concatenate([truth for _, truth, _ in found]),
        np.concatenate([weight for _, _, weight in found]),
    )
    news = [f for name, f in zip(by_set, found, strict=True) if name != "vast"] or found
    confidence, correct, weights = (np.concatenate(part) for part in zip(*(_judged(f, temperature) for f in news), strict=True))
    unclear_below = round(threshold_for(confidence, correct, weights, RISK), 2)
    answered = confidence >= unclear_below
    shares = weights / weights.sum()
    return Calibration(
        round(temperature, 3),
        unclear_below,
        {
            "rows": {name: len(rows) for name, rows in by_set.items()},
            "temperature": "least log loss on rows that no training saw and no score reports, each set with the same weight",
            "unclear_below": f"the least at which no more than {RISK:.3f} of the answers are wrong, on those of the rows that are news",
            "answered": round(float(shares[answered].sum()), 3),
            "errors_of_all": round(float((shares * (1 - correct)).sum()), 3),
            "errors_of_answered": round(float((shares * (1 - correct))[answered].sum() / shares[answered].sum()), 3)
            if answered.any()
            else None,
        },
    )


def _judged(found: tuple[Array, Labels, Array], temperature: float) -> tuple[Array, Array, Array]:
    probabilities, truth, weights = found
    cooled = tempered(probabilities, temperature)
    return cooled.max(axis=1), (cooled.argmax(axis=1) == truth).astype(np.float64), weights
