"""What a night came to, and what is strange about it: pure functions over what is published. `flows.pages` shows it in Prefect's UI.

Nothing here carries an article's own text: names of outlets, sources and targets, numbers, and words of ours. An outlet's name may
come from a page's address, so that whoever shows it escapes it.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows import manifest, snapshot
from flows.manifest import Manifest
from flows.run import Desk

NIGHTS = 14
"""Nights before that a night is compared with."""
ENOUGH_NIGHTS = 3
"""Fewer tell nothing."""
ENOUGH_ROWS = 20
"""A share of fewer rows is no share."""
VOLUME = 0.5
"""Part of the median volume below which a night is strange."""
JUMP = 0.2
"""Rise of a share over its median that is a jump."""
DRIFT = 0.25
"""Total variation distance of the label mix from that of the nights before, from which it has drifted."""

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
class Alert:
    """Something strange: `kind` is volume, outlet, abstention, unattributed, drift or rejects."""

    kind: str
    message: str


def query(desk: Desk, table: str, days: Sequence[dt.date], sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query over some nights of a published table, which the query calls `rows`."""
    held = snapshot.of(desk.places.published)
    files = [held.location(name) for day in days for name in held.within(f"{table}/run_date={day}")]
    if not files:
        return []
    with snapshot.database(held) as connection:
        connection.execute("set threads = 1")
        rows = connection.read_parquet(files, hive_partitioning=True)  # noqa: F841 (DuckDB finds it by its name)
        found: list[tuple[Any, ...]] = connection.sql(sql).fetchall()
        return found


def nights(desk: Desk, days: Sequence[dt.date]) -> list[Night]:
    """The counts of published nights, oldest first."""
    outlets = query(desk, "articles", days, "select run_date, outlet, count(*) from rows group by all")
    labels = query(desk, "stances", days, "select run_date, label, count(*) from rows where holder_level <> 'outlet' group by all")
    quotes = query(
        desk,
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


def alerts(tonight: Night, earlier: Sequence[Night]) -> list[Alert]:
    """What is strange about a night beside those before it; nothing where too few are known."""
    if len(earlier) < ENOUGH_NIGHTS:
        return []
    found = [*_volume(tonight, earlier), *_silent(tonight, earlier)]
    found += _jump("abstention", "stances the model abstained from", tonight.unclear, [n.unclear for n in earlier], _stances(tonight))
    found += _jump("unattributed", "quotes whose speaker was not found", tonight.nobody, [n.nobody for n in earlier], tonight.quotes)
    return found + _drift(tonight, earlier)


def _stances(night: Night) -> int:
    return sum(night.labels.values())


def _volume(tonight: Night, earlier: Sequence[Night]) -> list[Alert]:
    median = statistics.median(night.articles for night in earlier)
    if tonight.articles >= VOLUME * median:
        return []
    return [
        Alert("volume", f"{tonight.articles} articles, less than half of the median {median:g} of the {len(earlier)} nights before")
    ]


def _silent(tonight: Night, earlier: Sequence[Night]) -> list[Alert]:
    present = Counter(name for night in earlier for name, count in night.outlets.items() if count)
    return [
        Alert("outlet", f"{name} is silent: it had articles in {seen} of the {len(earlier)} nights before")
        for name, seen in sorted(present.items())
        if 2 * seen > len(earlier) and not tonight.outlets.get(name)
    ]


def _jump(kind: str, what: str, share: float, shares: Sequence[float], rows: int) -> list[Alert]:
    median = statistics.median(shares)
    if rows < ENOUGH_ROWS or share <= median + JUMP:
        return []
    return [Alert(kind, f"{share:.0%} {what}; the median of the {len(shares)} nights before is {median:.0%}")]


def _drift(tonight: Night, earlier: Sequence[Night]) -> list[Alert]:
    pooled = sum((Counter(night.labels) for night in earlier), Counter())
    if _stances(tonight) < ENOUGH_ROWS or pooled.total() < ENOUGH_ROWS:
        return []
    names = sorted(set(pooled) | set(tonight.labels))
    change = {name: tonight.labels.get(name, 0) / _stances(tonight) - pooled[name] / pooled.total() for name in names}
    if sum(map(abs, change.values())) / 2 <= DRIFT:
        return []
    told = ", ".join(f"{name} {value:+.0%}" for name, value in change.items())
    return [Alert("drift", f"the mix of stance labels differs from the {len(earlier)} nights before: {told}")]


def near_limit(desk: Desk, published: Manifest) -> list[Alert]:
    """Stages that set aside more than half of what they may."""
    read = documents(published)
    limit = desk.config.night.reject_limit
    counted = query(desk, "rejects", [published.run_date], "select stage, count(*) from rows group by all order by all")
    return [
        Alert("rejects", f"{stage} set {count} of {read} documents aside; from {limit:.0%} on the night fails")
        for stage, count in counted
        if read and count > limit * read / 2
    ]


def documents(published: Manifest) -> int:
    """What the sources brought."""
    return sum(stage["rows"] for stage in published.run["timings"] if stage["step"] == "fetch")


def funnel(desk: Desk, published: Manifest) -> list[Row]:
    """How many came in, and what became of them."""
    counts = {entry["table"]: entry["rows"] for entry in published.run["counts"]}
    day = [published.run_date]
    ((stories, canonical),) = query(desk, "stories", day, "select count(distinct story_id), count(*) filter (is_canonical) from rows")
    rejected = query(desk, "rejects", day, "select count(distinct document) from rows where stage in ('fetch', 'extract')")[0][0]
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


def rejects(desk: Desk, date: dt.date) -> list[Row]:
    """Documents set aside, by stage and reason."""
    found = query(desk, "rejects", [date], "select stage, reason, count(*) from rows group by all order by 3 desc, 1, 2")
    return [{"stage": stage, "reason": reason, "documents": count} for stage, reason, count in found]


def sources(desk: Desk, date: dt.date) -> list[Row]:
    """Every source of the configuration: what it brought tonight, and its median before."""
    days = [*before(desk, date), date]
    articles = query(desk, "articles", days, "select run_date, source, count(*) from rows group by all")
    refused = dict(
        query(
            desk, "rejects", [date], "select source, count(distinct document) from rows where stage in ('fetch', 'extract') group by 1"
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


def stances(desk: Desk, date: dt.date) -> list[Row]:
    """Who said what of each target, in numbers: rows of quoted speakers and authors by label."""
    found = query(desk, "stances", [date], "select target_id, label, count(*) from rows where holder_level <> 'outlet' group by all")
    counted: dict[str, Counter[str]] = {}
    for target, label, count in found:
        counted.setdefault(target, Counter())[label] = count
    labels = ("favor", "against", "neutral", "unclear")
    names = {target.id: target.name for target in desk.config.targets}
    return [{"target": name, **{label: counted.get(key, Counter())[label] for label in labels}} for key, name in names.items()]
