"""What published nights came to, in numbers: the funnel, timings, sources, rejects and stances of a run's page.

Nothing here carries an article's own text: names of outlets, sources and targets, numbers, and words of ours. An outlet's name may
come from a page's address, so that whoever shows it escapes it.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from flows import manifest, snapshot
from flows.desk import Desk
from flows.manifest import Manifest
from flows.snapshot import Snapshot

NIGHTS = 14
"""Nights before that a night is compared with."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Night:
    """Counts of one published night.

    Attributes:
        outlets: outlet -> articles.
        labels: stance label of quoted speakers and authors -> rows.
        quotes, unattributed: rows, and those whose speaker was not found.
    """

    date: dt.date
    outlets: Mapping[str, int]
    labels: Mapping[str, int]
    quotes: int
    unattributed: int

    @property
    def articles(self) -> int:
        """Articles of the night."""
        return sum(self.outlets.values())

    @property
    def unclear(self) -> float:
        """Share of stances in which the model abstained."""
        return self.labels.get("unclear", 0) / max(1, sum(self.labels.values()))

    @property
    def nobody(self) -> float:
        """Share of quotes whose speaker was not found."""
        return self.unattributed / max(1, self.quotes)


@dataclass(frozen=True)
class Tables:
    """The published tables, asked in SQL through one connection: opening one takes longer than any of the questions here."""

    held: Snapshot
    connection: duckdb.DuckDBPyConnection

    @classmethod
    @contextmanager
    def of(cls, desk: Desk) -> Iterator[Tables]:
        """What the desk has published now."""
        held = snapshot.of(desk.places.published)
        with snapshot.database(held) as connection:
            connection.execute("set threads = 1")
            yield cls(held, connection)

    def rows(self, table: str, days: Sequence[dt.date], sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query over some nights of a table, which the query calls `rows`."""
        files = [self.held.location(name) for day in days for name in self.held.within(f"{table}/run_date={day}")]
        if not files:
            return []
        found = self.connection.read_parquet(files, hive_partitioning=True, union_by_name=True).query("rows", sql)
        return found.fetchall() if found is not None else []  # its truth is its length, which asks the question twice


def nights(asked: Tables, days: Sequence[dt.date]) -> list[Night]:
    """The counts of published nights, oldest first."""
    outlets = asked.rows("articles", days, "select run_date, outlet, count(*) from rows group by all")
    labels = asked.rows("stances", days, "select run_date, label, count(*) from rows where holder_level <> 'outlet' group by all")
    quotes = asked.rows(
        "quotes",
        days,
        "select run_date, count(*), count(*) filter (speaker is null or speaker_method = 'unattributed') from rows group by all",
    )
    counted = {row[0]: row[1:] for row in quotes}
    return [
        Night(
            day,
            {str(name): count for date, name, count in outlets if date == day},
            {str(name): count for date, name, count in labels if date == day},
            *counted.get(day, (0, 0)),
        )
        for day in sorted(days)
    ]


def before(desk: Desk, date: dt.date) -> list[dt.date]:
    """The published nights that a night is compared with."""
    return [day for day in manifest.dates(desk.places.published) if date - dt.timedelta(days=NIGHTS) <= day < date]


def documents(published: Manifest) -> int:
    """What the sources brought."""
    return sum(stage["rows"] for stage in published.run["timings"] if stage["step"] == "fetch")


def funnel(asked: Tables, published: Manifest) -> list[Row]:
    """How many came in, and what became of them."""
    counts = {entry["table"]: entry["rows"] for entry in published.run["counts"]}
    day = [published.run_date]
    ((stories, canonical),) = asked.rows("stories", day, "select count(distinct story_id), count(*) filter (is_canonical) from rows")
    rejected = asked.rows("rejects", day, "select count(distinct document) from rows where stage in ('fetch', 'extract')")[0][0]
    steps = [
        ("documents in", documents(published)),
        ("set aside before they were articles", rejected),
        ("articles", counts["articles"]),
        ("copies found", counts["copies"]),
        ("stories", stories),
        ("canonical articles, which models read", canonical),
        ("summaries", counts["summaries"]),
        ("roundups of several outlets", counts["roundups"]),
        ("quotes", counts["quotes"]),
        ("stances", counts["stances"]),
    ]
    return [{"what": what, "rows": rows} for what, rows in steps]


def timings(published: Manifest) -> list[Row]:
    """Per stage: what ran, how long, how fast."""
    return [
        {
            "stage": stage["step"],
            "ran": stage["ran"],
            "done already": stage["reused"],
            "seconds": round(stage["seconds"], 2),
            "rows": stage["rows"],
            "rows a second": round(stage["rows"] / stage["seconds"], 1) if stage["ran"] and stage["seconds"] else None,
        }
        for stage in published.run["timings"]
    ]


def rejects(asked: Tables, date: dt.date) -> list[Row]:
    """Documents set aside, by stage and reason."""
    found = asked.rows("rejects", [date], "select stage, reason, count(*) from rows group by all order by 3 desc, 1, 2")
    return [{"stage": stage, "reason": reason, "documents": count} for stage, reason, count in found]


def sources(asked: Tables, desk: Desk, date: dt.date) -> list[Row]:
    """Every source of the configuration: what it brought tonight, and its median before."""
    days = [*before(desk, date), date]
    articles = asked.rows("articles", days, "select run_date, source, count(*) from rows group by all")
    refused = dict(
        asked.rows(
            "rejects", [date], "select source, count(distinct document) from rows where stage in ('fetch', 'extract') group by 1"
        )
    )
    rows = []
    for source in desk.config.sources:
        by_day = {day: count for day, name, count in articles if name == source.name}
        usual = statistics.median([by_day.get(day, 0) for day in days[:-1]]) if len(days) > 1 else None
        tonight = by_day.get(date, 0)
        state = (
            "silent"
            if not tonight and not refused.get(source.name)
            else "set aside more than half"
            if refused.get(source.name, 0) > tonight
            else "well"
        )
        rows.append(
            {
                "source": source.name,
                "articles": tonight,
                "set aside": refused.get(source.name, 0),
                "median before": usual,
                "state": state,
            }
        )
    return rows


def stances(asked: Tables, desk: Desk, date: dt.date) -> list[Row]:
    """Who said what of each target, in numbers: rows of quoted speakers and authors by label."""
    found = asked.rows("stances", [date], "select target_id, label, count(*) from rows where holder_level <> 'outlet' group by all")
    counted: dict[str, Counter[str]] = {}
    for target, label, count in found:
        counted.setdefault(target, Counter())[label] = count
    labels = ("favor", "against", "neutral", "unclear")
    names = {target.id: target.name for target in desk.config.targets}
    return [{"target": name, **{label: counted.get(key, Counter())[label] for label in labels}} for key, name in names.items()]
