"""The tables of the stance model's card: its scores beside a majority, a lexicon and a linear layer on sentence vectors, same rows.

    python benchmarks/stance_scores.py DIR [--model folder:PATH]

DIR holds the labelled files by the names of FILES. Scored are the files that sets come with for it, and of the others the tenth that
`tasks.stance.data.split_of` keeps; nothing that a training has seen, but for the sentences that DSE's two files share, which are scored
apart. Prints Markdown.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet as pq
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flows.workbench import in_order
from tasks.config import ModelSpec
from tasks.models import load_encoder, load_pair, verify
from tasks.stance.baselines import lexicon, linear, majority
from tasks.stance.calibrate import read_calibration
from tasks.stance.data import BY_TARGET, bare, rows_of, split_of
from tasks.stance.evaluate import Classify, evaluate_directed, evaluate_stance
from tasks.tables import CLASSES

FILES = {
    "NewsMTSC devtest_rw": ("newsmtsc_train", "newsmtsc_devtest_rw"),
    "DSE valid, directions": ("dse_train", "dse_valid"),
    "VAST, tenth by topic": ("vast_train", None),
    "P-Stance, tenth": ("pstance_train", None),
    "SemEval-2016, tenth": ("semeval2016_train", None),
}
"""Set -> (training file, file of its own to score, None for the tenth kept of the training file)."""
ROWS = 12_000
"""Training rows that the linear baseline is fitted on, at most."""


def kept(table: pa.Table) -> pa.Table:
    """The rows of a training file that are kept for the report, with VAST's random topics as `none`, as in training."""
    dataset = str(table["dataset"][0].as_py())
    group = "target" if dataset in BY_TARGET else "text"
    mask = [split_of(dataset, str(value)) == "report" for value in table[group].to_pylist()]
    found = table.filter(pa.array(mask))
    if dataset == "vast":
        labels = ["none" if label == "neutral" else label for label in found["label"].to_pylist()]
        found = found.set_column(found.column_names.index("label"), "label", pa.array(labels))
    return found


def seen_apart(table: pa.Table, training: pa.Table) -> list[tuple[str, pa.Table]]:
    """A directed table whole, and split by whether the sentence stands in the training file too."""
    known = {bare(text) for text in training["text"].to_pylist()}
    mask = np.array([bare(text) in known for text in table["text"].to_pylist()])
    return [("", table), (", sentence seen in training", table.filter(pa.array(mask))), (", not seen", table.filter(pa.array(~mask)))]


def baselines(training: pa.Table) -> list[tuple[str, Classify]]:
    """Majority, VADER and the linear layer, fitted on the rows that training may see."""
    rows = [row for row in rows_of(training) if row.split == "train"]
    rows = [rows[i] for i in np.random.default_rng(1).permutation(len(rows))[:ROWS]]
    common = CLASSES[Counter(row.label for row in rows).most_common(1)[0][0]]
    encoder = load_encoder(ModelSpec(kind="encoder", name="embedded:minilm"))
    fitted = linear(lambda texts: encoder.encode(texts).values, [(r.segment_a, r.segment_b) for r in rows], [r.label for r in rows])
    return [("majority", majority(common)), ("VADER", lexicon(SentimentIntensityAnalyzer())), ("linear on MiniLM", fitted)]


def line(*cells: object) -> None:
    """One row of a Markdown table."""
    print("| " + " | ".join(f"{c:.3f}".lstrip("0") if isinstance(c, float) else str(c) for c in cells) + " |", flush=True)


def macro(found: dict[str, Any]) -> tuple[float, list[float]]:
    """The figure that is quoted, and its interval."""
    key = "macro_f1_directions" if "macro_f1_directions" in found else "macro_f1"
    return found[key], found[f"{key}_interval"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="shipped:stance")
    options = parser.parse_args(arguments)
    spec = ModelSpec(kind="pair", name=options.model)
    model, calibration = in_order(load_pair(spec)), read_calibration(verify(spec).path)
    detail: list[tuple[object, ...]] = []
    line("set", "rows", "majority", "VADER", "linear on MiniLM", "this model", "interval", "five labels")
    line(*["---"] * 8)
    for name, (training_file, own_file) in FILES.items():
        training = pq.read_table(options.folder / f"{training_file}.parquet")
        whole = pq.read_table(options.folder / f"{own_file}.parquet") if own_file else kept(training)
        directed = "p" in whole.column_names
        scored: Callable[..., dict[str, Any]] = evaluate_directed if directed else evaluate_stance
        against = baselines(training)
        for suffix, table in seen_apart(whole, training) if directed else [("", whole)]:
            beside = [macro(scored(table, classify))[0] for _, classify in against]
            ours = scored(table, model, calibration)
            value, (low, high) = macro(ours)
            line(name + suffix, ours["rows"], *beside, value, f"[{low:.3f}, {high:.3f}]", ours["macro_f1"] if directed else "-")
            sure = {c["threshold"]: c for c in ours["coverage"]}
            answered = [sure[t][key] for t in (0.6, 0.8) for key in ("coverage", "macro_f1")]
            detail.append((name + suffix, ours["ece"], ours["brier"], ours["aurc"], *answered))
    print()
    line("set", "ECE (15 bins)", "Brier (0-2)", "AURC", "answered at .6", "macro-F1 of these", "answered at .8", "macro-F1 of these")
    line(*["---"] * 8)
    for cells in detail:
        line(*cells)


if __name__ == "__main__":
    main()
