"""The step: articles to quotes."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tasks.config import QuoteSettings
from tasks.quotes.attribution import Span
from tasks.quotes.rows import Article, rows_of
from tasks.quotes.rules import by_rules
from tasks.tables import QUOTES, REJECTS

RULES = "rules@1"
_SAID_IN = ("body", "teaser", "dateline")


def quotes(articles: pa.Table, settings: QuoteSettings) -> tuple[pa.Table, pa.Table]:
    """QUOTES and REJECTS of ARTICLES.

    Titles, boilerplate and paragraphs that repeat another are left out, and so are articles under a `reject` and in languages that
    `settings` does not name. An article that breaks the step is set aside as `internal`.
    """
    rows: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    columns = ["article_id", "source", "uri", "text", "language", "paragraphs", "reject", "raw_sha256"]
    for article in articles.select(columns).to_pylist():
        if article["reject"] or (article["language"] or "").split("-")[0] not in settings.languages:
            continue
        try:
            found = by_rules(article["text"], spoken_paragraphs(article), article["language"])
            rows += rows_of(Article(article["article_id"], article["text"], RULES), found)
        except Exception as error:  # one bad document must not end the night
            rejects.append(_rejected(article, "internal", f"quotes: {type(error).__name__}"))
    return QUOTES.rows(rows), REJECTS.rows(rejects)


def spoken_paragraphs(article: dict[str, Any]) -> list[Span]:
    """Paragraphs in which somebody may be quoted: no title, no boilerplate, none that repeats another."""
    return [
        (paragraph["start"], paragraph["end"])
        for paragraph in article["paragraphs"] or []
        if paragraph["kind"] in _SAID_IN and paragraph["copy_of"] is None
    ]


def _rejected(article: dict[str, Any], reason: str, message: str) -> dict[str, Any]:
    return {
        "document": article["article_id"],
        "source": article["source"],
        "uri": article["uri"],
        "stage": "quotes",
        "reason": reason,
        "message": message,
        "raw_sha256": article["raw_sha256"],
        "retryable": False,
    }
