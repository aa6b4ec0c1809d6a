"""SUMMARIZE: canonical ARTICLES -> SUMMARIES, REJECTS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from tasks.config import SummarySettings
from tasks.summarize.abstract import abstract
from tasks.summarize.extract import Article, extract
from tasks.summarize.summary import Summary
from tasks.tables import REJECTS, SUMMARIES

COLUMNS = ("article_id", "source", "uri", "raw_sha256", "title", "text", "language", "paragraphs")


def summarize(articles: pa.Table, settings: SummarySettings) -> tuple[pa.Table, pa.Table]:
    """A summary per article.

    Returns:
        SUMMARIES with one row per article, in its order; REJECTS with those that the model could not process (status `failed`).

    Raises:
        Unusable: the model of the settings is not there or not the one it should be.
    """
    rows: list[dict[str, Any]] = articles.select(COLUMNS).to_pylist()
    summaries = write([_article(row) for row in rows], settings)
    found = SUMMARIES.rows(summary.row(row["article_id"]) for row, summary in zip(rows, summaries, strict=True))
    failed = [_reject(row, summary) for row, summary in zip(rows, summaries, strict=True) if summary.status == "failed"]
    return found, REJECTS.rows(failed)


def write(articles: Sequence[Article], settings: SummarySettings) -> list[Summary]:
    """One summary per article: abstractive where the settings name a generator and there is something to write about."""
    drafts = extract(articles, settings)
    summaries = [draft.summary for draft in drafts]
    if settings.generator is not None:
        able = [n for n, draft in enumerate(drafts) if draft.summary.status == "ok"]
        for number, summary in zip(able, abstract([drafts[n] for n in able], settings, settings.generator), strict=True):
            summaries[number] = summary
    return summaries


def _article(row: dict[str, Any]) -> Article:
    return Article(row["title"] or "", row["text"] or "", row["language"] or "und", row["paragraphs"] or [])


def _reject(row: dict[str, Any], summary: Summary) -> dict[str, Any]:
    return {
        "document": row["article_id"],
        "source": row["source"],
        "uri": row["uri"],
        "stage": "summarize",
        "reason": "model_failed",
        "message": summary.error,
        "raw_sha256": row["raw_sha256"],
        "retryable": True,
    }
