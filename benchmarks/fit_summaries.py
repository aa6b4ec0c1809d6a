"""Fits the two linear models of `tasks/summarize/rank.py` and the trees of `tasks/summarize/support_trees.json`.

    python benchmarks/fit_summaries.py FOLDER [--rows 150] [--trees tasks/summarize/support_trees.json]

FOLDER holds `summaries/` and `stance/` in the layout of the labelled data that docs/summaries.md names. Prints the weights and what
cross-validation says. Publishers' own summaries (27 pages of fundus) took part in the shipped weights too and are left out here.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import Ridge
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler

from tasks.config import SummarySettings
from tasks.models import load_encoder
from tasks.summarize.candidates import Candidate, count_words, is_bare_quote
from tasks.summarize.choose import SET_NAMES, Sets, choose
from tasks.summarize.evaluate import split
from tasks.summarize.faithfulness import labelled
from tasks.summarize.features import NAMES, features
from tasks.summarize.support import Source, measure, words

IMPORTANCE = {"qags": 2.5}
"""How much a document of a corpus weighs; others 1. QAGS-CNN is the only one whose summaries are as long as a desk's."""
LONGEST = 110
"""Words of the sets that the set model is fitted on."""


@dataclass
class Document:
    """An article with its sentences' features and what good summaries of it said."""

    corpus: str
    candidates: list[Candidate]
    vectors: np.ndarray
    grams: list[tuple[Counter[Any], Counter[Any]]]
    references: list[tuple[Counter[Any], Counter[Any]]]
    rows: np.ndarray
    taken: np.ndarray


def grams(text: str) -> tuple[Counter[Any], Counter[Any]]:
    """Counted words and pairs of words."""
    some = words(text)
    return Counter(some), Counter(itertools.pairwise(some))


def rouge(document: Document, members: Sequence[int]) -> float:
    """ROUGE-1 F1 + ROUGE-2 F1 of a set of sentences, mean over the references."""
    total = 0.0
    for order in (0, 1):
        have = sum((document.grams[i][order] for i in members), Counter())
        for reference in document.references:
            overlap = sum((have & reference[order]).values())
            total += 2 * overlap / max(1, sum(have.values()) + sum(reference[order].values()))
    return total / len(document.references)


def greedy(document: Document) -> np.ndarray:
    """1 for the sentences that, added one by one, raise ROUGE the most; at most 5."""
    members: list[int] = []
    best = 0.0
    while len(members) < 5:
        rest = [(rouge(document, [*members, i]), i) for i in range(len(document.candidates)) if i not in members]
        if not rest or max(rest)[0] <= best + 1e-4:
            break
        best, new = max(rest)
        members.append(new)
    return np.isin(np.arange(len(document.candidates)), members).astype(float)


def keys(article: str) -> set[tuple[str, ...]]:
    """Its runs of 12 words: two articles that share one are the same."""
    some = words(article)
    return {tuple(some[i : i + 12]) for i in range(len(some) - 11)}


def corpora(folder: Path, rows: int) -> dict[str, list[tuple[str, list[str]]]]:
    """(article, references) per corpus; REALSumm is not among them."""
    read = lambda name: pq.read_table(folder / f"{name}.parquet").to_pylist()  # noqa: E731
    said: dict[str, list[str]] = defaultdict(list)
    measured = {key for row in read("summaries/realsumm") for key in keys(row["source"])}
    for row in read("summaries/faithfulness_qags_cnndm"):
        if not keys(row["article"]) & measured:
            said[row["article"]].append(row["sentence"])
    heads: dict[str, set[str]] = defaultdict(set)
    for row in read("stance/fnc1_train_pairs"):
        if row["label"] in ("agree", "discuss"):
            heads[row["body_id"]].add(row["headline"])
    bodies = [(r["text"], sorted(heads[r["body_id"]])) for r in read("stance/fnc1_train_bodies") if len(heads[r["body_id"]]) > 2]
    return {
        "qags": [(article, [" ".join(some)]) for article, some in said.items()],
        "newsroom": [(r["source"], [r["reference"]]) for r in read("summaries/newsroom_human")],
        "bbc": [(r["document"].partition("\n")[2], [r["summary"]]) for r in read("summaries/bbc_valid")][:rows],
        "fnc": [(text, some) for text, some in bodies if len(text.split()) > 250][:rows],
    }


def document(corpus: str, article: str, references: list[str]) -> Document:
    """An article ready to be fitted on."""
    texts = split(article)[:120]
    some = [Candidate(0, len(t), t, count_words(t), 0, False, is_bare_quote(t)) for t in texts]
    vectors = np.nan_to_num(load_encoder(SummarySettings().model).encode(texts).values)
    made = Document(
        corpus, some, vectors, [grams(t) for t in texts], [grams(r) for r in references], features(some, vectors), np.zeros(0)
    )
    made.taken = greedy(made)
    return made


def sentence_weights(documents: Sequence[Document]) -> np.ndarray:
    """Ridge regression on the sentences that a greedy choice takes; every document weighs the same within its corpus."""
    share = np.concatenate([np.full(len(d.taken), IMPORTANCE.get(d.corpus, 1.0) / len(d.taken)) for d in documents])
    scaler = StandardScaler().fit(np.concatenate([d.rows for d in documents]))
    rows, taken = scaler.transform(np.concatenate([d.rows for d in documents])), np.concatenate([d.taken for d in documents])
    return np.asarray(Ridge(50).fit(rows, taken, share * len(share) / share.sum()).coef_ / scaler.scale_)


def set_weights(documents: Sequence[Document]) -> np.ndarray:
    """Ridge regression on ROUGE of up to 40 sets a document, whose scores come from documents left out."""
    rng, rows, gains = np.random.default_rng(0), [], []
    for fitted, held in KFold(4, shuffle=True, random_state=7).split(documents):
        weights = sentence_weights([documents[i] for i in fitted])
        for d in (documents[i] for i in held if documents[i].corpus in ("qags", "newsroom")):
            sets = Sets(d.candidates, d.rows @ weights, d.vectors)
            some = sorted({s for count in (2, 3, 4) for s in sets.allowed(count, LONGEST)})
            some = [some[i] for i in rng.permutation(len(some))[:40]]
            if len(some) >= 5:
                values, made = np.array([rouge(d, s) for s in some]), np.array([sets.row(s) for s in some])
                rows.append(made - made.mean(axis=0))
                gains.append(values - values.mean())
    scale = np.concatenate(rows).std(axis=0) + 1e-9
    return np.asarray(Ridge(20, fit_intercept=False).fit(np.concatenate(rows) / scale, np.concatenate(gains)).coef_ / scale)


def fit_rank(folder: Path, rows: int) -> None:
    """Prints the weights, and ROUGE-1 + ROUGE-2 of ours beside Lead-3 in cross-validation."""
    every = [document(name, *pair) for name, some in corpora(folder, rows).items() for pair in some]
    gained: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for fitted, held in KFold(5, shuffle=True, random_state=0).split(every):
        known = [every[i] for i in fitted]
        sentence, sets = sentence_weights(known), set_weights(known)
        for d in (every[i] for i in held):
            chosen = choose(Sets(d.candidates, d.rows @ sentence, d.vectors), sets, 3, LONGEST)
            gained[d.corpus].append((rouge(d, chosen), rouge(d, range(min(3, len(d.candidates))))))
    for name, pairs in gained.items():
        print(name, len(pairs), "ours, Lead-3 (ROUGE-1 + ROUGE-2):", np.mean(pairs, axis=0).round(4))
    print({n: round(float(w), 4) for n, w in zip(NAMES, sentence_weights(every), strict=True)})
    print({n: round(float(w), 4) for n, w in zip(SET_NAMES, set_weights(every), strict=True)})


def trees(rows: np.ndarray, truth: np.ndarray, foreign: np.ndarray) -> HistGradientBoostingClassifier:
    """Sixty trees of six leaves; both classes weigh the same, and sentences of other articles weigh .6 of a false one each."""
    true, false = len(truth) / 2 / truth.sum(), len(truth) / 2 / (~truth).sum()
    weights = np.concatenate([np.where(truth, true, false), np.full(len(foreign), 0.6 * false)])
    model = HistGradientBoostingClassifier(
        max_iter=60,
        learning_rate=0.07,
        max_leaf_nodes=6,
        min_samples_leaf=30,
        l2_regularization=3,
        random_state=0,
        early_stopping=False,
    )
    return model.fit(np.concatenate([rows, foreign]), np.concatenate([truth, np.zeros(len(foreign), bool)]), weights)


def fit_support(folder: Path, out: Path | None) -> None:
    """Prints balanced accuracy and AUC in cross-validation (no article on both sides) and writes the trees."""
    files = ("faithfulness_qags_cnndm", "faithfulness_falke")
    pairs = [(n, *p) for n, f in enumerate(files) for p in labelled(pq.read_table(folder / f"summaries/{f}.parquet"))]
    encode = load_encoder(SummarySettings().model).encode
    sources = {a: Source.of(split(a), encode(split(a)).values) for a in dict.fromkeys(p[1] for p in pairs)}
    vectors = encode([p[2] for p in pairs]).values
    rows = np.array([measure(p[2], v, sources[p[1]])[0] for p, v in zip(pairs, vectors, strict=True)])
    truth, corpus, group = (np.array([p[k] for p in pairs]) for k in (3, 0, 1))
    rng = np.random.default_rng(0)
    mixed = [(int(i), int(j)) for i, j in rng.integers(len(pairs), size=(300, 2)) if group[i] != group[j]]
    foreign = np.array([measure(pairs[i][2], vectors[i], sources[pairs[j][1]])[0] for i, j in mixed])
    found = np.zeros(len(pairs))
    for a, b in StratifiedGroupKFold(5, shuffle=True, random_state=0).split(rows, truth, group):
        known = set(group[a])
        apart = [n for n, (i, j) in enumerate(mixed) if group[i] in known and group[j] in known]
        found[b] = trees(rows[a], truth[a], foreign[apart]).predict_proba(rows[b])[:, 1]
    for n, name in enumerate(files):
        own = corpus == n
        accuracy = balanced_accuracy_score(truth[own], found[own] > 0.5)
        print(f"{name}: balanced accuracy {accuracy:.3f}, AUC {roc_auc_score(truth[own], found[own]):.3f} (5-fold)")
    if out is not None:
        out.write_text(dumped(trees(rows, truth, foreign)), encoding="utf-8")


def dumped(model: HistGradientBoostingClassifier) -> str:
    """The trees as `tasks.summarize.support` reads them."""
    made = [
        [
            [float(n["value"])] if n["is_leaf"] else [int(n["feature_idx"]), float(n["num_threshold"]), int(n["left"]), int(n["right"])]
            for n in t.nodes
        ]
        for (t,) in model._predictors
    ]
    return json.dumps({"start": float(model._baseline_prediction.ravel()[0]), "trees": made}, separators=(",", ":"))


def main() -> None:
    """Fits both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=150)
    parser.add_argument("--trees", type=Path, help="where to write the trees")
    args = parser.parse_args()
    fit_support(args.folder, args.trees)
    fit_rank(args.folder, args.rows)


if __name__ == "__main__":
    main()
