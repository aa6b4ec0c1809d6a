"""The night's tables as rows that the sections of the page look things up in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from tasks.config import Outlet
from tasks.digest import safe
from tasks.digest.view import STATE, DigestView
from tasks.tables import plain

Row = Mapping[str, Any]
_ARTICLE = ("article_id", "outlet", "url", "title", "language", "published_at", "published_precision", "uri")


@dataclass(frozen=True)
class Told:
    """Where something stands: an article as the page names it.

    Attributes:
        when: `06:12`, `1 March` where only the day is known, or "".
    """

    article_id: str
    outlet: Outlet
    title: str
    link: safe.Link | None
    language: str
    when: str

    @property
    def state(self) -> bool:
        """Whether the outlet is state-controlled."""
        return self.outlet.type == STATE


@dataclass(frozen=True)
class Night:
    """The tables, in the order in which DIGEST reads them, and its settings."""

    view: DigestView
    articles: pa.Table
    copies: pa.Table
    stories: pa.Table
    summaries: pa.Table
    roundups: pa.Table
    quotes: pa.Table
    stances: pa.Table
    rejects: pa.Table
    earlier: pa.Table

    @cached_property
    def article_rows(self) -> dict[str, Row]:
        """By article_id, without the text."""
        return _by("article_id", self.articles.select(_ARTICLE))

    @cached_property
    def summary_rows(self) -> dict[str, Row]:
        """By article_id."""
        return _by("article_id", self.summaries)

    @cached_property
    def quote_rows(self) -> dict[str, Row]:
        """By quote_id."""
        return _by("quote_id", self.quotes)

    @cached_property
    def stance_rows(self) -> list[Row]:
        """Those that say something of the target: `none` rows are left out."""
        rows: list[Row] = plain(self.stances).to_pylist()
        return [r for r in rows if r["label"] != "none" and r["mention"] != "not_mentioned"]

    @cached_property
    def earlier_rows(self) -> list[Row]:
        """VOICES of the nights before, the latest first."""
        rows: list[Row] = plain(self.earlier).to_pylist()
        return sorted(rows, key=lambda r: (-r["night"].toordinal(), r["target_id"], r["holder"]))

    def told(self, article_id: str) -> Told:
        """The article as the page names it; one of an earlier night has no more than its id."""
        row = self.article_rows.get(article_id)
        if row is None:
            return Told(article_id, self.view.outlet(None), "an article of an earlier night", None, "", "")
        title = safe.plain(row["title"]) or "(no title)"
        return Told(article_id, self.view.outlet(row["outlet"]), title, safe.link(row["url"]), row["language"] or "", self.clock(row))

    def clock(self, row: Row) -> str:
        """When the article was published, as precisely as it is known, in the night's zone."""
        at: dt.datetime | None = row["published_at"]
        if at is None:
            return ""
        local = at.astimezone(ZoneInfo(self.view.timezone))
        exact = row["published_precision"] in ("second", "minute")
        day = f"{local.day} {local:%B}"
        if not exact:
            return day
        return f"{local:%H:%M}" if local.date() == self.view.run_date else f"{day}, {local:%H:%M}"


def _by(key: str, table: pa.Table) -> dict[str, Row]:
    return {row[key]: row for row in plain(table).to_pylist()}
