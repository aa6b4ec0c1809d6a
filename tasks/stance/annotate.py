"""Human labels: a blind, stratified sample goes out; what comes back is measured against itself and against the model.

Strata are target x predicted label x confidence bin x outlet type, as the practice of the field asks. A label belongs to the
words of a story: it stands for every member and every later run of it, beside the model's label and never over it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import krippendorff
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.config import Config
from tasks.errors import Unusable
from tasks.stance.calibrate import calibration_error
from tasks.tables import CLASSES, LABELLED, plain

CONTEXT = 300
"""Characters of the article shown on either side of the evidence."""
KEY = ("article_id", "target_id", "holder_level", "quote_id")
SHEET = ("item_id", *KEY, "story_id", "target", "holder", "before", "evidence", "after", "url", "label", "coder", "note")
RESAMPLES = 1000


def sample(stances: pa.Table, articles: pa.Table, stories: pa.Table, config: Config, rows: int, seed: str) -> pa.Table:
    """A blind sheet to be labelled, drawn evenly over the strata.

    Args:
        stances, articles, stories: published tables of one or more nights, without `run_date`.
        rows: how many items at most.
        seed: the same seed draws the same items.

    Returns:
        Strings under the columns SHEET: what a coder needs to see, without the model's label; `label`, `coder` and `note` are empty.
    """
    texts = {row["article_id"]: row for row in plain(articles).to_pylist()}
    story = dict(zip(stories["article_id"].to_pylist(), stories["story_id"].to_pylist(), strict=True))
    types = {outlet.id: outlet.type for outlet in config.outlets}
    strata: dict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in plain(stances.filter(pc.is_valid(stances["evidence_start"]))).to_pylist():
        article = texts[row["article_id"]]
        bin_ = str(min(4, int(row["confidence"] * 5)))
        strata[row["target_id"], row["label"], bin_, types.get(article["outlet"], "unknown")].append(row)
    for members in strata.values():
        members.sort(key=lambda row: _draw(seed, row))
    drawn = [members[turn] for turn in range(rows) for _, members in sorted(strata.items()) if turn < len(members)][:rows]
    drawn.sort(key=lambda row: _draw(seed, row))  # so that the order tells nothing either
    names = {target.id: target.name for target in config.targets}
    return pa.Table.from_pylist([_item(row, texts[row["article_id"]], story, names) for row in drawn], schema=_schema())


def _draw(seed: str, row: Mapping[str, Any]) -> str:
    return hashlib.sha256("\0".join([seed, *(str(row[name]) for name in KEY)]).encode()).hexdigest()


def _item(row: Mapping[str, Any], article: Mapping[str, Any], story: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    start, end = row["evidence_start"], row["evidence_end"]
    shown = {
        "item_id": _draw("item", row)[:16],
        **{name: row[name] for name in KEY},
        "story_id": story.get(row["article_id"], ""),
        "target": names.get(row["target_id"], row["target_id"]),
        "holder": row["holder"] or "nobody named",
        "before": article["text"][max(0, start - CONTEXT) : start],
        "evidence": article["text"][start:end],
        "after": article["text"][end : end + CONTEXT],
        "url": article["url"] or article["uri"] or "",
    }
    return {name: shown.get(name, "") for name in SHEET}


def _schema() -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in SHEET])


def labelled(sheet: pa.Table) -> pa.Table:
    """LABELLED of a sheet that came back; items without a label are left out.

    Raises:
        Unusable: a column is missing, a label unknown, a coder unnamed; every such row is told.
    """
    if missing := set(SHEET) - set(sheet.schema.names):
        raise Unusable(f"the sheet lacks the column(s) {', '.join(sorted(missing))}; give back the exported file with labels filled in")
    rows = [row for row in sheet.select(SHEET).to_pylist() if (row["label"] or "").strip()]
    faults = [
        f"item {row['item_id']}: label {row['label']!r}, coder {row['coder']!r}"
        for row in rows
        if row["label"].strip() not in CLASSES or not (row["coder"] or "").strip()
    ]
    if faults:
        raise Unusable("\n".join([f"a label is one of {', '.join(CLASSES)}, and a coder has a name:", *faults]))
    names = [name for name in LABELLED.schema.names if name in SHEET]
    return LABELLED.rows({name: (row[name] or "").strip() for name in names} for row in rows)


def agreement(labels: pa.Table) -> dict[str, float | int | None]:
    """Krippendorff's alpha (nominal) over items that two or more people labelled, with a bootstrap interval over items."""
    by_item: dict[str, dict[str, int]] = defaultdict(dict)
    for row in plain(labels).to_pylist():
        by_item[row["item_id"]][row["coder"]] = CLASSES.index(row["label"])
    coders = sorted({coder for said in by_item.values() for coder in said})
    shared = [said for said in by_item.values() if len(said) > 1]
    values = np.array([[said.get(coder, np.nan) for said in shared] for coder in coders], dtype=float).reshape(len(coders), len(shared))
    point = _alpha(values)
    draw = np.random.default_rng(1)
    tries = [_alpha(values[:, draw.integers(0, len(shared), len(shared))]) for _ in range(RESAMPLES)] if point is not None else []
    known = [value for value in tries if value is not None]
    low, high = (float(value) for value in np.percentile(known, [2.5, 97.5])) if known else (None, None)
    return {"items": len(by_item), "shared": len(shared), "coders": len(coders), "alpha": point, "alpha_low": low, "alpha_high": high}


def _alpha(values: np.ndarray) -> float | None:
    """Alpha, or None where it is not defined: fewer than two items or only one label."""
    if values.shape[1] < 2 or len(np.unique(values[~np.isnan(values)])) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=values, level_of_measurement="nominal"))


def against_model(labels: pa.Table, stances: pa.Table, stories: pa.Table) -> dict[str, Any]:
    """The model's labels beside people's, joined by story so that a label holds for all members and reruns of it.

    Returns:
        rows, abstained, accuracy, macro_f1 (over labels that people gave), ece; None where there is nothing to compare.
    """
    story = dict(zip(stories["article_id"].to_pylist(), stories["story_id"].to_pylist(), strict=True))
    model = {}
    for row in plain(stances).to_pylist():
        model[story.get(row["article_id"], ""), row["target_id"], row["holder_level"], row["quote_id"]] = row
    pairs = []
    for item, said in _majority(plain(labels).to_pylist()).items():
        if item in model:
            pairs.append((said, model[item]["label"], float(model[item]["confidence"])))
    answered = [pair for pair in pairs if pair[1] != "unclear"]
    if not answered:
        return {"rows": len(pairs), "abstained": len(pairs), "accuracy": None, "macro_f1": None, "ece": None}
    right = np.array([said == given for said, given, _ in answered], dtype=float)
    return {
        "rows": len(pairs),
        "abstained": len(pairs) - len(answered),
        "accuracy": float(right.mean()),
        "macro_f1": float(np.mean([_f1(answered, name) for name in sorted({said for said, _, _ in answered})])),
        "ece": calibration_error(np.array([sure for _, _, sure in answered]), right),
    }


def _majority(rows: Sequence[Mapping[str, str]]) -> dict[tuple[str, ...], str]:
    """Key of the words in a story -> the label that most coders gave; a tie is left out."""
    votes: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in rows:
        votes[row["story_id"], row["target_id"], row["holder_level"], row["quote_id"]].append(row["label"])
    won = {}
    for key, given in votes.items():
        counts = sorted(((given.count(name), name) for name in set(given)), reverse=True)
        if len(counts) == 1 or counts[0][0] > counts[1][0]:
            won[key] = counts[0][1]
    return won


def _f1(pairs: Sequence[tuple[str, str, float]], name: str) -> float:
    both = sum(said == given == name for said, given, _ in pairs)
    either = sum(said == name for said, _, _ in pairs) + sum(given == name for _, given, _ in pairs)
    return 2 * both / either if either else 0.0
