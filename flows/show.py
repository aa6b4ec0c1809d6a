"""A readable sample of a published night, read as any reader would: with DuckDB, from the documented paths."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flows import snapshot
from flows.snapshot import Published, Snapshot

SAMPLES = {
    "stances": """
        select s.holder, s.holder_level as level, s.target_id as target, s.label, s.confidence as conf, s.evidence, a.outlet
        from {stances} s join {articles} a using (article_id)
        where s.label in ('favor', 'against') and s.holder_level = 'quoted_speaker'
        order by s.confidence desc, s.quote_id limit 6""",
    "summaries": """
        select a.outlet, a.title, s.text from {summaries} s join {articles} a using (article_id)
        order by a.article_id limit 3""",
    "copies": """
        select a.outlet, b.outlet as other, c.relation, c.jaccard, c.containment as contained, c.decided
        from {copies} c join {articles} a using (article_id) left join {articles} b on b.article_id = c.other_id
        order by c.article_id, c.other_id limit 4""",
    "rejects": "select stage, reason, uri, message from {rejects} order by stage, reason, uri limit 8",
}


def night(published: Published, date: dt.date) -> None:
    """Print a few rows of the night's tables, and where they are."""
    console = Console(width=150, soft_wrap=False)
    held = snapshot.of(published)
    database = snapshot.database(held)
    for name, query in SAMPLES.items():
        files = {table: _files(held, table, date) for table in ("stances", "articles", *SAMPLES)}
        found = database.sql(query.format(**files))
        table = Table(title=f"{name}, {date}", title_justify="left", title_style="bold", expand=True)
        for column in found.columns:
            table.add_column(column, overflow="fold")
        for row in found.fetchall():
            table.add_row(*(_cell(value) for value in row))
        console.print(table)
    console.print(f"Parquet: {held.shown('<table>')}/run_date={date}/   page: {held.shown(f'digests/{date}.html')}", soft_wrap=True)


def _files(held: Snapshot, table: str, date: dt.date) -> str:
    listed = (held.location(name).replace("'", "''") for name in held.within(f"{table}/run_date={date}"))
    return "read_parquet([" + ", ".join(f"'{file}'" for file in listed) + "])"


def _cell(value: Any) -> str:
    text = "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
    return escape(text if len(text) <= 200 else text[:199] + "…")
