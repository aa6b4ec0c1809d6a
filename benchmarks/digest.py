"""How long the morning page of a big night takes, and how big it is: 100,000 articles, a third of them copies, made up here."""

from __future__ import annotations

import datetime as dt
import random
import resource
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tasks.config import Outlet, Target
from tasks.digest import DIGEST, DigestView
from tasks.tables import SPECS, Spec

DATE = dt.date(2026, 3, 2)
WORDS = ["river", "treaty", "vote", "minister", "said", "the", "a", "of", "port", "strike", "water", "night", "council", "dam"]


def rows(spec: Spec, count: int, **columns: Any) -> pa.Table:
    """A table of `count` rows; columns that are not given are null."""
    made = {name: columns.get(name, [None] * count) for name in spec.schema.names}
    return pa.table(
        made, schema=pa.schema([(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in spec.schema])
    ).cast(spec.schema)


def night(articles: int) -> dict[str, pa.Table]:
    """Tables with one quote and one stance for every second article."""
    chance = random.Random(1)
    ids = [f"{n:020x}" for n in range(articles)]
    text = [" ".join(chance.choices(WORDS, k=12)) for _ in ids]
    at = [dt.datetime(2026, 3, 2, chance.randrange(22), tzinfo=dt.UTC) for _ in ids]
    first = [ids[n - n % 3] for n in range(articles)]
    half = ids[::2]
    label = [chance.choice(("favor", "against", "neutral", "unclear")) for _ in half]
    people = [f"Speaker {chance.randrange(len(half) // 20)}" for _ in half]
    p = [chance.random() for _ in half]
    stances = {
        "article_id": half,
        "target_id": ["t"] * len(half),
        "holder_level": ["quoted_speaker"] * len(half),
        "quote_id": half,
        "holder": people,
    }
    return {
        "articles": rows(
            SPECS["articles"],
            articles,
            article_id=ids,
            outlet=[f"o{n % 50}" for n in range(articles)],
            title=text,
            text=text,
            language=["en"] * articles,
            published_at=at,
            published_precision=["minute"] * articles,
        ),
        "stories": rows(
            SPECS["stories"],
            articles,
            story_id=first,
            article_id=ids,
            is_canonical=[n % 3 == 0 for n in range(articles)],
            canonical_id=first,
            copied_share=[0.8] * articles,
        ),
        "summaries": rows(
            SPECS["summaries"],
            len(first[::3]),
            article_id=first[::3],
            text=text[::3],
            kind=["extractive"] * len(first[::3]),
            status=["ok"] * len(first[::3]),
        ),
        "quotes": rows(
            SPECS["quotes"], len(half), quote_id=half, article_id=half, kind=["direct"] * len(half), text=text[::2], speaker=people
        ),
        "stances": rows(
            SPECS["stances"],
            len(half),
            **stances,
            label=label,
            mention=["explicit"] * len(half),
            p_favor=p,
            p_against=[1 - v for v in p],
            confidence=p,
        ),
    }


def main() -> None:
    """Measure three sizes."""
    view = DigestView(
        run_date=DATE,
        targets=(Target(id="t", name="treaty"),),
        outlets=tuple(Outlet(id=f"o{n}", name=f"Outlet {n}") for n in range(50)),
    )
    for articles in (1_000, 10_000, 100_000):
        tables = night(articles)
        began = time.perf_counter()
        made = DIGEST.run(*[tables.get(spec.name, spec.empty()) for spec in DIGEST.reads], view)
        seconds = time.perf_counter() - began
        page = (made[0] if isinstance(made, tuple) else made)["html"][0].as_py()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{articles:>7,} articles: {seconds:6.2f} s, page {len(page) / 1024:.0f} kB, process so far {peak:,.0f} MB at most")


if __name__ == "__main__":
    main()
