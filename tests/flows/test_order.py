"""The order of documents and how they are cut into batches and shards change no row."""

from __future__ import annotations

import datetime as dt
import random

import pyarrow as pa

from tasks.config import Config
from tasks.dedup import CLUSTER, SIGN
from tasks.ingest import EXTRACT, REPEATS
from tasks.ingest.documents import found, table
from tasks.keep import KEEP
from tasks.quotes import QUOTES
from tasks.stance import OUTLETS, STANCES
from tasks.step import Step
from tasks.summarize import ROUNDUP, SUMMARIZE
from tasks.tables import DOCUMENTS, HISTORY, SPECS, concat, conform, plain
from tests.flows import news

AT = dt.datetime(2026, 3, 2, 20, tzinfo=dt.UTC)
CONFIG = Config.model_validate(
    {
        "name": "order",
        "sources": [{"name": "s", "kind": "folder", "path": "p", "outlet": "o"}],
        "targets": [{"id": "council", "name": "The council", "aliases": ["council", "harbour", "school"]}],
    }
)


def documents() -> pa.Table:
    texts = [news.article(number) for number in range(10)]
    texts += [texts[0] + "A line that only the copy has.\n", texts[1], "too short\n", "\0\0 no text"]
    return table(found(f"s{number % 2}", f"{number}.txt", text.encode(), AT, "text/plain") for number, text in enumerate(texts))


def night(pieces: list[pa.Table]) -> dict[str, pa.Table]:
    """All tables of a night whose documents came in these pieces, its rows in the order of their keys."""

    def each(step: Step, *tables: list[pa.Table]) -> list[list[pa.Table]]:
        made = [step.run(*row, settings(step)) for row in zip(*tables, strict=True)]
        rows = [one if isinstance(one, tuple) else (one,) for one in made]
        return [list(column) for column in zip(*rows, strict=True)]

    def settings(step: Step) -> object:
        chosen = step.settings(CONFIG)
        return chosen.model_copy(update={"run_date": AT.date()}) if "run_date" in type(chosen).model_fields else chosen

    def whole(tables: list[pa.Table]) -> pa.Table:
        return pa.concat_tables(tables).combine_chunks().unify_dictionaries()

    (drafts,) = each(EXTRACT, pieces)
    (articles,) = each(REPEATS, drafts)
    (signed,) = each(SIGN, articles)
    copies, stories, _ = CLUSTER.run(whole(signed), HISTORY.empty(), settings(CLUSTER))
    kept, canonical, rejects = each(KEEP, articles, [stories] * len(pieces))
    summaries, _ = each(SUMMARIZE, canonical)
    quotes, _ = each(QUOTES, canonical)
    stances, _ = each(STANCES, canonical, quotes)
    roundups = ROUNDUP.run(whole(kept), stories, whole(summaries), settings(ROUNDUP))
    outlets = OUTLETS.run(whole(stances), whole(kept), stories, settings(OUTLETS))
    tables = {"articles": kept, "copies": [copies], "stories": [stories], "rejects": rejects, "summaries": summaries, "quotes": quotes}
    tables |= {"stances": [*stances, outlets], "roundups": [roundups]}
    return {name: ordered(concat(parts, SPECS[name]), name) for name, parts in tables.items()}


def ordered(rows: pa.Table, name: str) -> pa.Table:
    return plain(rows).sort_by([(column, "ascending") for column in SPECS[name].key])


def test_order_and_pieces_change_no_row() -> None:
    given = documents()
    expected = night([given])
    assert expected["quotes"].num_rows > 3
    assert expected["copies"].num_rows >= 2
    assert expected["rejects"].num_rows == 1
    for seed in (1, 2):
        draw = random.Random(seed)
        order = draw.sample(range(given.num_rows), given.num_rows)
        shuffled = conform(given.take(order), DOCUMENTS)
        cuts = sorted(draw.sample(range(1, given.num_rows), seed + 1))
        pieces = [shuffled.slice(a, b - a) for a, b in zip([0, *cuts], [*cuts, given.num_rows], strict=True)]
        found_ = night([conform(piece, DOCUMENTS) for piece in pieces])
        for name, rows in expected.items():
            assert found_[name].equals(rows), (seed, name)
