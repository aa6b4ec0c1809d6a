"""How good a stance model is on a labelled file, whatever the model: it is only asked through `classify`.

Intervals are 95 % percentile bootstraps over texts, not rows: rows that share a text are drawn together, as they are no independent
evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.errors import Unusable
from tasks.stance.calibrate import Array, Calibration, Labels, area_under_risk, brier, calibration_error
from tasks.stance.data import DIRECTIONS, LABEL_ID, ask, ask_both
from tasks.stance.inputs import question
from tasks.stance.records import directed_records, target_records
from tasks.tables import CLASSES

Classify = Callable[[Sequence[tuple[str, str]]], NDArray[np.floating[Any]]]
"""(segment_a, segment_b) pairs -> probabilities n x 4, columns in the order of `tasks.tables.CLASSES`."""
THRESHOLDS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
RESAMPLES = 1000
_POLES = ("favor", "against", "neutral")


def evaluate_stance(table: pa.Table, classify: Classify, calibration: Calibration | None = None) -> dict[str, Any]:
    """Scores on a table `text, target, label`, optionally with `holder, start, end` (the target's span in the text).

    Only the labels that occur in the table count. Where it has `neutral` but not `none`, or the reverse, the two are one; where it has
    neither, the model decides between the labels there are.

    Returns:
        rows, labels, macro_f1, macro_f1_interval, per_class {label: precision, recall, f1, rows}, accuracy, ece, brier, aurc,
        coverage [{threshold, coverage, macro_f1}].

    Raises:
        Unusable: a column is missing, there are no rows, or a row can't be scored (`tasks.stance.records`).
    """
    records = target_records(table)
    names, truth = occurring([str(r["label"]) for r in records])
    probabilities = fold(calibrated(classify, [ask(r) for r in records], calibration), names)
    groups = [str(r["text"]) for r in records]
    return {"rows": len(records), "labels": list(names), **scores(probabilities, truth, names, groups)}


def evaluate_directed(table: pa.Table, classify: Classify, calibration: Calibration | None = None) -> dict[str, Any]:
    """Scores on a table `text` (with `[p]` and `[q]` in brackets), `p, q, label` (0 neutral, 1 p+q, 2 q+p, 3 p-q, 4 q-p).

    Both directions are asked for. The five labels are decided together, since at most one direction holds a stance in this scheme; the
    directions are scored as the night asks, each by itself.

    Returns:
        rows, macro_f1 (5 classes) and macro_f1_directions (favor, against, neutral; both directions pooled), each with its
        `_interval`; per_class of the directions, ece and brier of the directions, coverage of the directions.

    Raises:
        Unusable: as `evaluate_stance`.
    """
    records = directed_records(table)
    truth = np.array([int(r["label"]) for r in records])
    asked = [segments for r in records for segments in ask_both(r)]
    both = fold(calibrated(classify, asked, calibration), _POLES).reshape(len(records), 2, 3)
    said = np.asarray(directed(both).argmax(axis=1))
    groups = [str(r["text"]).replace("[", "").replace("]", "") for r in records]
    five, interval = macro_interval(truth, said, sorted(set(truth.tolist())), groups)
    pooled_truth = np.array([_POLES.index(stance) for label in truth for stance in DIRECTIONS[int(label)]])
    detail = scores(both.reshape(-1, len(_POLES)), pooled_truth, _POLES, [g for g in groups for _ in range(2)])
    renamed = {"macro_f1_directions": detail.pop("macro_f1"), "macro_f1_directions_interval": detail.pop("macro_f1_interval")}
    return {"rows": len(records), "macro_f1": five, "macro_f1_interval": interval, **renamed, **detail}


def directed(both: NDArray[np.float64]) -> Array:
    """Probabilities of DSE's five labels, n x 5, from those of the two directions, n x 2 x 3 (favor, against, neutral)."""
    columns = [both[:, 0, _POLES.index(forth)] * both[:, 1, _POLES.index(back)] for _, (forth, back) in sorted(DIRECTIONS.items())]
    joint = np.stack(columns, axis=1)
    return np.asarray(joint / joint.sum(axis=1, keepdims=True))


def scores(probabilities: Array, truth: Labels, names: Sequence[str], groups: Sequence[str]) -> dict[str, Any]:
    """What both evaluations report of probabilities n x k over `names`, true indices and the rows' groups."""
    said = probabilities.argmax(axis=1)
    confidence, correct = probabilities.max(axis=1), (said == truth).astype(np.float64)
    present = tuple(i for i in range(len(names)) if (truth == i).any())
    macro, interval = macro_interval(truth, said, present, groups)
    return {
        "macro_f1": macro,
        "macro_f1_interval": interval,
        "accuracy": float(correct.mean()),
        "per_class": {names[i]: per_class(truth, said, i) for i in present},
        "ece": calibration_error(confidence, correct),
        "brier": brier(probabilities, truth),
        "aurc": area_under_risk(confidence, correct),
        "coverage": [coverage_at(t, confidence, truth, said, present) for t in THRESHOLDS],
    }


def coverage_at(threshold: float, confidence: Array, truth: Labels, said: Labels, present: Sequence[int]) -> dict[str, float | None]:
    """Share of rows at least that sure, and the macro-F1 over them (None where there are none)."""
    sure = confidence >= threshold
    score = float(np.mean([per_class(truth[sure], said[sure], i)["f1"] for i in present])) if sure.any() else None
    return {"threshold": threshold, "coverage": float(sure.mean()), "macro_f1": score}


def per_class(truth: Labels, said: Labels, label: int) -> dict[str, float]:
    """Precision, recall and F1 of one class, 0 where undefined, and its rows."""
    hit = float(((truth == label) & (said == label)).sum())
    have, want = float((said == label).sum()), float((truth == label).sum())
    return {
        "precision": hit / have if have else 0.0,
        "recall": hit / want if want else 0.0,
        "f1": 2 * hit / max(1.0, have + want),
        "rows": want,
    }


def macro_interval(truth: Labels, said: Labels, present: Sequence[int], groups: Sequence[str]) -> tuple[float, list[float]]:
    """Macro-F1 over the classes `present`, and its 95 % interval by resampling groups."""
    number = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    member = np.array([number[g] for g in groups])
    parts = np.zeros((len(number), len(present), 2))
    for column, label in enumerate(present):
        np.add.at(parts[:, column, 0], member, ((truth == label) & (said == label)).astype(float))
        np.add.at(parts[:, column, 1], member, (truth == label).astype(float) + (said == label))
    draws = np.random.default_rng(0).multinomial(len(number), np.full(len(number), 1 / len(number)), RESAMPLES)
    sums = np.tensordot(np.concatenate([np.ones((1, len(number))), draws]), parts, axes=1)
    f1 = (2 * sums[..., 0] / np.maximum(1.0, sums[..., 1])).mean(axis=1)
    low, high = np.quantile(f1[1:], (0.025, 0.975))
    return float(f1[0]), [float(low), float(high)]


def occurring(labels: Sequence[str]) -> tuple[tuple[str, ...], Labels]:
    """The classes that occur, in the order of CLASSES, and each row's index among them."""
    names = tuple(name for name in CLASSES if name in labels)
    return names, np.array([names.index(label) for label in labels])


def fold(probabilities: Array, names: Sequence[str]) -> Array:
    """Probabilities n x 4 as n x len(names): `neutral` and `none` together where only one is named, what is not named left out."""
    kept = [np.asarray(probabilities[:, LABEL_ID[name]]) for name in names]
    for one, other in (("neutral", "none"), ("none", "neutral")):
        if one in names and other not in names:
            kept[list(names).index(one)] = kept[list(names).index(one)] + probabilities[:, LABEL_ID[other]]
    stacked = np.stack(kept, axis=1)
    return np.asarray(stacked / np.maximum(stacked.sum(axis=1, keepdims=True), 1e-12))


def calibrated(classify: Classify, asked: Sequence[tuple[str, str]], calibration: Calibration | None) -> Array:
    """The model's probabilities, calibrated where a calibration is given; each question is put once, however often it stands there."""
    once = list(dict.fromkeys(asked))
    found = np.asarray(classify(once), dtype=np.float64)
    if found.shape != (len(once), len(CLASSES)):
        raise Unusable(f"stance model: have an answer of shape {found.shape}, want ({len(once)}, {len(CLASSES)}): {', '.join(CLASSES)}")
    place = {pair: i for i, pair in enumerate(once)}
    rows = found[[place[pair] for pair in asked]]
    return calibration.apply(rows) if calibration else rows


def minimal_pairs(records: Sequence[Mapping[str, Any]], classify: Classify, calibration: Calibration | None = None) -> dict[str, Any]:
    """Pass rate per kind of hand-written minimal pairs (`id, kind, text, holder, target, label`).

    A row passes when the likeliest class is its label; `label` may name several, separated by `|`. A pair (rows of one `id`) passes if
    all of its rows do.
    """
    asked = [question(r["holder"], r["target"], r["text"]) for r in records]
    said = [CLASSES[i] for i in calibrated(classify, asked, calibration).argmax(axis=1)]
    passed = [label in str(r["label"]).split("|") for label, r in zip(said, records, strict=True)]
    report: dict[str, Any] = {"rows": len(records), "passed": sum(passed) / max(1, len(passed)), "kinds": {}}
    for kind in dict.fromkeys(str(r["kind"]) for r in records):
        marks = [(str(r["id"]), p) for r, p in zip(records, passed, strict=True) if r["kind"] == kind]
        whole = {i: all(p for j, p in marks if j == i) for i, _ in marks}
        report["kinds"][kind] = {
            "rows": len(marks),
            "passed": sum(p for _, p in marks) / len(marks),
            "pairs": len(whole),
            "pairs_passed": sum(whole.values()) / len(whole),
        }
    return report
