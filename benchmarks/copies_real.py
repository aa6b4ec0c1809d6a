"""Recall and precision on real text, against every pair of it: sets of plain Python strings, what they share counted exhaustively."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from itertools import combinations

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.dedup.cluster import NightCopies, cluster
from tasks.dedup.sign import SignSettings, sign
from tasks.tables import ARTICLES, SIGNATURES

Pair = tuple[int, int]


def against_all_pairs(asked: str) -> dict[str, object]:
    """Of `NAME=FILE.parquet:COLUMN`: how many pairs are copies by their true shingle sets, which were found, which found are none."""
    name, _, place = asked.partition("=")
    file, _, column = place.rpartition(":")
    texts = [text or "" for text in pq.read_table(file, columns=[column])[column].to_pylist()]
    true = true_pairs(texts)
    found = found_pairs(texts)
    settings = NightCopies(run_date=dt.date.min)
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


def true_pairs(texts: list[str], size: int = 5, fewest: int = 10) -> dict[Pair, tuple[float, float]]:
    """Jaccard and the larger containment of all pairs that share a shingle, and of equal short texts."""
    words = [re.findall(r"[^\W_]+", text.lower()) for text in texts]
    sets = [{tuple(w[i : i + size]) for i in range(len(w) - size + 1)} for w in words]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, shingles in enumerate(sets):
        for shingle in shingles:
            holders[shingle].append(number)
    shared: Counter[Pair] = Counter()
    for numbers in holders.values():
        shared.update(combinations(numbers, 2))
    short: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, w in enumerate(words):
        if w and len(sets[number]) < fewest:
            short[tuple(w)].append(number)
    true = {pair: (1.0, 1.0) for numbers in short.values() for pair in combinations(numbers, 2)}
    for (a, b), count in shared.items():
        if min(len(sets[a]), len(sets[b])) >= fewest:
            true[a, b] = (count / (len(sets[a]) + len(sets[b]) - count), count / min(len(sets[a]), len(sets[b])))
    return true


def found_pairs(texts: list[str]) -> dict[Pair, str]:
    """Pairs on record, each standing for the exact copies of both."""
    ids = [f"{n:020x}" for n in range(len(texts))]
    columns = {field.name: pa.nulls(len(texts), field.type) for field in ARTICLES.schema}
    articles = pa.table({**columns, "article_id": ids, "text": pa.array(texts, pa.large_string())}).cast(ARTICLES.schema)
    copies, _, _ = cluster(sign(articles, SignSettings(shingle=5)), SIGNATURES.empty(), NightCopies(run_date=dt.date(2026, 1, 1)))
    rows = [(int(r["article_id"], 16), int(r["other_id"], 16), r["relation"]) for r in copies.to_pylist()]
    same: dict[int, set[int]] = defaultdict(set)
    first = {later: earlier for later, earlier, relation in rows if relation == "exact"}
    for number in range(len(texts)):
        same[first.get(number, number)].add(number)
    found: dict[Pair, str] = {}
    for group in same.values():
        found.update(dict.fromkeys(combinations(sorted(group), 2), "exact"))
    for later, earlier, relation in rows:
        for a in same[first.get(later, later)]:
            for b in same[first.get(earlier, earlier)]:
                if a != b:
                    found.setdefault((min(a, b), max(a, b)), relation)
    return found
