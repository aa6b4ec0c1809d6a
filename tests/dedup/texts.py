"""Texts of made-up words, and the tables around them."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence

import pyarrow as pa

from tasks.config import CopySettings
from tasks.dedup import CLUSTER, SIGN
from tasks.dedup.cluster import NightCopies
from tasks.dedup.sign import sign_settings
from tasks.tables import ARTICLES, HISTORY, conform

NIGHT = dt.date(2026, 5, 4)
HEADS, TAILS = ["ba", "ke", "li", "mo", "nu", "pra", "sto", "tri", "wel", "zan"], ["da", "fi", "gor", "hem", "jus"]
VOCABULARY = [a + b + c for a in HEADS for b in TAILS for c in ("", "n", "r", "st")]


def words(seed: object, count: int = 120) -> list[str]:
    """Random words; the same for the same seed."""
    chosen = random.Random(str(seed))
    return [chosen.choice(VOCABULARY) for _ in range(count)]


def edited(text: Sequence[str], share: float, seed: object) -> list[str]:
    """The words with a share of them replaced."""
    chosen = random.Random(str(seed))
    changed = list(text)
    for place in chosen.sample(range(len(text)), round(share * len(text))):
        changed[place] = f"new{chosen.randrange(10**6)}"
    return changed


def articles(texts: Mapping[str, str | Sequence[str]], **columns: Mapping[str, object]) -> pa.Table:
    """ARTICLES with the given texts by id; further columns as id -> value, null elsewhere."""
    rows = []
    for article_id, text in texts.items():
        row = dict.fromkeys(ARTICLES.schema.names)
        row |= {"article_id": article_id, "text": text if isinstance(text, str) else " ".join(text)}
        row |= {name: values.get(article_id) for name, values in columns.items()}
        rows.append(row)
    return conform(pa.Table.from_pylist(rows, schema=ARTICLES.schema), ARTICLES)


def signed(table: pa.Table, **settings: object) -> pa.Table:
    """SIGNATURES of ARTICLES, as settings of copies ask for."""
    made = SIGN.run(table, sign_settings(CopySettings(**settings)))
    assert isinstance(made, pa.Table)
    return made


def night(
    tonight: pa.Table, history: pa.Table | None = None, date: dt.date = NIGHT, **settings: object
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """COPIES, STORIES and SIGNATURES of a night."""
    chosen = NightCopies(**CopySettings(**settings).model_dump(), run_date=date)
    return CLUSTER.run(tonight, HISTORY.empty() if history is None else history, chosen)


def relations(copies: pa.Table) -> dict[tuple[str, str], str]:
    """Pair -> relation."""
    return {(row["article_id"], row["other_id"]): row["relation"] for row in copies.to_pylist()}


def story_of(stories: pa.Table) -> dict[str, str]:
    """Article -> its story's canonical document."""
    return {row["article_id"]: row["canonical_id"] for row in stories.to_pylist()}
