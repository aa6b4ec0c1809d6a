"""How well copies are found in a labelled file."""

from __future__ import annotations

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

import pyarrow as pa

from tasks.config import CopySettings
from tasks.dedup.cluster import NightCopies, cluster
from tasks.dedup.exhaustive import Pair, true_pairs
from tasks.dedup.sign import sign, sign_settings
from tasks.errors import Unusable
from tasks.tables import ARTICLES, HISTORY

TEXTS = ("text", "body", "article")
CLUSTERS = ("cluster", "cluster_id", "story_id")
REUSE = 0.25
"""Share of words in shared runs of three from which a text reuses another, where the settings give none."""


def evaluate_duplicates(table: pa.Table, settings: CopySettings | None = None) -> dict[str, float | int | str]:
    """Pairwise precision, recall and F1 of the copies found among the texts of a table.

    Args:
        table: one of
            `text_a`, `text_b`, `label` (true where one was made from the other): a pair is found if it is on record, as reuse too,
            which is looked for at `REUSE` where the settings leave it out;
            `text` (or `body`, `article`) and `cluster` (or `cluster_id`, `story_id`): rows of one cluster are copies of each other, a
            null is like no other; a pair is found if it is on record or in one story;
            `text` alone: the copies are those by the true shingle sets, counted exhaustively: Jaccard from `threshold`, or
            containment from `containment`.
            Among rows of texts, reuse does not count: it is no copy.
        settings: of copies; the defaults if none are given.

    Raises:
        Unusable: none of these columns is there.
    """
    settings = settings or CopySettings()
    begin = time.perf_counter()
    names = set(table.column_names)
    if {"text_a", "text_b", "label"} <= names:
        found, gold, asked = _of_pairs(table, settings)
    else:
        found, gold, asked = _of_texts(table, settings)
    right = len(found & gold)
    precision, recall = right / len(found) if found else 1.0, right / len(gold) if gold else 1.0
    return {
        "rows": asked,
        "seconds": time.perf_counter() - begin,
        "model": f"fingerprints 1/{settings.sample}, {settings.shingle}-word shingles, jaccard {settings.threshold}",
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if right else 0.0,
    }


def _of_pairs(table: pa.Table, settings: CopySettings) -> tuple[set[Pair], set[Pair], int]:
    rows = [
        (row["text_a"] or "", row["text_b"] or "", _yes(row["label"]))
        for row in table.select(["text_a", "text_b", "label"]).to_pylist()
    ]
    places: dict[str, int] = {}
    pairs = [_pair(places.setdefault(a, len(places)), places.setdefault(b, len(places))) for a, b, _ in rows]
    on_record, _ = find(list(places), settings.model_copy(update={"reuse": settings.reuse or REUSE}))
    gold = {pair for pair, (_, _, label) in zip(pairs, rows, strict=True) if label}
    return {pair for pair in pairs if pair in on_record or pair[0] == pair[1]}, gold, len(rows)


def _of_texts(table: pa.Table, settings: CopySettings) -> tuple[set[Pair], set[Pair], int]:
    texts = [text or "" for text in table[_one_of(table, TEXTS)].to_pylist()]
    on_record, stories = find(texts, settings)
    named = [name for name in CLUSTERS if name in table.column_names]
    copies = {pair for pair, relation in on_record.items() if relation != "reuse"}
    if named:
        groups: dict[object, list[int]] = defaultdict(list)
        for number, name in enumerate(table[named[0]].to_pylist()):
            if name is not None:
                groups[name].append(number)
        return copies | _within(stories), _within(groups.values()), len(texts)
    true = true_pairs(texts, settings.shingle, settings.min_shingles)
    gold = {pair for pair, (jaccard, inside) in true.items() if jaccard >= settings.threshold or inside >= settings.containment}
    return copies, gold, len(texts)


def find(texts: list[str], settings: CopySettings) -> tuple[dict[Pair, str], list[list[int]]]:
    """The pairs on record with their relation, each standing for the exact copies of both; the stories' members. All are places."""
    ids = [f"{number:020x}" for number in range(len(texts))]
    columns = {field.name: pa.nulls(len(texts), field.type) for field in ARTICLES.schema}
    articles = pa.table({**columns, "article_id": ids, "text": pa.array(texts, pa.large_string())}).cast(ARTICLES.schema)
    chosen = NightCopies(**settings.model_dump(), run_date=dt.date.min)
    copies, stories, _ = cluster(sign(articles, sign_settings(settings)), HISTORY.empty(), chosen)
    rows = [(int(row["article_id"], 16), int(row["other_id"], 16), row["relation"]) for row in copies.to_pylist()]
    first = {later: earlier for later, earlier, relation in rows if relation == "exact"}
    same: dict[int, list[int]] = defaultdict(list)
    for number in range(len(texts)):
        same[first.get(number, number)].append(number)
    found = dict.fromkeys(_within(same.values()), "exact")
    for later, earlier, relation in rows:
        for a in same[first.get(later, later)]:
            for b in same[first.get(earlier, earlier)]:
                if a != b:
                    found.setdefault(_pair(a, b), relation)
    members: dict[str, list[int]] = defaultdict(list)
    for row in stories.to_pylist():
        members[row["story_id"]].append(int(row["article_id"], 16))
    return found, list(members.values())


def _within(groups: Iterable[list[int]]) -> set[Pair]:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def _pair(a: int, b: int) -> Pair:
    return min(a, b), max(a, b)


def _yes(label: object) -> bool:
    return str(label).strip().lower() in {"true", "1", "1.0", "yes", "copy", "duplicate"}


def _one_of(table: pa.Table, names: tuple[str, ...]) -> str:
    for name in names:
        if name in table.column_names:
            return name
    have = ", ".join(table.column_names)
    raise Unusable(f"duplicates: no column of texts; have {have}; want {', '.join(names)}, or text_a, text_b and label")
