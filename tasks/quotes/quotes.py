"""The step: articles to quotes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from tasks.config import QuoteSettings
from tasks.errors import RETRYABLE, RejectDocument, place_of
from tasks.models import digest
from tasks.quotes.attribution import Attribution, Span
from tasks.quotes.find import finder
from tasks.quotes.rows import Article, rows_of
from tasks.tables import QUOTES, REJECTS

BATCH = 16
"""Articles given to the model at once: a bound on memory, without influence on the result."""
_SAID_IN = ("body", "teaser", "dateline")
_COLUMNS = ("article_id", "source", "uri", "text", "language", "paragraphs", "reject", "raw_sha256")


def quotes(articles: pa.Table, settings: QuoteSettings) -> tuple[pa.Table, pa.Table]:
    """QUOTES and REJECTS of ARTICLES.

    Titles, boilerplate and paragraphs that repeat another are left out, and so are articles under a `reject` and in languages that
    `settings` does not name. An article that breaks the model or the step is set aside as `model_failed` or `internal`.

    Raises:
        Unusable: the model's files are not there, or not those that they should be.
    """
    rows: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    read = [
        article
        for article in articles.select(_COLUMNS).to_pylist()
        if not article["reject"] and (article["language"] or "").split("-")[0] in settings.languages
    ]
    if not read:
        return QUOTES.empty(), REJECTS.empty()
    find = finder(settings)
    for first in range(0, len(read), BATCH):
        batch = read[first : first + BATCH]
        found = find.find([(article["text"], spoken_paragraphs(article), article["language"]) for article in batch])
        for article, ours in zip(batch, found, strict=True):
            made = _made(article, ours, find.name)
            if isinstance(made, RejectDocument):
                rejects.append(_rejected(article, made))
            else:
                rows += made
    return QUOTES.rows(rows), REJECTS.rows(rejects)


def _made(article: dict[str, Any], found: list[Attribution] | RejectDocument, model: str) -> list[dict[str, Any]] | RejectDocument:
    if isinstance(found, RejectDocument):
        return found
    try:
        return rows_of(Article(article["article_id"], article["text"], model), found)
    except Exception as error:  # one bad document must not end the night
        return RejectDocument("internal", place_of(error))


def spoken_paragraphs(article: dict[str, Any]) -> list[Span]:
    """Paragraphs in which somebody may be quoted: no title, no boilerplate, none that repeats another."""
    return [
        (paragraph["start"], paragraph["end"])
        for paragraph in article["paragraphs"] or []
        if paragraph["kind"] in _SAID_IN and paragraph["copy_of"] is None
    ]


def models(settings: QuoteSettings) -> Mapping[str, str]:
    """Role -> digest of the model that the settings name; empty for rules alone."""
    return {"quotes": digest(settings.model)} if settings.model else {}


def _rejected(article: dict[str, Any], why: RejectDocument) -> dict[str, Any]:
    return {
        "document": article["article_id"],
        "source": article["source"],
        "uri": article["uri"],
        "stage": "quotes",
        "reason": why.reason,
        "message": why.message,
        "raw_sha256": article["raw_sha256"],
        "retryable": why.reason in RETRYABLE,
    }
